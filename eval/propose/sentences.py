"""Questions from single sentences: when, who, where, why, and what something is or means."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

from eval.propose.clauses import (
    POINTERS,
    cut,
    is_clear,
    is_name,
    lowered,
    parse,
    tidy,
)
from eval.propose.english import (
    DATE,
    MONTH,
    YEAR,
    is_participle,
    past_of_participle,
)
from eval.propose.proposal import Proposal
from eval.propose.quantities import counts, measures, often, shares
from eval.propose.source import Source, made, plain_rest
from eval.sets.cases import KeyFact

_NO_YEAR = 0.15  # a date that another sentence makes whole
_ANY = 0.3  # "an order": one of many
_MOST_WORDS = 40  # of a sentence; beyond it the grammar is seldom plain
_LEAST_WORDS = 4
_ON_DATE = re.compile(rf"\b(?:on|in) (?P<date>{DATE})(?P<after>.*)$")
_OPENING_DATE = re.compile(rf"^(?:On|In) (?P<date>{DATE}),? (?=\S)")
_BY_DATE = re.compile(rf"\bby (?P<date>{DATE})$")
_RANGE = re.compile(r"^\s*(?:and|or|to|until|[–/-])\b")
_AGENT = re.compile(
    r"\bby (?P<agent>(?:the |The )?[^,;:]+?)(?P<after>$|,| (?:in|on|at|after|before|when|during|"
    r"to|as|for|and|from|under|through|against|who|which|since|until|with)\b.*)"
)
_THINGS = re.compile(
    r"\b(?:Act|Agreement|Charter|Constitution|Convention|Initiative|Law|Plan|Programme|Program|"
    r"Protocol|Strategy|System|Treaty)\b"
)
_PLACE = re.compile(
    r"\b(?P<place>(?:in|at) (?:the )?[A-Z][\w’-]*(?: (?:of|de|the|and|[A-Z][\w’-]*))*)"
    r"(?P<after>.*)$"
)
_PLACED = frozenset(
    "signed held built born located based founded arrested presented headquartered stored "
    "installed adopted published concluded".split()
)
# Participles that say little without what follows: "was added" to what?
_WANTING = frozenset(
    "added placed named moved sent given taken put linked known called made".split()
)
_REPORTED = re.compile(
    r"^[^,;:]{3,70}? (?:estimated|reported|found|noted|observed|stated|calculated|estimates|"
    r"reports|finds|notes|observes|states) that (?P<said>.+)$"
)
_CLAIMED = re.compile(
    r"^[^,;:]{3,70}? (?:answered|argued|claimed|concluded|held|warned|argues|claims|concludes|"
    r"holds|warns) that (?P<said>.+)$"
)
_BECAUSE = re.compile(r",? (?P<why>(?:because|due to|owing to) .+)$")
_HEDGE = re.compile(r",? (?:largely|partly|mainly|mostly|chiefly|only|simply|not least|in part)$")
_OPENING_BECAUSE = re.compile(r"^(?P<why>Because(?: of)? [^,]+), (?P<main>.+)$")
_DEFINED = re.compile(r"^(?:(?:a|an) \w|the (?:name|term|process|practice|body|part of) )")
_STANDS_FOR = re.compile(
    r"^(?P<what>[\w./-]+(?: [\w./-]+){0,3}) (?P<verb>stands for|means(?: that)?) (?P<long>.+)$"
)
_SHORT_FORM = re.compile(
    r"(?P<long>[A-Z][\w’-]+(?: (?:of|the|for|and|on|in|de|against|[A-Z][\w’-]+)){1,10}) "
    r"\((?P<short>[A-Z]{2,8})\)"
)
_APPOSITION = re.compile(
    r"^(?P<kept>[^,]*\b[a-z]\w+[^,]*|[^,]*[A-Z]{2,}), [A-Z][\w.-]+(?: [A-Z][\w.-]+)+$"
)
_PERSON = re.compile(
    r"^(?:(?:[Tt]he )?(?:[A-Z][\w-]+ )*?(?:President|Vice-President|Minister|Commissioner|Judge|"
    r"Secretary|General|Ambassador|Senator|Governor|Mayor|Professor|Director|Dr|Mr|Ms|Mrs)\.? )?"
    r"[A-Z][^\W\d_]+(?: (?:[A-Z]\.|de|von|van|der|la))*(?: [A-Z][^\W\d_]+){1,2}$"
)
_NO_PERSON = frozenset(
    "Agency Agreement Alliance America Assembly Association Authority Bank Board Bureau Center "
    "Centre Charter City Coast College Commission Committee Company Congress Convention Council "
    "Court Department Fund Group House Institute Initiative International Island League Ministry "
    "Mission Nations Office Order Organization Organisation Pact Parliament Party Plan Point "
    "Programme Program Protocol Republic River School Service Society States Street Supreme System "
    "Treaty Triangle Union United University Valley Watch World North South East West Northern "
    "Southern Eastern Western Central New San Santa Costa El Los Las Puerto Tel Barrio Human "
    "Rights Team Unit Works Crime Cold War".split()
)


def from_sentence(source: Source) -> Iterator[Proposal]:
    """Yield what a sentence may be asked about, by every pattern that fits."""
    yield from _short_forms(source)
    text = tidy(source.text)
    if not _LEAST_WORDS <= len(text.split()) <= _MOST_WORDS or re.search(r"[“”\"?]", text):
        return
    claimed, reported = _CLAIMED.match(text), _REPORTED.match(text)
    if claimed is not None:
        yield from _reports(source, text, claimed["said"])
        return  # what is claimed is not asked about as if it were so
    if reported is not None:
        yield from _reports(source, text, reported["said"])
        text = reported["said"][:1].upper() + reported["said"][1:]
    for pattern in (_stands_for, _dates, _agents, _places, counts, measures, shares, often,
                    _causes, _definitions, _actors):  # fmt: skip
        yield from pattern(source, text)


def _dates(source: Source, text: str) -> Iterator[Proposal]:
    opening = _OPENING_DATE.match(text)
    clause = parse(text[opening.end() :] if opening else text, source.common)
    if clause is None:
        return
    if opening is not None:
        date, rest = opening["date"], _without_apposition(clause.rest)
        if _ON_DATE.search(rest):
            return
    else:
        found = _ON_DATE.search(clause.rest)
        if found is None:
            due = _BY_DATE.search(clause.rest)
            if due is not None and clause.auxiliary:
                asked = clause.asked(clause.rest[: due.start()].strip())
                facts = ((due["date"].strip(),),)
                yield made(source, clause, f"By when {asked}", "fact", "due date", facts, 0.8)
            return
        if _RANGE.match(found["after"]):
            return
        date, rest = found["date"], clause.rest[: found.start()]
        if " that " in rest:
            return  # the date is that of the clause
        rest = _without_apposition(rest.strip(" ,"))
    passive = clause.auxiliary in ("was", "were") and is_participle(rest.split(" ")[0])
    if not plain_rest(rest) or rest in _WANTING or re.match(r"an? |\d", clause.subject):
        return
    if clause.auxiliary and not passive and clause.auxiliary not in ("will", "must"):
        return
    confidence = 0.9 if passive else 0.8
    if not re.search(YEAR, date):
        confidence -= _NO_YEAR
    names = any(is_name(word, source.common) for word in rest.split())
    if re.match(r"an? |the new ", rest) and not names:
        confidence -= _ANY
    yield made(
        source,
        clause,
        f"When {clause.asked(rest)}",
        "fact",
        "date",
        ((date.strip(),),),
        confidence,
    )


def _agents(source: Source, text: str) -> Iterator[Proposal]:
    clause = parse(text, source.common)
    if clause is None or clause.auxiliary not in ("was", "were"):
        return
    rest = re.sub(rf"\b(?:on|in) {DATE} (?=by\b)", "", clause.rest)
    words = rest.split(" ")
    past = past_of_participle(words[0])
    found = _AGENT.search(rest)
    if past is None or found is None or found.start() != len(words[0]) + 1:
        return  # "arrested in Panama by" is left alone: what stands between may be of either
    agent = found["agent"].strip()
    if not any(is_name(word, source.common) for word in agent.split()):
        return
    if agent.split(" ", 1)[0] in ("a", "an"):
        return
    if agent.split()[0].endswith("ing") or " signing " in f" {agent} ":
        return
    who = "What" if _THINGS.search(agent) else "Who"
    yield made(
        source,
        clause,
        f"{who} {past} {clause.subject}",
        "fact",
        "agent",
        ((agent.removeprefix("the "),),),
        0.85,
    )


def _actors(source: Source, text: str) -> Iterator[Proposal]:
    opening = _OPENING_DATE.match(text)
    clause = parse(text[opening.end() :] if opening else text, source.common)
    if clause is None or clause.auxiliary or not _is_person(clause.subject):
        return
    if not plain_rest(clause.rest) or len(clause.rest.split()) < 3:
        return
    if not any(is_name(word, source.common) for word in clause.rest.split()):
        return
    rest = clause.rest + (
        f" in {opening['date']}" if opening and " " not in opening["date"] else ""
    )
    yield made(
        source, clause, f"Who {clause.told(rest)}", "fact", "actor", ((clause.subject,),), 0.65
    )


def _places(source: Source, text: str) -> Iterator[Proposal]:
    clause = parse(text, source.common)
    if clause is None:
        return
    found = _PLACE.search(clause.rest)
    if found is None or re.match(rf"{DATE}|{MONTH}\b", found["place"].split(" ", 1)[1]):
        return
    before = clause.rest[: found.start()].strip()
    place = found["place"].split(" ", 1)[1].removeprefix("the ")
    first = before.split(" ")[0]
    passive = clause.auxiliary in ("is", "are", "was", "were") and before in _PLACED
    seated = before in ("its headquarters", "its seat") or (
        clause.base in ("lie", "stand", "take") and before in ("", "place")
    )
    if passive or (seated and (first != "place" or clause.base == "take")):
        yield made(
            source, clause, f"Where {clause.asked(before)}", "fact", "place", ((place,),), 0.85
        )


def _causes(source: Source, text: str) -> Iterator[Proposal]:
    opening = _OPENING_BECAUSE.match(text)
    if opening is not None:
        main, why = opening["main"], opening["why"]
    else:
        found = _BECAUSE.search(text)
        if found is None:
            return
        main, why = _HEDGE.sub("", text[: found.start()]), found["why"]
    if main.count(",") > 1 or " because " in main:
        return
    dated = _OPENING_DATE.match(main)
    clause = parse(main[dated.end() :] if dated else main, source.common)
    if clause is None or not clause.whole or len(clause.asked(clause.rest).split()) < 4:
        return
    answer = why[:1].upper() + why[1:] + "."
    facts: tuple[KeyFact, ...] = ((re.sub(r"^(?:because(?: of)?|due to|owing to) ", "", why,
                                          flags=re.IGNORECASE),),)  # fmt: skip
    question = f"Why {clause.asked(clause.rest)}"
    yield made(source, clause, question, "why", "cause", facts, 0.8, answer)


def _definitions(source: Source, text: str) -> Iterator[Proposal]:
    clause = parse(text, source.common, any_subject=True)
    if clause is None or clause.auxiliary not in ("is", "are") or not _DEFINED.match(clause.rest):
        return
    subject = clause.subject
    indefinite = re.match(r"(?:a|an) ", subject) is not None
    # A name that is no abbreviation, such as a country's, is seldom what a sentence defines.
    if not indefinite and not re.fullmatch(r"(?:the )?[\w-]*[A-Z]{2,}[\w-]*", subject):
        return
    if re.match(
        r"(?:a|an) (?:\w+ )?(?:reason|result|example|sign|cause|matter|part|form)\b", clause.rest
    ):
        return
    confidence = 0.85 if indefinite else 0.7
    question = f"What {clause.auxiliary} {subject}"
    facts: tuple[KeyFact, ...] = ((text.partition(f" {clause.auxiliary} ")[2],),)
    yield made(source, clause, question, "definition", "definition", facts, confidence)


def _reports(source: Source, text: str, said: str) -> Iterator[Proposal]:
    clause = parse(text, source.common, any_subject=True)
    inner = parse(said, source.common, any_subject=True)
    if clause is None or inner is None or clause.auxiliary or inner.vague:
        return
    if inner.subject[:1].isdigit() or not is_clear(f"{inner.subject} "):
        return
    named = any(is_name(word, source.common) for word in clause.subject.split())
    if not named and not re.fullmatch(r"[a-z]+(?: [a-z]+)?", clause.subject):
        return
    question = f"What {clause.asked('')} about {inner.subject}"
    answer = " ".join(source.text.split())
    facts: tuple[KeyFact, ...] = ((inner.told(inner.rest),),)
    yield made(source, clause, question, "fact", "report", facts, 0.7, answer)


def _stands_for(source: Source, text: str) -> Iterator[Proposal]:
    found = _STANDS_FOR.match(text)
    if found is None:
        return
    what = lowered(found["what"], source.common)
    if not any(char.isupper() or char.isdigit() for char in what):
        return
    if not POINTERS.isdisjoint(what.lower().split()):
        return
    asks = "stand for" if found["verb"] == "stands for" else "mean"
    facts: tuple[KeyFact, ...] = ((cut(found["long"]),),)
    yield made(source, None, f"What does {what} {asks}", "definition", "meaning", facts, 0.9)


def _short_forms(source: Source) -> Iterator[Proposal]:
    for found in _SHORT_FORM.finditer(" ".join(source.text.split())):
        words = found["long"].split()
        for first in range(len(words)):
            initials = "".join(word[0] for word in words[first:] if word[0].isupper())
            if initials == found["short"] and words[first][0].isupper():
                long = " ".join(words[first:])
                question = f"What does {found['short']} stand for"
                facts: tuple[KeyFact, ...] = ((long,),)
                answer = f"{found['short']} stands for {long}."
                yield made(source, None, question, "definition", "short form", facts, 0.9, answer)
                break


def _without_apposition(rest: str) -> str:
    """Return a rest without the name that its end gives to "the head of the office, Name"."""
    found = _APPOSITION.match(rest)
    return found["kept"] if found else rest


def _is_person(subject: str) -> bool:
    return bool(_PERSON.match(subject)) and _NO_PERSON.isdisjoint(subject.split())


def people_in(text: str, common: Set[str]) -> frozenset[str]:
    """Return the names of people, first and last, that a text seems to hold."""
    pairs = re.finditer(
        r"(?<!San )(?<!Santa )(?<!New )(?=\b(?P<name>[A-Z][^\W\d_]{2,} [A-Z][^\W\d_]{2,})\b)", text
    )
    return frozenset(
        found["name"]
        for found in pairs
        if _is_person(found["name"])
        and all(is_name(word, common) for word in found["name"].split())
    )

"""Questions for figures, from single sentences: how many, how much, what share, how often."""

from __future__ import annotations

import re
from collections.abc import Iterator

from eval.propose.clauses import cut, is_name, parse, stands_alone
from eval.propose.english import ABOUT, NUMBER, PER_CENT, number_forms
from eval.propose.proposal import Proposal
from eval.propose.source import Source, made, plain_rest
from eval.sets.cases import KeyFact

_COUNT = re.compile(
    rf"^(?:{ABOUT})?(?P<number>{NUMBER}) (?P<things>[a-z][^,;:.]*?)"
    r"(?P<after>$| (?:in|on|at|for|from|with|by|to|that|which|who|and|during|within|per|each|when|"
    r"under|between|over|above|of|as|through|across|or|into|against)\b.*)"
)
_COUNTED = re.compile(rf"^(?:{ABOUT})?(?P<number>{NUMBER}) (?P<things>[a-z][a-z -]*s)$", re.I)
_UNITS = (
    r"(?:mm|cm|km|m|kg|g|mg|t|l|ml|s|ms|h|V|kV|A|mA|W|kW|MW|Hz|kHz|MHz|GHz|Pa|kPa|MPa|bar|rpm|dB|"
    r"°C|°F|GB|MB|TB|kB|met(?:re|er)s?|kilomet(?:re|er)s?|centimet(?:re|er)s?|"
    r"millimet(?:re|er)s?|miles?|feet|inches|grams?|kilograms?|tonnes?|tons?|lit(?:re|er)s?|"
    r"degrees(?: Celsius| Fahrenheit)?|volts?|watts?|kilowatts?|amperes?|amps?|hertz|pascals?|"
    r"seconds?|minutes?|hours?|days?|weeks?|months?|years?|euros?|dollars?|pounds?|quetzales|"
    r"kilometres per hour|percent|per cent)"
)
_TIME_UNITS = re.compile(r"(?:second|minute|hour|day|week|month|year)s?$|^(?:s|ms|h)$")
_MEASURE = re.compile(
    rf"^(?:{ABOUT})?(?P<value>(?:[€$£] ?)?{NUMBER}(?: ?{_UNITS}\b| ?%)"
    rf"|[€$£] ?{NUMBER})(?P<after>.*)$"
)
_MONEY = re.compile(r"[€$£]|euros?|dollars?|pounds?|quetzales")
_ADJECTIVES = frozenset("high long wide deep tall thick old heavy".split())
_ATTRIBUTES = re.compile(
    r"\b(?:pressure|temperature|voltage|current|weight|capacity|speed|length|width|height|depth|"
    r"limit|fee|price|cost|budget|duration|interval|power|torque|diameter|rate|frequency|load|"
    r"deadline|distance|area|volume|age|population|deposit|rent|salary|term|period|threshold|"
    r"maximum|minimum|quorum|warranty|range)\b"
)
_SHARE_OBJECT = re.compile(
    rf"^(?P<particle>up |for |as much as )?(?:{ABOUT})?(?P<share>\d+(?:\.\d+)?){PER_CENT} of "
    r"(?P<of>[^,;:]+)$"
)
_SHARE_OF = re.compile(
    rf"^(?:{ABOUT})?(?P<share>\d+(?:\.\d+)?){PER_CENT} of (?P<of>[^,;:]+)$", re.IGNORECASE
)
_OFTEN = re.compile(
    rf"\b(?P<often>(?:once|twice|{NUMBER} times) (?:a|per|every) \w+|every (?:{NUMBER} )?"
    r"(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|morning|evening|quarter|Monday|"
    r"Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)(?: of operation)?)(?P<after>.*)$"
)


def counts(source: Source, text: str) -> Iterator[Proposal]:
    """Yield "How many …?" for a number of things that a subject has, or that the subject is."""
    clause = parse(text, source.common, any_subject=True)
    if clause is None:
        return
    subject = _COUNTED.match(clause.subject)
    if subject is not None:
        named = any(is_name(word, source.common) for word in clause.rest.split())
        if named and plain_rest(clause.rest):
            question = f"How many {subject['things']} {clause.told(clause.rest)}"
            facts = (number_forms(subject["number"].lower()),)
            yield made(source, clause, question, "number", "count of the subject", facts, 0.75)
        return
    if clause.auxiliary or not stands_alone(clause.subject, source.common):
        return
    found = _COUNT.match(clause.rest)
    if found is None or re.match(rf"{_UNITS}\b|per\b|of\b|times\b|more\b|or\b", found["things"]):
        return
    things, after = found["things"].strip(), found["after"].split(",")[0].strip()
    if after.startswith("of ") and plain_rest(after):
        things, after = f"{things} {after}", ""
    counted = things.split(" of ")[0]
    if len(counted.split()) > 4 or not re.search(r"(?:s|people|men|women|children)$", counted):
        return
    if not plain_rest(after):
        after = ""
    question = f"How many {things} {clause.asked(after)}"
    yield made(source, clause, question, "number", "count", (number_forms(found["number"]),), 0.85)


def measures(source: Source, text: str) -> Iterator[Proposal]:
    """Yield "How high/much/long …?" and "What is the …?" for a value with its unit."""
    clause = parse(text, source.common)
    if clause is None:
        return
    found = _MEASURE.match(clause.rest)
    if found is None:
        return
    value, after = found["value"].strip(), found["after"].strip()
    facts: tuple[KeyFact, ...] = ((value,),)
    if clause.auxiliary in ("is", "are", "was", "were"):
        word = after.split(" ")[0] if after else ""
        if word in _ADJECTIVES:
            question = f"How {word} {clause.asked(after.removeprefix(word).strip())}"
            yield made(source, clause, question, "number", "measure", facts, 0.9)
        elif _ATTRIBUTES.search(clause.subject) and not after.startswith(("of", "more", "less")):
            question = f"What {clause.asked(after if plain_rest(after) else '')}"
            yield made(source, clause, question, "number", "measure", facts, 0.85)
        return
    if clause.auxiliary:
        return
    if re.search(PER_CENT, value):
        return
    if after.startswith("of ") and not _MONEY.search(value):
        thing, _, tail = after.removeprefix("of ").partition(" ")
        yield made(
            source,
            clause,
            f"How much {thing} {clause.asked(tail)}",
            "number",
            "amount",
            facts,
            0.75,
        )
    elif not plain_rest(after):
        return
    elif clause.base in ("weigh", "cost") or _MONEY.search(value):
        yield made(
            source, clause, f"How much {clause.asked(after)}", "number", "amount", facts, 0.85
        )
    elif clause.base in ("last", "take", "run") and _TIME_UNITS.search(value):
        yield made(
            source, clause, f"How long {clause.asked(after)}", "number", "duration", facts, 0.85
        )


def shares(source: Source, text: str) -> Iterator[Proposal]:
    """Yield "What share of …?" for a percentage."""
    bare = re.sub(rf"^{ABOUT}", "", text, flags=re.IGNORECASE)
    clause = parse(bare, source.common, any_subject=True)
    if clause is None or clause.auxiliary:
        return
    asked_of = _SHARE_OF.match(clause.subject)
    if asked_of is not None:
        if plain_rest(clause.rest) and _is_asked_of(asked_of["of"], source):
            question = f"What share of {asked_of['of']} {clause.told(clause.rest)}"
            yield made(
                source, clause, question, "number", "share", (share_forms(asked_of["share"]),), 0.8
            )
        return
    found = _SHARE_OBJECT.match(clause.rest)
    if found is None or not _is_asked_of(clause.subject, source):
        return
    particle = (found["particle"] or "").strip()
    question = f"What share of {cut(found['of'])} {clause.asked(particle)}"
    yield made(source, clause, question, "number", "share", (share_forms(found["share"]),), 0.8)


def often(source: Source, text: str) -> Iterator[Proposal]:
    """Yield "How often …?" for what recurs."""
    clause = parse(text, source.common)
    found = _OFTEN.search(clause.rest) if clause is not None else None
    if clause is None or found is None:
        return
    before = clause.rest[: found.start()].strip(" ,")
    if plain_rest(before):
        question = f"How often {clause.asked(before)}"
        yield made(source, clause, question, "number", "frequency", ((found["often"],),), 0.85)


def share_forms(share: str) -> KeyFact:
    """Return the ways to write a share."""
    return (f"{share}%", f"{share} per cent", f"{share} percent")


def _is_asked_of(noun: str, source: Source) -> bool:
    """Whether a share can be asked of a noun: it stands alone, or is a plural in general."""
    return re.fullmatch(r"[a-z-]+s", noun) is not None or stands_alone(noun, source.common)

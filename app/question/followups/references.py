"""References: the pronouns and "the …" of a question that stand for something said before.

A pronoun is resolved where one mention surely fits it: by number, by what is a person and what a
thing, and by Principle B of binding theory (Chomsky 1981): in "did Mexico sign it?" the object is
not Mexico. Where none surely does, the reference is reported unresolved.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from app.question.followups.lexicon import CLASS_NOUNS, SUPPORTS
from app.question.followups.mentions import Mention, is_asked_for, mentions, words
from app.question.followups.recent import Exchange
from app.text.terms import terms

_PRONOUN = re.compile(
    r"\b(?P<possessive>its|their|his|her(?=\s+(?!in|on|at|to|for|and|or|by|with)[a-z]))\b"
    r"|\b(?P<plain>it|they|them|he|him|she|her)\b"
    r"|\b(?P<demonstrative>this|that|these|those)\b(?:\s+(?P<noun>[a-z][\w-]*))?"
    r"|\b(?P<ones>(?:the|which|this|that|another|other)\s+(?:\w+\s+)?ones?|(?:both|either|neither)"
    r"(?=\s+of\s+them|\s*[?.!]*$)|the\s+(?:two|latter|former|others?|same)(?=\s*(?:[?.!,]|$)|\s+"
    r"(?:is|are|was|were|do|does|did|has|have)\b)|(?:over|in|from|to)?\s*"
    r"there(?=\s*(?:[?.!,]|$)))",
    re.IGNORECASE,
)
_EXPLETIVE = re.compile(
    r"\b(?:is|was|will|would|can|could|has)\s+(?P<a>it)\s+(?:\w+\s+)?(?:true|possible|legal|likely|"
    r"normal|common|necessary|safe to|ok|okay|worth|allowed|hard to|easy to|difficult to|raining|"
    r"known|said)\b|\b(?:does|did|do|will)\s+(?P<b>it)\s+(?:rain|snow|matter|(?:take|cost)\s+"
    r"(?:\w+\s+)*to\s+\w+)\b|\bhow\s+(?:far|long|much)\s+(?:is|does)\s+(?P<c>it)\s+(?:take\s+)?"
    r"(?:from|to)\b",
    re.IGNORECASE,
)
_BE = frozenset("is was are were has had".split())
_TIMES = frozenset("day days week month year years morning evening summer winter century".split())
_MOST = 8  # pronouns of a question that are looked at
_FEW = 2  # content terms that find little by themselves
_REMARKS = ("that", "this", "it", "that is", "this is")
_CLAUSE = re.compile(
    r",|;|\b(?:and|but|or|if|when|while|because|that|who|which|after|before|so|than|since)\b",
    re.IGNORECASE,
)
_THE = re.compile(
    r"\bthe\s+(?:(?P<which>other|same)\s+)?"
    r"(?P<noun>[a-z][a-z-]+)\b(?!\s+(?:of|for|in|on|from|that|who|which|between|to|with)\b)",
    re.IGNORECASE,
)
_WHO = re.compile(r"^(?:and\s+)?(?:who|whom)\b", re.IGNORECASE)
_WHAT_IS = re.compile(r"^what(?:\s+(?:is|are|was|were)|['’]s)\s+the\s+$", re.IGNORECASE)
_OF_WHAT_IS = re.compile(_WHAT_IS.pattern[:-1] + r"(?:[\w-]+\s+){1,3}of\s+$", re.IGNORECASE)
_WHO_IS = re.compile(r"^(?:and\s+)?who\s+(?:is|was|are|were)\b", re.IGNORECASE)
_WHICH = re.compile(
    r"^(?:and\s+)?(?:who|which|what|name)\b(?!\s+(?:is|are|was|were)\s+(?:an?\s|[A-Z]))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Resolved:
    """What became of a question's references: its new text, None where none surely fits."""

    text: str | None


def resolve_pronoun(question: str, earlier: Exchange, subjects: Sequence[str]) -> Resolved | None:
    """Put what a pronoun stands for in its place.

    Args:
        question: The follow-up.
        earlier: The exchange before it, its question standing alone.
        subjects: Texts to fall back to for a person, newest first.

    Returns:
        None where the question has no pronoun that points out of it.
    """
    found = _pronouns(question)
    if not found:
        return None
    # "Why did they sign it?": the topic is the thing; who "they" are stands in the answer.
    chosen = next((one for one in found if one.group().lower() in ("it", "its")), found[0])
    word = chosen.group().split()[0].lower()
    noun = (chosen.group("noun") or "").lower()
    if chosen.group("ones") or (word in ("this", "that") and noun not in CLASS_NOUNS):
        return Resolved(None)
    fitting = _antecedent(word, noun, earlier, subjects)
    if fitting is None or fitting.text.lower() in question.lower():
        return Resolved(None)
    if is_asked_for(fitting, earlier.question) and not fitting.determiner:
        fitting = replace(fitting, determiner="the")  # "which vitamins …?", "the vitamins"
    return Resolved(_with(question, chosen, fitting, noun))


def resolve_description(question: str, earlier: Exchange) -> Resolved | None:
    """Put the name in the place of "the agreement", where an earlier mention has that head.

    Returns:
        None where the question has no such description; `text` None where it has one that points
        back and no mention surely fits.
    """
    before = mentions(earlier.question)
    before += [one for one in mentions(earlier.answer) if one.is_name]
    own = {one.text.lower() for one in mentions(question) if one.is_name}
    for found in _THE.finditer(question):
        noun, which = found.group("noun").lower(), (found.group("which") or "").lower()
        if any(f" {noun} " in f" {name} " for name in own):
            continue
        if which == "other":
            return Resolved(None)
        fitting = [one for one in before if _is_head(noun, one)]
        texts = list(dict.fromkeys(one.text.lower() for one in fitting))
        if len(texts) == 1 and texts[0] != noun:
            name = fitting[0]
            return Resolved(f"{question[: found.start()]}{name.shown}{question[found.end() :]}")
        if not own and noun in CLASS_NOUNS and len(set(terms(question))) <= _FEW:
            return Resolved(None)
    return None


def _is_head(noun: str, mention: Mention) -> bool:
    return mention.head == noun and " " in mention.text and " and " not in mention.text


def _pronouns(question: str) -> list[re.Match[str]]:
    expletive = {
        found.start(name)
        for found in _EXPLETIVE.finditer(question)
        for name in ("a", "b", "c")
        if found.group(name)
    }
    asking = _asking_sentence(question)
    return [
        one
        for one in islice(_PRONOUN.finditer(question), _MOST)
        if one.start() not in expletive
        and (one.end() > asking or one.group().lower() not in _REMARKS)
        and not _is_conjunction(one, question)
        and not _is_inside(question, one)
    ]


def _asking_sentence(question: str) -> int:
    """Return where the last sentence begins, if it says enough; "That is a surprise. Who …"."""
    starts = [0, *(found.end() for found in re.finditer(r"[.!?]\s+", question))]
    content = [word for word in words(question[starts[-1] :]) if not word.lower_is_function]
    return starts[-1] if len(content) > 1 else 0


def _is_conjunction(found: re.Match[str], question: str) -> bool:
    """Whether "that" opens a clause, or "this year" is a time, rather than stands for a thing."""
    word, noun = found.group().split()[0].lower(), (found.group("noun") or "").lower()
    if noun in _TIMES:
        return True
    if word != "that" or not found.start():
        return False
    before = question[: found.start()].split()
    if before and (before[-1].lower() in SUPPORTS or before[-1].lower() in _BE):
        return False  # "does that apply"
    return bool(noun) and noun not in CLASS_NOUNS


def _is_inside(question: str, found: re.Match[str]) -> bool:
    """Whether the pronoun stands for something that the same question names before it."""
    if found.group("demonstrative") or found.group("ones"):
        return bool(found.group("ones")) and bool(
            [one for one in mentions(question[: found.start()]) if one.is_name]
        )
    before = question[: found.start()]
    named = [one for one in mentions(before) if one.head not in ("kind", "type", "sort")]
    if not named:
        return False
    if re.match(r"^\s*(?:what|which|how\s+(?:many|much))\b", before, re.IGNORECASE) and (
        len(named) == 1 and not re.search(r"\b(?:and|if|,)\s", before[named[0].end :])
    ):
        return False  # "which team did he coach": what is asked for is not who is meant
    between = before[named[-1].end :]
    if found.group("possessive"):
        return True
    after = question[found.end() :]
    is_object = not re.match(r"\s+[a-z]", after) or re.match(
        r"\s+(?:in|on|at|by|for|from|of|after|before|since|during|to|with)\b", after
    )
    return bool(_CLAUSE.search(between)) if is_object else True


def _antecedent(word: str, noun: str, earlier: Exchange, subjects: Sequence[str]) -> Mention | None:
    asked = [_bearer(one, earlier.question) for one in mentions(earlier.question)]
    said = mentions(_first_sentence(earlier.answer))
    if word in ("he", "him", "his", "she", "her"):
        return _person(earlier, asked, said, subjects)
    if word in ("they", "them", "their", "these", "those"):
        return _several(asked, said, noun)
    return _thing(earlier, asked, said)


def _bearer(mention: Mention, question: str) -> Mention:
    """Return Bergen for "the population of Bergen" where that is what was asked for."""
    head, _, tail = mention.text.rpartition(" of ")
    asked = _WHAT_IS.search(question[: mention.start])
    if not asked or not head.islower() or tail.islower() or not tail[0].isupper():
        return mention
    start = mention.end - len(tail)
    return replace(mention, text=tail, start=start, head=tail.split()[-1].lower(), determiner="")


def _person(
    earlier: Exchange, asked: list[Mention], said: list[Mention], subjects: Sequence[str]
) -> Mention | None:
    older = [one for text in subjects for one in mentions(text)]
    texts = (said, asked, older) if _WHO.match(earlier.question) else (asked, said, older)
    for found in texts:
        persons = [one for one in found if one.may_be_person]
        full = [one for one in persons if " " in one.text]
        for some in (full, persons if found is not said or _WHO.match(earlier.question) else []):
            if len({one.text for one in some}) == 1 or (some and found is said):
                return some[0]
    titled = [one for one in asked if one.determiner == "the" and not one.is_plural]
    return titled[0] if len(titled) == 1 and _WHO.match(earlier.question) else None


def _several(asked: list[Mention], said: list[Mention], noun: str) -> Mention | None:
    for found in (asked, said):
        plural = [one for one in found if one.is_plural]
        if noun:
            plural = [one for one in plural if one.head == noun]
        if len({one.text.lower() for one in plural}) == 1:
            return plural[0]
        if plural:
            return None
    names = [one for one in asked if one.is_name and not one.may_be_person]
    return names[0] if len(names) == 1 and not noun else None


def _thing(earlier: Exchange, asked: list[Mention], said: list[Mention]) -> Mention | None:
    if _WHO_IS.match(earlier.question):  # who is asked after is no "it"
        asked = [one for one in asked if not one.may_be_person and one != asked[0]]
    names = [one for one in asked if one.is_name]
    topics = [one for one in names if " " in one.text or _is_topic(one, earlier)]
    if topics:
        return max(topics, key=lambda one: (len(one.text.split()), len(one.text)))
    if _WHICH.match(earlier.question):
        answered = [one for one in said if one.is_name or one.start == 0]
        if answered and not names:
            return answered[0]
    plain = [one for one in asked if not one.is_name and not one.is_plural]
    plain = [one for one in plain if not is_asked_for(one, earlier.question)]
    return plain[0] if len(plain) == 1 else None


def _is_topic(name: Mention, earlier: Exchange) -> bool:
    """Whether a name of one word is what the question is about, not where or whose."""
    before, after = earlier.question[: name.start], earlier.question[name.end :]
    if _OF_WHAT_IS.search(before):
        return True
    if re.search(r"\b(?:in|from|to|of|for|across|inside|at|near)\s+(?:the\s+)?$", before, re.I):
        return False
    if re.match(r"['’]s\b", after):
        return False
    agent = re.search(r"\b(?:did|does|do|has|have|had|can|will|would)\s+(?:the\s+)?$", before, re.I)
    return not (agent and len(mentions(earlier.question)) > 1)


def _with(question: str, found: re.Match[str], mention: Mention, noun: str) -> str:
    shown, end = mention.shown, found.end()
    if found.group("possessive"):
        shown = f"{shown}'" if mention.is_plural else f"{shown}'s"
    elif noun and noun != mention.head and noun not in CLASS_NOUNS:
        if noun in {word.lower for word in words(noun) if word.lower_is_function} or _verb_like(
            noun
        ):
            end = found.end("demonstrative")
        else:
            shown = f"{shown}'s {noun}"
    if not question[: found.start()].strip("¿ "):
        shown = shown[0].upper() + shown[1:]
    return f"{question[: found.start()]}{shown}{question[end:]}"


def _verb_like(noun: str) -> bool:
    return not mentions(f"the thing, {noun}")[0:1]


def _first_sentence(answer: str) -> str:
    found = re.search(r"[.?!](?=\s+[A-Z“\"])", answer)
    return answer[: found.end()] if found and found.end() > 20 else answer[:300]

"""Follow-ups: the last question of a conversation becomes one that stands alone, by rules.

What a follow-up leaves out stands in the turns before it. Three kinds are resolved: an ellipsis
("and in 2021?", "what about Honduras?") takes over the earlier question with the new part in the
place of the old; a pronoun takes the earlier question's topic; anything else stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.records import Turn
from app.terms import STOP_WORDS, content_words

_ELLIPSIS = re.compile(
    r"^\s*(?:and|but|so|or|then|also)?[,\s]*(?:what|how)\s+about\s+(?P<about>.+?)[?.!\s]*$"
    r"|^\s*(?:and|but|or)[,\s]+(?P<also>.+?)[?.!\s]*$",
    re.IGNORECASE,
)
_QUESTION_WORD = re.compile(
    r"^(?:who|whom|whose|what|when|where|why|how|which|is|are|was|were|do|does|did|can|could|has|"
    r"have|had|should|will|would)\b",
    re.IGNORECASE,
)
_PREPOSITION = re.compile(r"^(?:in|on|at|by|for|from|of|under|after|before|since|during|to|with)\s")
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
_PRONOUN = re.compile(
    r"\b(?P<possessive>its|their|his|her(?=\s+[a-z]))\b"
    r"|\b(?P<object>it|they|them|he|him|she|her)\b"
    r"|\b(?P<demonstrative>this|that|these|those)\b(?P<noun>\s+[a-z]+)?",
    re.IGNORECASE,
)
_GENERIC = frozenset(
    "agreement deal accord treaty plan programme program body commission organisation organization "
    "country group law code policy theory framework decision figure share amount number event "
    "unit case measure person president one same".split()
)
_NAME = re.compile(
    r"(?:[A-Z][\w’'.-]*|[A-Z]{2,}\b)(?:\s+(?:of|the|and|for|de|del|la|in)(?=\s+(?:the\s+)?[A-Z])|"
    r"\s+(?:[A-Z][\w’'.-]*|\d+\b))*"
)
_LONGEST_TOPIC_WORDS = 8


def condense(question: str, history: Sequence[Turn]) -> str:
    """Return the question in a form that stands alone.

    Args:
        question: The last question, as asked.
        history: The turns before it, oldest first; only the user's are read.

    Returns:
        The standalone question; the question itself where it needs no other turn.
    """
    question = " ".join(question.split())
    earlier = _earlier_question(history)
    if not earlier:
        return question
    ellipsis = _ELLIPSIS.match(question)
    if ellipsis:
        part = ellipsis.group("about") or ellipsis.group("also")
        if not _QUESTION_WORD.match(part):
            return _replace_part(earlier, part)
        question = part[0].upper() + part[1:] + "?"
    topic = _topic(earlier)
    if not topic:
        return question
    resolved = _resolve_pronoun(question, topic)
    if resolved != question:
        return resolved
    if len(content_words(question)) <= 1 and not _NAME.search(question[1:]):
        # "Why?", "Since when?": the earlier question with this one's question word.
        return f"{question.rstrip(' ?.!')}: {earlier.rstrip(' ?.!')}?"
    return question


def _earlier_question(history: Sequence[Turn]) -> str:
    """Return the last question of the user, itself resolved against those before it."""
    asked = [" ".join(turn.content.split()) for turn in history if turn.role == "user"]
    standalone = ""
    for question in (text for text in asked if text):
        previous = (Turn("user", standalone),) if standalone else ()
        standalone = condense(question, previous)
    return standalone


def _replace_part(earlier: str, part: str) -> str:
    """Return the earlier question with ``part`` in the place of what it stands against."""
    stem = earlier.rstrip(" ?.!")
    year = _YEAR.search(part)
    old_year = _YEAR.search(stem)
    if year and old_year:
        return f"{stem[: old_year.start()]}{year.group()}{stem[old_year.end() :]}?"
    if _PREPOSITION.match(part):
        return f"{stem} {part}?"
    if year:
        return f"{stem} in {year.group()}?"
    names = _names(stem)
    if names and _names(part) and len(names) > 0:
        old = names[-1] if len(names) > 1 else names[0]
        return f"{stem.replace(old, part)}?"
    topic = _topic(earlier)
    return f"{stem.replace(topic, part)}?" if topic and topic in stem else f"{stem}: {part}?"


def _resolve_pronoun(question: str, topic: str) -> str:
    found = _PRONOUN.search(question)
    if not found or _names_before(question, found.start()):
        return question
    if found.group("possessive"):
        replacement = f"{topic}'s"
    elif found.group("object"):
        replacement = topic
    else:
        noun = (found.group("noun") or "").strip().lower()
        if found.group("demonstrative").lower() == "that" and noun and noun not in _GENERIC:
            return question  # a conjunction or a relative clause
        keeps = noun and noun not in _GENERIC
        replacement = f"{topic}{found.group('noun')}" if keeps else topic
        if noun in STOP_WORDS:
            replacement = f"{topic} {noun}"
    return f"{question[: found.start()]}{replacement}{question[found.end() :]}"


def _names_before(question: str, end: int) -> bool:
    """Whether a name stands before the pronoun, which then most likely means that."""
    return bool(_names(question[:end]))


def _topic(question: str) -> str:
    """Return what a question is about: its longest name, else its noun phrase at the end."""
    names = [name for name in _names(question) if not name.isdigit()]
    if names:
        return max(names, key=lambda name: (len(name.split()), len(name)))
    kept = [word for word in content_words(question) if not _YEAR.fullmatch(word)]
    return " ".join(kept[-_LONGEST_TOPIC_WORDS:])


def _names(text: str) -> list[str]:
    """Return the capitalised phrases of a text, the opening question word left out."""
    found = []
    for match in _NAME.finditer(text):
        name = match.group().rstrip(".’'")
        if match.start() == 0:
            first, _, rest = name.partition(" ")
            if first.lower() in STOP_WORDS or _QUESTION_WORD.match(first):
                name = rest
        for ending in ("'s", "’s"):
            name = name.removesuffix(ending)
        if name and name[0].isupper():
            found.append(name)
    return found

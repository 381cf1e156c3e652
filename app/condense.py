"""Follow-ups: the last question of a conversation becomes one that stands alone, by rules.

What a follow-up leaves out stands in the turns before it. Three kinds are resolved: an ellipsis
("and in 2021?", "what about Honduras?") takes over the earlier question with the new part in the
place of the old; a pronoun gives way to the name that it stands for. Where no name surely fits,
the earlier question is added in brackets, which retrieval reads as well. Anything else stays.
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
_TITLE = re.compile(r"(?:President|Minister|Secretary|Senator|Judge|General|Mr|Mrs|Ms|Dr)\b")
_LOWER_NOUN = re.compile(
    r"\s(?:agreement|accord|treaty|plan|programme|program|protocol|framework|declaration|initiative|"
    r"commission|convention|list|corridor|act|law|code)\b"
)
_LONGEST_PART = 5  # words


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
            return _replace_part(question, earlier, part)
        question = part[0].upper() + part[1:] + "?"
    resolved = _resolve_pronoun(question, earlier)
    if resolved is not None:
        return resolved
    if len(content_words(question)) <= 1 and not _names(question):
        return _in_context(question, earlier)  # "Why?", "Since when?"
    return question


def _in_context(question: str, earlier: str) -> str:
    """Return a question with the one that it follows on, where no word can take its place."""
    return f"{question.rstrip(' .!')} ({earlier})"


def _earlier_question(history: Sequence[Turn]) -> str:
    """Return the last question of the user, itself resolved against those before it."""
    asked = [" ".join(turn.content.split()) for turn in history if turn.role == "user"]
    standalone = ""
    for question in (text for text in asked if text):
        previous = (Turn("user", standalone),) if standalone else ()
        standalone = condense(question, previous)
    return standalone


def _replace_part(question: str, earlier: str, part: str) -> str:
    """Return the earlier question with ``part`` in the place of what it stands against."""
    stem = earlier.rstrip(" ?.!")
    if len(part.split()) > _LONGEST_PART:
        return _in_context(question, earlier)
    year, old_year = _YEAR.search(part), _YEAR.search(stem)
    if year and old_year:
        return f"{stem[: old_year.start()]}{year.group()}{stem[old_year.end() :]}?"
    if _PREPOSITION.match(part):
        return f"{stem} {part}?"
    if year:
        return f"{stem} in {year.group()}?"
    names = [name for name in _names(stem) if not name.isdigit()]
    if names and _names(part):
        return f"{stem.replace(names[-1], part)}?"
    if len(names) == 1:
        return f"{stem.replace(names[0], part)}?"
    return _in_context(question, earlier)


def _resolve_pronoun(question: str, earlier: str) -> str | None:
    """Return the question with its pronoun's antecedent, or None where nothing is to resolve."""
    pronouns = [one for one in _PRONOUN.finditer(question) if not _is_conjunction(one)]
    if not pronouns or _names(question[: pronouns[0].start()]):
        return None
    # "Why did they sign it?": the topic is the thing; who "they" are stands in the answer.
    thing = (one for one in pronouns if one.group().lower() in ("it", "its"))
    found = next(thing, pronouns[0])
    word = found.group().split()[0].lower()
    topic = _antecedent(word, earlier)
    if topic is None or word in ("this", "that") and not found.group("noun"):
        return _in_context(question, earlier)
    noun = (found.group("noun") or "").strip()
    if found.group("possessive"):
        topic = f"{topic}'s"
    elif noun and noun.lower() not in _GENERIC:
        topic = f"{topic} {noun}" if noun.lower() in STOP_WORDS else f"{topic}'s {noun}"
    return f"{question[: found.start()]}{topic}{question[found.end() :]}"


def _is_conjunction(found: re.Match[str]) -> bool:
    """Whether "that" opens a clause, as in "say that the court", rather than stands for a thing."""
    if found.group().split()[0].lower() != "that":
        return False
    noun = (found.group("noun") or "").strip().lower()
    return bool(noun) and noun not in _GENERIC


def _antecedent(pronoun: str, earlier: str) -> str | None:
    """Return the name in the earlier question that a pronoun stands for, if one surely does."""
    names = [name for name in _names(earlier) if not name.isdigit()]
    if pronoun in ("they", "them", "their", "these", "those"):
        fitting = [name for name in names if " and " in name]
    elif pronoun in ("he", "him", "his", "she", "her"):
        fitting = [name for name in names if not name.isupper() and not _is_place(name, earlier)]
    else:
        fitting = [
            name
            for name in names
            if len(name.split()) > 1 or name.isupper() or not _is_place(name, earlier)
        ]
        fitting = [name for name in fitting if not _TITLE.match(name)]
    if not fitting:
        return None
    name = max(fitting, key=lambda one: (len(one.split()), len(one)))
    return f"the {name}" if re.search(rf"\bthe {re.escape(name)}", earlier, re.I) else name


def _is_place(name: str, question: str) -> bool:
    """Whether a single word follows a preposition or is a possessor, and so is no topic."""
    if len(name.split()) > 1:
        return False
    before = rf"\b(?:in|from|to|of|for|across|inside)\s+{re.escape(name)}\b"
    does = (
        rf"\b(?:did|does|do|has|have|had|is|was)\s+{re.escape(name)}\s+\w|{re.escape(name)}['’]s\b"
    )
    defines = re.match(r"\s*(?:what|who)\s+(?:is|are|was|were)\b", question, re.IGNORECASE)
    return bool(re.search(before, question) or re.search(does, question) and not defines)


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
        noun = _LOWER_NOUN.match(text, match.end())
        if noun and len(name.split()) > 1:  # "the Safe Third Country agreement"
            name += noun.group()
        if name and name[0].isupper():
            found.append(name)
    return found

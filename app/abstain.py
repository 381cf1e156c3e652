"""Abstaining, and saying why."""

from __future__ import annotations

from collections.abc import Sequence

from app.records import Passage
from app.terms import content_words, terms
from app.verify import plain

_CLOSEST = 3


def missing_terms(question: str, unknown: Sequence[str]) -> tuple[str, ...]:
    """Return the words of the question, as they stand, that no document holds."""
    absent = set(unknown)
    return tuple(word for word in content_words(question) if set(terms(word)) & absent)


def explain(missing: Sequence[str], passages: Sequence[Passage]) -> str:
    """Say that the documents hold no answer, which words they lack, and what comes closest."""
    parts = ["The documents do not answer this question."]
    if missing:
        shown = ", ".join(f"“{word}”" for word in missing)
        parts.append(f"No document holds {shown}.")
    places = list(
        dict.fromkeys(
            plain(passage.title + (f", {passage.section}" if passage.section else ""))
            for passage in passages[:_CLOSEST]
        )
    )
    if places:
        parts.append(f"The closest passages are in: {'; '.join(places)}.")
    return " ".join(parts)


def untold_notice(question: str, untold: Sequence[str]) -> tuple[str, ...]:
    """Say that no document names a person whom the question names."""
    names = [f"“{word}”" for word in missing_terms(question, untold)]
    if not names:
        return ()
    return (f"No document holds the name {', '.join(names)}: check who is meant in the sources.",)

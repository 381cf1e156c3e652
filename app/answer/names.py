"""Names in a question that no document holds.

A question about one of them is about something that the documents do not speak of.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.question.asked import Asked
from app.records import Passage
from app.search.index import SearchIndex
from app.text.terms import words

_FOR_NAMES = 3  # passages in which another holder of a title speaks against the one asked for


def strange_names(index: SearchIndex, asked: Asked, passages: Sequence[Passage]) -> set[str]:
    """Return the names in the question that no document holds, in full or as an abbreviation."""
    unknown = {name for name in asked.names if name not in index.lexical}
    if not unknown:
        return unknown
    initials = ["".join(word[0] for word in words(passage.text)).lower() for passage in passages]
    return {name for name in unknown if not any(name in letters for letters in initials)}


def untold_names(names: set[str], asked: Asked, passages: Sequence[Passage]) -> set[str]:
    """Return those of some names whom the passages may mean without naming them.

    A speech never names who gives it. So "President X" is let pass where the best passages have
    no other president; the reader is told that no document holds the name.
    """
    return {name for name in names if _may_be_untold(name, asked, passages)}


def _may_be_untold(name: str, asked: Asked, passages: Sequence[Passage]) -> bool:
    title = asked.titled.get(name)
    if title is None:
        return False
    other = re.compile(rf"\b{title}\.?\s+(?:[A-Z]\w+)")
    return not any(other.search(passage.text) for passage in passages[:_FOR_NAMES])

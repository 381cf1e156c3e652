"""The marks of list items and headings in OpenDocument texts."""

from __future__ import annotations

from typing import NamedTuple

from lxml import etree

from ingest.loaders.office.numerals import letters, roman
from ingest.loaders.office.odf import STYLE, TEXT, whole

_LEVELS = 10
_LONGEST_MARK = 16


class _Level(NamedTuple):
    form: str | None  # as in style:num-format; None for a bullet
    before: str
    after: str
    shown: int
    start: int


class ListStyle:
    """How the levels of a list are marked."""

    def __init__(self, element: etree._Element | None) -> None:
        """Read a list style or outline style; None for one that the file lacks."""
        self._levels: dict[int, _Level] = {}
        for level in () if element is None else element:
            numbered = level.tag in (
                f"{TEXT}list-level-style-number",
                f"{TEXT}outline-level-style",
            )
            self._levels[whole(level.get(f"{TEXT}level"), 1)] = _Level(
                form=level.get(f"{STYLE}num-format", "") if numbered else None,
                before=level.get(f"{STYLE}num-prefix", "")[:_LONGEST_MARK],
                after=level.get(f"{STYLE}num-suffix", "")[:_LONGEST_MARK],
                shown=whole(level.get(f"{TEXT}display-levels"), 1),
                start=whole(level.get(f"{TEXT}start-value"), 1),
            )

    def start(self, level: int) -> int:
        """Return the number that a level begins with."""
        return self._levels[level].start if level in self._levels else 1

    def mark(self, level: int, counts: dict[int, int]) -> str:
        """Return the mark of an item, ``-`` for a bullet, empty where there is none.

        Args:
            level: The item's level, from 1.
            counts: The number that each level has come to.
        """
        found = self._levels.get(level)
        if found is None or found.form is None:
            return "-"
        if not found.form:
            return ""
        first = max(1, level - found.shown + 1)
        numbers = [
            _number(counts.get(at, self.start(at)), form)
            for at in range(first, level + 1)
            if (form := self._levels[at].form if at in self._levels else "1")
        ]
        return f"{found.before}{'.'.join(numbers)}{found.after}".strip()


class Counter:
    """Counts the items of one list, its inner lists included."""

    def __init__(self, style: ListStyle) -> None:
        """Begin a list."""
        self.style = style
        self._counts: dict[int, int] = {}

    def restart(self, level: int) -> None:
        """Begin a level, and all below it, anew."""
        self._counts = {at: count for at, count in self._counts.items() if at < level}

    def mark(self, level: int, start: int | None = None) -> str:
        """Count one item on, to ``start`` where that is given, and return its mark."""
        if not 1 <= level <= _LEVELS:
            return "-"
        following = self._counts[level] + 1 if level in self._counts else self.style.start(level)
        self.restart(level + 1)
        self._counts[level] = following if start is None else start
        return self.style.mark(level, self._counts)


def _number(count: int, form: str) -> str:
    if form in ("i", "I"):
        return roman(count) if form == "i" else roman(count).upper()
    if form in ("a", "A"):
        return letters(count) if form == "a" else letters(count).upper()
    return str(count)

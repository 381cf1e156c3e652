"""Running headers, footers and page numbers, told by their coming again page after page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from ingest.loaders.common.builder import squeeze
from ingest.loaders.pdfs.lines import Line

_DEPTH = 3  # heights from the top and from the foot where running lines stand
_FEWEST_PAGES = 3  # too few pages to tell a repetition by
_SHARE = 0.3  # left and right pages may differ, and chapters' first pages have none
_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"(?:page|página|pág\.?|p\.)?\s?#(?:\s?(?:of|de|/)\s?#)?|[ivxlc]{1,7}", re.IGNORECASE
)


class RunningLines:
    """Knows the running lines of the pages seen so far, and takes them off a page."""

    def __init__(self) -> None:
        """Start without any."""
        self._keys: set[str] = set()

    def learn(self, pages: Sequence[Sequence[Line]]) -> None:
        """Add the lines that stand at the top or foot of many of these pages, numbers aside."""
        filled = [lines for lines in pages if lines]
        if len(filled) < _FEWEST_PAGES:
            return
        seen: Counter[str] = Counter()
        for lines in filled:
            seen.update({_key(lines[at]) for at in _edge(lines)} - {"", "#"})
        needed = max(_FEWEST_PAGES, len(filled) * _SHARE)
        self._keys |= {key for key, count in seen.items() if count >= needed}

    def without(self, lines: Sequence[Line]) -> list[Line]:
        """Return a page's lines without its running lines and its page number."""
        edge = _edge(lines)
        running = {at for at in edge if _key(lines[at]) in self._keys}
        left = [line for at, line in enumerate(lines) if at not in running]
        number = _page_number(left)
        return [line for line in left if line is not number]


def _edge(lines: Sequence[Line]) -> list[int]:
    """Return the places of the lines at the outermost heights of a page, if near its edges.

    The lowest line counts wherever it stands: a page that was printed smaller than its paper has
    its foot well above the edge.
    """
    heights = sorted({round(line.baseline) for line in lines})
    outer = {*heights[:_DEPTH], *heights[-_DEPTH:]}
    return [
        at
        for at, line in enumerate(lines)
        if (line.at_edge and round(line.baseline) in outer) or round(line.baseline) in heights[:1]
    ]


def _page_number(lines: Sequence[Line]) -> Line | None:
    """Return the line that stands alone at the very top or foot and is nothing but a number."""
    heights = sorted({round(line.baseline) for line in lines})
    for height in [*heights[:1], *heights[-1:]]:
        level = [line for line in lines if round(line.baseline) == height]
        if len(level) == 1 and level[0].at_edge and _PAGE_NUMBER.fullmatch(_key(level[0])):
            return level[0]
    return None


def _key(line: Line) -> str:
    return _DIGITS.sub("#", squeeze(line.text)).strip(" -–—|").lower()

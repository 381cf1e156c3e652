"""Lays a PDF's lines and tables out as text: paragraphs, headings and lists from the layout."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import median

from ingest.document import Page
from ingest.loaders.common.builder import TextBuilder, squeeze
from ingest.loaders.pdfs.continued import WholeTable
from ingest.loaders.pdfs.grid import Grid
from ingest.loaders.pdfs.lines import Line, join_lines
from ingest.loaders.pdfs.marks import BULLET

Region = list[Line | Grid]  # a column, or what stands across the columns, in reading order

_HEADING_RATIO = 1.12
_LONGEST_HEADING = 160
_MOST_HEADING_LINES = 3
_FEWEST_WORDS = 50  # on a page of fewer words their size tells little
_PARAGRAPH_GAP = 1.3
_HEADING_GAP = 1.6  # type sizes
_FEWEST_STEPS = 4  # on a page of fewer lines the distance between them tells little
_TERMINAL = re.compile(r"[.!?:;…][\"'”’»)\]]*$")


@dataclass(slots=True)
class _Paragraph:
    lines: list[Line]
    page: int

    @property
    def text(self) -> str:
        return squeeze(join_lines([line.text for line in self.lines]))


def lay_out(
    pages: Sequence[Sequence[Region]], labels: Sequence[str | None], builder: TextBuilder
) -> tuple[Page, ...]:
    """Add all pages' text to the builder.

    Args:
        pages: The regions of each page, in reading order.
        labels: What the document calls each page; None where it is the number.
        builder: Takes the text.

    Returns:
        The pages with their place in the text, which they cover.
    """
    body_sizes = _body_sizes(pages)
    blocks = _blocks(pages)
    heading_sizes = sorted(
        {
            block.lines[0].size
            for block in blocks
            if isinstance(block, _Paragraph) and _is_large(block, body_sizes[block.page - 1])
        },
        reverse=True,
    )
    starts: dict[int, int] = {}
    for block in blocks:
        before = builder.offset
        if isinstance(block, WholeTable):
            builder.table(block.rows, block.heading_rows)
            lengths = [len(row) + 1 for row in block.rows]
            places = [*accumulate(lengths, initial=builder.offset - sum(lengths))]
            for page, row in block.begins:
                starts.setdefault(page, places[row])
            continue
        first, text = block.lines[0], block.text
        if _is_heading(block, text, body_sizes[block.page - 1]):
            level = heading_sizes.index(first.size) if first.size in heading_sizes else 5
            builder.heading(text, level + 1)
        elif first.is_entry or BULLET.match(text):
            mark, _, entry = text.partition(" ")
            builder.item(entry, mark)
        else:
            builder.paragraph(text)
        _mark_pages(block, text, builder, before, starts)
    end = max(builder.offset - 1, 0)  # without the last line's end
    return _pages(starts, labels, end)


def _body_sizes(pages: Sequence[Sequence[Region]]) -> list[float]:
    """Return the usual type size of each page, of the whole where a page has little text.

    An appendix is often set in another size than the text, which makes no headings of it.
    """
    sizes = [
        [
            item.size
            for region in page
            for item in region
            if isinstance(item, Line) and item.size
            for _ in item.text.split()
        ]
        for page in pages
    ]
    usual = median([size for page in sizes for size in page] or [0.0])
    return [median(page) if len(page) >= _FEWEST_WORDS else usual for page in sizes]


def _mark_pages(
    paragraph: _Paragraph, text: str, builder: TextBuilder, before: int, starts: dict[int, int]
) -> None:
    """Note where each page begins; a paragraph may run on over a page's end."""
    if builder.offset == before:
        return
    end = builder.offset - 1
    begin = end - len(text)
    starts.setdefault(paragraph.page, begin)
    if paragraph.lines[-1].page == paragraph.page:
        return
    # A line's place is found by the letters before it, since joining changes all else.
    places = [at for at, char in enumerate(text) if char.isalnum()]
    before_line = 0
    for line in paragraph.lines:
        if line.page not in starts:
            place = places[before_line] if before_line < len(places) else len(text)
            starts[line.page] = begin + text.rfind(" ", 0, place) + 1
        before_line += sum(map(str.isalnum, line.text))


def _pages(starts: dict[int, int], labels: Sequence[str | None], end: int) -> tuple[Page, ...]:
    """Give every page its span; a page without text is empty where the next one begins."""
    begins: list[int] = []
    following = end
    for number in range(len(labels), 0, -1):
        following = starts.get(number, following)
        begins.append(following)
    begins.reverse()
    if begins:
        begins[0] = 0
    ends = [*begins[1:], end]
    spans = zip(begins, ends, labels, strict=True)
    return tuple(Page(at, begin, stop, name) for at, (begin, stop, name) in enumerate(spans, 1))


def _blocks(pages: Sequence[Sequence[Region]]) -> list[_Paragraph | WholeTable]:
    blocks: list[_Paragraph | WholeTable] = []
    page_steps = [[step for region in page for step in _steps(region)] for page in pages]
    usual = median([step for steps in page_steps for step in steps] or [0.0])
    for number, (page, steps) in enumerate(zip(pages, page_steps, strict=True), 1):
        step = median(steps) if len(steps) >= _FEWEST_STEPS else usual
        previous: Line | None = None
        fresh = True  # whether nothing of the page was seen yet
        for region in page:
            right = max((item.right for item in region if isinstance(item, Line)), default=0.0)
            for item in region:
                if isinstance(item, Grid):
                    last = blocks[-1] if blocks and fresh else None
                    if not (isinstance(last, WholeTable) and last.take(item)):
                        blocks.append(WholeTable(item))
                    previous = None
                else:
                    last = blocks[-1] if blocks and (fresh or previous is not None) else None
                    if isinstance(last, _Paragraph) and _joins(last, previous, item, step, right):
                        last.lines.append(item)
                    else:
                        blocks.append(_Paragraph([item], number))
                    previous = item
                fresh = False
    return blocks


def _steps(region: Region) -> list[float]:
    """Return how far each line of a region stands below the one before, in points."""
    gaps = [
        a.baseline - b.baseline
        for a, b in zip(region, region[1:], strict=False)
        if isinstance(a, Line) and isinstance(b, Line)
    ]
    return [gap for gap in gaps if gap > 0]


def _joins(
    paragraph: _Paragraph, previous: Line | None, line: Line, step: float, right: float
) -> bool:
    last = paragraph.lines[-1]
    if abs(last.size - line.size) > 0.6 or last.bold != line.bold:
        return False
    if line.is_entry or BULLET.match(line.text):
        return False
    if previous is None:  # the first line of a page carries on an unfinished sentence
        return not _TERMINAL.search(last.text) and not line.text[:1].isupper()
    gap = previous.baseline - line.baseline
    if gap <= 0:  # a new column
        return not _TERMINAL.search(last.text)
    if gap > max(step, line.size) * _PARAGRAPH_GAP:
        return False
    if line.bold and gap > line.size * _HEADING_GAP:
        return False  # headings of two levels, one below the other
    ended_short = last.right < right - 0.25 * max(right - last.left, 1.0)
    return not (ended_short and _TERMINAL.search(last.text))


def _is_large(paragraph: _Paragraph, body_size: float) -> bool:
    return len(paragraph.lines) <= _MOST_HEADING_LINES and (
        paragraph.lines[0].size > body_size * _HEADING_RATIO
    )


def _is_heading(paragraph: _Paragraph, text: str, body_size: float) -> bool:
    first = paragraph.lines[0]
    if len(text) > _LONGEST_HEADING or len(paragraph.lines) > _MOST_HEADING_LINES:
        return False
    if _is_large(paragraph, body_size):
        return True
    return first.bold and first.size >= body_size * 0.98 and not _TERMINAL.search(text)

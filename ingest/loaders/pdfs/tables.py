"""Tables of a page, told from prose by what stands side by side and lines up.

Rows of several cells that follow each other are a table where their figures end, or their cells
begin, at the same places line after line. What is a row, a heading and a wrapped label is told
in `pdf_grid`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ingest.loaders.pdfs.grid import Grid, grid_of
from ingest.loaders.pdfs.lines import Line
from ingest.loaders.pdfs.rows import Cell, Row, rows_of

_FARTHEST_ROW = 3.6  # type sizes between two rows of a table
_FARTHEST_HEADING = 2.6
_MOST_HEADINGS = 6
_MOST_LABELS = 4  # rows on end with nothing but a label
_LONGEST_LABEL = 100
_LINE = 0.9  # type sizes: lines of one cell stand no closer
_EDGE = 0.6  # in type sizes: how exactly edges meet
_ALIGNED = 0.6
_FEWEST_TEXT_ROWS = 3
_SENTENCE = 6  # words: more in most cells of two columns are prose side by side
_SENTENCE_END = re.compile(r"[.!?][\"'”’)]*$")


@dataclass(frozen=True, slots=True)
class _Span:
    first: int  # places in the rows, half-open
    end: int


def with_tables(lines: Sequence[Line]) -> list[Line | Grid]:
    """Replace the lines that are a table's by the table, at the place of the first of them."""
    rows = rows_of(lines)
    grids: dict[int, Grid] = {}
    taken: set[int] = set()
    for span in _spans(rows):
        inside = rows[span.first : span.end]
        members = [at for row in inside for at in row.lines]
        taken.update(members)
        grids[min(members)] = grid_of(inside, lines[members[0]].page)
    flow: list[Line | Grid] = []
    for at, line in enumerate(lines):
        if at in grids:
            flow.append(grids[at])
        elif at not in taken:
            flow.append(line)
    return flow


def _spans(rows: Sequence[Row]) -> list[_Span]:
    spans: list[_Span] = []
    at = free = 0
    while at < len(rows):
        if len(rows[at].cells) < 2:
            at += 1
            continue
        end = _run_end(rows, at)
        if _is_table(rows[at:end]):
            first = _with_headings(rows, _without_captions(rows, at, end), end, free)
            end = _with_last_lines(rows, end)
            starts = [first, *_new_headings(rows, first, end), end]
            spans += [
                _Span(a, b if b == end else _without_prose(rows, a, b))
                for a, b in zip(starts, starts[1:], strict=False)
            ]
            free = end
        at = end
    return spans


def _without_captions(rows: Sequence[Row], first: int, end: int) -> int:
    """Leave out rows at the top that end before the figures begin, such as a numbered title."""
    figures = [cell.left for row in rows[first:end] for cell in row.cells[1:] if cell.is_amount]
    if figures:
        while first < end - 1 and rows[first].right < min(figures):
            first += 1
    return first


def _without_prose(rows: Sequence[Row], first: int, end: int) -> int:
    """Leave out the lines between a table and the next, which speak of the next."""
    while end > first + 1 and len(rows[end - 1].cells) == 1:
        end -= 1
    return _with_last_lines(rows, end)


def _new_headings(rows: Sequence[Row], first: int, end: int) -> list[int]:
    """Return where, below amounts, columns are named anew: another table begins there.

    A name of the values alone would do, but a stray note does too: two rows of names are asked
    for, or one that holds several.
    """
    amounts = [any(cell.is_amount for cell in row.cells[1:]) for row in rows[first:end]]
    labels = (row for row, has in zip(rows[first:end], amounts, strict=True) if has)
    start = max((row.cells[0].right for row in labels), default=0.0)
    found: list[int] = []
    at = first + 1
    while at < end:
        stop = at
        while stop < end and not amounts[stop - first]:
            # Names of the columns may have the rows' unit at their left.
            if rows[stop].left <= start and (stop == at or len(rows[stop].cells) == 1):
                break
            stop += 1
        names = max((len(row.cells) for row in rows[at:stop]), default=0)
        # Words right between the lines of a row are its own, set in the middle of it.
        between = any(
            not _is_line_apart(a, b)
            for a, b in zip(rows[at:stop], rows[at + 1 : stop + 1], strict=False)
        )
        if (
            names > 1
            and not between
            and any(amounts[: at - first])
            and any(amounts[stop - first :])
        ):
            found.append(at)
        at = max(stop, at + 1)
    return found


def _run_end(rows: Sequence[Row], first: int) -> int:
    """Return the end of the rows from ``first`` that may be one table."""
    values = min(cell.left for cell in rows[first].cells[1:])
    end = at = first + 1
    labels = long_labels = 0
    while at < len(rows) and _near(rows[at - 1], rows[at], _FARTHEST_ROW):
        row = rows[at]
        if len(row.cells) > 1:
            values = min(values, *(cell.left for cell in row.cells[1:]))
            labels = long_labels = 0
            end = at + 1
        elif row.left < values - _EDGE * row.size:  # else a further line of a cell
            labels += 1
            if row.right > values and row.left < values:
                long_labels += 1
                if long_labels > 1 or _is_sentence(row.text):
                    break
            if labels > _MOST_LABELS:
                break
        at += 1
    return end


def _near(above: Row, below: Row, sizes: float) -> bool:
    return above.baseline - below.baseline <= sizes * max(above.size, below.size)


def _is_line_apart(above: Row, below: Row) -> bool:
    return above.baseline - below.baseline >= _LINE * max(above.size, below.size)


def _is_sentence(text: str) -> bool:
    return len(text) > _LONGEST_LABEL or bool(_SENTENCE_END.search(text))


def _is_table(rows: Sequence[Row]) -> bool:
    several = [row for row in rows if len(row.cells) > 1]
    size = max(row.size for row in rows)
    figures = [[cell for cell in row.cells[1:] if cell.is_figure] for row in several]
    with_figures = [cells for cells in figures if cells]
    if len(with_figures) >= 2 and 2 * len(with_figures) >= len(several) - 2:
        if _aligned([[cell.right for cell in cells] for cells in with_figures], size, 2):
            return True
        # A web page's figures stand at the left of their columns.
        lefts = [[cell.left for cell in cells] for cells in with_figures]
        return _aligned(lefts, size, _FEWEST_TEXT_ROWS)
    values = min(cell.left for row in several for cell in row.cells[1:])
    labels = sum(row.left < values - _EDGE * size for row in rows)
    return _is_text_table(several, labels, size)


def _is_text_table(several: Sequence[Row], count: int, size: float) -> bool:
    """Whether rows of words are a table: short cells that begin, or end, at common places."""
    if len(several) < _FEWEST_TEXT_ROWS or 2 * len(several) < count:
        return False
    columns = max(len(row.cells) for row in several)
    wordy = sum(_is_wordy(row.cells) for row in several)
    if columns < 3 and 2 * wordy > len(several):
        return False
    fewest = max(_FEWEST_TEXT_ROWS, int(0.4 * len(several)))
    cells = [row.cells[1:] for row in several]
    return _aligned([[cell.left for cell in row] for row in cells], size, fewest) or _aligned(
        [[(cell.left + cell.right) / 2 for cell in row] for row in cells], size, fewest
    )


def _is_wordy(cells: Iterable[Cell]) -> bool:
    return all(len(cell.text.split()) >= _SENTENCE for cell in cells)


def _aligned(edges: Sequence[Sequence[float]], size: float, fewest: int) -> bool:
    """Whether most edges meet those of other rows, so that ``fewest`` share a place."""
    places = sorted((edge, at) for at, row in enumerate(edges) for edge in row)
    met = 0
    group: list[tuple[float, int]] = []
    for place in [*places, (float("inf"), -1)]:
        if group and place[0] - group[-1][0] > _EDGE * size:
            if len({at for _, at in group}) >= fewest:
                met += len(group)
            group = []
        group.append(place)
    return met >= _ALIGNED * len(places)


def _with_headings(rows: Sequence[Row], first: int, end: int, free: int) -> int:
    """Take in the rows above that stand over the values alone, such as a period."""
    body = rows[first:end]
    values = min(cell.left for row in body for cell in row.cells[1:])
    label = min(row.left for row in body)
    size = max(row.size for row in body)
    for above in range(first - 1, max(first - 1 - _MOST_HEADINGS, free - 1), -1):
        row = rows[above]
        if len(row.cells) > 1 or not _near(row, rows[above + 1], _FARTHEST_HEADING):
            break
        if row.left < max(values - 2 * size, label + 2 * size) or _is_sentence(row.text):
            break
        first = above
    return first


def _with_last_lines(rows: Sequence[Row], end: int) -> int:
    """Take in the further lines of the last row's label or of its other cells."""
    last = rows[end - 1]
    starts = [cell.left for cell in last.cells[1:] if not cell.is_figure]
    label_open = True
    while end < len(rows) and _near(rows[end - 1], rows[end], 1.35):
        row = rows[end]
        cell = any(abs(row.left - start) < _EDGE * row.size for start in starts)
        label = (
            label_open
            and len(row.cells) == 1
            and row.text[:1].islower()
            and last.left - 0.5 <= row.left
            and row.right < last.cells[1].left
        )
        if not (cell or label):
            break
        label_open = cell
        end += 1
    return end

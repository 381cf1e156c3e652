"""The rows of a table, as lines of cells: its headings found, its wrapped cells joined."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from ingest.loaders.common.builder import cells_line
from ingest.loaders.pdfs.lines import STRAY, join_lines
from ingest.loaders.pdfs.names import names_columns
from ingest.loaders.pdfs.rows import Cell, Row

_WRAPPED = 1.35  # type sizes: lines of one cell stand no farther apart
_BETWEEN = 0.9  # type sizes: lines that stand closer are not one below the other in a cell
_APART = 1.5  # type sizes: rows stand farther apart where their cells are set in the middle
_FEWEST_ROWS = 3
_LABEL = frozenset({-1})  # the first column
_SPREAD = 1.2  # how much farther apart rows stand than the lines of their cells, at least
_LISTED = re.compile(r"\w{1,4}[.)]\s")
_UNFINISHED = (
    *(" of", " and", " or", " the", " in", " for", " to", " from", " on", " by", " with", " a"),
    *(" an", " at", " de", " y", " por", " en", " del", " la", ",", "-", "–", "/"),
)


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as lines of text.

    Attributes:
        rows: A line a row, its cells divided as in all tables.
        heading_rows: How many of them, from the top, name the columns.
        page: 1-based number of the page.
        cells: The rows' cells where rules divide them, a place a column; else none.
        edges: Where those columns begin, in points from the first.
        guessed: Whether the headings are set like the rows below them.
    """

    rows: tuple[str, ...]
    heading_rows: int
    page: int
    cells: tuple[tuple[str, ...], ...] = ()
    edges: tuple[float, ...] = ()
    guessed: bool = False


@dataclass(slots=True)
class _Entry:
    """A row while lines are joined to it; its last line's place is the row's."""

    cells: list[Cell]
    baseline: float
    size: float
    bold: bool


def grid_of(rows: Sequence[Row], page: int) -> Grid:
    """Build a table from its rows, top to bottom; at least one has several cells."""
    entries = [_Entry(list(row.cells), row.baseline, row.size, row.bold) for row in rows]
    columns = _columns(entries)
    named = _heading_count(entries, columns)
    headings = _joined_headings(entries[:named], columns)
    body = _centred_rows(entries[named:], columns) or _joined_rows(entries[named:], columns)
    lines = [
        cells_line(STRAY.sub("", cell.text) for cell in entry.cells) for entry in headings + body
    ]
    return Grid(tuple(lines), len(headings) if body else 0, page)


def _centred_rows(
    entries: Sequence[_Entry], columns: Sequence[tuple[float, float]]
) -> list[_Entry]:
    """Join each row's lines where cells are set in the middle of their rows, as web pages do.

    Their lines stand closer than those of a cell, and rows farther apart than those. None is
    returned where that does not tell a few rows, each with at most one amount a column.
    """
    steps = [a.baseline - b.baseline for a, b in zip(entries, entries[1:], strict=False)]
    size = max((entry.size for entry in entries), default=0.0)
    if sum(step < _BETWEEN * size for step in steps) < 2:
        return []
    if any(_WRAPPED * size < step < _APART * size for step in steps):
        return []
    joined: list[_Entry] = []
    amounts: set[frozenset[int]] = set()
    for entry in entries:
        own = {_over(cell, columns) for cell in entry.cells if cell.is_amount}
        if joined and joined[-1].baseline - entry.baseline <= _WRAPPED * size:
            if own & amounts - {_LABEL}:
                return []
            _merge(joined[-1], entry, columns)
            amounts |= own
        else:
            joined.append(replace(entry, cells=list(entry.cells)))
            amounts = own
    return joined if len(joined) >= _FEWEST_ROWS else []


def _columns(entries: Sequence[_Entry]) -> list[tuple[float, float]]:
    """Return the extents of the columns after the first, from left to right.

    Rows with amounts give them where there are any, since headings run over several columns.
    """
    rows = [entry.cells[1:] for entry in entries]
    amounts = [row for row in rows if any(cell.is_amount for cell in row)]
    cells = [cell for row in amounts or rows for cell in row]
    extents: list[tuple[float, float]] = []
    for cell in sorted(cells, key=lambda cell: cell.left):
        if extents and cell.left < extents[-1][1]:
            extents[-1] = (extents[-1][0], max(extents[-1][1], cell.right))
        else:
            extents.append((cell.left, cell.right))
    return extents


def _over(cell: Cell, columns: Sequence[tuple[float, float]]) -> frozenset[int]:
    """Return the columns that a cell stands over or in; the first column is -1."""
    if not columns or cell.right <= columns[0][0]:
        return frozenset({-1})
    over = {at for at, (left, right) in enumerate(columns) if cell.left < right > left < cell.right}
    if not over:
        middle = (cell.left + cell.right) / 2
        over = {
            min(range(len(columns)), key=lambda at: abs(middle - sum(columns[at]) / 2)),
        }
    return frozenset(over)


def _heading_count(entries: Sequence[_Entry], columns: Sequence[tuple[float, float]]) -> int:
    """Count the rows that name the columns: those above the first with an amount.

    Labels alone, such as ``Current assets:``, name rows. In a table of words, the first rows
    name the columns where they alone are bold, or the first does as `names_columns` tells.
    """
    first = next(
        (
            at
            for at, entry in enumerate(entries)
            if any(cell.is_amount for cell in entry.cells[1:])
            and not all(cell.is_date for cell in entry.cells[1:])
        ),
        None,
    )
    if first is None:
        bold = [entry.bold for entry in entries]
        count = bold.index(False) if False in bold else 0
        if count:
            return count if count <= 3 else 0
        texts = [[cell.text for cell in entry.cells] for entry in entries]
        full = len(texts[0]) == len(columns) + 1
        return int(full and names_columns(texts[0], texts[1:]))
    start = columns[0][0] if columns else 0.0
    over = [at for at in range(first) if entries[at].cells[-1].right > start]
    beside = [at for at in over if len(entries[at].cells) > 1 or entries[at].cells[0].left > start]
    return (beside[-1] if beside else -1) + 1 or _lone_heading(entries, first, start)


def _lone_heading(entries: Sequence[_Entry], first: int, start: float) -> int:
    """Count one where a single cell over the values is all there is above the amounts."""
    return first if first == 1 and entries[0].cells[0].right > start else 0


def _joined_headings(
    entries: Sequence[_Entry], columns: Sequence[tuple[float, float]]
) -> list[_Entry]:
    """Join the lines of headings that stand over the same columns, such as a date and its year."""
    joined: list[_Entry] = []
    for entry in entries:
        if joined and _stacks(joined[-1], entry, columns):
            _merge(joined[-1], entry, columns)
        else:
            joined.append(entry)
    return joined


def _stacks(above: _Entry, below: _Entry, columns: Sequence[tuple[float, float]]) -> bool:
    if above.baseline - below.baseline > 1.6 * max(above.size, below.size):
        return False
    if _centred(above, below):
        return True
    places = {_over(cell, columns): cell for cell in above.cells}
    if len(places) < len(above.cells):
        return False
    for cell in below.cells:
        over = _over(cell, columns)
        if over in places:
            if not _in_line(places[over], cell, above.size):
                return False  # it stands over a neighbour too, which is narrower than its column
        elif any(over & place for place in places):
            return False
    return True


def _in_line(above: Cell, below: Cell, size: float) -> bool:
    """Whether two cells have an edge or the middle in common."""
    left, right = above.left - below.left, above.right - below.right
    return min(abs(left), abs(right), abs(left + right) / 2) < size


def _centred(above: _Entry, below: _Entry) -> bool:
    """Whether each cell stands right below one of the row above."""
    return len(above.cells) == len(below.cells) and all(
        abs(a.left + a.right - b.left - b.right) < above.size
        for a, b in zip(above.cells, below.cells, strict=True)
    )


def _merge(above: _Entry, below: _Entry, columns: Sequence[tuple[float, float]]) -> None:
    if _centred(above, below):
        above.cells = [_stacked(a, b) for a, b in zip(above.cells, below.cells, strict=True)]
        above.baseline, above.bold = below.baseline, above.bold and below.bold
        return
    for cell in below.cells:
        over = _over(cell, columns)
        for at, other in enumerate(above.cells):
            if _over(other, columns) == over:
                above.cells[at] = _stacked(other, cell)
                break
        else:
            above.cells.append(cell)
    above.cells.sort(key=lambda cell: cell.left)
    above.baseline = below.baseline
    above.bold = above.bold and below.bold


def _stacked(above: Cell, below: Cell) -> Cell:
    text = join_lines([above.text, below.text])
    return Cell(min(above.left, below.left), max(above.right, below.right), text)


def _joined_rows(entries: Sequence[_Entry], columns: Sequence[tuple[float, float]]) -> list[_Entry]:
    """Join a row's lines where its label, or a cell of words, runs over several."""
    steps = [a.baseline - b.baseline for a, b in zip(entries, entries[1:], strict=False)]
    usual = median(steps) if steps else 0.0
    least = min(steps, default=0.0)
    spread = sum(step > _SPREAD * least for step in steps) >= 2
    labels = max((entry.cells[0].right for entry in entries if len(entry.cells) > 1), default=0.0)
    joined: list[_Entry] = []
    for entry in entries:
        last = joined[-1] if joined else None
        if last is None or last.baseline - entry.baseline > _WRAPPED * max(last.size, entry.size):
            joined.append(entry)
            continue
        tight = last.baseline - entry.baseline < usual / _SPREAD
        close = spread and last.baseline - entry.baseline <= _SPREAD * least
        if _carries_on_label(last, entry, labels, tight=tight):
            entry.cells[0] = _stacked(last.cells[0], entry.cells[0])
            joined[-1] = entry
        elif _ends_label(last, entry, tight=tight):
            last.cells[0] = _stacked(last.cells[0], entry.cells[0])
            last.baseline = entry.baseline
        elif _carries_on_cells(last, entry, columns, close=close):
            _merge(last, entry, columns)
        else:
            joined.append(entry)
    return joined


def _goes_on(text: str) -> bool:
    """Whether a line begins in the midst of a sentence; ``b)`` begins an entry of a list."""
    return text[:1].islower() and not _LISTED.match(text)


def _carries_on_label(last: _Entry, entry: _Entry, labels: float, *, tight: bool) -> bool:
    """Whether the row above is the beginning of this row's label."""
    above, label = last.cells[0], entry.cells[0]
    if len(last.cells) > 1 or above.text.endswith(":") or last.bold != entry.bold:
        return False
    if label.is_figure and not above.text.endswith(_UNFINISHED):
        return False
    if len(entry.cells) == 1:
        # Both are label only: a heading of rows on two lines.
        return tight and _goes_on(label.text)
    if _goes_on(label.text) or above.text.endswith(_UNFINISHED):
        return True
    first_word = (label.right - label.left) * len(label.text.split()[0]) / len(label.text)
    return tight and above.right + first_word > labels


def _ends_label(last: _Entry, entry: _Entry, *, tight: bool) -> bool:
    """Whether the row is a second line of the label above, whose figures stand on the first."""
    if len(entry.cells) > 1 or len(last.cells) < 2 or last.bold != entry.bold:
        return False
    label = entry.cells[0]
    if label.right > last.cells[1].left and label.left >= last.cells[1].left:
        return False
    return (_goes_on(label.text) and not label.text.endswith(":")) or (
        tight and last.cells[0].text.endswith(_UNFINISHED)
    )


def _carries_on_cells(
    last: _Entry, entry: _Entry, columns: Sequence[tuple[float, float]], *, close: bool
) -> bool:
    """Whether a row of words is a further line of the cells above it."""
    if any(cell.is_figure for cell in (*entry.cells, *last.cells[1:])):
        return False
    places = [_over(cell, columns) for cell in last.cells]
    own = [_over(cell, columns) for cell in entry.cells]
    if len(set(places)) < len(places) or len(set(own)) < len(own):
        return False
    if last.bold != entry.bold or len(last.cells) < 2 or not set(own) <= set(places):
        return False
    blank_label = all(-1 not in over for over in own)
    return blank_label or (close and all(_goes_on(cell.text) for cell in entry.cells))

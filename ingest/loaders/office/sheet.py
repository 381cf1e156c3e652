"""Lays out a spreadsheet's cells as text: titles as paragraphs, one line a row below headings."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from ingest.limits import Limits
from ingest.loaders.common.builder import TextBuilder, cells_line, squeeze
from ingest.loaders.office.package import check_chars
from ingest.loaders.table import PAIR_SEPARATOR

_YEAR = re.compile(r"(?:1[89]|20|21)\d\d")
_MOST_HEADING_ROWS = 3
_ROWS_LOOKED_AT = 20
_MOST_FILLED = 1_000_000  # cells of merged ranges that are filled with the range's text

T = TypeVar("T")


class Cell(NamedTuple):
    """What a cell shows, and whether it is text rather than a number, date or truth value."""

    text: str
    is_text: bool


class Merge(NamedTuple):
    """A range of cells shown as one, 1-based, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(slots=True)
class Sheet:
    """The cells of a sheet that are not empty.

    Attributes:
        rows: Row number to column number to cell.
        merges: The ranges shown as one cell.
        unknown_values: How many formulas the file holds no value for.
    """

    rows: dict[int, dict[int, Cell]] = field(default_factory=dict)
    merges: list[Merge] = field(default_factory=list)
    unknown_values: int = 0


class _Row(NamedTuple):
    number: int
    cells: dict[int, Cell]


def add_sheet(sheet: Sheet, builder: TextBuilder, limits: Limits) -> None:
    """Add a sheet's text to a document.

    Empty rows divide a sheet into blocks. A block's heading row is the first that holds text
    alone, is no narrower than those above it, and names at least half of the columns below it;
    a block without one goes on under the headings above it.

    Raises:
        LoadError: It is too much text.
    """
    fill_down(sheet.rows, sheet.merges)
    layout = _Layout(builder, limits, sheet.merges)
    for block in _blocks(sheet):
        layout.add(block)
    layout.end_table()
    check_chars(builder.offset, limits)


def _blocks(sheet: Sheet) -> Iterator[list[_Row]]:
    block: list[_Row] = []
    for number in sorted(sheet.rows):
        if block and number != block[-1].number + 1:
            yield block
            block = []
        block.append(_Row(number, dict(sorted(sheet.rows[number].items()))))
    if block:
        yield block


def fill_down(rows: dict[int, dict[int, T]], merges: Sequence[Merge]) -> None:
    """Give every row what stands in the merged range that reaches over it from above."""
    numbers = sorted(rows)
    left = _MOST_FILLED
    for merge in merges:
        cell = rows.get(merge.top, {}).get(merge.left)
        if cell is None or merge.bottom == merge.top:
            continue
        first = bisect_right(numbers, merge.top)
        for number in numbers[first : min(bisect_right(numbers, merge.bottom), first + left)]:
            rows[number].setdefault(merge.left, cell)
            left -= 1


class _Layout:
    """Turns blocks into lines; keeps the headings that hold."""

    def __init__(self, builder: TextBuilder, limits: Limits, merges: Sequence[Merge]) -> None:
        self._builder = builder
        self._limits = limits
        self._wide: dict[int, list[Merge]] = {}
        for merge in merges:
            if merge.right > merge.left:
                self._wide.setdefault(merge.top, []).append(merge)
        self._names: dict[int, str] = {}
        self._lines: list[str] = []
        self._chars = 0

    def add(self, block: list[_Row]) -> None:
        at = self._heading_at(block)
        if at is None:
            if all(len(row.cells) == 1 for row in block) and not (
                len(self._names) == 1 and all(column in self._names for column in block[0].cells)
            ):
                self._paragraphs(block)  # a title, a note or a source
            else:
                self._rows(block)
            return
        self.end_table()
        self._paragraphs(block[:at])
        count = self._heading_rows(block[at:])
        self._names = self._column_names(block[at : at + count])
        self._rows(block[at + count :])

    def _heading_at(self, block: list[_Row]) -> int | None:
        """Return where in a block its heading row stands; None where it has none of its own."""
        widest = 0
        for at, row in enumerate(block[:-1][:_ROWS_LOOKED_AT]):
            if len(row.cells) > widest and _names_columns(row):
                below = block[at + 1 : at + 1 + _ROWS_LOOKED_AT]
                used = max(len(other.cells) for other in below)
                plain = not any(cell.is_text for other in below for cell in other.cells.values())
                some = any(not cell.is_text for other in below for cell in other.cells.values())
                if len(row.cells) == 1:  # a list of numbers has a heading, lines of text have none
                    fits = used == 1 and plain
                else:
                    fits = 2 * len(row.cells) >= used and (some or not self._names)
                if fits and (row.number in self._wide or not _outdone(row, block[at + 1])):
                    return at
            widest = max(widest, len(row.cells))
        return None

    def end_table(self) -> None:
        """Add the rows collected so far as one table."""
        self._builder.table(self._lines)
        self._lines = []

    def _paragraphs(self, rows: list[_Row]) -> None:
        self.end_table()
        for row in rows:
            self._builder.paragraph(cells_line(cell.text for cell in row.cells.values()))

    def _rows(self, rows: list[_Row]) -> None:
        for row in rows:
            pairs = []
            for column, cell in row.cells.items():
                name = self._names.get(column, "")
                pairs.append(f"{name}: {squeeze(cell.text)}" if name else squeeze(cell.text))
            self._lines.append(PAIR_SEPARATOR.join(pairs))
            self._chars += len(self._lines[-1])
            check_chars(self._chars, self._limits)  # a long heading comes once for each row

    def _heading_rows(self, rows: list[_Row]) -> int:
        """Count the rows that name the columns together: one, and more below merged names."""
        count = 1
        while (
            count < _MOST_HEADING_ROWS
            and count + 1 < len(rows)
            and self._wide.get(rows[count - 1].number)
            and _names_columns(rows[count])
        ):
            count += 1
        return count

    def _column_names(self, rows: list[_Row]) -> dict[int, str]:
        columns = sorted({column for row in rows for column in row.cells})
        parts: dict[int, list[str]] = {column: [] for column in columns}
        for row in rows:
            texts = {column: squeeze(cell.text) for column, cell in row.cells.items()}
            for merge in self._wide.get(row.number, ()) if row is not rows[-1] else ():
                for column in columns[bisect_right(columns, merge.left) :]:
                    if column > merge.right:
                        break
                    texts.setdefault(column, texts.get(merge.left, ""))
            for column, text in texts.items():
                if text and text not in parts[column]:
                    parts[column].append(text)
        return {column: " ".join(found) for column, found in parts.items() if found}


def _outdone(row: _Row, following: _Row) -> bool:
    """Whether the next row names all these columns and more, so that this one heads nothing."""
    return (
        row.cells.keys() < following.cells.keys()
        and min(row.cells) == min(following.cells)  # else the column of row names has no heading
        and _names_columns(following)
    )


def _names_columns(row: _Row) -> bool:
    """Whether a row may be a heading row: text alone, but for years that count up or down."""
    years = [int(cell.text) for cell in row.cells.values() if _is_year(cell)]
    steps = {later - year for year, later in zip(years, years[1:], strict=False)}
    texts = sum(cell.is_text for cell in row.cells.values())
    if texts + len(years) < len(row.cells) or not (texts or len(years) > 1):
        return False
    return not years or (len(years) > 1 and len(steps) == 1 and 0 not in steps)


def _is_year(cell: Cell) -> bool:
    return not cell.is_text and _YEAR.fullmatch(cell.text) is not None

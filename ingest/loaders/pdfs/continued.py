"""Ruled tables that run on over the end of a page."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.loaders.common.builder import cells_line
from ingest.loaders.pdfs.grid import Grid
from ingest.loaders.pdfs.lines import join_lines

_SAME_EDGE = 3.0  # points


class WholeTable:
    """A table while the parts of it that stand on further pages are put to it.

    Attributes:
        rows: A line a row.
        heading_rows: How many of them, from the top, name the columns.
        begins: For each of its pages, the number and the row that begins it.
    """

    def __init__(self, grid: Grid) -> None:
        """Start with the table's part on its first page."""
        self.rows = list(grid.rows)
        self.heading_rows = grid.heading_rows
        self.begins = [(grid.page, 0)]
        self._page = grid.page
        self._edges = grid.edges
        self._named = grid.cells[: grid.heading_rows]
        self._last = grid.cells[-1] if grid.cells else ()

    def take(self, grid: Grid) -> bool:
        """Take in the first table of the next page, if it is a further part of this one.

        It is where its columns are the same and it names no others. Headings that are said
        again go, and a row that the page's end divides becomes whole.
        """
        if grid.page != self._page + 1 or not _are_same(self._edges, grid.edges):
            return False
        rows = list(grid.cells)
        if self._named and tuple(rows[: len(self._named)]) == self._named:
            rows = rows[len(self._named) :]
        elif grid.heading_rows and not (grid.guessed and self._named):
            return False  # it has headings of its own
        self._page = grid.page
        if rows and len(self.rows) > self.heading_rows and _carries_on(rows[0], self._last):
            self._last = tuple(
                join_lines([a, b]) for a, b in zip(self._last, rows.pop(0), strict=True)
            )
            self.rows[-1] = cells_line(self._last)
        if rows:
            self.begins.append((grid.page, len(self.rows)))
            self.rows += [cells_line(row) for row in rows]
            self._last = rows[-1]
        return True


def _are_same(edges: Sequence[float], others: Sequence[float]) -> bool:
    return 0 < len(edges) == len(others) and all(
        abs(a - b) <= _SAME_EDGE for a, b in zip(edges, others, strict=True)
    )


def _carries_on(row: Sequence[str], above: Sequence[str]) -> bool:
    """Whether a page's first row is the rest of the last one on the page before.

    It is where its label is empty or begins in the midst of a sentence, as most of it must.
    """
    filled = [(text, other) for text, other in zip(row, above, strict=True) if text]
    if not filled or (row[0] and not row[0][:1].islower()):
        return False
    inside = sum(text[:1].islower() and bool(other) for text, other in filled)
    return 2 * inside >= len(filled)

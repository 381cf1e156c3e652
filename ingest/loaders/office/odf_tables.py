"""The rows of OpenDocument tables and sheets, repeated ones within bounds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lxml import etree

from ingest.loaders.office.odf import TABLE, whole
from ingest.loaders.office.package import local_name
from ingest.loaders.office.sheet import Merge

# A row or cell may say that it stands a million times; its copies tell nothing new.
_MOST_COLUMNS = 1_024
_MOST_COPIES = 1_000
_MOST_COPIES_IN_ALL = 100_000


class Row(NamedTuple):
    """A row that is not empty.

    Attributes:
        number: Its place in the table, 1-based.
        heads: Whether it is one of the rows that are repeated on every page.
        cells: Column number to cell; empty and covered ones are left out.
        merges: The ranges that begin in it.
    """

    number: int
    heads: bool
    cells: dict[int, etree._Element]
    merges: list[Merge]


def table_rows(table: etree._Element) -> Iterator[Row]:
    """Yield a table's rows that are not empty, not those of tables within it."""
    number, copies_left = 1, _MOST_COPIES_IN_ALL
    for element, heads in _row_elements(table):
        repeated = max(1, whole(element.get(f"{TABLE}number-rows-repeated"), 1))
        cells, merges = _cells(element, number)
        copies = min(repeated, _MOST_COPIES, copies_left) if cells else 0
        for copy in range(copies):
            yield Row(number + copy, heads, cells, merges if not copy else [])
        copies_left -= max(0, copies - 1)
        number += repeated


def table_cells(table: etree._Element) -> Iterator[etree._Element]:
    """Yield a table's cells, not those of tables within it."""
    for element, _ in _row_elements(table):
        yield from element.iterchildren(f"{TABLE}table-cell")


def _row_elements(table: etree._Element) -> Iterator[tuple[etree._Element, bool]]:
    waiting = [(child, False) for child in reversed(table)]
    while waiting:
        node, heads = waiting.pop()
        name = local_name(node)
        if name == "table-row":
            yield node, heads
        elif name in ("table-header-rows", "table-rows", "table-row-group"):
            heads = heads or name == "table-header-rows"
            waiting.extend((child, heads) for child in reversed(node))


def _cells(row: etree._Element, number: int) -> tuple[dict[int, etree._Element], list[Merge]]:
    cells: dict[int, etree._Element] = {}
    merges: list[Merge] = []
    column = 1
    for cell in row:
        name = local_name(cell)
        if name not in ("table-cell", "covered-table-cell"):
            continue
        repeated = max(1, whole(cell.get(f"{TABLE}number-columns-repeated"), 1))
        if name == "table-cell" and len(cell):
            for copy in range(min(repeated, _MOST_COLUMNS)):
                cells[column + copy] = cell
            down = max(1, whole(cell.get(f"{TABLE}number-rows-spanned"), 1))
            across = max(1, whole(cell.get(f"{TABLE}number-columns-spanned"), 1))
            if down > 1 or across > 1:
                merges.append(Merge(number, column, number + down - 1, column + across - 1))
        column += repeated
    return cells, merges

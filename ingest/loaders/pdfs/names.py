"""Whether a table's first row names its columns though it is set like the rows below it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import median

from ingest.loaders.pdfs.rows import Cell

_LONGEST_NAME = 50  # of a column
_LONGER = 1.3  # than their names: how much the rows of a table of words are
_SENTENCE_END = re.compile(r"[.!?;][\"'”’)]*$")


def names_columns(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Return whether a row that is set like those below it names the columns.

    It does where it has a short name for each column, none of them a figure, and the cells below
    are figures or longer.

    Args:
        first: The row's cells, one for each column.
        below: The cells of the rows below it.
    """
    if len(first) < 2 or len(below) < 2 or len(set(first)) < len(first):
        return False
    for text in first:
        if not 0 < len(text) <= _LONGEST_NAME or _SENTENCE_END.search(text):
            return False
        cell = Cell(0, 0, text)
        if cell.is_amount or text[:1].islower():
            return False
        if not cell.is_date and not any(map(str.isalpha, text)):
            return False  # such as the number of a register
    amounts = sum(any(Cell(0, 0, text).is_amount for text in row[1:]) for row in below)
    if 2 * amounts > len(below):
        return True
    return median(sum(map(len, row)) for row in below) >= _LONGER * sum(map(len, first))

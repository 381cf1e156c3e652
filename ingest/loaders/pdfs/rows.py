"""What stands side by side on a page: lines of one height as a row, and the row's cells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ingest.loaders.pdfs.lines import Line, Word
from ingest.loaders.pdfs.marks import MARK

_GAP = 0.75  # in type sizes: well over a space, which is a quarter to a third
_NUMBERS_GAP = 0.45  # between two numbers, which no sentence sets side by side
_SIGN_GAP = 30.0  # a sign may be set apart from its number as far as its column is wide
_SIGNS_GAP = 0.15  # between a number and the next one's sign
_MOST_PARTS = 8  # a figure, or a list's mark, is no longer: words, signs and spaces
_TOUCHING = 0.08
_LEVEL = 0.35
_RAISED = 0.6
_LEADERS = re.compile(r"\.{4,}|(?:\. ){4,}|…{2,}")
_OPENING_SIGNS = "($€£¥₹"
_OPENING = re.compile(r"^[+\-–−]?\(?(?:[A-Z]{0,3}[$€£¥₹])\(?$|^\($")
_CURRENCY = re.compile(r"^[+\-–−]?\(?[A-Z]{0,3}[$€£¥₹]")
_CLOSING = re.compile(r"^(?:\)?%\)?|\))$")
_FIGURE = re.compile(
    r"^[(+\-–—−]*\s?[A-Z]{0,3}[$€£¥₹]?\s?[(+\-–−]?\s?\.?\d[\d.,'’]*\s?(?:%|x|×|bps|pts)?\)?\s?%?\)?"
    r"(?:\s[a-zµ²³]{1,9})?(?:\s?(?:\(\w\)|\*+|†))?$"  # ``11.3 years``
)
_NOTHING = re.compile(r"^(?:[A-Z]{0,3}[$€£¥₹]\s?)?(?:[-–—−]+|N/?[AM]|n/?[am]\.?|NM)\s?%?$")
_STARTS_FIGURE = re.compile(r"^[(+\-–—−.]*\d|^[(]?[—–-]+$")
_DATE = re.compile(
    r"^(?:(?:19|20)\d\d|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}|(?:19|20)\d\d[-/–]\d{1,4}(?:[-/]\d{1,2})?)\*?$"
)
_NOTE_MARK = re.compile(r"^(?:\d{1,2}|[*†‡§]+|\(\w\))$")
_SENTENCE = 6  # words


class Cell(NamedTuple):
    """A cell of a row; its edges are in points."""

    left: float
    right: float
    text: str

    @property
    def is_figure(self) -> bool:
        """Whether it is a number, with its signs, or what stands for none."""
        return bool(_FIGURE.match(self.text) or _NOTHING.match(self.text))

    @property
    def is_date(self) -> bool:
        """Whether it is a year or a date in numbers, as which columns are often named."""
        return bool(_DATE.match(self.text))

    @property
    def is_amount(self) -> bool:
        """Whether it is a figure and names no time."""
        return self.is_figure and not self.is_date


@dataclass(frozen=True, slots=True)
class Row:
    """Lines that stand side by side.

    Attributes:
        lines: Places of its lines in the list that it was made from.
        cells: Its cells from left to right; at least one.
        baseline: What its first line stands on, in points.
        size: The largest type size in it.
        bold: Whether all its lines are bold.
    """

    lines: tuple[int, ...]
    cells: tuple[Cell, ...]
    baseline: float
    size: float
    bold: bool

    @property
    def left(self) -> float:
        """Where its first cell begins."""
        return self.cells[0].left

    @property
    def right(self) -> float:
        """Where its last cell ends."""
        return self.cells[-1].right

    @property
    def text(self) -> str:
        """Its words on one line."""
        return " ".join(cell.text for cell in self.cells)


def rows_of(lines: Sequence[Line]) -> list[Row]:
    """Group lines by the height they stand at, top to bottom; lines without words are left out."""
    order = sorted(
        (at for at, line in enumerate(lines) if line.words), key=lambda at: -lines[at].baseline
    )
    groups: list[list[int]] = []
    for at in order:
        if groups and _level(lines[groups[-1][0]], lines[at]):
            groups[-1].append(at)
        else:
            groups.append([at])
    return [_row([(at, lines[at]) for at in sorted(group)]) for group in groups]


def _level(first: Line, line: Line) -> bool:
    size = max(first.size, line.size)
    small = min(first.size, line.size) < 0.8 * size  # a raised note mark
    return first.baseline - line.baseline <= size * (_RAISED if small else _LEVEL)


def _row(members: list[tuple[int, Line]]) -> Row:
    words = sorted((word for _, line in members for word in line.words), key=lambda word: word.left)
    size = max(line.size for _, line in members)
    largest = max((line for _, line in members), key=lambda line: line.size)
    return Row(
        lines=tuple(at for at, _ in members),
        cells=tuple(cells_of(words, size)),
        baseline=largest.baseline,
        size=size,
        bold=all(line.bold for _, line in members),
    )


def cells_of(words: Sequence[Word], size: float) -> list[Cell]:
    """Divide a row at the gaps that are well over a space; signs join the number they belong to.

    Args:
        words: The row's words from left to right, at least one.
        size: Its type size, in points.
    """
    line = " ".join(word.text for word in words)
    if _LEADERS.search(line):  # a line of a table of contents
        return [Cell(words[0].left, max(word.right for word in words), line)]
    cells: list[Cell] = []
    left, right, parts, last = words[0].left, words[0].right, [words[0].text], words[0].text
    for word in words[1:]:
        gap = word.left - right
        if _belongs(last, word.text, gap, size, parts):
            parts.append(word.text)
        elif gap <= _SIGNS_GAP * size or not _is_apart(cells, parts, word.text, gap, size):
            parts += [" ", word.text] if gap > _TOUCHING * size else [word.text]
        else:
            cells.append(Cell(left, right, "".join(parts)))
            left, right, parts = word.left, word.right, []
            parts.append(word.text)
        right, last = max(right, word.right), word.text
    cells.append(Cell(left, right, "".join(parts)))
    if len(cells) == 2 and _NOTE_MARK.match(cells[0].text) and _is_prose(cells[1].text):
        text = f"{cells[0].text} {cells[1].text}"
        return [Cell(cells[0].left, cells[1].right, text)]
    return cells


def _is_prose(text: str) -> bool:
    return len(text.split()) >= _SENTENCE


def _belongs(last: str, text: str, gap: float, size: float, parts: Sequence[str]) -> bool:
    """Whether a word and the last one are a sign and its number, however far apart they stand."""
    if last[-1] in _OPENING_SIGNS and _OPENING.match(last) and _STARTS_FIGURE.match(text):
        return gap <= _SIGN_GAP * size
    if text[0] not in ")%":
        return False
    if _CLOSING.match(text) and last[-1].isdigit():
        return gap <= _SIGN_GAP * size
    if text == "%":
        return gap < size and last[-1] in ")—–-"
    return (
        text in (")", "%)") and gap < 2 * size and any("(" in part for part in parts[-_MOST_PARTS:])
    )


def _is_apart(
    cells: Sequence[Cell], parts: Sequence[str], text: str, gap: float, size: float
) -> bool:
    """Whether a word after a gap begins a new cell."""
    if len(parts) > _MOST_PARTS:
        return gap > _GAP * size
    before = "".join(parts)
    if not cells and MARK.match(before):
        return False
    if gap > _GAP * size:
        return True
    if not Cell(0, 0, before).is_figure or before[-1] in ",":
        return False
    return bool(_CURRENCY.match(text)) or (gap > _NUMBERS_GAP * size and Cell(0, 0, text).is_figure)

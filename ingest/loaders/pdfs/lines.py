"""The lines of a PDF page with the places of their words, their type size and weight.

A page's characters come in one call; only a word's first and last are asked for their places,
and only a line's first letter for its type, since each such question crosses into the library.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ingest.loaders.pdfs.calls import address_of, char_box
from ingest.loaders.pdfs.marks import SYMBOLS, is_letter_bullet, opens_entry
from ingest.loaders.pdfs.objects import Place

DIVIDED = "\u00ad\ufffe\x02"  # how a word that a line's end divides is marked
STRAY = re.compile("[\u00ad\ufffe\x00-\x08\x0e-\x1f\x7f]")
_HYPHENATED = re.compile(r"[^\W\d_][-‐]$")
_RAISED_MARKS = "®™℠ "  # where they are set as lines of their own, the file has them far away
_ADDRESS = re.compile(r"(?:://|\bwww\.)\S*$")
_BOLD_WEIGHT = 600
_OTHER_HEIGHT = 0.3  # in type sizes
_FAR_WORD = 0.75  # in type sizes
EDGE_SHARE = 0.12
_LIGATURES = str.maketrans(
    {"\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl"}
    | {"\ufb05": "st", "\ufb06": "st", "\u00a0": " ", "\x00": ""}
    | {chr(code): mark for code, mark in SYMBOLS.items()}
)
# A divided word's other half comes without a line end, though it may be a footer.
_LINE = re.compile(f"[^\r\n{DIVIDED}]*[{DIVIDED}]|[^\r\n{DIVIDED}]+")
_WORD = re.compile(r"[^\s\x00]+")


class Word(NamedTuple):
    """A word of a line; its edges are in points from the page's left."""

    left: float
    right: float
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page; lengths are in points, the origin is the page's lower left.

    Attributes:
        text: The line's characters, ligatures resolved, no line end.
        page: 1-based number of the page.
        left: Left edge of the first character.
        right: Right edge of the last character.
        baseline: What the first letter stands on.
        size: Type size of the first letter, as it stands on the page.
        bold: Whether the first and the last letter are set in a bold face.
        at_edge: Whether the line stands in the top or bottom eighth of the page.
        words: Its words; empty where it runs across the page's own direction.
        is_entry: Whether a list's mark is set apart at its beginning.
    """

    text: str
    page: int
    left: float
    right: float
    baseline: float
    size: float
    bold: bool
    at_edge: bool
    words: tuple[Word, ...] = ()
    is_entry: bool = False

    def of(self, words: tuple[Word, ...]) -> Line:
        """Return the part of the line that holds only ``words``, some of its own."""
        text = " ".join(word.text for word in words)
        left, right = words[0].left, words[-1].right
        place = (self.baseline, self.size, self.bold, self.at_edge)
        return Line(text, self.page, left, right, *place, words, _is_entry(words, self.size))

    def bare(self, size: float) -> Line:
        """Return the line without its words' places, of which a long document has millions."""
        place = (self.baseline, size, self.bold, self.at_edge)
        return Line(self.text, self.page, self.left, self.right, *place, (), self.is_entry)


class _Raw(NamedTuple):
    """A line as it stands in the page's own coordinates."""

    text: str
    words: list[tuple[int, int, str]]
    letter: int
    quarter: int  # how many quarter turns its direction is from left to right
    scale: float


def page_lines(page: pdfium.PdfPage, number: int) -> tuple[list[Line], Place]:
    """Return the lines of a page that hold more than white space, in the file's own order.

    Where most of a page's text is turned by a quarter or half, as a wide table's is, the page is
    read as if it were turned back; what turns its places so comes with the lines.
    """
    width, height = page.get_size()
    textpage = page.get_textpage()
    try:
        raw = textpage.raw
        found = [line for match in _LINE.finditer(_text(raw)) if (line := _raw_line(raw, match))]
        turns = Counter[int]()
        for line in found:
            turns[line.quarter] += len(line.text)
        quarter = turns.most_common(1)[0][0] if turns else 0
        place = _turned(quarter, width, height)
        high = width if quarter % 2 else height
        made = [_line(raw, line, number, place, high, line.quarter == quarter) for line in found]
        over = _overlapping(made)
        lines: list[Line] = []
        for at, (line, whole) in enumerate(zip(found, made, strict=True)):
            lines += _apart(raw, line, whole, place, throughout=at in over)
        return lines, place
    finally:
        textpage.close()


def _text(raw: object) -> str:
    """Return a page's characters, so that the library's index of each is its place in the text."""
    count = max(pdfium_c.FPDFText_CountChars(raw), 0)
    buffer = (ctypes.c_ushort * (count + 1))()
    # Characters without a meaning in Unicode are left out of the whole, but have an index.
    if pdfium_c.FPDFText_GetText(raw, 0, count, buffer) == count + 1:
        return "".join(map(chr, buffer[:count]))
    return "".join(chr(pdfium_c.FPDFText_GetUnicode(raw, index)) for index in range(count))


def _raw_line(raw: object, match: re.Match[str]) -> _Raw | None:
    start, text = match.start(), match.group()
    words = [(start + m.start(), start + m.end() - 1, m.group()) for m in _WORD.finditer(text)]
    if not words or not text.strip(_RAISED_MARKS):
        return None
    first = words[0][0]
    letter = next(
        (at for at, char in enumerate(text[first - start :], first) if char.isalnum()), first
    )
    matrix = pdfium_c.FS_MATRIX()
    if not pdfium_c.FPDFText_GetMatrix(raw, letter, matrix):
        return _Raw(text, words, letter, 0, 1.0)
    turn = math.atan2(matrix.b, matrix.a) / (math.pi / 2)
    quarter = round(turn) % 4 if abs(turn - round(turn)) < 0.1 else -1
    return _Raw(text, words, letter, quarter, math.hypot(matrix.c, matrix.d) or 1.0)


def _turned(quarter: int, width: float, height: float) -> Place:
    """Return what turns a place of the page so that its text runs from left to right."""
    if quarter == 1:
        return lambda x, y: (y, width - x)
    if quarter == 2:
        return lambda x, y: (width - x, height - y)
    if quarter == 3:
        return lambda x, y: (height - y, x)
    return lambda x, y: (x, y)


def _line(raw: object, line: _Raw, number: int, place: Place, high: float, along: bool) -> Line:
    words = _words(raw, line, place)
    baseline = place(*_origin(raw, line.letter))[1]
    size = float(pdfium_c.FPDFText_GetFontSize(raw, line.letter)) * line.scale
    text = _whole(line.text).strip(" ")
    if along and words[0].text == "o" and is_letter_bullet("o", _first_gap(words), size):
        words[0] = words[0]._replace(text="•")
        text = "•" + text[1:]
    return Line(
        text=text,
        page=number,
        left=words[0].left,
        right=words[-1].right,
        baseline=baseline,
        size=round(size, 1),
        bold=_is_bold(raw, line.letter) and _is_bold(raw, line.words[-1][1]),
        at_edge=baseline < high * EDGE_SHARE or baseline > high * (1 - EDGE_SHARE),
        words=tuple(words) if along else (),
        is_entry=along and _is_entry(words, size),
    )


def _first_gap(words: Sequence[Word]) -> float:
    return words[1].left - words[0].right if len(words) > 1 else 0.0


def _is_entry(words: Sequence[Word], size: float) -> bool:
    return bool(words) and opens_entry(words[0].text, _first_gap(words), size)


def _overlapping(lines: Sequence[Line]) -> set[int]:
    """Return the places of lines that would stand on others: some of their words do not.

    The library takes what stands side by side for one line, though a cell of one line stands
    between the two lines of the cell beside it.
    """
    order = sorted(range(len(lines)), key=lambda at: (-lines[at].baseline, lines[at].left))
    over: set[int] = set()
    for at, other in zip(order, order[1:], strict=False):
        above, below = lines[at], lines[other]
        if above.baseline - below.baseline <= _OTHER_HEIGHT * below.size and (
            min(above.right, below.right) - max(above.left, below.left) > below.size
        ):
            over |= {at, other}
    return over


def _apart(raw: object, line: _Raw, made: Line, place: Place, *, throughout: bool) -> list[Line]:
    """Divide a line whose words step back to stand at another height, as entries of a form do.

    Where ``throughout``, words that stand apart without stepping back are asked too.
    """
    words = made.words
    parts, begin, baseline = [], 0, made.baseline
    for at in range(1, len(words)):
        gap = words[at].left - words[at - 1].right
        back = words[at].left < words[at - 1].left
        if back or (throughout and gap > _FAR_WORD * made.size):
            height = place(*_origin(raw, line.words[at][0]))[1]
            if abs(height - baseline) > _OTHER_HEIGHT * made.size:
                parts.append(replace(made.of(words[begin:at]), baseline=baseline))
                begin, baseline = at, height
    if not parts:
        return [made]
    return [*parts, replace(made.of(words[begin:]), baseline=baseline)]


def _origin(raw: object, index: int) -> tuple[float, float]:
    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium_c.FPDFText_GetCharOrigin(raw, index, x, y)
    return x.value, y.value


def _words(raw: object, line: _Raw, place: Place) -> list[Word]:
    words: list[Word] = []
    rect = pdfium_c.FS_RECTF()
    ask, at, ref = char_box, address_of(raw), ctypes.addressof(rect)
    if line.quarter == 0:  # nearly all lines of nearly all files: no place needs turning
        for first, last, text in line.words:
            ask(at, first, ref)
            left, right = rect.left, rect.right
            if last > first:
                ask(at, last, ref)
                right = max(right, rect.right)
            words.append(Word(left, right, text if text.isascii() else _whole(text)))
        return words
    for first, last, text in line.words:
        edges: list[float] = []
        for index in (first, last):
            ask(at, index, ref)
            edges += [place(rect.left, rect.bottom)[0], place(rect.right, rect.top)[0]]
        words.append(Word(min(edges), max(edges), _whole(text)))
    return words


def _whole(text: str) -> str:
    """Join surrogate pairs, as which some files spell rare characters; halves become U+FFFD."""
    if text.isascii() and "\x00" not in text:
        return text
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.translate(_LIGATURES)


def _is_bold(raw: object, index: int) -> bool:
    if pdfium_c.FPDFText_GetFontWeight(raw, index) >= _BOLD_WEIGHT:
        return True
    buffer = ctypes.create_string_buffer(256)
    flags = ctypes.c_int()
    size = pdfium_c.FPDFText_GetFontInfo(raw, index, buffer, len(buffer), flags)
    return size > 0 and b"bold" in buffer.value.lower()


def join_lines(lines: list[str]) -> str:
    """Join the lines of a paragraph; a word divided at a line's end becomes whole again."""
    parts: list[str] = []
    for line in lines:
        part = line.strip()
        last = parts[-1] if parts else ""
        if last.endswith(tuple(DIVIDED)) or (_HYPHENATED.search(last) and part[:1].islower()):
            # No one divides an address's words, nor one before a capital: that hyphen is its own.
            address = _ADDRESS.search(last, max(len(last) - 300, 0))
            own = last[-1] != "\u00ad" and bool(address or part[:1].isupper())
            parts[-1] = last[:-1] + ("-" if own else "")
        elif parts and part:
            parts.append(" ")
        if part:
            parts.append(part)
    return STRAY.sub("", "".join(parts))

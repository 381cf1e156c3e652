"""The lines of a PDF page with their place and type size, read character by character."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

DIVIDED = "\u00ad\ufffe\x02"  # how a word that a line's end divides is marked
_BOLD_WEIGHT = 600
_EDGE_SHARE = 0.12
_LIGATURES = str.maketrans(
    {"\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl"}
    | {"\ufb05": "st", "\ufb06": "st", "\u00a0": " "}
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page; lengths are in points, the origin is the page's lower left.

    Attributes:
        text: The line's characters, ligatures resolved, no line end.
        page: 1-based number of the page.
        left: Left edge of the first character.
        right: Right edge of the last character.
        baseline: Lower edge of the first character.
        size: Type size of the first letter.
        bold: Whether the first letter is set in a bold face.
        at_edge: Whether the line stands in the top or bottom eighth of the page.
    """

    text: str
    page: int
    left: float
    right: float
    baseline: float
    size: float
    bold: bool
    at_edge: bool


def page_lines(page: pdfium.PdfPage, number: int) -> list[Line]:
    """Return the lines of a page that hold more than white space, in reading order."""
    height = page.get_height()
    textpage = page.get_textpage()
    lines: list[Line] = []
    try:
        raw = textpage.raw
        indices: list[int] = []
        chars: list[str] = []
        for index in range(textpage.count_chars()):
            char = chr(pdfium_c.FPDFText_GetUnicode(raw, index))
            if char in DIVIDED:
                indices.append(index)
                chars.append(char)
            # A divided word's other half comes without a line end, though it may be a footer.
            if char in "\r\n" or char in DIVIDED:
                _close(raw, number, height, indices, chars, lines)
                indices, chars = [], []
            elif char != "\x00":
                indices.append(index)
                chars.append(char)
        _close(raw, number, height, indices, chars, lines)
    finally:
        textpage.close()
    return lines


def _close(
    raw: object,
    number: int,
    height: float,
    indices: list[int],
    chars: list[str],
    lines: list[Line],
) -> None:
    visible = [position for position, char in enumerate(chars) if not char.isspace()]
    if not visible:
        return
    first, last = indices[visible[0]], indices[visible[-1]]
    left, _, bottom, _ = _box(raw, first)
    _, right, _, _ = _box(raw, last)
    letter = next((indices[at] for at in visible if chars[at].isalnum()), first)
    lines.append(
        Line(
            text=_whole("".join(chars)).translate(_LIGATURES).strip(" "),
            page=number,
            left=left,
            right=right,
            baseline=_baseline(raw, letter, bottom),
            size=round(float(pdfium_c.FPDFText_GetFontSize(raw, letter)), 1),
            bold=_is_bold(raw, letter),
            at_edge=bottom < height * _EDGE_SHARE or bottom > height * (1 - _EDGE_SHARE),
        )
    )


def _whole(text: str) -> str:
    """Join surrogate pairs, as which some files spell rare characters; halves become U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _box(raw: object, index: int) -> tuple[float, float, float, float]:
    """Return left, right, bottom and top of a character."""
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium_c.FPDFText_GetCharBox(raw, index, left, right, bottom, top)
    return left.value, right.value, bottom.value, top.value


def _baseline(raw: object, index: int, default: float) -> float:
    x, y = ctypes.c_double(), ctypes.c_double()
    return y.value if pdfium_c.FPDFText_GetCharOrigin(raw, index, x, y) else default


def _is_bold(raw: object, index: int) -> bool:
    if pdfium_c.FPDFText_GetFontWeight(raw, index) >= _BOLD_WEIGHT:
        return True
    buffer = ctypes.create_string_buffer(256)
    flags = ctypes.c_int()
    size = pdfium_c.FPDFText_GetFontInfo(raw, index, buffer, len(buffer), flags)
    return size > 0 and b"bold" in buffer.value.lower()

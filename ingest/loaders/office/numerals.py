"""Numbers of list items, headings and notes, as office formats count them."""

from __future__ import annotations

_ROMAN = [
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
    (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
]  # fmt: skip
_MOST_LETTERS = 5


def roman(count: int) -> str:
    """Return a number in small Roman numerals; in digits where there are none for it."""
    if not 0 < count < 4000:
        return str(count)
    numeral = ""
    for step, letters in _ROMAN:
        numeral += letters * (count // step)
        count %= step
    return numeral


def letters(count: int) -> str:
    """Return a number as small letters, ``z`` followed by ``aa`` and ``bb``; digits beyond."""
    if not 0 < count <= 26 * _MOST_LETTERS:
        return str(count)
    return chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)

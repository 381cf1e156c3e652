"""The marks that open the entries of lists: bullets, numbers and letters."""

from __future__ import annotations

import re

# Word processors take bullets from Symbol and Wingdings, whose letters have no meaning of their
# own in Unicode: they come as U+F000 and the letter's place in the font. Ticked boxes say what
# was chosen and stay apart from bullets.
SYMBOLS = dict.fromkeys(
    (0xF02D, 0xF06C, 0xF06E, 0xF06F, 0xF071, 0xF072, 0xF075, 0xF076, 0xF077, 0xF09F, 0xF0A0)
    + (0xF0A1, 0xF0A7, 0xF0A8, 0xF0AA, 0xF0B7, 0xF0BE, 0xF0D8, 0xF0DA, 0xF0FC),
    "•",
) | {0xF0FD: "☒", 0xF0FE: "☑"}

BULLET = re.compile(r"^[•‣◦▪●○■□◆◇➢➤✓✔❖–*-](?=\s|$)")
_NUMBER = r"\(?(?:\d{1,3}|[A-Za-z]|[ivxlcIVXLC]{1,6})[.)]|(?:\d{1,3}\.){2,5}"
_ENTRY = re.compile(rf"^(?:{_NUMBER})$")
MARK = re.compile(
    rf"^(?:[•‣◦▪●○■□◆◇➢➤❖☐☑☒✓✔–—*-]|{_NUMBER}|\[[^\]]{{1,12}}\]"
    r"|(?:Item|ITEM|Note|NOTE|Part|PART|Section|Chapter|Article)\s\w{1,4}\s?[.:]?)$"
)
_SET_APART = 0.45  # type sizes between a mark and its entry: over the widest space of most lines


def opens_entry(first: str, gap: float, size: float) -> bool:
    """Return whether a line begins an entry of a list.

    A number or a letter alone tells little, since ``(b)`` may stand in a sentence: it must be
    set apart from what follows.

    Args:
        first: The line's first word.
        gap: How far the second word stands from it, in points.
        size: The line's type size.
    """
    if BULLET.match(first):
        return True
    return gap > _SET_APART * size and bool(_ENTRY.match(first))


def is_letter_bullet(first: str, gap: float, size: float) -> bool:
    """Return whether a line's first word is the ``o`` that serves as a bullet, not a word."""
    return first == "o" and gap > 0.75 * size

"""White-space repair, done once, before any offset exists."""

from __future__ import annotations

import re

_SPACES = re.compile(r"[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_BLANK_RUN = re.compile(r"\n{3,}")
_TERMINAL = re.compile(r"[.!?:;…][\"'”’»)\]*_]*(?:\s?\[[\d,;\s–-]+\])*$")
_STARTS_BLOCK = re.compile(
    r"\s{4,}\S|\s*(?:[-*+•‣◦]\s|\(?\d{1,3}[.)]\s|#{1,6}\s|>|\||```|~~~|[-=_*]{3,}\s*$|\[\^?\w+\]:)"
)
_NARROWEST, _WIDEST = 40, 132
_FORCED_SHARE = 0.6
_KEPT_SHARE = 0.9  # lines that keep the width; the others are outliers
_OUTLIER = 1.25
_LONG_LINE = 0.6


def clean_lines(text: str) -> str:
    """Return ``text`` with LF line ends, plain spaces, and no control characters.

    Only white space changes, except that control characters become spaces; trailing spaces go,
    and runs of blank lines shrink to one.
    """
    text = _LINE_ENDS.sub("\n", text.removeprefix("\ufeff"))
    text = _CONTROL.sub(" ", _SPACES.sub(" ", text))
    lines = "\n".join(line.rstrip(" ") for line in text.split("\n"))
    return _BLANK_RUN.sub("\n\n", lines).strip("\n")


def wrap_width(lines: list[str]) -> int | None:
    """Return the column at which ``lines`` are hard-wrapped, or None where they are not.

    A text is hard-wrapped when most of its line breaks are forced: the next line's first word
    would not have fitted into a width that nearly all lines keep. Of the widths that nearly all
    lines keep, the one that forces most breaks is taken, the narrowest among equals.
    """
    pairs = [
        (line, following)
        for line, following in zip(lines, lines[1:], strict=False)
        if line.strip() and following.strip() and not _STARTS_BLOCK.match(following)
    ]
    lengths = sorted(len(line) for line, _ in pairs)
    if len(lengths) < 2:
        return None
    best, best_share = None, 0.0
    for width in sorted(set(lengths[int(len(lengths) * _KEPT_SHARE) :])):
        if _NARROWEST <= width <= _WIDEST:
            kept = [pair for pair in pairs if len(pair[0]) <= width]
            share = sum(_is_forced(*pair, width) for pair in kept) / len(kept)
            if share > best_share:
                best, best_share = width, share
    return best if best_share >= _FORCED_SHARE else None


def unwrap(lines: list[str], width: int | None) -> list[str]:
    """Join the lines of hard-wrapped paragraphs; other lines stay as they are.

    A paragraph may open with a word alone on its line, as web copies have it: such a line joins
    what follows and begins a new paragraph.

    Args:
        lines: Lines without line ends; blank ones separate paragraphs.
        width: The column of the hard wrap, from `wrap_width`; None leaves all lines as they are.

    Returns:
        The lines, each a whole paragraph; no character but white space is lost or added.
    """
    if width is None:
        return list(lines)
    paragraphs: list[list[str]] = []
    last = ""  # the physical line that the paragraph ends with so far
    inside = False  # whether that line is not the paragraph's first
    for index, line in enumerate(lines):
        following = lines[index + 1] if index + 1 < len(lines) else ""
        if paragraphs and _continues(last, line, following, width, inside=inside):
            paragraphs[-1].append(line.strip())
            inside = True
        else:
            paragraphs.append([line.rstrip()])
            inside = False
        last = line
    return [" ".join(parts) for parts in paragraphs]


def _continues(last: str, line: str, following: str, width: int, *, inside: bool) -> bool:
    if not last.strip() or not line.strip() or _STARTS_BLOCK.match(line):
        return False
    if _opens_alone(line, following, width):
        return False
    if _is_forced(last, line, width):
        return len(last) <= width * _OUTLIER
    ended = bool(_TERMINAL.search(last.rstrip()))
    if inside and not ended and len(last) >= _LONG_LINE * width:
        return True  # wrapped early, as where a character was longer in the source
    first = line.lstrip()[0]
    return first.islower() and (not ended or _opens_alone(last, line, width))


def _opens_alone(line: str, following: str, width: int) -> bool:
    """Whether ``line`` is one capitalised word although the next would have fitted beside it."""
    word = line.strip()
    return (
        bool(word)
        and " " not in word
        and word[0].isupper()
        and following[:1].islower()
        and not _is_forced(line, following, width)
    )


def _is_forced(line: str, following: str, width: int) -> bool:
    first_word = following.split(maxsplit=1)[0] if following.strip() else ""
    return len(line) + 1 + len(first_word) > width

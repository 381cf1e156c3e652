"""Untrusted text made safe to show: in the chat, where Markdown is read, and in plain HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

_SPACE = re.compile(r"\s+")
# Every ASCII character that HTML, Markdown or TeX could read as markup, and the controls.
_SPECIAL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f!-/:-@\[-`{-~]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Span:
    """A quoted span of a passage, in code points from its start, with the citation's marker."""

    start: int
    end: int
    marker: int


def literal(text: str, *, lines: bool = False) -> str:
    """Encode text so that the chat shows exactly its characters.

    The chat reads Markdown with HTML in it, so every character that either could take for markup
    becomes a numeric character reference, which both leave alone.

    Args:
        text: Any text; white space is collapsed.
        lines: Keep line breaks, as ``<br>``.

    Returns:
        HTML without a line break: a blank line would end the block and start Markdown again.
    """
    if lines:
        return "<br>".join(literal(line) for line in text.strip().splitlines())
    return _SPECIAL.sub(_reference, _SPACE.sub(" ", text).strip())


def escape(text: str) -> str:
    """Encode text for plain HTML: content or a quoted attribute."""
    return html.escape(_CONTROL.sub("\ufffd", text), quote=True)


def highlight(text: str, spans: Iterable[Span]) -> str:
    """Escape a passage and mark the spans in it, at their exact offsets.

    Args:
        text: The passage.
        spans: What is quoted of it; parts beyond the passage are left out. Where spans overlap,
            each stretch is marked once, for all of them.

    Returns:
        HTML; ``data-cites`` of each ``<mark>`` lists the markers that quote it.
    """
    inside = [
        Span(max(span.start, 0), min(span.end, len(text)), span.marker)
        for span in spans
        if span.start < len(text) and span.end > 0 and span.start < span.end
    ]
    bounds = {0, len(text)}
    for span in inside:
        bounds |= {span.start, span.end}
    return "".join(_piece(text, start, end, inside) for start, end in pairwise(sorted(bounds)))


def plural(count: int, noun: str) -> str:
    """Return a count with its noun: ``1 document``, ``2 documents``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _piece(text: str, start: int, end: int, spans: Sequence[Span]) -> str:
    markers = sorted({span.marker for span in spans if span.start <= start and end <= span.end})
    piece = escape(text[start:end])
    if not markers:
        return piece
    return f'<mark data-cites="{" ".join(map(str, markers))}">{piece}</mark>'


def _reference(match: re.Match[str]) -> str:
    character = match.group()
    return "\ufffd" if _CONTROL.match(character) else f"&#{ord(character)};"

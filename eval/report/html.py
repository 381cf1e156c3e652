"""Pages: templates that escape whatever they are given, and the one style sheet."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.records import Passage
from eval.report.shown import showable
from eval.sets.places import Gold, Place, overlap

if TYPE_CHECKING:
    from jinja2 import Environment

_FOLDER = Path(__file__).parent


def render_template(name: str, **values: Any) -> str:
    """Fill in a template of this folder; text is escaped, `safe_svg` alone is taken as it is.

    Args:
        name: The template's file name. It extends `shell.html`, and takes what it shows of
            figures and questions from `parts.html`.
        values: What the template names.
    """
    styles = (_FOLDER / "report.css").read_text(encoding="utf-8")
    return _environment().get_template(name).render(styles=_trusted(styles), **values)


def safe_svg(drawing: str) -> Any:
    """Mark a drawing of `eval.report.svg` as markup; never anything else."""
    return _trusted(drawing)


def _trusted(markup: str) -> Any:
    from markupsafe import Markup

    return Markup(markup)


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_showable,
    )
    return environment


def _showable(value: Any) -> Any:
    """Replace characters that no page may hold; markup of our own has none."""
    return showable(value) if type(value) is str else value


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a passage: whether it is gold, and whether the answer cites it."""

    text: str
    gold: bool
    cited: bool


def pieces(passage: Passage, golds: Sequence[Gold], cited: Iterable[Place]) -> tuple[Piece, ...]:
    """Cut a passage where gold or cited text begins or ends in it.

    Args:
        passage: The passage; its text is the document's from ``start`` to ``end``.
        golds: Where the gold quotes stand, in any document.
        cited: Where the answer's quotes stand, in any document.

    Returns:
        Stretches that together are the passage's text, in order.
    """
    gold = _inside(passage, [spot for quote in golds for spot in quote])
    quoted = _inside(passage, cited)
    bounds = {0, len(passage.text)} | {bound for span in gold + quoted for bound in span}
    return tuple(
        Piece(
            passage.text[start:end],
            any(first <= start and end <= last for first, last in gold),
            any(first <= start and end <= last for first, last in quoted),
        )
        for start, end in pairwise(sorted(bounds))
    )


def _inside(passage: Passage, places: Iterable[Place]) -> list[tuple[int, int]]:
    """Return the parts of places that lie in a passage, counted from its start."""
    whole = Place(passage.document, passage.start, passage.start + len(passage.text))
    return [
        (max(place.start, whole.start) - whole.start, min(place.end, whole.end) - whole.start)
        for place in places
        if overlap(place, whole)
    ]

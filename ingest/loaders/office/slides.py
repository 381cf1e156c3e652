"""What presentations share: shapes in the order in which they are read, slides as pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from ingest.document import Page

T = TypeVar("T")


class Box(NamedTuple):
    """Where a shape lies, in any unit: from the left, from the top, width and height."""

    left: float
    top: float
    width: float
    height: float


def by_rows(placed: Sequence[tuple[Box, T]]) -> list[T]:
    """Order what lies on a slide by rows, each from left to right.

    A row's shapes are those that begin above the middle of the one that begins highest.
    """
    ordered: list[T] = []
    row: list[tuple[Box, T]] = []

    def end_row() -> None:
        ordered.extend(inside for _, inside in sorted(row, key=lambda entry: entry[0].left))
        row.clear()

    for box, inside in sorted(placed, key=lambda entry: (entry[0].top, entry[0].left)):
        if row and box.top > row[0][0].top + row[0][0].height / 2:
            end_row()
        row.append((box, inside))
    end_row()
    return ordered


def slide_pages(begins: Sequence[int], end: int) -> tuple[Page, ...]:
    """Return the slides as pages; one without text is empty where the next one begins.

    Args:
        begins: Where each slide's text begins, ascending.
        end: Where the text ends.
    """
    stops = [*begins[1:], end]
    return tuple(
        Page(number, min(begin, end), min(stop, end))
        for number, (begin, stop) in enumerate(zip(begins, stops, strict=False), 1)
    )


def hidden_slides(numbers: Sequence[int]) -> str:
    """Return the warning that these slides, at least one, are hidden."""
    words = "1 slide is" if len(numbers) == 1 else f"{len(numbers):,} slides are"
    more = ", …" if len(numbers) > 20 else ""
    return f"{words} hidden ({', '.join(map(str, numbers[:20]))}{more}), and read too"

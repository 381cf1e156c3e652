"""Places in documents, and the arithmetic of their overlaps, in code points."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

COVER = 0.5


class Place(NamedTuple):
    """A half-open range ``[start, end)`` of one document's text."""

    document: str
    start: int
    end: int

    @property
    def length(self) -> int:
        """Length in code points."""
        return self.end - self.start


Gold = tuple[Place, ...]
"""Where one gold quote stands: every occurrence, each as good as the others."""


def overlap(one: Place, other: Place) -> int:
    """Return how many code points two places share."""
    if one.document != other.document:
        return 0
    return max(0, min(one.end, other.end) - max(one.start, other.start))


def merge(places: Iterable[Place]) -> list[Place]:
    """Return the same code points as disjoint places, in order; empty places vanish."""
    merged: list[Place] = []
    for place in sorted(place for place in places if place.length > 0):
        last = merged[-1] if merged else None
        if last is not None and last.document == place.document and place.start <= last.end:
            merged[-1] = last._replace(end=max(last.end, place.end))
        else:
            merged.append(place)
    return merged


def shared(some: Iterable[Place], others: Iterable[Place]) -> int:
    """Return how many code points stand both in some places and in others, each counted once."""
    right = merge(others)
    return sum(overlap(place, other) for place in merge(some) for other in right)


def covers(place: Place, gold: Gold) -> bool:
    """Whether a place holds at least half of some occurrence of a gold quote.

    Half, because a boundary may be drawn differently by a sentence or a chunk; less would let
    the neighbour of the right sentence pass for it.
    """
    return any(overlap(place, spot) >= COVER * spot.length > 0 for spot in gold)

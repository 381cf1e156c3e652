"""What a page draws besides text: images, and paths as rules and shaded grounds."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ingest.loaders.pdfs.calls import address_of, object_at, object_kind

Place = Callable[[float, float], tuple[float, float]]

_DEEPEST = 4  # forms in forms
_MOST_PATHS = 20_000  # a page of more is a drawing or a map
_MOST_SEGMENTS = 4_000
_MOST_RULES = 5_000
_MOST_GROUNDS = 2_000
_THIN = 3.5  # points: a stroked line is no wider
_THIN_GROUND = 2.0  # a filled rectangle that is wider is a ground, such as a spacer's
_SHORTEST = 4.0
_STRAIGHT = 0.7  # how far a line may lean
_RECTANGLE = 5  # segments
_WHITE = 250

_KINDS = (
    pdfium_c.FPDF_PAGEOBJ_IMAGE,
    pdfium_c.FPDF_PAGEOBJ_PATH,
    pdfium_c.FPDF_PAGEOBJ_FORM,
)


class Rule(NamedTuple):
    """A line along the page: where it lies, and from where to where it runs, in points."""

    at: float
    start: float
    end: float


class Ground(NamedTuple):
    """A filled rectangle that is not white; ``colour`` is red, green and blue."""

    left: float
    bottom: float
    right: float
    top: float
    colour: tuple[int, int, int]


@dataclass(slots=True)
class Rules:
    """The rules of a page, those that run across it and those that run down, and its grounds."""

    across: list[Rule] = field(default_factory=list)
    down: list[Rule] = field(default_factory=list)
    grounds: list[Ground] = field(default_factory=list)

    def add(self, left: float, bottom: float, right: float, top: float) -> None:
        """Add a line by its box, unless it is too short to enclose anything."""
        if right - left >= top - bottom:
            if right - left >= _SHORTEST:
                self.across.append(Rule((bottom + top) / 2, left, right))
        elif top - bottom >= _SHORTEST:
            self.down.append(Rule((left + right) / 2, bottom, top))


def page_objects(page: pdfium.PdfPage) -> tuple[list[Any], list[Any]]:
    """Return a page's images, those in its forms included, and its own paths."""
    count = max(pdfium_c.FPDFPage_CountObjects(page.raw), 0)
    things = list(map(object_at, repeat(address_of(page.raw)), range(count)))
    kinds = bytes(map(object_kind, things))
    images, paths, forms = (
        [ctypes.cast(things[at], pdfium_c.FPDF_PAGEOBJECT) for at in _places(kinds, kind)]
        for kind in _KINDS
    )
    waiting = [(form, 1) for form in forms]
    while waiting:
        holder, depth = waiting.pop()
        for index in range(max(pdfium_c.FPDFFormObj_CountObjects(holder), 0)):
            thing = pdfium_c.FPDFFormObj_GetObject(holder, index)
            kind = pdfium_c.FPDFPageObj_GetType(thing)
            if kind == pdfium_c.FPDF_PAGEOBJ_IMAGE:
                images.append(thing)
            elif kind == pdfium_c.FPDF_PAGEOBJ_FORM and depth < _DEEPEST:
                waiting.append((thing, depth + 1))
    return images, paths


def _places(kinds: bytes, kind: int) -> list[int]:
    found: list[int] = []
    at = kinds.find(kind)
    while at >= 0:
        found.append(at)
        at = kinds.find(kind, at + 1)
    return found


def read_rules(paths: Sequence[Any], place: Place) -> Rules:
    """Return the rules and grounds among a page's paths.

    Args:
        paths: The page's paths; where there are too many for a text, none is read.
        place: Turns a place of the page so that its text runs from left to right.
    """
    rules = Rules()
    if len(paths) > _MOST_PATHS:
        return rules
    edges = [ctypes.c_float() for _ in range(4)]
    refs = [ctypes.byref(edge) for edge in edges]
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    fill_ref, stroke_ref = ctypes.byref(fill), ctypes.byref(stroke)
    for path in paths:
        if not pdfium_c.FPDFPageObj_GetBounds(path, *refs):
            continue
        left, bottom, right, top = (edge.value for edge in edges)
        box = _box(place, left, bottom, right, top)
        thin = min(right - left, top - bottom)
        if thin <= _THIN_GROUND:
            rules.add(*box)
            continue
        pdfium_c.FPDFPath_GetDrawMode(path, fill_ref, stroke_ref)
        if stroke.value and thin <= _THIN:
            rules.add(*box)
        elif stroke.value or pdfium_c.FPDFPath_CountSegments(path) > _RECTANGLE:
            _add_segments(rules, path, place, stroked=bool(stroke.value))
        if fill.value and thin > _THIN and len(rules.grounds) < _MOST_GROUNDS:
            rules.grounds += _ground(path, box)
        if len(rules.across) + len(rules.down) > _MOST_RULES:
            return Rules()
    return rules


def _box(
    place: Place, left: float, bottom: float, right: float, top: float
) -> tuple[float, float, float, float]:
    (x, y), (other_x, other_y) = place(left, bottom), place(right, top)
    return min(x, other_x), min(y, other_y), max(x, other_x), max(y, other_y)


def _ground(path: Any, box: tuple[float, float, float, float]) -> list[Ground]:
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if not pdfium_c.FPDFPageObj_GetFillColor(path, red, green, blue, alpha):
        return []
    colour = (red.value, green.value, blue.value)
    return [Ground(*box, colour)] if alpha.value and min(colour) < _WHITE else []


def _add_segments(rules: Rules, path: Any, place: Place, *, stroked: bool) -> None:
    """Add the straight sides of a path that draws several lines or rectangles at once."""
    count = pdfium_c.FPDFPath_CountSegments(path)
    if count > _MOST_SEGMENTS:
        return
    matrix = pdfium_c.FS_MATRIX()
    if not pdfium_c.FPDFPageObj_GetMatrix(path, matrix):
        return
    x, y = ctypes.c_float(), ctypes.c_float()
    part: list[tuple[float, float]] = []
    curved = False
    for index in range(count + 1):
        segment = pdfium_c.FPDFPath_GetPathSegment(path, index) if index < count else None
        kind = pdfium_c.FPDFPathSegment_GetType(segment) if segment else None
        if kind in (None, pdfium_c.FPDF_SEGMENT_MOVETO):
            if not curved:
                _add_part(rules, part, stroked=stroked)
            part, curved = [], False
        curved = curved or kind == pdfium_c.FPDF_SEGMENT_BEZIERTO
        if segment and pdfium_c.FPDFPathSegment_GetPoint(segment, x, y):
            point = (
                matrix.a * x.value + matrix.c * y.value + matrix.e,
                matrix.b * x.value + matrix.d * y.value + matrix.f,
            )
            part.append(place(*point))
            if pdfium_c.FPDFPathSegment_GetClose(segment) and part[0] != part[-1]:
                part.append(part[0])


def _add_part(rules: Rules, part: Sequence[tuple[float, float]], *, stroked: bool) -> None:
    if len(part) < 2:
        return
    if not stroked:
        xs, ys = [x for x, _ in part], [y for _, y in part]
        if min(max(xs) - min(xs), max(ys) - min(ys)) <= _THIN_GROUND:
            rules.add(min(xs), min(ys), max(xs), max(ys))
        return
    for (x, y), (other_x, other_y) in zip(part, part[1:], strict=False):
        if min(abs(x - other_x), abs(y - other_y)) <= _STRAIGHT:
            rules.add(min(x, other_x), min(y, other_y), max(x, other_x), max(y, other_y))

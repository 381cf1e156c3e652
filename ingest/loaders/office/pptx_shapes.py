"""The shapes of a slide in the order in which they are read, top left to bottom right."""

from __future__ import annotations

from typing import NamedTuple

from lxml import etree

from ingest.loaders.office.opc import Package
from ingest.loaders.office.package import alternative, local_name
from ingest.loaders.office.slides import Box, by_rows

P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_MOST_PLACES = 500  # of a layout; each is compared with those of its slides
_SHAPES = frozenset({"sp", "graphicFrame", "pic", "grpSp"})
TITLES = ("title", "ctrTitle")
_BODIES = ("obj", "body", "tbl", "chart", "dgm", "clipArt", "media", "pic", "subTitle")


class Placeholder(NamedTuple):
    """What place of the layout a shape fills; ``kind`` is ``obj`` where none is given."""

    kind: str
    slot: str


class Shape(NamedTuple):
    """A shape that is no group."""

    element: etree._Element
    placeholder: Placeholder | None


class Layouts:
    """The places that slides inherit from their layouts and masters."""

    def __init__(self, package: Package) -> None:
        """Read each layout when a slide asks for it."""
        self._package = package
        self._places: dict[str, dict[Placeholder, Box]] = {}

    def place(self, slide: str, placeholder: Placeholder) -> Box | None:
        """Return where a slide's placeholder lies by its layout or master; None where neither."""
        part: str | None = slide
        for kind in ("slideLayout", "slideMaster"):
            part = self._package.related(part, kind) if part else None
            if part is None:
                return None
            if part not in self._places:
                self._places[part] = _places(self._package.xml(part))
            places = self._places[part]
            if placeholder in places:
                return places[placeholder]
            kinds = TITLES if placeholder.kind in TITLES else (placeholder.kind,)
            for other, box in places.items():
                same_body = other.kind in _BODIES and placeholder.kind in _BODIES
                if other.kind in kinds or (
                    same_body and (other.slot == placeholder.slot or kind == "slideMaster")
                ):
                    return box
        return None


def in_reading_order(tree: etree._Element, slide: str, layouts: Layouts) -> list[Shape]:
    """Return the shapes of a slide's tree in reading order; a group's stay together.

    Shapes side by side are read from left to right, such rows from top to bottom. Titles come
    first; shapes without a place come last.
    """
    titles: list[Shape] = []
    placed: list[tuple[Box, list[Shape]]] = []
    unplaced: list[Shape] = []
    for element in _shapes(tree):
        if local_name(element) == "grpSp":
            inside = in_reading_order(element, slide, layouts)
            box = _box(element.find(f"{P}grpSpPr/{_A}xfrm"))
        else:
            shape = Shape(element, placeholder_of(element))
            inside = [shape]
            if shape.placeholder is not None and shape.placeholder.kind in TITLES:
                titles.append(shape)
                continue
            box = _own_box(element)
            if box is None and shape.placeholder is not None:
                box = layouts.place(slide, shape.placeholder)
        if box is None:
            unplaced.extend(inside)
        else:
            placed.append((box, inside))
    return titles + [shape for inside in by_rows(placed) for shape in inside] + unplaced


def placeholder_of(element: etree._Element) -> Placeholder | None:
    """Return which place of its layout a shape fills, or None."""
    found = next(element.iterfind(f"*/{P}nvPr/{P}ph"), None)
    if found is None:
        return None
    return Placeholder(found.get("type", "obj"), found.get("idx", "0"))


def _shapes(tree: etree._Element) -> list[etree._Element]:
    found: list[etree._Element] = []
    waiting = list(reversed(tree))
    while waiting:
        node = waiting.pop()
        if local_name(node) == "AlternateContent":
            waiting.extend(alternative(node))
        elif local_name(node) in ("Choice", "Fallback"):
            waiting.extend(reversed(node))
        elif local_name(node) in _SHAPES:
            found.append(node)
    return found


def _places(root: etree._Element) -> dict[Placeholder, Box]:
    places: dict[Placeholder, Box] = {}
    for element in root.iter(f"{P}sp", f"{P}pic", f"{P}graphicFrame"):
        placeholder, box = placeholder_of(element), _own_box(element)
        if len(places) == _MOST_PLACES:
            break
        if placeholder is not None and box is not None:
            places.setdefault(placeholder, box)
    return places


def _own_box(element: etree._Element) -> Box | None:
    for path in (f"{P}spPr/{_A}xfrm", f"{P}xfrm"):
        if (box := _box(element.find(path))) is not None:
            return box
    return None


def _box(transform: etree._Element | None) -> Box | None:
    if transform is None:
        return None
    offset, extent = transform.find(f"{_A}off"), transform.find(f"{_A}ext")
    if offset is None or extent is None:
        return None
    try:
        return Box(
            float(offset.get("x")),
            float(offset.get("y")),
            float(extent.get("cx")),
            float(extent.get("cy")),
        )
    except (TypeError, ValueError):
        return None

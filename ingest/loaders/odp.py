"""OpenDocument presentation: each slide a page, its title a heading, then its frames."""

from __future__ import annotations

import re
from dataclasses import replace

from lxml import etree

from ingest.document import LoadedDocument
from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.loaders.common.builder import squeeze
from ingest.loaders.odt import Reader
from ingest.loaders.office.odf import (
    DRAW,
    PRESENTATION,
    STYLE,
    SVG,
    TEXT,
    Found,
    Package,
    add_frame,
    paragraph_text,
)
from ingest.loaders.office.odf_lists import ListStyle
from ingest.loaders.office.package import check_chars, local_name
from ingest.loaders.office.slides import Box, by_rows, hidden_slides, slide_pages

SUFFIXES = {".odp": "odp"}

_KIND = "an OpenDocument presentation"
_SLIDE_LEVEL = 2  # below the presentation's own title
_NOTES = "Notes"
_RUNNING = frozenset({"header", "footer", "date-time", "page-number"})
_TEXTLESS = frozenset({"notes", "forms", "animations", "par", "connector"})
_LENGTH = re.compile(r"(-?\d+(?:\.\d+)?)(mm|cm|in|pt|pc|px)?")
_POINTS = {"mm": 2.835, "cm": 28.35, "in": 72.0, "pt": 1.0, "pc": 12.0, "px": 0.75}


def load(data: bytes, limits: Limits) -> LoadedDocument:
    """Read an OpenDocument presentation; hidden slides and speaker notes are read too."""
    package = Package(data, limits, _KIND, ".odp")
    slides = list(package.body("presentation", _KIND).iterchildren(f"{DRAW}page"))
    if len(slides) > limits.pages:
        raise LoadError(
            f"The file holds {len(slides):,} slides; the limit is {limits.pages:,}. "
            "Divide it into several files."
        )
    lists = package.style(f"{TEXT}list-style")
    reader = Reader(limits, list_styles={_name(element): ListStyle(element) for element in lists})
    builder = reader.builder
    hidden_styles = {
        _name(style)
        for style in package.style(f"{STYLE}style")
        for properties in style.iterchildren(f"{STYLE}drawing-page-properties")
        if properties.get(f"{PRESENTATION}visibility") == "hidden"
    }
    begins: list[int] = []
    textless: list[int] = []
    hidden: list[int] = []
    for number, slide in enumerate(slides, 1):
        begins.append(builder.offset)
        _slide(slide, number, reader)
        if builder.offset == begins[-1]:
            textless.append(number)
        if slide.get(f"{DRAW}style-name") in hidden_styles:
            hidden.append(number)
        check_chars(builder.offset, limits)
    if hidden:
        builder.warnings.append(hidden_slides(hidden))
    builder.title = package.title or None
    builder.card = replace(package.report_card(reader.found), textless_pages=tuple(textless))
    return builder.build(slide_pages(begins, max(builder.offset - 1, 0)))


def _name(style: etree._Element) -> str:
    name: str = style.get(f"{STYLE}name", "")
    return name


def _slide(slide: etree._Element, number: int, reader: Reader) -> None:
    """Add a slide: its title, its frames, its notes."""
    title, frames = "", []
    for frame in _frames(slide):
        if frame.get(f"{PRESENTATION}class") == "title" and not title:
            title = _text(frame)
        elif frame.get(f"{PRESENTATION}class") not in _RUNNING:
            frames.append((_box(frame), frame))
    notes = [
        squeeze(paragraph_text(line, reader.found))
        for holder in slide.iterchildren(f"{PRESENTATION}notes")
        for frame in _frames(holder)
        if frame.get(f"{PRESENTATION}class") == "notes"
        for line in frame.iter(f"{TEXT}p")
    ]
    if title:
        reader.builder.heading(title, _SLIDE_LEVEL)
    elif any(notes) or any(_text(frame) for _, frame in frames):
        reader.builder.heading(f"Slide {number}", _SLIDE_LEVEL)
    for frame in by_rows(frames):
        _frame(frame, reader)
    if any(notes):
        reader.builder.heading(_NOTES, _SLIDE_LEVEL + 1)
        for text in notes:
            reader.builder.paragraph(text)


def _frames(parent: etree._Element) -> list[etree._Element]:
    """Return the frames and shapes of a slide, those in groups too."""
    found: list[etree._Element] = []
    waiting = list(reversed(parent))
    while waiting:
        node = waiting.pop()
        if local_name(node) in ("g", "a"):
            waiting.extend(reversed(node))
        elif local_name(node) not in ("", *_TEXTLESS):
            found.append(node)
    return found


def _frame(frame: etree._Element, reader: Reader) -> None:
    """Add what a frame or shape holds: text, a table, or a thing to count."""
    if frame.get(f"{PRESENTATION}placeholder") == "true":  # shows only in the editor
        return
    if local_name(frame) != "frame" or _table(frame):
        reader.read(frame)
        return
    found = Found(counts=reader.found.counts)
    add_frame(frame, found)
    for box in found.boxes:
        reader.read(box)


def _table(frame: etree._Element) -> bool:
    return any(local_name(child) == "table" for child in frame)


def _text(frame: etree._Element) -> str:
    lines = frame.iter(f"{TEXT}p", f"{TEXT}h")
    return squeeze(" ".join(paragraph_text(line, Found()) for line in lines))


def _box(frame: etree._Element) -> Box:
    """Return where a frame lies, in points; 0 for what is not given."""
    lengths = []
    for name in ("x", "y", "width", "height"):
        found = _LENGTH.fullmatch(frame.get(f"{SVG}{name}", ""))
        lengths.append(float(found.group(1)) * _POINTS[found.group(2) or "px"] if found else 0.0)
    return Box(*lengths)

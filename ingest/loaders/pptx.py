"""PowerPoint: each slide a page, its title a heading, its shapes as they are read.

Slides are read straight from their parts: python-pptx, made for writing them, passes over what
stands in alternatives and diagrams, and inherits no place that a damaged layout lacks. Macros are
never run.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace

from lxml import etree

from ingest.document import LoadedDocument
from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.loaders.common.builder import TextBuilder, squeeze
from ingest.loaders.office.drawing import (
    A,
    chart_lines,
    chart_title,
    diagram_texts,
    paragraph_text,
    paragraphs,
    table_lines,
)
from ingest.loaders.office.opc import Package
from ingest.loaders.office.package import check_chars, local_name, report_card
from ingest.loaders.office.pptx_shapes import (
    TITLES,
    Layouts,
    P,
    Placeholder,
    Shape,
    in_reading_order,
    placeholder_of,
)
from ingest.loaders.office.slides import hidden_slides, slide_pages

SUFFIXES = {".pptx": "pptx", ".pptm": "pptx", ".ppsx": "pptx"}

_KIND = "a PowerPoint file"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_SLIDE_LEVEL = 2  # below the presentation's own title
_NOTES = "Notes"
_RUNNING = frozenset({"dt", "ftr", "sldNum", "hdr"})
_LISTS = frozenset({"obj", "body"})
_NO_TITLE = re.compile(r"powerpoint|^presentation\d*$|^slide \d+$", re.IGNORECASE)
_FILMS = {"videoFile": "video", "audioFile": "audio recording", "wavAudioFile": "audio recording"}


def load(data: bytes, limits: Limits) -> LoadedDocument:
    """Read a PowerPoint file; hidden slides and speaker notes are read too."""
    package = Package.open(data, limits, _KIND, ".pptx")
    main, root = package.main(_KIND, "presentation")
    slides, missing = _slides(package, main, root)
    if len(slides) > limits.pages:
        raise LoadError(
            f"The file holds {len(slides):,} slides; the limit is {limits.pages:,}. "
            "Divide it into several files."
        )
    reader = _Reader(package, Layouts(package), limits)
    builder = reader.builder
    begins: list[int] = []
    textless: list[int] = []
    hidden: list[int] = []
    for number, part in enumerate(slides, 1):
        begins.append(builder.offset)
        slide = package.xml(part)
        reader.slide(part, slide, number)
        if builder.offset == begins[-1]:
            textless.append(number)
        if slide.get("show") in ("0", "false"):
            hidden.append(number)
        check_chars(builder.offset, limits)
    if missing:
        builder.warnings.append(
            f"{missing:,} of {len(slides) + missing:,} slides are missing from the file"
        )
    if hidden:
        builder.warnings.append(hidden_slides(hidden))
    if package.related(main, "vbaProject"):
        reader.counts["macros"] = 0
    properties = package.properties()
    if builder.title is None and not _NO_TITLE.search(properties.title):
        builder.title = properties.title or None
    card = report_card(properties.authors, properties.dates, reader.counts)
    builder.card = replace(card, textless_pages=tuple(textless))
    return builder.build(slide_pages(begins, max(builder.offset - 1, 0)))


def _slides(package: Package, main: str, root: etree._Element) -> tuple[list[str], int]:
    """Return the parts of the slides in the order they are shown, and how many are missing."""
    parts = {
        relation.relation_id: relation.target
        for relation in package.relations(main)
        if relation.kind == "slide" and package.holds(relation.target)
    }
    ids = root.iterfind(f"{P}sldIdLst/{P}sldId")
    shown = [parts.get(slide.get(f"{_R}id", "")) for slide in ids]
    slides = list(dict.fromkeys(part for part in shown if part is not None))
    return slides, shown.count(None)


@dataclass(slots=True)
class _Reader:
    package: Package
    layouts: Layouts
    limits: Limits
    builder: TextBuilder = field(default_factory=TextBuilder)
    counts: Counter[str] = field(default_factory=Counter)
    read_parts: set[str] = field(default_factory=set)

    def slide(self, part: str, root: etree._Element, number: int) -> None:
        """Add a slide: its title, its shapes, its notes."""
        tree = root.find(f"{P}cSld/{P}spTree")
        shapes = [] if tree is None else in_reading_order(tree, part, self.layouts)
        notes = self._notes(part)
        title, kind = _title(shapes)
        if title:
            opening = number == 1 and kind == "ctrTitle"
            self.builder.heading(title, 1 if opening else _SLIDE_LEVEL)
        elif notes or any(map(_holds_text, shapes)):
            self.builder.heading(f"Slide {number}", _SLIDE_LEVEL)
        for shape in shapes[1:] if title else shapes:
            self._shape(shape, part)
        if notes:
            self.builder.heading(_NOTES, _SLIDE_LEVEL + 1)
            for text in notes:
                self.builder.paragraph(text)
        comments = self._part(self.package.related(part, "comments"))
        if comments is not None:
            self.counts["comment"] += sum(local_name(node) == "cm" for node in comments)

    def _shape(self, shape: Shape, part: str) -> None:
        element, placeholder = shape
        if placeholder is not None and placeholder.kind in _RUNNING:
            return
        name = local_name(element)
        if name == "sp":
            self._text_body(element.find(f"{P}txBody"), placeholder)
        elif name == "pic":
            names = map(local_name, element.iter())
            self.counts[next((_FILMS[name] for name in names if name in _FILMS), "image")] += 1
        else:
            self._frame(element, part)

    def _text_body(self, body: etree._Element | None, placeholder: Placeholder | None) -> None:
        lines = [] if body is None else list(paragraphs(body))
        listed = placeholder is not None and placeholder.kind in _LISTS and len(lines) > 1
        for text, mark in lines:
            if mark or (mark is None and listed):  # a body's paragraphs bear its master's bullets
                self.builder.item(text, mark or "-")
            else:
                self.builder.paragraph(text)

    def _frame(self, element: etree._Element, part: str) -> None:
        """Add the table, chart or diagram of a frame."""
        data = element.find(f"{A}graphic/{A}graphicData")
        for node in () if data is None else data:
            name = local_name(node)
            if name == "tbl":
                self.builder.table(*table_lines(node, self.limits))
            elif name == "chart":
                self._chart(self._part(self.package.target(part, node.get(f"{_R}id"))))
            elif name == "relIds":
                diagram = self._part(self.package.target(part, node.get(f"{_R}dm")))
                texts = [] if diagram is None else diagram_texts(diagram)
                for text in texts:
                    self.builder.item(text)
                self.counts["diagram"] += not texts
            elif name in ("oleObj", "AlternateContent"):
                self.counts["embedded object"] += 1
            check_chars(self.builder.offset, self.limits)
        self.counts = +self.counts

    def _chart(self, chart: etree._Element | None) -> None:
        """Add a chart's title and figures; one without figures is left out."""
        lines = [] if chart is None else chart_lines(chart, self.limits)
        if chart is None or not lines:
            self.counts["chart"] += 1
            return
        self.builder.paragraph(chart_title(chart))
        self.builder.table(lines)

    def _notes(self, part: str) -> list[str]:
        """Return the paragraphs that the speaker noted for a slide."""
        notes = self._part(self.package.related(part, "notesSlide"))
        if notes is None:
            return []
        return [
            line.text
            for element in notes.iter(f"{P}sp")
            if (placeholder := placeholder_of(element)) is not None and placeholder.kind == "body"
            for body in element.iterchildren(f"{P}txBody")
            for line in paragraphs(body)
        ]

    def _part(self, name: str | None) -> etree._Element | None:
        """Return a part's root; None for one that was read before, which no program writes."""
        if name is None or name in self.read_parts:
            return None
        self.read_parts.add(name)
        return self.package.xml(name)


def _title(shapes: list[Shape]) -> tuple[str, str]:
    """Return the text of a slide's title, which is its first shape, and the title's kind."""
    if not shapes or shapes[0].placeholder is None or shapes[0].placeholder.kind not in TITLES:
        return "", ""
    lines = shapes[0].element.iter(f"{A}p")
    return squeeze(" ".join(map(paragraph_text, lines))), shapes[0].placeholder.kind


def _holds_text(shape: Shape) -> bool:
    """Whether a shape will add text to its slide."""
    if shape.placeholder is not None and shape.placeholder.kind in _RUNNING:
        return False
    if local_name(shape.element) == "graphicFrame":
        return True
    return any((text.text or "").strip() for text in shape.element.iter(f"{A}t"))

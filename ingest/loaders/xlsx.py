"""Excel: each sheet a section, each row a line of `heading: value` pairs; macros are never run."""

from __future__ import annotations

import re
from collections import Counter

from lxml import etree

from ingest.document import LoadedDocument
from ingest.limits import Limits
from ingest.loaders.common.builder import TextBuilder
from ingest.loaders.office.drawing import paragraphs
from ingest.loaders.office.opc import Package
from ingest.loaders.office.package import report_card
from ingest.loaders.office.sheet import add_sheet
from ingest.loaders.office.workbook import Workbook

SUFFIXES = {".xlsx": "xlsx", ".xlsm": "xlsx"}

_KIND = "an Excel file"
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
_SHEET_LEVEL = 2  # below a title
_LEFT_OUT = {
    "image": re.compile(r"xl/media/[^/]+"),
    "chart": re.compile(r"xl/charts/chart(ex)?\d*\.xml"),
    "embedded file": re.compile(r"xl/embeddings/[^/]+"),
    "diagram": re.compile(r"xl/diagrams/data\d*\.xml"),
}
_COMMENT = re.compile(rb"<(?:\w+:)?comment\s")


def load(data: bytes, limits: Limits) -> LoadedDocument:
    """Read an Excel file, with the values that formulas had when it was last saved."""
    package = Package.open(data, limits, _KIND, ".xlsx")
    main, root = package.main(_KIND, "workbook")
    book = Workbook(package, main, root, limits)
    builder = TextBuilder()
    unknown = 0
    seen: set[str | None] = {None}  # a part is read once, however often it is listed
    for name, part, hidden, missing in book.sheets:
        if missing:
            builder.warnings.append(f"the sheet {name!r} is missing from the file")
        if part is None or part in seen:
            continue
        seen.add(part)
        sheet = book.read(part)
        unknown += sheet.unknown_values
        drawing = package.related(part, "drawing")
        boxes = [] if drawing is None or drawing in seen else _text_boxes(package.xml(drawing))
        seen.add(drawing)
        if not sheet.rows and not boxes:
            continue
        builder.heading(name, _SHEET_LEVEL)
        add_sheet(sheet, builder, limits)
        for text in boxes:
            builder.paragraph(text)
        if hidden:
            builder.warnings.append(f"the sheet {name!r} is hidden; it was read too")
    if unknown:
        formulas = "1 formula has" if unknown == 1 else f"{unknown:,} formulas have"
        builder.warnings.append(
            f"{formulas} no value in the file; open it in a spreadsheet program and save it again"
        )
    properties = package.properties()
    builder.title = properties.title or None
    builder.card = report_card(properties.authors, properties.dates, _skipped(package, main))
    return builder.build()


def _text_boxes(drawing: etree._Element) -> list[str]:
    """Return the paragraphs of the text boxes that lie on a sheet."""
    return [line.text for body in drawing.iter(f"{_DRAWING}txBody") for line in paragraphs(body)]


def _skipped(package: Package, main: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for name in package.names():
        for kind, pattern in _LEFT_OUT.items():
            counts[kind] += bool(pattern.fullmatch(name))
        if re.fullmatch(r"xl/(comments/)?comments?\d*\.xml", name):
            counts["comment"] += len(_COMMENT.findall(package.data(name)))
    counts = +counts
    if package.related(main, "vbaProject"):
        counts["macros"] = 0
    return counts

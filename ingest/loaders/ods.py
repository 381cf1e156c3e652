"""OpenDocument spreadsheet: each sheet a section, each row a line of `heading: value` pairs."""

from __future__ import annotations

from lxml import etree

from ingest.document import LoadedDocument
from ingest.limits import Limits
from ingest.loaders.common.builder import TextBuilder
from ingest.loaders.office.odf import (
    DRAW,
    OFFICE,
    STYLE,
    TABLE,
    TEXT,
    Found,
    Package,
    paragraph_text,
)
from ingest.loaders.office.odf_tables import table_rows
from ingest.loaders.office.package import check_chars, local_name
from ingest.loaders.office.sheet import Cell, Sheet, add_sheet

SUFFIXES = {".ods": "ods"}

_KIND = "an OpenDocument spreadsheet"
_SHEET_LEVEL = 2  # below a title


def load(data: bytes, limits: Limits) -> LoadedDocument:
    """Read an OpenDocument spreadsheet, whose cells hold what they show."""
    package = Package(data, limits, _KIND, ".ods")
    body = package.body("spreadsheet", _KIND)
    hidden = {
        style.get(f"{STYLE}name")
        for style in package.style(f"{STYLE}style")
        for properties in style.iterchildren(f"{STYLE}table-properties")
        if properties.get(f"{TABLE}display") == "false"
    }
    builder, found = TextBuilder(), Found()
    for table in body.iterchildren(f"{TABLE}table"):
        sheet = _sheet(table, found, limits)
        boxes = [
            paragraph_text(line, found)
            for shapes in table.iterchildren(f"{TABLE}shapes")
            for line in shapes.iter(f"{TEXT}p")
        ]
        for frame in table.iter(f"{DRAW}frame"):
            kinds = [local_name(child) for child in frame]
            if "object" in kinds:  # a chart, with a picture of it
                found.counts["embedded object"] += 1
            elif "image" in kinds:
                found.counts["image"] += 1
        if not sheet.rows and not any(text.strip() for text in boxes):
            continue
        name = table.get(f"{TABLE}name", "")
        builder.heading(name, _SHEET_LEVEL)
        add_sheet(sheet, builder, limits)
        for text in boxes:
            builder.paragraph(text)
        if table.get(f"{TABLE}style-name") in hidden:
            builder.warnings.append(f"the sheet {name!r} is hidden; it was read too")
    builder.title = package.title or None
    builder.card = package.report_card(found)
    return builder.build()


def _sheet(table: etree._Element, found: Found, limits: Limits) -> Sheet:
    sheet = Sheet()
    chars = 0
    for row in table_rows(table):
        sheet.merges.extend(row.merges)
        cells = {at: shown for at, cell in row.cells.items() if (shown := _cell(cell, found))}
        chars += sum(len(cell.text) for cell in cells.values())
        check_chars(chars, limits)
        if cells:
            sheet.rows[row.number] = cells
    return sheet


def _cell(element: etree._Element, found: Found) -> Cell | None:
    """Return what a cell shows, dates in ISO 8601; None for an empty one."""
    if next(element.iterchildren(f"{OFFICE}annotation"), None) is not None:
        found.counts["comment"] += 1
    kind = element.get(f"{OFFICE}value-type", "string")
    lines = [paragraph_text(line, found) for line in element.iterchildren(f"{TEXT}p")]
    text = "\n".join(lines)
    if kind == "date":
        text = element.get(f"{OFFICE}date-value", text).replace("T", " ")
    return Cell(text, is_text=kind == "string") if text.strip() else None

"""The cells of an Excel file, streamed: only those that are there, as their sheet shows them.

openpyxl walks a sheet as the rectangle it claims to be, a million rows of sixteen thousand cells
for a file of a few bytes, and refuses many files for their styles alone; its tables of formats and
its dates are used here, its readers are not.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from io import BytesIO
from typing import NamedTuple

from lxml import etree
from openpyxl.styles.numbers import BUILTIN_FORMATS

from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.loaders.office.number_format import shown_number
from ingest.loaders.office.opc import Package
from ingest.loaders.office.package import check_chars
from ingest.loaders.office.sheet import Cell, Merge, Sheet
from ingest.loaders.table import PAIR_SEPARATOR

S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})(?::([A-Z]{1,3})(\d{1,7}))?")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_MOST_MERGES = 100_000
_ON = ("1", "true")


class SheetPart(NamedTuple):
    """A sheet as the workbook lists it.

    Attributes:
        name: What its tab says.
        part: Where its cells stand; None where it is none that holds any, such as a chart.
        hidden: Whether it is shown only when asked for.
        missing: Whether it is listed, but not in the file.
    """

    name: str
    part: str | None
    hidden: bool
    missing: bool


class Workbook:
    """A workbook's list of sheets, and what their cells refer to."""

    def __init__(self, package: Package, main: str, root: etree._Element, limits: Limits) -> None:
        """Read the workbook part, whose root is ``root``, the shared strings and the formats."""
        self._package = package
        self._limits = limits
        relations = {relation.relation_id: relation for relation in package.relations(main)}
        self.sheets: list[SheetPart] = []
        for sheet in root.iterfind(f"{S}sheets/{S}sheet"):
            found = relations.get(sheet.get(_RELATION, ""))
            part = found.target if found is not None and package.holds(found.target) else None
            holds_cells = found is not None and found.kind == "worksheet"
            self.sheets.append(
                SheetPart(
                    name=sheet.get("name", ""),
                    part=part if holds_cells else None,
                    hidden=sheet.get("state", "visible") != "visible",
                    missing=part is None,
                )
            )
        properties = root.find(f"{S}workbookPr")
        self._from_1904 = properties is not None and properties.get("date1904") in _ON
        strings = package.related(main, "sharedStrings")
        self._strings = [] if strings is None else list(_strings(package.data(strings), strings))
        styles = package.related(main, "styles")
        self._formats = [] if styles is None else _formats(package.xml(styles))

    def read(self, part: str) -> Sheet:
        """Read a sheet's cells.

        Raises:
            LoadError: It is damaged, or holds too much text.
        """
        sheet = Sheet()
        row_number = column = chars = 0
        tags = (f"{S}row", f"{S}c", f"{S}mergeCell")
        for event, element in _events(self._package.data(part), part, ("start", "end"), tags):
            if event == "start":
                if element.tag == tags[0]:
                    row_number, column = _whole(element.get("r"), row_number + 1), 0
                continue
            if element.tag == tags[1]:
                reference = _REFERENCE.fullmatch(element.get("r", ""))
                column = _column(reference.group(1)) if reference else column + 1
                cell = self._cell(element, sheet)
                if cell is not None:
                    chars += len(cell.text) + len(PAIR_SEPARATOR)
                    check_chars(chars, self._limits)
                    sheet.rows.setdefault(row_number, {})[column] = cell
            elif element.tag == tags[2] and len(sheet.merges) < _MOST_MERGES:
                sheet.merges.extend(_merge(element.get("ref", "")))
            _forget(element)
        return sheet

    def _cell(self, element: etree._Element, sheet: Sheet) -> Cell | None:
        """Return what a cell shows; None for an empty one."""
        kind = element.get("t", "n")
        if kind == "inlineStr":
            inline = element.find(f"{S}is")
            return _text_cell("" if inline is None else _string(inline))
        value = element.findtext(f"{S}v") or ""
        if not value:
            if element.find(f"{S}f") is not None and kind != "str":
                sheet.unknown_values += 1
            return None
        if kind == "s":
            index = _whole(value, -1)
            return _text_cell(self._strings[index] if 0 <= index < len(self._strings) else "")
        if kind == "str":
            return _text_cell(_unescape(value))
        if kind == "b":
            return Cell("TRUE" if value in _ON else "FALSE", is_text=False)
        if kind == "n":
            return Cell(self._number(value, element.get("s")), is_text=False)
        return Cell(value.replace("T", " ") if kind == "d" else value, is_text=False)

    def _number(self, value: str, style: str | None) -> str:
        try:
            number = float(value)
        except ValueError:
            return value
        if not math.isfinite(number):
            return value
        at = _whole(style, 0)
        code = self._formats[at] if at < len(self._formats) else "General"
        return shown_number(number, code, from_1904=self._from_1904)


def _strings(data: bytes, name: str) -> Iterator[str]:
    for _, element in _events(data, name, ("end",), (f"{S}si",)):
        yield _string(element)
        _forget(element)


def _string(element: etree._Element) -> str:
    """Return a string's text, its runs put together; how it is pronounced is left out."""
    parts = [
        text.text or ""
        for child in element
        if child.tag in (f"{S}t", f"{S}r")
        for text in child.iter(f"{S}t")
    ]
    return _unescape("".join(parts))


def _unescape(text: str) -> str:
    """Replace the escapes for what XML cannot hold: characters, never halves of them."""

    def character(escape: re.Match[str]) -> str:
        code = int(escape.group(1), 16)
        if 0xD800 <= code <= 0xDFFF:
            return escape.group()
        return chr(code) if code >= 32 else " "

    return _ESCAPE.sub(character, text) if "_x" in text else text


def _formats(root: etree._Element) -> list[str]:
    """Return the number format of each cell style."""
    codes = dict(BUILTIN_FORMATS)
    for element in root.iterfind(f"{S}numFmts/{S}numFmt"):
        codes[_whole(element.get("numFmtId"), -1)] = element.get("formatCode", "General")
    return [
        codes.get(_whole(style.get("numFmtId"), 0), "General")
        for style in root.iterfind(f"{S}cellXfs/{S}xf")
    ]


def _events(
    data: bytes, name: str, events: tuple[str, ...], tags: tuple[str, ...]
) -> Iterator[tuple[str, etree._Element]]:
    """Yield the events of a part; nothing is fetched, no entity is expanded."""
    try:
        yield from etree.iterparse(
            BytesIO(data),
            events=events,
            tag=tags,
            resolve_entities=False,
            no_network=True,
            huge_tree=False,
            load_dtd=False,
        )
    except etree.XMLSyntaxError as exc:
        raise LoadError(
            f"The file is damaged inside, in {name} ({exc}). Open it in Excel and save it again."
        ) from exc


def _forget(element: etree._Element) -> None:
    """Free an element that has been read, and what was left of those before it."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _text_cell(text: str) -> Cell | None:
    return Cell(text, is_text=True) if text.strip() else None


def _merge(reference: str) -> Iterator[Merge]:
    found = _REFERENCE.fullmatch(reference)
    if found and found.group(3):
        left, top, right, bottom = found.groups()
        yield Merge(int(top), _column(left), int(bottom), _column(right))


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text and len(text) < 10 and text.isdecimal() else otherwise

"""OpenDocument text: headings, paragraphs, lists, tables and notes in reading order."""

from __future__ import annotations

from dataclasses import dataclass, field

from lxml import etree

from ingest.document import LoadedDocument
from ingest.limits import Limits
from ingest.loaders.common.builder import TextBuilder, cells_line, squeeze
from ingest.loaders.office.odf import (
    STYLE,
    TABLE,
    TEXT,
    Found,
    Package,
    add_frame,
    paragraph_text,
    whole,
)
from ingest.loaders.office.odf_lists import Counter, ListStyle
from ingest.loaders.office.odf_tables import table_cells, table_rows
from ingest.loaders.office.package import check_chars, local_name
from ingest.loaders.office.sheet import Merge, fill_down

SUFFIXES = {".odt": "odt"}

_KIND = "an OpenDocument text"
_HOLDERS = frozenset({"section", "numbered-paragraph", "text-box", "index-body"})
_INDEXES = frozenset(
    {
        "table-of-content",
        "illustration-index",
        "table-index",
        "object-index",
        "user-index",
        "alphabetical-index",
    }
)


def load(data: bytes, limits: Limits) -> LoadedDocument:
    """Read an OpenDocument text; it has no pages, since they are laid out when it is opened."""
    package = Package(data, limits, _KIND, ".odt")
    body = package.body("text", _KIND)
    outline = next(iter(package.style(f"{TEXT}outline-style")), None)
    reader = Reader(
        limits,
        title_styles=_title_styles(package),
        list_styles={
            element.get(f"{STYLE}name", ""): ListStyle(element)
            for element in package.style(f"{TEXT}list-style")
        },
        outline=None if outline is None else Counter(ListStyle(outline)),
    )
    reader.read(body)
    builder = reader.builder
    if body.find(f"{TEXT}tracked-changes") is not None:
        builder.warnings.append("it holds tracked changes; they were read as if accepted")
    builder.card = package.report_card(reader.found)
    if builder.title is None:
        builder.title = package.title or None
    return builder.build()


def _title_styles(package: Package) -> frozenset[str]:
    """Return the names of the title's style and of those made from it."""
    parents = {
        element.get(f"{STYLE}name", ""): element.get(f"{STYLE}parent-style-name", "")
        for element in package.style(f"{STYLE}style")
        if element.get(f"{STYLE}family") == "paragraph"
    }
    names = {"Title"}
    for name in parents:
        chain = [name]
        while chain[-1] in parents and parents[chain[-1]] not in chain and len(chain) < 10:
            chain.append(parents[chain[-1]])
        if "Title" in chain:
            names.add(name)
    return frozenset(names)


@dataclass(slots=True)
class Reader:
    """Adds the blocks of an OpenDocument body to a document."""

    limits: Limits
    title_styles: frozenset[str] = frozenset()
    list_styles: dict[str, ListStyle] = field(default_factory=dict)
    outline: Counter | None = None
    builder: TextBuilder = field(default_factory=TextBuilder)
    found: Found = field(default_factory=Found)
    _counters: dict[str, Counter] = field(default_factory=dict)

    def read(self, parent: etree._Element) -> None:
        """Add the blocks of a body, text box or layout cell."""
        for block in parent:
            name = local_name(block)
            if name in ("p", "h"):
                self._paragraph(block)
            elif name == "list":
                self._list(block, 1, None)
            elif name == "table":
                self._table(block)
            elif name in _HOLDERS:
                self.read(block)
            elif name == "frame":
                add_frame(block, self.found)
                self._after()
            elif name == "custom-shape":
                self.read(block)
            elif name in _INDEXES:
                self.found.counts["table of contents"] = 0
            elif name == "bibliography":
                for body in block.iterchildren(f"{TEXT}index-body"):
                    self.read(body)

    def _paragraph(self, paragraph: etree._Element) -> None:
        text = squeeze(paragraph_text(paragraph, self.found))
        if local_name(paragraph) == "h" and text:
            level = max(1, whole(paragraph.get(f"{TEXT}outline-level"), 1))
            mark = ""
            if self.outline is not None and paragraph.get(f"{TEXT}is-list-header") != "true":
                mark = self.outline.mark(level)
            self.builder.heading(f"{mark} {text}" if mark not in ("", "-") else text, level)
        elif paragraph.get(f"{TEXT}style-name") in self.title_styles:
            self.builder.heading(text, 0)
        else:
            self.builder.paragraph(text)
        self._after()

    def _list(self, element: etree._Element, level: int, counter: Counter | None) -> None:
        name = element.get(f"{TEXT}style-name", "")
        if counter is None or (name and name in self.list_styles and level == 1):
            counter = self._counter(name, element)
        elif name in self.list_styles:
            counter.style = self.list_styles[name]
        if level > 1:
            counter.restart(level)
        for item in element:
            if local_name(item) not in ("list-item", "list-header"):
                continue
            start = item.get(f"{TEXT}start-value")
            mark: str | None = None
            for block in item:
                kind = local_name(block)
                if kind == "list":
                    self._list(block, level + 1, counter)
                elif kind == "p" and mark is None and local_name(item) == "list-item":
                    text = squeeze(paragraph_text(block, self.found))
                    if text:
                        mark = counter.mark(level, whole(start, 1) if start else None)
                        if mark:
                            self.builder.item(text, mark)
                        else:
                            self.builder.paragraph(text)
                    self._after()
                elif kind in ("p", "h"):
                    self._paragraph(block)

    def _counter(self, name: str, element: etree._Element) -> Counter:
        """Return what counts a list: anew, or on from the last of its style."""
        continued = (
            element.get(f"{TEXT}continue-numbering") == "true"
            or element.get(f"{TEXT}continue-list") is not None
        )
        if not continued or name not in self._counters:
            self._counters[name] = Counter(self.list_styles.get(name, ListStyle(None)))
        return self._counters[name]

    def _after(self) -> None:
        """Add the text boxes and notes that belong to what was read last."""
        boxes, self.found.boxes = self.found.boxes, []
        notes, self.found.notes = self.found.notes, []
        for box in boxes:
            self.read(box)
        for note in notes:
            mark = squeeze("".join(note.itertext(f"{TEXT}note-citation")))
            lines = [
                paragraph_text(line, self.found)
                for body in note.iterchildren(f"{TEXT}note-body")
                for line in body.iter(f"{TEXT}p", f"{TEXT}h")
            ]
            if text := squeeze(" ".join(lines)):
                self.builder.paragraph(f"[{mark}] {text}" if mark else text)

    def _table(self, table: etree._Element) -> None:
        """Add a table; one that lays out other tables, or a single cell, is read cell by cell."""
        cells = list(table_cells(table))
        nested = any(next(cell.iter(f"{TABLE}table"), None) is not None for cell in cells)
        if len(cells) == 1 or nested:
            for cell in cells:
                self.read(cell)
            return
        rows: dict[int, dict[int, str]] = {}
        merges: list[Merge] = []
        headings = chars = 0
        for row in table_rows(table):
            headings += row.heads and headings == len(rows)
            rows[row.number] = {at: self._cell(cell) for at, cell in row.cells.items()}
            merges.extend(row.merges)
            chars += sum(map(len, rows[row.number].values()))
            check_chars(chars, self.limits)
        fill_down(rows, merges)
        lines, chars = [], 0
        for cells_of_row in rows.values():
            lines.append(cells_line(cells_of_row[at] for at in sorted(cells_of_row)))
            chars += len(lines[-1])
            check_chars(chars, self.limits)  # a merged cell's text comes once for each row
        if not 0 < headings < len(lines):
            headings = 1 if len(lines) > 1 else 0
        self.builder.table(lines, headings)
        check_chars(self.builder.offset, self.limits)
        self._after()

    def _cell(self, cell: etree._Element) -> str:
        lines = [paragraph_text(line, self.found) for line in cell.iter(f"{TEXT}p", f"{TEXT}h")]
        return "\n".join(lines)

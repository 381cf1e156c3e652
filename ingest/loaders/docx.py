"""Word: paragraphs, headings, lists, tables and notes in reading order; macros are never run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from lxml import etree

from ingest.document import LoadedDocument
from ingest.limits import Limits
from ingest.loaders.common.builder import TextBuilder, cells_line, squeeze
from ingest.loaders.office.docx_styles import Numbering, Styles, W, number, switched_on, value
from ingest.loaders.office.docx_text import TRANSPARENT, Found, blocks, paragraph_text
from ingest.loaders.office.numerals import roman
from ingest.loaders.office.opc import Package
from ingest.loaders.office.package import check_chars, local_name, report_card

SUFFIXES = {".docx": "docx", ".docm": "docx"}

_KIND = "a Word file"
_LONGEST_HEADING = 300  # what is longer is body text that bears a heading's style


def load(data: bytes, limits: Limits) -> LoadedDocument:
    """Read a Word file; it has no pages, since Word lays those out when it opens the file."""
    package = Package.open(data, limits, _KIND, ".docx")
    main, root = package.main(_KIND, "document")
    styles = Styles(_related(package, main, "styles"))
    reader = _Reader(
        limits,
        styles,
        Numbering(_related(package, main, "numbering"), styles),
        {kind: _notes(_related(package, main, kind)) for kind in ("footnotes", "endnotes")},
    )
    for body in root.iterchildren(f"{W}body"):
        reader.read(body)
    builder, found = reader.builder, reader.found
    if _has_running_heads(package, main):
        found.counts["headers and footers"] = 0
    if package.related(main, "vbaProject"):
        found.counts["macros"] = 0
    if found.changes:
        builder.warnings.append("it holds tracked changes; they were read as if accepted")
    properties = package.properties()
    builder.card = report_card(properties.authors, properties.dates, found.counts)
    if builder.title is None:
        builder.title = properties.title or None
    return builder.build()


def _related(package: Package, main: str, kind: str) -> etree._Element | None:
    name = package.related(main, kind)
    return None if name is None else package.xml(name)


def _notes(root: etree._Element | None) -> dict[str, etree._Element]:
    """Return a part's notes by id; the lines that set notes apart from the text are none."""
    return {
        note.get(f"{W}id", ""): note
        for note in (() if root is None else root)
        if local_name(note) in ("footnote", "endnote") and note.get(f"{W}type") in (None, "normal")
    }


def _has_running_heads(package: Package, main: str) -> bool:
    parts = {
        relation.target
        for relation in package.relations(main)
        if relation.kind in ("header", "footer") and package.holds(relation.target)
    }
    return any(
        (text.text or "").strip() for part in parts for text in package.xml(part).iter(f"{W}t")
    )


@dataclass(slots=True)
class _Reader:
    limits: Limits
    styles: Styles
    numbering: Numbering
    notes: dict[str, dict[str, etree._Element]]
    builder: TextBuilder = field(default_factory=TextBuilder)
    found: Found = field(default_factory=Found)
    note_counts: Counter[str] = field(default_factory=Counter)
    carried: str = ""

    def read(self, parent: etree._Element) -> None:
        """Add the blocks of a body, text box or layout cell."""
        for block in blocks(parent, self.found):
            if local_name(block) == "p":
                self._paragraph(block)
            else:
                self._table(block)
        self._flush()

    def _paragraph(self, paragraph: etree._Element) -> None:
        properties = paragraph.find(f"{W}pPr")
        text = self.carried + paragraph_text(paragraph, self.found)
        self.carried = ""
        if switched_on(properties, "rPr/del"):  # its end is deleted, so the next one joins it
            self.carried = text
            return
        style_id = value(properties, "pStyle")
        if squeeze(text):
            if self.styles.is_contents(style_id):
                self.found.counts["table of contents"] = 0
                return
            self._line(squeeze(text), style_id, properties)
        else:
            self._mark(style_id, properties)  # an empty item counts too
        self._after()

    def _line(self, text: str, style_id: str | None, properties: etree._Element | None) -> None:
        outline = number(value(properties, "outlineLvl"))
        level = self.styles.heading_level(style_id)
        if outline is not None:
            level = outline + 1 if 0 <= outline < 9 else None
        mark = self._mark(style_id, properties)
        if level is not None and len(text) <= _LONGEST_HEADING:
            self.builder.heading(f"{mark} {text}" if mark and mark != "-" else text, level)
        elif mark:
            self.builder.item(text, mark)
        elif mark is None and self.styles.is_list(style_id):
            self.builder.item(text)
        else:
            self.builder.paragraph(text)

    def _mark(self, style_id: str | None, properties: etree._Element | None) -> str | None:
        """Return the mark of a list item; None for a paragraph that stands in no list."""
        number_id = number(value(properties, "numPr/numId"))
        at = number(value(properties, "numPr/ilvl"))
        styled = self.styles.numbering(style_id)
        if number_id is None and styled is not None:
            numbered_style, number_id, styled_at = styled
            if at is None:
                at = styled_at
            if at is None:
                at = self.numbering.level_of(number_id, numbered_style)
        if number_id is None or number_id == 0:  # 0 takes a paragraph out of its style's list
            return None
        return self.numbering.mark(number_id, at or 0)

    def _flush(self) -> None:
        if self.carried:
            self.builder.paragraph(self.carried)
            self.carried = ""
        self._after()

    def _after(self) -> None:
        """Add the text boxes and notes that belong to what was read last."""
        boxes, self.found.boxes = self.found.boxes, []
        notes, self.found.notes = self.found.notes, []
        for box in boxes:
            self.read(box)
        for kind, note_id in notes:
            note = self.notes[kind].pop(note_id, None)
            if note is None:
                continue
            self.note_counts[kind] += 1
            count = self.note_counts[kind]
            text = squeeze(
                " ".join(paragraph_text(line, self.found) for line in note.iter(f"{W}p"))
            )
            if text:
                self.builder.paragraph(f"[{roman(count) if kind == 'endnotes' else count}] {text}")

    def _table(self, table: etree._Element) -> None:
        """Add a table; one that lays out other tables, or a single cell, is read cell by cell."""
        rows = [row for row in _children(table, "tr") if not switched_on(row, "trPr/del")]
        cells = [cell for row in rows for cell in _children(row, "tc")]
        if len(cells) == 1 or any(next(cell.iter(f"{W}tbl"), None) is not None for cell in cells):
            for cell in cells:
                self.read(cell)
            return
        lines: list[str] = []
        headings = chars = 0
        above: dict[int, str] = {}
        for row in rows:
            if headings == len(lines) and switched_on(row, "trPr/tblHeader"):
                headings += 1
            above = self._cells(row, above)
            lines.append(cells_line(above[at] for at in sorted(above)))
            chars += len(lines[-1])
            check_chars(chars, self.limits)  # a merged cell's text comes once for each row
        if not 0 < headings < len(lines):
            headings = 1 if len(lines) > 1 else 0
        self.builder.table(lines, headings)
        check_chars(self.builder.offset, self.limits)
        self._after()

    def _cells(self, row: etree._Element, above: dict[int, str]) -> dict[int, str]:
        """Return a row's cells by column; one that is merged with the one above bears its text."""
        texts: dict[int, str] = {}
        column = number(value(row.find(f"{W}trPr"), "gridBefore")) or 0
        for cell in _children(row, "tc"):
            properties = cell.find(f"{W}tcPr")
            merge = None if properties is None else properties.find(f"{W}vMerge")
            if merge is not None and merge.get(f"{W}val", "continue") == "continue":
                texts[column] = above.get(column, "")
            else:
                texts[column] = self._cell(cell)
            column += max(1, number(value(properties, "gridSpan")) or 1)
        return texts

    def _cell(self, cell: etree._Element) -> str:
        lines = []
        for paragraph in blocks(cell, self.found):
            text = paragraph_text(paragraph, self.found)
            properties = paragraph.find(f"{W}pPr")
            mark = self._mark(value(properties, "pStyle"), properties)
            lines.append(f"{mark} {text}" if mark and mark != "-" else text)
        boxes, self.found.boxes = self.found.boxes, []
        for box in boxes:
            lines.extend(paragraph_text(line, self.found) for line in box.iter(f"{W}p"))
        self.found.boxes = []  # boxes within boxes were among those
        return "\n".join(lines)


def _children(parent: etree._Element, name: str) -> list[etree._Element]:
    """Return the rows of a table or cells of a row, those within content controls too."""
    found: list[etree._Element] = []
    waiting = list(reversed(parent))
    while waiting:
        node = waiting.pop()
        if local_name(node) == name:
            found.append(node)
        elif local_name(node) in TRANSPARENT:
            waiting.extend(reversed(node))
    return found

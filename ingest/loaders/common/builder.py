"""Builds a document's text line by line, for formats whose text is laid out by us."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ingest.document import LoadedDocument, Page, ReportCard, Section, Span, Table
from ingest.limits import Limits
from ingest.loaders.registry import too_much_text

_SPACE = re.compile(r"\s+")
CELL_SEPARATOR = " | "
_LONGEST_NAME = 300  # of a section; its passages all carry it


class TextBuilder:
    """Collects headings, paragraphs and rows, and keeps their offsets.

    Paragraphs are separated by a blank line; list items and rows follow each other line by line.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        """Start an empty document, which may grow to the text that ``limits`` allow."""
        self._limits = limits or Limits()
        self.title: str | None = None
        self.warnings: list[str] = []
        self.card = ReportCard()
        self._lines: list[str] = []
        self._offset = 0
        self._sections: list[Section] = []
        self._headings: list[Span] = []
        self._rows: list[Span] = []
        self._tables: list[Table] = []
        self._path: list[tuple[int, str]] = []
        self._unsaid = ""
        self._tight = False

    @property
    def offset(self) -> int:
        """Where the next line will begin, in code points."""
        return self._offset

    def heading(self, text: str, level: int) -> None:
        """Add a heading line; the first of level 0 or 1 above all others is the title."""
        text = squeeze(text)
        if not text:
            return
        self._unsaid = ""
        span = self._put(text, tight=False)
        self._headings.append(span)
        if self.title is None and level <= 1 and not self._sections:
            self.title = text
            return
        name = text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1] + "…"
        self._path = [entry for entry in self._path if entry[0] < level] + [(level, name)]
        self._sections.append(Section(tuple(name for _, name in self._path), span.start))

    def section(self, name: str) -> None:
        """Begin a top section with the next line, unless that is a heading.

        Args:
            name: What the document calls the section without saying so in its text.
        """
        self._unsaid = squeeze(name)[:_LONGEST_NAME]
        self._tight = False

    def paragraph(self, text: str) -> None:
        """Add a paragraph, its white space collapsed; nothing for an empty one."""
        text = squeeze(text)
        if text:
            self._put(text, tight=False)

    def lines(self, lines: Iterable[str]) -> None:
        """Add lines that belong together, one below the other, as those of an address do."""
        self._tight = False
        for line in lines:
            if text := squeeze(line):
                self._put(text, tight=True)
        self._tight = False

    def item(self, text: str, marker: str = "-") -> None:
        """Add a list item, which stays next to its neighbours."""
        text = squeeze(text)
        if text:
            self._put(f"{marker} {text}", tight=True)

    def row(self, text: str) -> None:
        """Add a table row, which no sentence boundary divides."""
        text = squeeze(text)
        if text:
            self._rows.append(self._put(text, tight=True))

    def table(self, rows: Iterable[str], heading_rows: int = 0) -> None:
        """Add a table, a line a row; nothing where every row is empty.

        Args:
            rows: The rows' text, top to bottom; empty ones are left out.
            heading_rows: How many of ``rows``, from the top, name the columns.
        """
        self._tight = False  # a blank line stands before a table
        spans: list[Span] = []
        named = 0
        for index, row in enumerate(rows):
            if line := squeeze(row):
                spans.append(self._put(line, tight=True))
                named += index < heading_rows
        if not spans:
            return
        self._rows.extend(spans)
        below = named < len(spans)  # else the headings head nothing
        columns = Span(spans[0].start, spans[named - 1].end) if named and below else None
        self._tables.append(Table(spans[0].start, spans[-1].end, columns))

    def build(self, pages: tuple[Page, ...] = ()) -> LoadedDocument:
        """Return the finished document."""
        return LoadedDocument(
            text="\n".join(self._lines),
            title=self.title,
            pages=pages,
            sections=tuple(self._sections),
            headings=tuple(self._headings),
            rows=tuple(self._rows),
            tables=tuple(self._tables),
            warnings=tuple(self.warnings),
            card=self.card,
        )

    def _put(self, line: str, *, tight: bool) -> Span:
        if self._lines and not (tight and self._tight):
            self._lines.append("")
            self._offset += 1
        self._tight = tight
        self._lines.append(line)
        span = Span(self._offset, self._offset + len(line))
        if span.end > self._limits.text_chars:  # before a small file has filled the memory
            raise too_much_text(span.end, self._limits)
        self._offset = span.end + 1
        if self._unsaid:
            self._path = [(1, self._unsaid)]
            self._sections.append(Section((self._unsaid,), span.start))
            self._unsaid = ""
        return span


def cells_line(cells: Iterable[str]) -> str:
    """Return a table row's text from its cells; empty cells are left out."""
    return CELL_SEPARATOR.join(text for cell in cells if (text := squeeze(cell)))


def squeeze(text: str) -> str:
    """Return ``text`` on one line, every run of white space a single space."""
    return _SPACE.sub(" ", text).strip()

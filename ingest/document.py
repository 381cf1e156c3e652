"""The values that flow through ingest: a loaded document, its pages and sections, its chunks.

All offsets count Unicode code points of the document's extracted text, and ``text[start:end]``
is always the very text meant.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

SECTION_SEPARATOR = " > "


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range ``[start, end)`` of a document's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a paginated document; ``number`` is 1-based.

    ``label`` is what the document itself prints or calls the page, such as ``iv``; None where it
    is the number.
    """

    number: int
    start: int
    end: int
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a document: its rows are lines of the text, one after the other.

    Attributes:
        start: First code point of its first row.
        end: One past the last of its last row.
        columns: The row or rows that name the columns, part of the table; None where none do, or
            where every row names them itself, as CSV rows do.
    """

    start: int
    end: int
    columns: Span | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """The heading path that holds from ``start`` until the next section's start."""

    path: tuple[str, ...]
    start: int

    @property
    def label(self) -> str | None:
        """The path as it is shown, ``Findings > Security``; None above the first heading."""
        return SECTION_SEPARATOR.join(self.path) or None


@dataclass(frozen=True, slots=True)
class ReportCard:
    """How the reading of one document went, for a person who must rely on it.

    Attributes:
        authors: As the file's own properties or front matter name them.
        date: When it was written or published, as the file tells, ISO 8601 where it can be read
            so; None where the file tells nothing.
        encoding: How the bytes of a text format were read; None for other formats.
        textless_pages: 1-based numbers of the pages that hold no text.
        recognised_pages: 1-based numbers of the pages whose text came from text recognition.
        skipped: What the file holds and the text does not, in words: ``3 images``.
    """

    authors: tuple[str, ...] = ()
    date: str | None = None
    encoding: str | None = None
    textless_pages: tuple[int, ...] = ()
    recognised_pages: tuple[int, ...] = ()
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LoadedDocument:
    """What a loader returns: the document's text, repaired once, and its structure.

    Attributes:
        text: The extracted text that every offset points into, LF line ends; a line is a
            paragraph, a list item, a heading or a table row.
        title: The title that the document gives itself, or None.
        pages: Pages in order, covering the text; empty where the format has none.
        sections: Heading paths by ascending start; empty where there are none.
        headings: Spans of heading lines. They travel in the embedded form, not in the chunks.
        rows: Spans of table rows and other lines which no sentence boundary divides.
        tables: The tables that the rows belong to, in order, none overlapping.
        warnings: What the reader of an answer should know, such as pages without text.
        card: How the reading went.
    """

    text: str
    title: str | None = None
    pages: tuple[Page, ...] = ()
    sections: tuple[Section, ...] = ()
    headings: tuple[Span, ...] = ()
    rows: tuple[Span, ...] = ()
    tables: tuple[Table, ...] = ()
    warnings: tuple[str, ...] = ()
    card: ReportCard = ReportCard()


@dataclass(frozen=True, slots=True)
class Part:
    """One document of a file; a plain file holds one, an archive or a JSON Lines file many.

    Attributes:
        name: What tells it from the file's other documents; empty for the file's only one.
        format: Its format, such as ``markdown``.
        sha256: Hash of its own bytes.
        size_bytes: Length of its own bytes.
        document: What was read; None where that failed.
        reason: Why it failed, and what to do; empty where it did not.
    """

    name: str
    format: str
    sha256: str
    size_bytes: int
    document: LoadedDocument | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A document as the library keeps it: identity, provenance, text and structure.

    ``source_id`` is the file that it was read from, its own id where it is that file's only one.
    """

    doc_id: str
    source_id: str
    title: str
    format: str
    text: str
    sha256: str
    size_bytes: int
    indexed_at: str
    chunk_count: int
    pages: tuple[Page, ...] = ()
    sections: tuple[Section, ...] = ()
    headings: tuple[Span, ...] = ()
    rows: tuple[Span, ...] = ()
    tables: tuple[Table, ...] = ()
    warnings: tuple[str, ...] = ()
    card: ReportCard = ReportCard()

    def to_dict(self) -> dict[str, object]:
        """Return the document as an entry of ``documents --json``; its text is left out."""
        return {
            "document": self.doc_id,
            "title": self.title,
            "format": self.format,
            "pages": len(self.pages) or None,
            "chunks": self.chunk_count,
            "bytes": self.size_bytes,
            "sha256": self.sha256,
            "indexed_at": self.indexed_at,
            "warnings": list(self.warnings),
            "authors": list(self.card.authors),
            "date": self.card.date,
            "encoding": self.card.encoding,
            "sections": len(self.sections),
            "tables": len(self.tables),
            "textless_pages": list(self.card.textless_pages),
            "recognised_pages": list(self.card.recognised_pages),
            "skipped": list(self.card.skipped),
        }

    def page_at(self, offset: int) -> int | None:
        """Return the 1-based page that holds ``offset``, or None where there are no pages."""
        page = self._page(offset)
        return page.number if page else None

    def page_label_at(self, offset: int) -> str | None:
        """Return what the document calls the page; None where that is its number, or no page."""
        page = self._page(offset)
        return page.label if page else None

    def _page(self, offset: int) -> Page | None:
        found = bisect_right(self.pages, offset, key=lambda page: page.start) - 1
        return self.pages[max(found, 0)] if self.pages else None

    def section_at(self, offset: int) -> str | None:
        """Return the heading path that holds at ``offset``, or None above the first heading."""
        found = bisect_right(self.sections, offset, key=lambda section: section.start) - 1
        return self.sections[found].label if found >= 0 else None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A span of a document's text that is embedded and retrieved as one passage.

    ``form_hash`` is a hash of the embedded form and of where its sentences stand: chunks with the
    same one have the same vectors.
    """

    chunk_id: str
    doc_id: str
    start: int
    end: int
    page: int | None
    section: str | None
    form_hash: bytes = b""


@dataclass(frozen=True, slots=True)
class SplitChunk:
    """A chunk fresh from the splitter, with the form that is embedded.

    Attributes:
        start: First code point of the chunk in the document's text.
        end: One past the last; ``text[start:end]`` is the chunk's stored form.
        embedded: Title, heading path and text, as the embedder reads it.
        tokens: Length of the embedded form in the embedder's tokens, special ones included.
        sentences: Spans of its sentences in the document's text, in order.
    """

    start: int
    end: int
    embedded: str
    tokens: int
    sentences: tuple[tuple[int, int], ...] = ()

    def embedded_sentences(self) -> list[tuple[int, int]]:
        """Return the spans of its sentences in the embedded form, which ends with the text."""
        shift = len(self.embedded) - self.end
        return [(first + shift, last + shift) for first, last in self.sentences]


@dataclass(frozen=True, slots=True, eq=False)
class ChunkSentences:
    """A chunk's sentences with their vectors, as the library keeps them.

    Attributes:
        spans: In code points of the document's text, relative to the chunk's start,
            ``(n_sentences, 2)`` int32.
        vectors: Their directions, ``(n_sentences, dim)`` int8: a unit vector scaled to the
            largest component. Divided by its norm, a row is the vector again to about .9999.
    """

    spans: NDArray[np.int32]
    vectors: NDArray[np.int8]

    @classmethod
    def pack(cls, chunk: SplitChunk, vectors: NDArray[np.float32]) -> ChunkSentences:
        """Keep a chunk's sentences with their vectors, ``(n_sentences, dim)`` float32."""
        spans = np.array(chunk.sentences, dtype=np.int32).reshape(-1, 2) - chunk.start
        largest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True, initial=0.0), 1e-12)
        return cls(spans, np.rint(vectors / largest * 127.0).astype(np.int8))

    def unit(self) -> NDArray[np.float32]:
        """Return the vectors at unit length, ``(n_sentences, dim)`` float32."""
        found = self.vectors.astype(np.float32)
        found /= np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)
        return found


@dataclass(slots=True)
class IngestReport:
    """What one sync did; ``to_dict`` is the record of ``footnote ingest --json``."""

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)
    documents: int = 0
    chunks: int = 0
    seconds: float = 0.0
    embedded_chunks: int = 0

    def to_dict(self) -> dict[str, object]:
        """Return the report as JSON-ready values."""
        rate = self.embedded_chunks / self.seconds if self.seconds else 0.0
        return {
            "added": self.added,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "removed": self.removed,
            "failed": [{"document": doc, "reason": why} for doc, why in self.failed],
            "warnings": [{"document": doc, "warning": what} for doc, what in self.warnings],
            "documents": self.documents,
            "chunks": self.chunks,
            "seconds": round(self.seconds, 3),
            "chunks_per_second": round(rate, 1),
        }

"""The catalog: documents, their text and their chunks, in one SQLite file beside the vectors."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ingest.document import Chunk, ChunkSentences, Document, Page, ReportCard, Section, Span, Table
from ingest.errors import LibraryError

_PAGE = 500  # chunks a query; SQLite takes 999 values at least
_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sources (
    source_id TEXT PRIMARY KEY, sha256 TEXT NOT NULL, failures TEXT NOT NULL,
    lacking TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS documents (
    doc_id TEXT PRIMARY KEY, source_id TEXT NOT NULL, title TEXT NOT NULL, format TEXT NOT NULL,
    sha256 TEXT NOT NULL, size_bytes INTEGER NOT NULL, indexed_at TEXT NOT NULL,
    chunk_count INTEGER NOT NULL, page_count INTEGER, warnings TEXT NOT NULL,
    structure TEXT NOT NULL, text TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS documents_of ON documents (source_id);
CREATE TABLE IF NOT EXISTS chunks (
    chunk_id TEXT PRIMARY KEY, doc_id TEXT NOT NULL, ordinal INTEGER NOT NULL,
    start INTEGER NOT NULL, end INTEGER NOT NULL, page INTEGER, section TEXT,
    form_hash BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS chunks_of ON chunks (doc_id, ordinal);
CREATE TABLE IF NOT EXISTS sentences (
    chunk_id TEXT PRIMARY KEY, spans BLOB NOT NULL, vectors BLOB NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """What the catalog knows of a file that was read to its end.

    Attributes:
        source_id: The file's id.
        sha256: Hash of the bytes that were read.
        failures: Documents of it that could not be read, with the reasons.
        lacking: What would have made more of it readable, such as ``tesseract``; else empty.
    """

    source_id: str
    sha256: str
    failures: tuple[tuple[str, str], ...] = ()
    lacking: str = ""


class Catalog:
    """Documents and chunks of one generation; safe to share between threads for reading."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        """Open the catalog at ``path``.

        Args:
            path: The SQLite file.
            create: Open for writing, and make it when it is missing.

        Raises:
            LibraryError: The file is missing or is not a catalog.
        """
        self.path = path
        mode = "rwc" if create else "ro"
        database: sqlite3.Connection | None = None
        try:
            database = self._db = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode={mode}", uri=True, check_same_thread=False
            )
            if create:
                # What is deleted is overwritten, so that it does not linger in the file.
                self._db.execute("PRAGMA secure_delete = ON")
                self._db.executescript(_SCHEMA)
            self._db.execute("SELECT count(*) FROM documents").fetchone()
        except sqlite3.Error as exc:
            if database is not None:
                database.close()
            advice = "Check the storage folder's free space; if it is damaged, r" if create else "R"
            raise LibraryError(
                f"The catalog {str(path)!r} cannot be {'written' if create else 'read'} ({exc}). "
                f"{advice}ebuild the library with `footnote ingest --rebuild`."
            ) from exc

    def copy_to(self, path: Path) -> None:
        """Copy the catalog to a new file."""
        with closing(sqlite3.connect(path)) as target:
            self._db.backup(target)

    def meta(self) -> dict[str, str]:
        """Return what the catalog remembers of its making."""
        return dict(self._db.execute("SELECT key, value FROM meta"))

    def set_meta(self, values: dict[str, str]) -> None:
        """Remember what the index was made with."""
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())

    def put(
        self,
        documents: Sequence[tuple[Document, Sequence[Chunk]]],
        sources: Sequence[SourceEntry] = (),
        sentences: Mapping[str, ChunkSentences] | None = None,
    ) -> None:
        """Write documents with their chunks, in place of earlier versions, in one step.

        Args:
            documents: With all their chunks, in order.
            sentences: Of the chunks that are new, by their ids; the others' stay as they are.
            sources: Files whose documents are all written with this.
        """
        with self._db:
            # A file whose documents change is not whole before it is said to be.
            self._db.executemany(
                "DELETE FROM sources WHERE source_id = ?",
                {(document.source_id,) for document, _ in documents},
            )
            for document, chunks in documents:
                self._put(document, chunks)
            self._db.executemany(
                "INSERT OR REPLACE INTO sentences VALUES (?,?,?)",
                [
                    (chunk_id, own.spans.tobytes(), own.vectors.tobytes())
                    for chunk_id, own in (sentences or {}).items()
                ],
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO sources VALUES (?,?,?,?)",
                [(s.source_id, s.sha256, json.dumps(s.failures), s.lacking) for s in sources],
            )

    def _put(self, document: Document, chunks: Sequence[Chunk]) -> None:
        structure = {
            "pages": [[page.number, page.start, page.end, page.label] for page in document.pages],
            "sections": [[list(section.path), section.start] for section in document.sections],
            "headings": [[span.start, span.end] for span in document.headings],
            "rows": [[span.start, span.end] for span in document.rows],
            "tables": [_table_parts(table) for table in document.tables],
            "card": asdict(document.card),
        }
        stays = {chunk.chunk_id for chunk in chunks}
        gone = [name for name in self._chunks_of(document.doc_id) if name not in stays]
        self._remove_sentences(gone)
        self._db.execute("DELETE FROM chunks WHERE doc_id = ?", (document.doc_id,))
        self._db.execute(
            "INSERT OR REPLACE INTO documents VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                document.doc_id,
                document.source_id,
                document.title,
                document.format,
                document.sha256,
                document.size_bytes,
                document.indexed_at,
                document.chunk_count,
                len(document.pages) or None,
                json.dumps(document.warnings),
                json.dumps(structure),
                document.text,
            ),
        )
        self._db.executemany(
            "INSERT INTO chunks VALUES (?,?,?,?,?,?,?,?)",
            [
                (c.chunk_id, c.doc_id, ordinal, c.start, c.end, c.page, c.section, c.form_hash)
                for ordinal, c in enumerate(chunks)
            ],
        )

    def remove(self, doc_ids: Sequence[str]) -> None:
        """Delete documents and their chunks, in one step."""
        keys = [(doc_id,) for doc_id in doc_ids]
        with self._db:
            for doc_id in doc_ids:
                self._remove_sentences(self._chunks_of(doc_id))
            self._db.executemany("DELETE FROM chunks WHERE doc_id = ?", keys)
            self._db.executemany("DELETE FROM documents WHERE doc_id = ?", keys)

    def _chunks_of(self, doc_id: str) -> list[str]:
        rows = self._db.execute("SELECT chunk_id FROM chunks WHERE doc_id = ?", (doc_id,))
        return [chunk_id for (chunk_id,) in rows]

    def _remove_sentences(self, chunk_ids: Sequence[str]) -> None:
        self._db.executemany(
            "DELETE FROM sentences WHERE chunk_id = ?", [(name,) for name in chunk_ids]
        )

    def sentences(self, chunk_ids: Sequence[str]) -> dict[str, ChunkSentences]:
        """Return the sentences of some chunks, by the chunks' ids; those that there are."""
        found: dict[str, ChunkSentences] = {}
        for begin in range(0, len(chunk_ids), _PAGE):
            page = list(chunk_ids[begin : begin + _PAGE])
            marks = ",".join("?" * len(page))
            rows = self._db.execute(
                f"SELECT chunk_id, spans, vectors FROM sentences WHERE chunk_id IN ({marks})", page
            )
            for chunk_id, spans, vectors in rows:
                places = np.frombuffer(spans, dtype=np.int32).reshape(-1, 2)
                rows_of = np.frombuffer(vectors, dtype=np.int8)
                width = len(rows_of) // len(places) if len(places) else 0
                found[chunk_id] = ChunkSentences(places, rows_of.reshape(len(places), width))
        return found

    def remove_sources(self, source_ids: Sequence[str]) -> None:
        """Forget files; their documents are removed by `remove`."""
        with self._db:
            self._db.executemany(
                "DELETE FROM sources WHERE source_id = ?", [(name,) for name in source_ids]
            )

    def sources(self) -> dict[str, SourceEntry]:
        """Return the files that were read to their end, by their ids."""
        rows = self._db.execute("SELECT * FROM sources ORDER BY source_id")
        return {
            source_id: SourceEntry(
                source_id, sha256, tuple((doc, why) for doc, why in json.loads(failures)), lacking
            )
            for source_id, sha256, failures, lacking in rows
        }

    def hashes(self, source_id: str | None = None) -> dict[str, str]:
        """Return the sha256 of each document, or of each of one file's, by its id."""
        query = "SELECT doc_id, sha256 FROM documents"
        if source_id is None:
            return dict(self._db.execute(f"{query} ORDER BY doc_id"))
        return dict(self._db.execute(f"{query} WHERE source_id = ? ORDER BY doc_id", (source_id,)))

    def documents_of(self) -> dict[str, list[str]]:
        """Return the ids of each file's documents, by the file's id."""
        found: dict[str, list[str]] = {}
        rows = self._db.execute("SELECT source_id, doc_id FROM documents ORDER BY doc_id")
        for source_id, doc_id in rows:
            found.setdefault(source_id, []).append(doc_id)
        return found

    def form_hashes(self) -> dict[bytes, str]:
        """Return a chunk for each embedded form that there is a vector of, by the form's hash."""
        return dict(self._db.execute("SELECT form_hash, chunk_id FROM chunks"))

    def chunk_ids(self) -> set[str]:
        """Return the ids of all chunks."""
        return {chunk_id for (chunk_id,) in self._db.execute("SELECT chunk_id FROM chunks")}

    def documents_with(self, chunk_ids: Sequence[str]) -> list[str]:
        """Return the ids of the documents that some chunks belong to."""
        found: set[str] = set()
        for chunk_id in chunk_ids:
            row = self._db.execute("SELECT doc_id FROM chunks WHERE chunk_id = ?", (chunk_id,))
            found.update(doc_id for (doc_id,) in row)
        return sorted(found)

    def vacuum(self) -> None:
        """Write the file anew, without what was deleted from it."""
        self._db.execute("VACUUM")

    def counts(self) -> tuple[int, int]:
        """Return how many documents and chunks there are."""
        documents = self._db.execute("SELECT count(*) FROM documents").fetchone()[0]
        chunks = self._db.execute("SELECT count(*) FROM chunks").fetchone()[0]
        return int(documents), int(chunks)

    def warnings(self) -> list[tuple[str, str]]:
        """Return every document's warnings, in order of the documents' ids."""
        rows = self._db.execute("SELECT doc_id, warnings FROM documents ORDER BY doc_id")
        return [(doc_id, warning) for doc_id, text in rows for warning in json.loads(text)]

    def document(self, doc_id: str) -> Document | None:
        """Return a document with its text, or None where there is none of that id."""
        row = self._db.execute("SELECT * FROM documents WHERE doc_id = ?", (doc_id,)).fetchone()
        return _document(row) if row else None

    def documents(self) -> Iterator[Document]:
        """Yield the documents in order of their ids."""
        for row in self._db.execute("SELECT * FROM documents ORDER BY doc_id"):
            yield _document(row)

    def chunks(self, doc_id: str | None = None) -> Iterator[Chunk]:
        """Yield the chunks of a document, or of all, in order of documents and text."""
        query = "SELECT chunk_id, doc_id, start, end, page, section, form_hash FROM chunks"
        if doc_id is None:
            rows = self._db.execute(f"{query} ORDER BY doc_id, ordinal")
        else:
            rows = self._db.execute(f"{query} WHERE doc_id = ? ORDER BY ordinal", (doc_id,))
        for row in rows:
            yield Chunk(*row)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()


def _document(row: tuple[object, ...]) -> Document:
    doc_id, source, title, form, sha256, size, indexed_at, count, _, warnings, parts, text = row
    structure = json.loads(str(parts))
    return Document(
        doc_id=str(doc_id),
        source_id=str(source),
        title=str(title),
        format=str(form),
        text=str(text),
        sha256=str(sha256),
        size_bytes=int(str(size)),
        indexed_at=str(indexed_at),
        chunk_count=int(str(count)),
        pages=tuple(Page(*page) for page in structure["pages"]),
        sections=tuple(Section(tuple(path), start) for path, start in structure["sections"]),
        headings=tuple(Span(*span) for span in structure["headings"]),
        rows=tuple(Span(*span) for span in structure["rows"]),
        tables=tuple(
            Table(start, end, Span(*columns) if columns else None)
            for start, end, columns in structure["tables"]
        ),
        card=_card(structure["card"]),
        warnings=tuple(json.loads(str(warnings))),
    )


def _table_parts(table: Table) -> list[object]:
    columns = [table.columns.start, table.columns.end] if table.columns else None
    return [table.start, table.end, columns]


def _card(parts: dict[str, Any]) -> ReportCard:
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in parts.items()
    }
    return ReportCard(**fields)

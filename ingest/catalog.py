"""The catalog: documents, their text and their chunks, in one SQLite file beside the vectors."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ingest.document import Chunk, Document, Page, ReportCard, Section, Span, Table
from ingest.errors import LibraryError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS documents (
    doc_id TEXT PRIMARY KEY, title TEXT NOT NULL, format TEXT NOT NULL, sha256 TEXT NOT NULL,
    size_bytes INTEGER NOT NULL, indexed_at TEXT NOT NULL, chunk_count INTEGER NOT NULL,
    page_count INTEGER, warnings TEXT NOT NULL, structure TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS chunks (
    chunk_id TEXT PRIMARY KEY, doc_id TEXT NOT NULL, ordinal INTEGER NOT NULL,
    start INTEGER NOT NULL, end INTEGER NOT NULL, page INTEGER, section TEXT);
CREATE INDEX IF NOT EXISTS chunks_of ON chunks (doc_id, ordinal);
"""


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

    def put(self, documents: Sequence[tuple[Document, Sequence[Chunk]]]) -> None:
        """Write documents with their chunks, in place of earlier versions, in one step."""
        with self._db:
            for document, chunks in documents:
                self._put(document, chunks)

    def _put(self, document: Document, chunks: Sequence[Chunk]) -> None:
        structure = {
            "pages": [[page.number, page.start, page.end, page.label] for page in document.pages],
            "sections": [[list(section.path), section.start] for section in document.sections],
            "headings": [[span.start, span.end] for span in document.headings],
            "rows": [[span.start, span.end] for span in document.rows],
            "tables": [_table_parts(table) for table in document.tables],
            "card": asdict(document.card),
        }
        self._db.execute("DELETE FROM chunks WHERE doc_id = ?", (document.doc_id,))
        self._db.execute(
            "INSERT OR REPLACE INTO documents VALUES (?,?,?,?,?,?,?,?,?,?,?)",
            (
                document.doc_id,
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
            "INSERT INTO chunks VALUES (?,?,?,?,?,?,?)",
            [
                (c.chunk_id, c.doc_id, ordinal, c.start, c.end, c.page, c.section)
                for ordinal, c in enumerate(chunks)
            ],
        )

    def remove(self, doc_ids: Sequence[str]) -> None:
        """Delete documents and their chunks, in one step."""
        keys = [(doc_id,) for doc_id in doc_ids]
        with self._db:
            self._db.executemany("DELETE FROM chunks WHERE doc_id = ?", keys)
            self._db.executemany("DELETE FROM documents WHERE doc_id = ?", keys)

    def hashes(self) -> dict[str, str]:
        """Return each document's sha256 by its id."""
        return dict(self._db.execute("SELECT doc_id, sha256 FROM documents ORDER BY doc_id"))

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
        query = "SELECT chunk_id, doc_id, start, end, page, section FROM chunks"
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
    doc_id, title, form, sha256, size, indexed_at, count, _, warnings, structure, text = row
    parts = json.loads(str(structure))
    return Document(
        doc_id=str(doc_id),
        title=str(title),
        format=str(form),
        text=str(text),
        sha256=str(sha256),
        size_bytes=int(str(size)),
        indexed_at=str(indexed_at),
        chunk_count=int(str(count)),
        pages=tuple(Page(*page) for page in parts["pages"]),
        sections=tuple(Section(tuple(path), start) for path, start in parts["sections"]),
        headings=tuple(Span(*span) for span in parts["headings"]),
        rows=tuple(Span(*span) for span in parts["rows"]),
        tables=tuple(
            Table(start, end, Span(*columns) if columns else None)
            for start, end, columns in parts["tables"]
        ),
        card=_card(parts["card"]),
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

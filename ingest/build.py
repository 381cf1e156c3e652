"""Builds a generation: documents that were read are embedded and written, side by side.

Reading processes fill a queue, this thread embeds, and a writing thread stores what is embedded, a
window of chunks at a time. A document appears in the catalog when all its chunks have their
vectors, and a file when all its documents are there, so a run that is cut short anywhere is taken
up where it stopped.
"""

from __future__ import annotations

import hashlib
import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from ingest.catalog import Catalog, SourceEntry
from ingest.document import Chunk, ChunkSentences, Document, IngestReport, SplitChunk
from ingest.embed import Embedder
from ingest.errors import LibraryError
from ingest.generations import CATALOG, VECTORS
from ingest.progress import Progress
from ingest.reading import ReadPart
from ingest.reuse import Known, KnownVectors
from ingest.vectors import VectorStore

_WINDOW_CHUNKS = 256


@dataclass(slots=True)
class _Window:
    """What is written in one step: documents, files that are whole with them, what goes."""

    documents: list[tuple[Document, list[Chunk]]] = field(default_factory=list)
    forms: dict[bytes, SplitChunk] = field(default_factory=dict)
    sources: list[SourceEntry] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    vectors: dict[bytes, Known] = field(default_factory=dict)
    chunks: int = 0


class Builder:
    """Writes documents into a generation that nobody reads yet."""

    def __init__(
        self,
        staged: Path,
        meta: dict[str, str],
        embedder: Embedder,
        known: KnownVectors,
        progress: Progress,
        report: IngestReport,
    ) -> None:
        """Open the generation for writing.

        Args:
            staged: Its folder, which may hold a part of the work already.
            meta: What a new one is to remember of its making.
            embedder: Makes the vectors.
            known: Vectors of an earlier generation, which are not computed again.
            progress: Told of the work.
            report: Gets the number of embedded chunks.
        """
        self._embedder = embedder
        self._known = known
        self._progress = progress
        self._report = report
        self.catalog = Catalog(staged / CATALOG, create=True)
        try:
            if not self.catalog.meta():
                self.catalog.set_meta(meta)
            self._vectors = VectorStore.create(staged / VECTORS, self.catalog.meta())
        except BaseException:
            self.catalog.close()
            raise
        self._held = {chunk.chunk_id: chunk.form_hash for chunk in self.catalog.chunks()}
        self._window = _Window()
        self._queue: queue.Queue[_Window | None] = queue.Queue(maxsize=1)
        self._failure: BaseException | None = None
        self._writer = threading.Thread(target=self._writing, name="footnote-writer", daemon=True)
        self._writer.start()

    def add(self, source_id: str, read: ReadPart) -> None:
        """Take in a document; it is written together with others.

        Raises:
            EmbedderError: The model failed.
            LibraryError: An earlier document could not be written.
        """
        document, chunks = _placed(source_id, read)
        window = self._window
        window.documents.append((document, chunks))
        window.chunks += len(chunks)
        for chunk, split in zip(chunks, read.chunks, strict=True):
            if self._held.get(chunk.chunk_id) != chunk.form_hash:
                window.forms[chunk.form_hash] = split
        self._progress.chunks(len(chunks))
        if window.chunks >= _WINDOW_CHUNKS:
            self.flush()

    def source_done(self, entry: SourceEntry, gone: Iterable[str]) -> None:
        """Note that a file is whole, and which of its earlier documents it no longer holds."""
        self._window.sources.append(entry)
        self._window.gone.extend(gone)

    def flush(self) -> None:
        """Embed what waits and hand it to the writing thread."""
        window, self._window = self._window, _Window()
        window.vectors = self._known.find(window.forms)
        fresh = [key for key in window.forms if key not in window.vectors]
        done = window.chunks - len(fresh)
        if done:
            self._progress.chunks_done(done)
        if fresh:  # else the model need not even be loaded
            splits = [window.forms[key] for key in fresh]
            vectors, sentences = self._embedder.embed_chunks(
                [split.embedded for split in splits],
                [split.embedded_sentences() for split in splits],
                self._progress.chunks_done,
            )
            for key, split, vector, own in zip(fresh, splits, vectors, sentences, strict=True):
                window.vectors[key] = (vector, ChunkSentences.pack(split, own))
        self._report.embedded_chunks += len(fresh)
        self._put(window)

    def finish(self, stale: Callable[[Catalog], Sequence[str]]) -> None:
        """Write what is left, take out what does not belong, and make sure that all is there.

        Args:
            stale: Returns the ids of the files that go, with all their documents.

        Raises:
            LibraryError: Something could not be written, or a vector is missing.
        """
        self.flush()
        self._put(None)
        self._writer.join()
        self._raise_failure()
        sources = list(stale(self.catalog))
        held = self.catalog.documents_of()
        self._remove([doc_id for name in sources for doc_id in held.get(name, ())])
        self.catalog.remove_sources(sources)
        self._reconcile()

    def close(self) -> None:
        """Let go of the files; what was not flushed is lost."""
        while self._writer.is_alive():
            try:
                self._queue.put(None, timeout=0.1)
            except queue.Full:
                continue
            self._writer.join()
        self._vectors.close()
        self.catalog.close()

    def _put(self, window: _Window | None) -> None:
        while True:
            self._raise_failure()
            try:
                return self._queue.put(window, timeout=0.5)
            except queue.Full:
                continue

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _writing(self) -> None:
        while (window := self._queue.get()) is not None:
            if self._failure is not None:
                continue
            try:
                self._write(window)
            except BaseException as exc:
                self._failure = exc

    def _write(self, window: _Window) -> None:
        """Store a window: vectors first, so that the catalog never names one that is not there."""
        chunks = [chunk for _, own in window.documents for chunk in own]
        old = {
            chunk.chunk_id
            for document, _ in window.documents
            for chunk in self.catalog.chunks(document.doc_id)
        }
        fresh = [chunk for chunk in chunks if chunk.form_hash in window.vectors]
        if fresh:
            self._vectors.upsert(
                [chunk.chunk_id for chunk in fresh],
                np.stack([window.vectors[chunk.form_hash][0] for chunk in fresh]),
                [chunk.doc_id for chunk in fresh],
            )
        sentences = {chunk.chunk_id: window.vectors[chunk.form_hash][1] for chunk in fresh}
        self.catalog.put(window.documents, window.sources, sentences)
        self._vectors.delete(sorted(old - {chunk.chunk_id for chunk in chunks}))
        self._remove(window.gone)

    def _remove(self, doc_ids: Sequence[str]) -> None:
        chunks = [chunk.chunk_id for doc_id in doc_ids for chunk in self.catalog.chunks(doc_id)]
        self.catalog.remove(doc_ids)
        self._vectors.delete(chunks)

    def _reconcile(self) -> None:
        """Bring vectors and catalog to the same chunks, as a run that was cut short may not have.

        Raises:
            LibraryError: Vectors are missing; their documents are read again by the next run.
        """
        held, stored = self.catalog.chunk_ids(), self._vectors.ids()
        self._vectors.delete(sorted(stored - held))
        missing = sorted(held - stored)
        if missing:
            doc_ids = self.catalog.documents_with(missing)
            sources = {
                name for name, own in self.catalog.documents_of().items() if {*own} & {*doc_ids}
            }
            self._remove(doc_ids)
            self.catalog.remove_sources(sorted(sources))
            raise LibraryError(
                f"{len(missing)} vectors of {len(doc_ids)} documents were lost, as after a power "
                "failure. Run `footnote ingest` again; it reads these documents anew."
            )


def _placed(source_id: str, read: ReadPart) -> tuple[Document, list[Chunk]]:
    """Return a document as the library keeps it, and its chunks with place and id."""
    loaded = read.part.document
    assert loaded is not None
    document = Document(
        doc_id=read.doc_id,
        source_id=source_id,
        title=read.title,
        format=read.part.format,
        text=loaded.text,
        sha256=read.part.sha256,
        size_bytes=read.part.size_bytes,
        indexed_at=datetime.now(UTC).isoformat(timespec="seconds"),
        chunk_count=len(read.chunks),
        pages=loaded.pages,
        sections=loaded.sections,
        headings=loaded.headings,
        rows=loaded.rows,
        tables=loaded.tables,
        warnings=loaded.warnings,
        card=loaded.card,
    )
    chunks = []
    for split in read.chunks:
        identity = "\x00".join((read.doc_id, str(split.start), str(split.end), split.embedded))
        chunks.append(
            Chunk(
                chunk_id=hashlib.blake2b(identity.encode(), digest_size=12).hexdigest(),
                doc_id=read.doc_id,
                start=split.start,
                end=split.end,
                page=document.page_at(split.start),
                section=document.section_at(split.start),
                form_hash=_form_hash(split),
            )
        )
    return document, chunks


def _form_hash(split: SplitChunk) -> bytes:
    """Return a hash of what is embedded of a chunk: its form, and where its sentences stand.

    The same words may be one row in one document and three sentences in another.
    """
    spans = ",".join(f"{first}-{last}" for first, last in split.embedded_sentences())
    return hashlib.blake2b(f"{split.embedded}\x00{spans}".encode(), digest_size=16).digest()

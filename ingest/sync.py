"""The sync: brings the library in step with the documents folder, as one new generation."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol

from ingest.catalog import Catalog
from ingest.document import Chunk, Document, IngestReport, LoadedDocument, SplitChunk
from ingest.embed import Embedder
from ingest.errors import LibraryError, LoadError
from ingest.generations import CATALOG, VECTORS, Generations, copy_generation
from ingest.library import FORMAT_VERSION, check_meta
from ingest.loaders import load, require_format
from ingest.settings import LibrarySettings
from ingest.sources import ADDED, Source, choose, find_sources
from ingest.split import split

if TYPE_CHECKING:
    from ingest.vectors import VectorStore

_FLUSH_CHUNKS = 256

# Names what loaders and splitter make of a file. Counted up whenever that changes, so that the
# next sync of a library made before reads its documents again.
_READING = "reading 1"


class Progress(Protocol):
    """What a sync tells of its work; the CLI draws it."""

    def files(self, total: int) -> None:
        """Say how many files will be read."""

    def file_done(self, doc_id: str) -> None:
        """Say that a file was read and split."""

    def chunks(self, added: int) -> None:
        """Say that more chunks wait to be embedded."""

    def chunks_done(self, count: int) -> None:
        """Say that chunks were embedded."""


class Silent:
    """Progress that goes nowhere."""

    def files(self, total: int) -> None:
        """Ignore."""

    def file_done(self, doc_id: str) -> None:
        """Ignore."""

    def chunks(self, added: int) -> None:
        """Ignore."""

    def chunks_done(self, count: int) -> None:
        """Ignore."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A document that was read and split, and waits to be embedded."""

    document: Document
    chunks: list[SplitChunk]


def sync(
    settings: LibrarySettings,
    paths: Sequence[Path] = (),
    *,
    rebuild: bool = False,
    progress: Progress | None = None,
    embedder: Embedder | None = None,
) -> IngestReport:
    """Bring the library in step with its documents.

    Unchanged files cost a hash. Changed ones are read, split and embedded into a copy of the
    current generation, which becomes visible whole at the end; a run that is cut short is taken
    up by the next one. A changed file that can no longer be read keeps its earlier version.

    Args:
        settings: Where documents and library stand.
        paths: Only these files or folders; those outside the documents folder are copied into
            the storage first. Nothing is removed from the library then.
        rebuild: Start from nothing, with the embedder that the settings name.
        progress: Told of the work as it goes on.
        embedder: A loaded embedder to use; one is made from the settings by default.

    Returns:
        What was added, updated, removed, and what failed with the reason.

    Raises:
        LibraryLockedError: Another process is writing.
        LibraryError: The storage cannot be written, or the library was made by another embedder.
    """
    started = time.monotonic()
    generations = Generations(settings.storage)
    report = IngestReport()
    with generations.writing():
        chosen = choose(settings, paths, report) if paths else None
        run = _Run(settings, generations, report, progress or Silent(), embedder)
        try:
            run.bring_in_step(chosen, rebuild=rebuild)
        except (OSError, sqlite3.Error) as exc:
            raise LibraryError(
                f"The library in {str(generations.folder)!r} could not be written ({exc}). Check "
                "the folder's permissions and free space, and run `footnote ingest` again; it "
                "goes on where it stopped."
            ) from exc
        generations.prune()
    report.seconds = time.monotonic() - started
    return report


class _Run:
    """One sync under the writer's lock."""

    def __init__(
        self,
        settings: LibrarySettings,
        generations: Generations,
        report: IngestReport,
        progress: Progress,
        embedder: Embedder | None,
    ) -> None:
        self._settings = settings
        self._generations = generations
        self._report = report
        self._progress = progress
        self._embedder = embedder or Embedder.of(settings)
        self._read_ahead: dict[str, tuple[bytes, LoadedDocument] | None] = {}
        self._chunking = f"{_READING}, {settings.chunk_tokens} tokens"

    def bring_in_step(self, chosen: set[str] | None, *, rebuild: bool) -> None:
        """Find what changed, build the next generation from it, and publish that.

        Args:
            chosen: Ids of the only documents to look at; None for all. Where a library is built
                anew, all are taken in, since none would be kept.
            rebuild: Build it anew.
        """
        current = self._generations.current()
        known: dict[str, str] = {}
        if current is not None:
            meta, known = self._held(current, needed=not rebuild)
            if not rebuild:
                check_meta(meta, self._settings)
            if rebuild or meta.get("chunking") != self._chunking:
                chosen = None
        prune = chosen is None
        sources = self._sources(chosen, known)
        if current is not None and (rebuild or meta.get("chunking") != self._chunking):
            current, known = None, {}  # every document is split again
        hashes = self._hashes(sources)
        changed = {doc_id for doc_id, sha256 in hashes.items() if known.get(doc_id) != sha256}
        unread = tuple(f"{name}/" for name, _ in self._report.failed)
        gone = [
            doc_id
            for doc_id in known
            if prune and doc_id not in sources and not doc_id.startswith(unread)
        ]
        self._report.removed.extend(gone)
        self._report.unchanged.extend(doc_id for doc_id in hashes if doc_id not in changed)
        if current is not None and not gone and not self._any_readable(sources, changed):
            self._count(current)
            return
        staged = self._stage(current, chosen, resume=not rebuild)
        with closing(Catalog(staged / CATALOG, create=True)) as catalog:
            kept = sources.keys() | (known.keys() - set(gone))
            stale = [doc_id for doc_id in catalog.hashes() if doc_id not in kept]
            self._build(staged, catalog, sources, hashes, stale)
            done = catalog.hashes()
        for doc_id in sorted(changed):
            if doc_id in done and done[doc_id] != known.get(doc_id):
                (self._report.updated if doc_id in known else self._report.added).append(doc_id)
        self._generations.publish(staged)
        self._count(staged)

    def _held(self, current: Path, *, needed: bool) -> tuple[dict[str, str], dict[str, str]]:
        """Return what a generation was made with, and its documents' hashes by id."""
        try:
            with closing(Catalog(current / CATALOG)) as catalog:
                return catalog.meta(), catalog.hashes()
        except (LibraryError, sqlite3.Error):
            if needed:
                raise
            return {}, {}  # damaged, which is why it is being rebuilt

    def _sources(self, chosen: set[str] | None, known: dict[str, str]) -> dict[str, Source]:
        """Return the files to look at, by document id; what is wrong with them goes to the report.

        Raises:
            LibraryError: The documents folder is gone, and all its documents would go with it.
        """
        documents = self._settings.documents
        if chosen is None:
            lost = sum(not doc_id.startswith(f"{ADDED}/") for doc_id in known)
            if lost and not documents.is_dir():
                raise LibraryError(
                    f"There is no documents folder {str(documents)!r}, so nothing was changed: "
                    f"{lost} documents of the library come from there. Check "
                    "FOOTNOTE_DOCUMENTS; to take them all out, make the folder, empty."
                )
            return find_sources(self._settings, self._report)
        found = IngestReport()
        sources = find_sources(self._settings, found)
        self._report.failed.extend(entry for entry in found.failed if entry[0] in chosen)
        for doc_id in sorted(chosen - sources.keys() - {name for name, _ in found.failed}):
            reason = "It is not among the documents: hidden files and folders are passed over."
            self._report.failed.append((doc_id, reason))
        return {doc_id: source for doc_id, source in sources.items() if doc_id in chosen}

    def _any_readable(self, sources: dict[str, Source], changed: set[str]) -> bool:
        """Whether any changed document can be read; where none can, nothing is to be built."""
        return any(self._read(sources[doc_id]) is not None for doc_id in sorted(changed))

    def _hashes(self, sources: dict[str, Source]) -> dict[str, str]:
        """Return each readable source's sha256; the others are listed as failed."""
        hashes: dict[str, str] = {}
        for doc_id, source in sources.items():
            try:
                require_format(source.path.name)
                with source.path.open("rb") as handle:
                    hashes[doc_id] = hashlib.file_digest(handle, "sha256").hexdigest()
            except LoadError as exc:
                self._report.failed.append((doc_id, str(exc)))
            except OSError as exc:
                self._report.failed.append((doc_id, _unreadable(exc)))
        return hashes

    def _stage(self, current: Path | None, chosen: set[str] | None, *, resume: bool) -> Path:
        """Return the next generation's folder, holding a copy of the current one."""
        ticket = {
            "base": current.name if current else "",
            "chosen": "all" if chosen is None else json.dumps(sorted(chosen)),
            "embed_model": self._embedder.name,
            "chunking": self._chunking,
            "format_version": FORMAT_VERSION,
        }
        staged = self._generations.stage(ticket, resume=resume)
        if not self._generations.is_prepared(staged):
            if current is not None:
                copy_generation(current, staged)
            self._generations.mark_prepared(staged, ticket)
        return staged

    def _build(
        self,
        staged: Path,
        catalog: Catalog,
        sources: dict[str, Source],
        hashes: dict[str, str],
        stale: list[str],
    ) -> None:
        from ingest.vectors import VectorStore  # Chroma takes a second to import

        staged_hashes = catalog.hashes()
        todo = [doc_id for doc_id, sha in hashes.items() if staged_hashes.get(doc_id) != sha]
        meta = catalog.meta()
        if not meta:
            meta = {
                "embed_model": self._embedder.name,
                "dimension": str(self._embedder.dimension),
                "chunking": self._chunking,
                "format_version": FORMAT_VERSION,
            }
            catalog.set_meta(meta)
        with closing(VectorStore.create(staged / VECTORS, meta)) as vectors:
            catalog.remove(stale)
            vectors.delete_documents(stale)
            self._progress.files(len(todo))
            waiting: list[_Prepared] = []
            for doc_id in todo:
                prepared = self._prepare(sources[doc_id])
                self._progress.file_done(doc_id)
                if prepared is None:
                    continue
                waiting.append(prepared)
                self._progress.chunks(len(prepared.chunks))
                if sum(len(entry.chunks) for entry in waiting) >= _FLUSH_CHUNKS:
                    self._write(waiting, catalog, vectors)
                    waiting = []
            self._write(waiting, catalog, vectors)

    def _read(self, source: Source) -> tuple[bytes, LoadedDocument] | None:
        """Read a document once; None where that failed, which the report then says."""
        if source.doc_id not in self._read_ahead:
            found = None
            try:
                data = source.path.read_bytes()
                found = data, load(source.path.name, data)
            except LoadError as exc:
                self._report.failed.append((source.doc_id, str(exc)))
            except OSError as exc:
                self._report.failed.append((source.doc_id, _unreadable(exc)))
            self._read_ahead[source.doc_id] = found
        return self._read_ahead[source.doc_id]

    def _prepare(self, source: Source) -> _Prepared | None:
        """Read and split a document; None where that failed."""
        found = self._read(source)
        self._read_ahead[source.doc_id] = None  # it may be large, and is not asked for again
        if found is None:
            return None
        data, loaded = found
        title = loaded.title or _title_from(source.doc_id)
        chunks = split(loaded, title, self._embedder, self._settings.chunk_tokens)
        document = Document(
            doc_id=source.doc_id,
            title=title,
            format=require_format(source.path.name),
            text=loaded.text,
            sha256=hashlib.sha256(data).hexdigest(),
            size_bytes=len(data),
            indexed_at=datetime.now(UTC).isoformat(timespec="seconds"),
            chunk_count=len(chunks),
            pages=loaded.pages,
            sections=loaded.sections,
            headings=loaded.headings,
            rows=loaded.rows,
            warnings=loaded.warnings,
        )
        return _Prepared(document, chunks)

    def _write(self, waiting: list[_Prepared], catalog: Catalog, vectors: VectorStore) -> None:
        """Embed and store documents; the catalog names a document only while it is whole."""
        forms = [chunk.embedded for entry in waiting for chunk in entry.chunks]
        embedded = self._embedder.embed_documents(forms, self._progress.chunks_done)
        doc_ids = [entry.document.doc_id for entry in waiting]
        whole = [
            (entry.document, [_chunk(entry.document, chunk) for chunk in entry.chunks])
            for entry in waiting
        ]
        chunks = [chunk for _, own in whole for chunk in own]
        catalog.remove(doc_ids)
        vectors.delete_documents(doc_ids)
        vectors.upsert([c.chunk_id for c in chunks], embedded, [c.doc_id for c in chunks])
        catalog.put(whole)
        for document, _ in whole:
            self._report.warnings.extend((document.doc_id, text) for text in document.warnings)
        self._report.embedded_chunks += len(forms)

    def _count(self, generation: Path) -> None:
        with closing(Catalog(generation / CATALOG)) as catalog:
            self._report.documents, self._report.chunks = catalog.counts()


def _chunk(document: Document, chunk: SplitChunk) -> Chunk:
    """Return the chunk with its place and its deterministic id."""
    identity = "\x00".join((document.doc_id, str(chunk.start), str(chunk.end), chunk.embedded))
    return Chunk(
        chunk_id=hashlib.blake2b(identity.encode(), digest_size=12).hexdigest(),
        doc_id=document.doc_id,
        start=chunk.start,
        end=chunk.end,
        page=document.page_at(chunk.start),
        section=document.section_at(chunk.start),
    )


def _unreadable(exc: OSError) -> str:
    return f"The file cannot be read ({exc.strerror}). Check that it is there and its permissions."


def _title_from(doc_id: str) -> str:
    """Return a title for a document that has none: its file's name, as words."""
    return PurePosixPath(doc_id).stem.replace("_", " ").replace("-", " ").strip() or doc_id

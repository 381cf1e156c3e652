"""The sync: brings the library in step with the documents folder, as one new generation."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.catalog import Catalog, SourceEntry
from ingest.document import IngestReport, Part
from ingest.embed import Embedder
from ingest.errors import LibraryError
from ingest.generations import CATALOG, Generations, copy_generation
from ingest.library import FORMAT_VERSION
from ingest.plan import TEXT_RECOGNITION, Plan, held_by, make_plan
from ingest.pool import ReaderPool
from ingest.progress import Progress, Silent
from ingest.reading import Done, Failed, Message, ReadPart, Request, Splitting
from ingest.removed import RemovedDocuments
from ingest.reuse import KnownVectors
from ingest.settings import LibrarySettings
from ingest.sources import choose, keep, leave_waiting_room

if TYPE_CHECKING:
    from ingest.build import Builder


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
    with generations.writing(), told_of_the_disk(generations):
        try:
            chosen, fresh = choose(settings, paths, report) if paths else (None, {})
            removed = RemovedDocuments(settings.storage)
            current = generations.current()
            plan = make_plan(settings, current, chosen, fresh, removed, report, rebuild=rebuild)
            run = _Run(settings, generations, plan, removed, report, progress or Silent())
            run.embedder = embedder or Embedder.of(settings)
            result = run.execute(resume=not rebuild)
            _tell(report, plan, run.failed, result)
        finally:
            leave_waiting_room(settings)
        generations.prune()
    report.seconds = time.monotonic() - started
    return report


@contextmanager
def told_of_the_disk(generations: Generations) -> Iterator[None]:
    """Turn what the disk refuses into one message.

    Raises:
        LibraryError: The library could not be written.
    """
    try:
        yield
    except (OSError, sqlite3.Error) as exc:
        raise LibraryError(
            f"The library in {str(generations.folder)!r} could not be written ({exc}). Check "
            "the folder's permissions and free space, and run `footnote ingest` again; it "
            "goes on where it stopped."
        ) from exc


@dataclass(slots=True)
class _SourceState:
    """What has come of one file so far."""

    seen: set[str] = field(default_factory=set)
    failures: list[tuple[str, str]] = field(default_factory=list)
    lacking: str = ""


@dataclass(slots=True)
class _Run:
    """One sync under the writer's lock: reads what the plan names, builds and publishes."""

    settings: LibrarySettings
    generations: Generations
    plan: Plan
    removed: RemovedDocuments
    report: IngestReport
    progress: Progress
    embedder: Embedder = field(default_factory=Embedder)
    _builder: Builder | None = None
    _staged: Path | None = None
    failed: set[str] = field(default_factory=set)

    def execute(self, *, resume: bool) -> Path:
        """Return the generation that is in step: a new one, or the old where nothing came in."""
        plan = self.plan
        ticket = {
            "base": plan.base.name if plan.base else "",
            "chosen": "all" if plan.scope is None else json.dumps(plan.scope),
            "embed_model": self.embedder.name,
            "chunking": plan.chunking,
            "format_version": FORMAT_VERSION,
        }
        if plan.is_nothing:
            assert plan.base is not None
            return plan.base
        try:
            if plan.base is None or plan.gone or self.generations.is_resumable(ticket, resume):
                self._open(ticket, resume=resume)
            self._read(ticket, resume=resume)
            if self._builder is None or self._staged is None:
                assert plan.base is not None
                return plan.base  # none of the changed files could be read
            self._builder.finish(self._stale)
            came_in = self._builder.catalog.documents_of()
        finally:
            if self._builder is not None:
                self._builder.close()
        for name in plan.changed:
            if name in came_in:
                keep(self.settings, plan.sources[name])
        self.generations.publish(self._staged)
        return self._staged

    def _open(self, ticket: dict[str, str], *, resume: bool) -> Builder:
        """Return the builder of the next generation, made when it is first needed."""
        if self._builder is None:
            from ingest.build import Builder  # Chroma, which it writes to, takes a second to import

            staged = self.generations.stage(ticket, resume=resume)
            if not self.generations.is_prepared(staged):
                if self.plan.base is not None:
                    copy_generation(self.plan.base, staged)
                self.generations.mark_prepared(staged, ticket)
            meta = {
                "embed_model": self.embedder.name,
                "dimension": str(self.embedder.dimension),
                "chunking": self.plan.chunking,
                "format_version": FORMAT_VERSION,
            }
            known = KnownVectors(self.plan.reuse)
            self._builder = Builder(staged, meta, self.embedder, known, self.progress, self.report)
            self._staged = staged
        return self._builder

    def _read(self, ticket: dict[str, str], *, resume: bool) -> None:
        """Read the changed files and hand what they hold to the builder."""
        requests = self.plan.requests()
        if self._builder is not None:  # it may go on where another run stopped
            done = self._builder.catalog.sources()
            held = self.plan.held.sources
            requests = [
                request
                for request in requests
                if request.source_id not in done
                or done[request.source_id] == held.get(request.source_id)
                or done[request.source_id].sha256 != self.plan.hashes[request.source_id]
            ]
        self.progress.files(len(requests))
        if not requests:
            return
        splitting = Splitting(self.settings.chunk_tokens, self.settings.chunk_overlap)
        states: dict[str, _SourceState] = {}
        with closing(ReaderPool(self.embedder.tokens, splitting, self.settings.limits())) as pool:
            for request, message in pool.read(requests):
                state = states.setdefault(request.source_id, _SourceState())
                if isinstance(message, Failed):
                    self.failed.add(request.source_id)
                    shown = self.plan.sources[request.source_id].shown
                    self.report.failed.append((shown, message.reason))
                else:
                    self._take(self._open(ticket, resume=resume), request, message, state)
                if isinstance(message, Done | Failed):
                    del states[request.source_id]
                    self.progress.file_done(request.source_id)

    def _take(
        self, builder: Builder, request: Request, message: Message, state: _SourceState
    ) -> None:
        if isinstance(message, Done):
            before = self.plan.held.documents.get(request.source_id, ())
            entry = SourceEntry(
                request.source_id, message.sha256, tuple(state.failures), state.lacking
            )
            builder.source_done(entry, [name for name in before if name not in state.seen])
        elif isinstance(message, Failed) or message.doc_id in self.removed:
            pass
        elif not isinstance(message, ReadPart):
            state.seen.add(message.doc_id)
        elif message.part.document is None or not self._is_own(request, message.doc_id):
            reason = message.part.reason or (
                f"Another document has the name {message.doc_id!r} too. Rename one of the files."
            )
            state.failures.append((message.doc_id, reason))
            self.report.failed.append((message.doc_id, reason))
            if message.doc_id in self.plan.held.documents.get(request.source_id, ()):
                state.seen.add(message.doc_id)  # it keeps its earlier version
        else:
            state.seen.add(message.doc_id)
            if _lacks_text_recognition(message.part):
                state.lacking = TEXT_RECOGNITION
            builder.add(request.source_id, message)

    def _is_own(self, request: Request, doc_id: str) -> bool:
        """Whether a document's name is not that of another file."""
        return doc_id == request.source_id or doc_id not in self.plan.sources

    def _stale(self, catalog: Catalog) -> list[str]:
        """Return the files of the next generation that are no longer there."""
        kept = self.plan.sources.keys() | (self.plan.held.sources.keys() - set(self.plan.gone))
        return [name for name in catalog.documents_of() | catalog.sources() if name not in kept]


def _tell(report: IngestReport, plan: Plan, failed: set[str], result: Path) -> None:
    """Write into the report what the next generation holds against its base."""
    now, before = held_by(result), plan.held.hashes
    in_part = {name for name, _ in report.failed}
    offered = {doc_id for request in plan.requests() for doc_id in request.known}
    read_again = {
        doc_id
        for name in plan.changed
        for doc_id in plan.held.documents.get(name, ())
        if doc_id not in offered
    }
    scope = [
        doc_id
        for name, doc_ids in now.documents.items()
        if name in plan.sources and name not in failed
        for doc_id in doc_ids
    ]
    for doc_id in sorted(scope):
        if doc_id not in before:
            report.added.append(doc_id)
        elif before[doc_id] != now.hashes[doc_id] or doc_id in read_again:
            report.updated.append(doc_id)
        elif doc_id not in in_part:
            report.unchanged.append(doc_id)
    report.removed.extend(sorted(before.keys() - now.hashes.keys()))
    report.failed.sort()
    report.warnings.sort()
    with closing(Catalog(result / CATALOG)) as catalog:
        report.documents, report.chunks = catalog.counts()


def _lacks_text_recognition(part: Part) -> bool:
    """Whether a document has pages without text that text recognition might have read."""
    return (
        part.document is not None
        and bool(part.document.card.textless_pages)
        and shutil.which(TEXT_RECOGNITION) is None
    )

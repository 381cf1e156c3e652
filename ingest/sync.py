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
from ingest.plan import TEXT_RECOGNITION, Held, Plan, held_by, make_plan
from ingest.pool import ReaderPool
from ingest.progress import Progress, Silent
from ingest.reading import Done, Failed, Message, ReadPart, Request, Splitting
from ingest.removed import RemovedDocuments
from ingest.reuse import KnownVectors
from ingest.settings import LibrarySettings
from ingest.sources import Source, choose, keep, leave_waiting_room

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
    up by the next one. A document that can no longer be read keeps its earlier version.

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
            chosen = choose(settings, paths, report) if paths else None
            removed = RemovedDocuments(settings.storage)
            current = generations.current()
            plan = make_plan(settings, current, chosen, removed, report, rebuild=rebuild)
            embedder = embedder or Embedder.of(settings)
            run = _Run(settings, generations, plan, removed, report, progress or Silent(), embedder)
            result = run.execute(resume=not rebuild)
            removed.save_restored(run.failed)
            _tell(report, plan, run, result)
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
    embedder: Embedder
    _builder: Builder | None = None
    _staged: Path | None = None
    failed: set[str] = field(default_factory=set)
    held: Held = field(default_factory=Held)
    requests: list[Request] = field(default_factory=list)

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
        keep(
            self.settings,
            [plan.sources[name] for name in plan.changed if name in came_in.keys() - self.failed],
        )
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
            # A copy of the base knows its making, and the model need not be loaded to take out.
            meta = (
                {}
                if self.plan.base
                else {
                    "embed_model": self.embedder.name,
                    "dimension": str(self.embedder.dimension),
                    "chunking": self.plan.chunking,
                    "format_version": FORMAT_VERSION,
                }
            )
            known = KnownVectors(self.plan.reuse)
            self._builder = Builder(staged, meta, self.embedder, known, self.progress, self.report)
            self._staged = staged
        return self._builder

    def _read(self, ticket: dict[str, str], *, resume: bool) -> None:
        """Read the changed files and hand what they hold to the builder."""
        self.held = self.plan.held
        if self._builder is not None and self._staged is not None:
            self.held = held_by(self._staged)  # it may go on where another run stopped
        self.requests = self.plan.requests(self.held)
        if self._builder is not None:
            self._tell_of_done()
        self.progress.files(len(self.requests))
        if not self.requests:
            return
        splitting = Splitting(self.settings.chunk_tokens, self.settings.chunk_overlap)
        states: dict[str, _SourceState] = {}
        with closing(ReaderPool(self.embedder.tokens, splitting, self.settings.limits())) as pool:
            for request, message in pool.read(self.requests):
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
            before = self.held.documents.get(request.source_id, ())
            entry = SourceEntry(
                request.source_id, message.sha256, tuple(state.failures), state.lacking
            )
            builder.source_done(entry, [name for name in before if name not in state.seen])
        elif isinstance(message, Failed) or message.doc_id in self.removed:
            pass
        elif not isinstance(message, ReadPart):
            state.seen.add(message.doc_id)
            held = self.held.sources.get(request.source_id)
            state.lacking = state.lacking or (held.lacking if held else "")
        elif message.part.document is None or not self._is_own(request, message.doc_id):
            reason = message.part.reason or (
                f"Another document has the name {message.doc_id!r} too. Rename one of the files."
            )
            state.failures.append((message.doc_id, reason))
            self.report.failed.append((message.doc_id, reason))
            if _lacks_text_recognition(message.part):
                state.lacking = TEXT_RECOGNITION
            if message.doc_id in self.held.documents.get(request.source_id, ()):
                state.seen.add(message.doc_id)  # it keeps its earlier version
        else:
            state.seen.add(message.doc_id)
            if _lacks_text_recognition(message.part):
                state.lacking = TEXT_RECOGNITION
            builder.add(request.source_id, message)

    def _is_own(self, request: Request, doc_id: str) -> bool:
        """Whether a document's name is not that of another file."""
        others = self.plan.sources.keys() | self.plan.held.sources.keys()
        return doc_id == request.source_id or doc_id not in others

    def _stale(self, catalog: Catalog) -> list[str]:
        """Return the files of the next generation that are no longer there."""
        plan = self.plan
        kept = plan.sources.keys() | plan.held.sources.keys() | plan.held.documents.keys()
        kept -= set(plan.gone)
        # What was read of a file from elsewhere goes with the file that failed.
        kept -= {name for name in self.failed if _has_no_copy(plan.sources[name])}
        return [name for name in catalog.documents_of() | catalog.sources() if name not in kept]

    def _tell_of_done(self) -> None:
        """Report what a run that was cut short found wrong with the files that it had done."""
        asked = {request.source_id for request in self.requests}
        for name in sorted(set(self.plan.changed) - asked):
            self.report.failed.extend(self.held.sources[name].failures)


def _has_no_copy(source: Source) -> bool:
    return source.goal is not None and not source.goal.exists()


def _tell(report: IngestReport, plan: Plan, run: _Run, result: Path) -> None:
    """Write into the report what the next generation holds against its base."""
    now, before = held_by(result), plan.held.hashes
    in_part = {name for name, _ in report.failed}
    read_again = {
        doc_id
        for request in run.requests
        for doc_id in plan.held.documents.get(request.source_id, ())
        if doc_id not in request.known
    }
    scope = [
        doc_id
        for name, doc_ids in now.documents.items()
        if name in plan.sources and name not in run.failed
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
    came_in = {*report.added, *report.updated}
    with closing(Catalog(result / CATALOG)) as catalog:
        report.documents, report.chunks = catalog.counts()
        report.warnings.extend(entry for entry in catalog.warnings() if entry[0] in came_in)


def _lacks_text_recognition(part: Part) -> bool:
    """Whether a document has pages without text that text recognition might have read."""
    if shutil.which(TEXT_RECOGNITION) is not None:
        return False
    if part.document is None:
        return TEXT_RECOGNITION in part.reason.lower()  # which then says to install it
    return bool(part.document.card.textless_pages)

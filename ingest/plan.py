"""What a sync has to do: the files there are, against what the library holds of them."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from ingest.catalog import Catalog, SourceEntry
from ingest.document import IngestReport
from ingest.errors import LibraryError, LoadError
from ingest.generations import CATALOG
from ingest.library import FORMAT_VERSION, check_meta
from ingest.loaders import require_format
from ingest.loaders.registry import too_large
from ingest.reading import Request, unreadable
from ingest.removed import RemovedDocuments
from ingest.settings import LibrarySettings
from ingest.sources import ADDED, Chosen, Source, find_sources

TEXT_RECOGNITION = "tesseract"
# Names what loaders and splitter make of a file. Counted up whenever that changes, so that the
# next sync of a library made before reads its documents again.
_READING = "reading 4"


@dataclass(slots=True)
class Held:
    """What a generation holds: files, the documents of each, and the documents' hashes."""

    sources: dict[str, SourceEntry] = field(default_factory=dict)
    documents: dict[str, list[str]] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """The work of one sync.

    Attributes:
        base: The generation that is built on; None where all starts from nothing.
        reuse: The generation whose vectors are taken over where nothing changed for them.
        scope: Ids of the only files looked at, sorted; None for all.
        sources: The files looked at that can be read, by id.
        hashes: Their sha256, by id.
        held: What the base holds.
        changed: Ids of the files to read, sorted.
        forced: Those of them that are read although their bytes are the same.
        gone: Ids of the files of the base that are no longer there.
        chunking: How texts are read and split, as the library remembers it.
    """

    base: Path | None
    reuse: Path | None
    scope: tuple[str, ...] | None
    sources: dict[str, Source]
    hashes: dict[str, str]
    held: Held
    changed: tuple[str, ...]
    forced: frozenset[str]
    gone: tuple[str, ...]
    chunking: str

    @property
    def is_nothing(self) -> bool:
        """Whether the library is in step already."""
        return self.base is not None and not self.changed and not self.gone

    def requests(self, held: Held) -> list[Request]:
        """Return what is to be read.

        Args:
            held: What the generation to be built holds already: what its base does, or what a
                run that was cut short left, which need not be what the files hold now.
        """
        names = [name for name in sorted(self.sources) if self._is_left(name, held)]
        return [self._request(name, held) for name in names]

    def _is_left(self, name: str, held: Held) -> bool:
        entry = held.sources.get(name)
        if entry is None or entry.sha256 != self.hashes[name]:
            return True
        return name in self.forced and entry == self.held.sources.get(name)

    def _request(self, name: str, held: Held) -> Request:
        entry = held.sources.get(name)
        same: dict[str, str] = {}
        if entry is None or not lacks_no_more(entry):
            same = {doc_id: held.hashes[doc_id] for doc_id in held.documents.get(name, ())}
        return Request(name, self.sources[name].path, same)


def make_plan(
    settings: LibrarySettings,
    current: Path | None,
    chosen: Chosen | None,
    removed: RemovedDocuments,
    report: IngestReport,
    *,
    rebuild: bool,
) -> Plan:
    """Compare the files with the library.

    Args:
        settings: Where documents and library stand.
        current: The current generation, or None.
        chosen: The only files to look at; None for all. Where a library is built anew, all are
            taken in, since none would be kept.
        removed: What a person took out.
        report: Told of what cannot be read.
        rebuild: Start from nothing.

    Raises:
        LibraryError: The library was made by another embedder or a newer version, or the
            documents folder is gone and its documents would go with it.
    """
    chunking = chunking_of(settings)
    base, reuse = _foundations(settings, current, chunking, rebuild=rebuild)
    restored = removed.restore(chosen.named if chosen else ())
    fresh = chosen.fresh if chosen else {}
    scope = chosen.source_ids if chosen else None
    if base is None and current is not None:
        scope = None  # every document is read again
    held = _held(base)
    if scope is None:
        _require_folder(settings, _held(current))
    sources = _sources(settings, scope, fresh, report)
    sources = {name: source for name, source in sources.items() if name not in removed}
    unread = tuple(f"{name}/" for name, _ in report.failed)
    hashes = _hashes(settings, sources, report)
    forced = {
        name
        for name, entry in held.sources.items()
        if name in restored
        or lacks_no_more(entry)
        or any(doc_id in removed for doc_id in held.documents.get(name, ()))
    }
    changed = [
        name
        for name, sha256 in hashes.items()
        if name in forced or name not in held.sources or held.sources[name].sha256 != sha256
    ]
    gone = [
        name
        for name in sorted(held.sources.keys() | held.documents.keys())
        if scope is None and name not in sources and not name.startswith(unread)
    ]
    for name in sorted(hashes.keys() - set(changed)):
        report.failed.extend(
            (doc_id, why) for doc_id, why in held.sources[name].failures if doc_id not in removed
        )
    return Plan(
        base=base,
        reuse=reuse,
        scope=None if scope is None else tuple(sorted(scope)),
        sources={name: sources[name] for name in hashes},
        hashes=hashes,
        held=held,
        changed=tuple(sorted(changed)),
        forced=frozenset(forced),
        gone=tuple(gone),
        chunking=chunking,
    )


def chunking_of(settings: LibrarySettings) -> str:
    """Return how texts are read and split under some settings, as a library remembers it."""
    return f"{_READING}, {settings.chunk_tokens} tokens, {settings.chunk_overlap} overlap"


def held_by(generation: Path) -> Held:
    """Return what a generation holds."""
    with closing(Catalog(generation / CATALOG)) as catalog:
        return Held(catalog.sources(), catalog.documents_of(), catalog.hashes())


def _foundations(
    settings: LibrarySettings, current: Path | None, chunking: str, *, rebuild: bool
) -> tuple[Path | None, Path | None]:
    """Return the generation to build on, and the one whose vectors may be taken over."""
    if current is None or rebuild:
        return None, None
    with closing(Catalog(current / CATALOG)) as catalog:
        meta = catalog.meta()
    version = meta.get("format_version", "")
    if version.isdigit() and int(version) < int(FORMAT_VERSION):
        return None, None  # an earlier Footnote's; everything is read anew
    check_meta(meta, settings)
    return (current if meta.get("chunking") == chunking else None), current


def _held(generation: Path | None) -> Held:
    if generation is None:
        return Held()
    try:
        return held_by(generation)
    except (LibraryError, sqlite3.Error):
        return Held()  # damaged or an earlier version's, which is why it is not built on


def _require_folder(settings: LibrarySettings, held: Held) -> None:
    lost = sum(not name.startswith(f"{ADDED}/") for name in held.sources)
    if lost and not settings.documents.is_dir():
        raise LibraryError(
            f"There is no documents folder {str(settings.documents)!r}, so nothing was changed: "
            f"{lost} documents of the library come from there. Check FOOTNOTE_DOCUMENTS; to take "
            "them all out, make the folder, empty."
        )


def _sources(
    settings: LibrarySettings,
    scope: set[str] | None,
    fresh: dict[str, Source],
    report: IngestReport,
) -> dict[str, Source]:
    """Return the files to look at, by id; what is wrong with them goes to the report."""
    if scope is None:
        return find_sources(settings, report) | fresh
    looked = IngestReport()
    found = find_sources(settings, looked) | fresh
    report.failed.extend(entry for entry in looked.failed if entry[0] in scope)
    for name in sorted(scope - found.keys() - {name for name, _ in looked.failed}):
        reason = "It is not among the documents: hidden files and folders are passed over."
        report.failed.append((name, reason))
    return {name: source for name, source in found.items() if name in scope}


def _hashes(
    settings: LibrarySettings, sources: dict[str, Source], report: IngestReport
) -> dict[str, str]:
    """Return each readable file's sha256; the others are listed as failed."""
    hashes: dict[str, str] = {}
    limits = settings.limits()
    for name, source in sources.items():
        try:
            require_format(source.path.name)
            with source.path.open("rb") as handle:
                size = source.path.stat().st_size
                if size > limits.file_bytes:
                    raise too_large(size, limits)
                hashes[name] = hashlib.file_digest(handle, "sha256").hexdigest()
        except LoadError as exc:
            report.failed.append((source.shown, str(exc)))
        except OSError as exc:
            report.failed.append((source.shown, unreadable(exc)))
    return hashes


def lacks_no_more(entry: SourceEntry) -> bool:
    """Whether what a file was read without is there now."""
    return entry.lacking == TEXT_RECOGNITION and shutil.which(TEXT_RECOGNITION) is not None

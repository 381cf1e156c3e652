"""Taking documents out of the library, at once, and without a trace if that is asked for."""

from __future__ import annotations

import html
import json
import shutil
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from ingest.catalog import Catalog
from ingest.errors import EmptyLibraryError, LibraryError, UnknownDocumentError
from ingest.generations import CATALOG, DERIVED, VECTORS, Generations, copy_generation
from ingest.library import check_meta
from ingest.removed import RemovedDocuments
from ingest.rewrite import rewrite_vectors
from ingest.settings import LibrarySettings
from ingest.sources import ADDED, forget_copies
from ingest.sync import told_of_the_disk

_READERS_S = 15.0  # a server moves to the new generation within a second or two
_OWN = ("library", "models", DERIVED, ADDED, "incoming", "removed.json")


@dataclass(slots=True)
class RemovalReport:
    """What a removal did; ``to_dict`` is the record of ``documents remove --json``.

    Attributes:
        removed: Ids of the documents that are out.
        excluded: Those whose files stay in the documents folder and are passed over from now on.
        quoted_in: After a purge, files of the storage that name one of them, such as evaluation
            runs; they are left to the person.
        documents: How many documents the library holds now.
    """

    removed: list[str] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)
    quoted_in: list[str] = field(default_factory=list)
    documents: int = 0

    def to_dict(self) -> dict[str, object]:
        """Return the report as JSON-ready values."""
        return {name: getattr(self, name) for name in self.__slots__}


def remove(
    settings: LibrarySettings, doc_ids: Sequence[str], *, purge: bool = False
) -> RemovalReport:
    """Take documents out of the library: vectors, text and derived data.

    The copy of a file that was added from elsewhere is deleted with its documents. A file in the
    documents folder stays, and syncs pass it over until it is named to `footnote ingest`.

    Args:
        settings: Where the library stands.
        doc_ids: Ids as `footnote documents` lists them.
        purge: Also write the library anew, so that nothing of the documents' text is left in the
            storage's library, and wait until no reader holds an earlier version.

    Raises:
        UnknownDocumentError: There is no document of one of the ids; nothing was removed.
        LibraryLockedError: Another process is writing.
        LibraryError: The storage cannot be written, or a reader does not let go for a purge.
    """
    generations = Generations(settings.storage)
    report = RemovalReport(removed=sorted(set(doc_ids)))
    with generations.writing(), told_of_the_disk(generations):
        current = generations.current()
        if current is None:
            raise EmptyLibraryError("The library is empty, so there is nothing to remove.")
        copies = _copies(current, settings, report)
        RemovedDocuments(settings.storage).add(report.excluded)
        generations.discard_unpublished()
        staged = generations.stage({}, resume=False)
        if purge:
            _write_anew(current, staged, report.removed)
        else:
            copy_generation(current, staged)
            _delete(staged, report.removed)
        forget_copies(settings, copies)
        generations.publish(staged)
        with closing(Catalog(staged / CATALOG)) as catalog:
            report.documents = catalog.counts()[0]
        generations.prune()
        _forget_derived(settings.storage)
        if purge:
            shutil.rmtree(settings.storage / "incoming", ignore_errors=True)
            try:
                _wait_for_readers(generations)
            finally:  # not before: a reader that opened the version before may have written there
                _forget_derived(settings.storage)
    if purge:
        report.quoted_in = _quoting(settings.storage, report.removed)
    return report


def _copies(current: Path, settings: LibrarySettings, report: RemovalReport) -> list[str]:
    """Return the added files that go whole; the other documents are noted as excluded.

    Raises:
        UnknownDocumentError: The library does not hold one of the documents.
    """
    with closing(Catalog(current / CATALOG)) as catalog:
        check_meta(catalog.meta(), settings)
        held = catalog.documents_of()
    known = {doc_id for own in held.values() for doc_id in own}
    for doc_id in report.removed:
        if doc_id not in known:
            raise UnknownDocumentError(
                f"The library holds no document {doc_id!r}, so nothing was removed. "
                "`footnote documents` lists the names that it knows."
            )
    going = set(report.removed)
    copies = [
        name for name, own in held.items() if name.startswith(f"{ADDED}/") and going >= {*own}
    ]
    with_copies = {doc_id for name in copies for doc_id in held[name]}
    report.excluded = sorted(going - with_copies)
    return copies


def _delete(staged: Path, doc_ids: Sequence[str]) -> None:
    from ingest.vectors import VectorStore  # Chroma takes a second to import

    with (
        closing(Catalog(staged / CATALOG, create=True)) as catalog,
        closing(VectorStore.create(staged / VECTORS, catalog.meta())) as vectors,
    ):
        chunks = [chunk.chunk_id for doc_id in doc_ids for chunk in catalog.chunks(doc_id)]
        _forget(catalog, doc_ids)
        vectors.delete(chunks)


def _write_anew(current: Path, staged: Path, doc_ids: Sequence[str]) -> None:
    """Write a generation without some documents into files that never held them."""
    with closing(Catalog(current / CATALOG)) as catalog:
        catalog.copy_to(staged / CATALOG)
    with closing(Catalog(staged / CATALOG, create=True)) as catalog:
        _forget(catalog, doc_ids)
        catalog.vacuum()
        meta = catalog.meta()
        chunks = [(chunk.chunk_id, chunk.doc_id) for chunk in catalog.chunks()]
    rewrite_vectors(current / VECTORS, staged / VECTORS, meta, chunks)


def _forget(catalog: Catalog, doc_ids: Sequence[str]) -> None:
    catalog.remove(doc_ids)
    held = catalog.documents_of()
    catalog.remove_sources([name for name in catalog.sources() if name not in held])


def _forget_derived(storage: Path) -> None:
    """Delete what was made from the library; readers make it again.

    Raises:
        LibraryError: It cannot be deleted.
    """
    folder = storage / DERIVED
    for _ in range(3):  # a reader may be writing into it
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.2)
    raise LibraryError(
        f"The documents are out of the library, but {str(folder)!r}, which was made from them, "
        "cannot be deleted. Check its permissions and delete it by hand."
    )


def _quoting(storage: Path, doc_ids: Sequence[str]) -> list[str]:
    """Return the files of the storage, beside the library itself, that name a document."""
    needles = [needle.encode() for doc_id in doc_ids for needle in _quoted(doc_id)]
    found = []
    for path in sorted(storage.rglob("*")):
        place = path.relative_to(storage)
        if place.parts[0] in _OWN or not path.is_file():
            continue
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            continue
        except OSError:
            found.append(place.as_posix())  # it may; better too much than too little
            continue
        if any(needle in data for needle in needles):
            found.append(place.as_posix())
    return found


def _quoted(doc_id: str) -> set[str]:
    """Return a name between quotation marks as JSON, HTML and XML write it."""
    plain = html.escape(doc_id, quote=False)
    marked = plain.replace('"', "&#34;").replace("'", "&#39;")
    return {
        json.dumps(doc_id),
        json.dumps(doc_id, ensure_ascii=False),
        f'"{plain}"',
        f'"{marked}"',
    }


def _wait_for_readers(generations: Generations) -> None:
    deadline = time.monotonic() + _READERS_S
    while left := generations.earlier():
        if time.monotonic() > deadline:
            raise LibraryError(
                f"The documents are out of the library, but a running reader still holds "
                f"{left[0].name!r}, in which they are. Stop it, or let it answer a question, and "
                "run `footnote ingest`, which deletes what nobody holds."
            )
        time.sleep(0.2)
        generations.prune()

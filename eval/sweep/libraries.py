"""The libraries of a sweep: one for each way to embed and to split, kept for later sweeps.

They stand with what else is made from the documents, in the storage's `derived/`: a document that
is taken out of the library leaves no copy of its text there.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.settings import AppSettings
from eval.runs.folder import read_json, write_json
from eval.sweep.grid import SweepError
from ingest.embed import Embedder
from ingest.errors import LibraryError
from ingest.generations import DERIVED, Generations
from ingest.library import FORMAT_VERSION, Library, open_library
from ingest.plan import chunking_of
from ingest.progress import Progress
from ingest.removed import REMOVED
from ingest.sync import sync

_SWEEPS = "sweeps"
_INDEXED = "indexed.json"
_Key = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Index:
    """A library that combinations are asked from.

    Attributes:
        storage: The storage that holds it.
        embedder: The loaded embedder that made it.
        chunks: How many chunks it has.
        size_bytes: What it takes on disk.
        seconds: How long it took to make from nothing; None where that is not known, as for the
            main library.
    """

    storage: Path
    embedder: Embedder
    chunks: int
    size_bytes: int
    seconds: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return what a sweep's results tell of it."""
        return {
            "storage": str(self.storage),
            "chunks": self.chunks,
            "size_bytes": self.size_bytes,
            "seconds": self.seconds,
        }


class Libraries:
    """Makes the libraries that a sweep needs, each once, and loads each embedder once."""

    def __init__(
        self,
        main: AppSettings,
        progress: Progress | None = None,
        embedder: Embedder | None = None,
    ) -> None:
        """Name the main library's settings, and the embedder of its, where it is loaded."""
        self._main = main
        self._progress = progress
        self._embedders: dict[tuple[str, str], Embedder] = {}
        if embedder is not None:
            self._embedders[main.embed_model, main.embed_backend] = embedder
        self._made: dict[tuple[_Key, str], Index] = {}

    def of(self, settings: AppSettings) -> Index:
        """Return the library for some settings: the main one where it is so made, else its own.

        Raises:
            LibraryError: It cannot be written, or another process is writing it.
            SweepError: The storage stands among the documents.
        """
        embedder = self._embedder(settings)
        key = (embedder.name, settings.chunk_tokens, settings.chunk_overlap)
        cached = (key, settings.embed_backend)
        if cached not in self._made:
            self._made[cached] = self._as_main(settings, embedder) or self._own(settings, key)
        return self._made[cached]

    def _embedder(self, settings: AppSettings) -> Embedder:
        named = (settings.embed_model, settings.embed_backend)
        if named not in self._embedders:
            kept_with_main = settings.model_copy(update={"storage": self._main.storage})
            self._embedders[named] = Embedder.of(kept_with_main)
        return self._embedders[named]

    def _as_main(self, settings: AppSettings, embedder: Embedder) -> Index | None:
        """Return the main library if it is made as the settings want it."""
        if Generations(self._main.storage).current() is None:
            return None
        wanted = settings.model_copy(update={"storage": self._main.storage})
        made_alike = {"embed_model": embedder.name, "chunking": chunking_of(settings)}
        try:
            library = open_library(wanted)
        except LibraryError:
            return None  # of another embedder, or empty; then one is made
        with closing(library):
            if made_alike.items() <= library.meta.items():
                return _index(library, self._main.storage, embedder, None)
        return None

    def _own(self, settings: AppSettings, key: _Key) -> Index:
        self._require_apart()
        digest = hashlib.sha256(repr((*key, FORMAT_VERSION)).encode()).hexdigest()[:16]
        storage = self._main.storage / DERIVED / _SWEEPS / digest
        own = settings.model_copy(update={"storage": storage})
        embedder = self._embedder(settings)
        self._mirror(own)
        _ = embedder.dimension  # loaded before the time that the index takes is measured
        new = not Generations(storage).folder.is_dir()
        report = sync(own, progress=self._progress, embedder=embedder)
        if new:
            write_json(storage / _INDEXED, {"seconds": round(report.seconds, 2)})
        with closing(open_library(own)) as library:
            return _index(library, storage, embedder, _seconds(storage))

    def _require_apart(self) -> None:
        """Refuse a storage among the documents: another library would take it for some."""
        if self._main.storage.is_relative_to(self._main.documents):
            raise SweepError(
                f"The storage {str(self._main.storage)!r} stands in the documents folder, where "
                "a sweep's libraries would be read as documents. Set FOOTNOTE_STORAGE to a folder "
                "outside it."
            )

    def _mirror(self, own: AppSettings) -> None:
        """Give a library the files that were added to the main one, and its removals."""
        own.storage.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(own.added, ignore_errors=True)
        if self._main.added.is_dir():
            shutil.copytree(self._main.added, own.added)
        (own.storage / REMOVED).unlink(missing_ok=True)
        if (self._main.storage / REMOVED).is_file():
            shutil.copyfile(self._main.storage / REMOVED, own.storage / REMOVED)


def _index(library: Library, storage: Path, embedder: Embedder, seconds: float | None) -> Index:
    size = sum(path.stat().st_size for path in library.generation.rglob("*") if path.is_file())
    return Index(storage, embedder, library.counts()[1], size, seconds)


def _seconds(storage: Path) -> float | None:
    """Return how long a library took; None where the run that began it did not finish it."""
    path = storage / _INDEXED
    found: Mapping[str, Any] = read_json(path) if path.is_file() else {}
    return found.get("seconds")

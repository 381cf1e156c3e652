"""The library: what is indexed, with which model, opened for reading as one whole generation."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.catalog import Catalog
from ingest.document import Chunk, ChunkSentences, Document
from ingest.errors import EmptyLibraryError, LibraryError, UnknownDocumentError
from ingest.generations import CATALOG, DERIVED, VECTORS, Generations, hold
from ingest.settings import LibrarySettings

if TYPE_CHECKING:
    from ingest.vectors import VectorStore

FORMAT_VERSION = "3"
_TRIES = 5


class Library:
    """One generation of the library: immutable, whole, and held until `close`.

    Vectors are opened on first use, so that listing documents does not load Chroma.
    """

    def __init__(self, generation: Path, handle: IO[str] | None) -> None:
        """Wrap a held generation; use `open_library`."""
        self.generation = generation
        self._handle = handle
        self._catalog = Catalog(generation / CATALOG)
        self._lock = threading.RLock()

    @property
    def name(self) -> str:
        """The generation's name; it changes whenever the library does."""
        return self.generation.name

    @property
    def derived(self) -> Path:
        """Folder of the storage for what is made from the library; a purge deletes it."""
        return self.generation.parent.parent / DERIVED

    @property
    def meta(self) -> dict[str, str]:
        """What the index was made with: embedder, dimension, chunking, format version."""
        return self._catalog.meta()

    def counts(self) -> tuple[int, int]:
        """Return how many documents and chunks there are."""
        return self._catalog.counts()

    @cached_property
    def documents(self) -> dict[str, Document]:
        """Every document with its text, by id, in order of the ids."""
        with self._lock:
            return {document.doc_id: document for document in self._catalog.documents()}

    @cached_property
    def chunks(self) -> dict[str, Chunk]:
        """Every chunk by id, in order of documents and text."""
        with self._lock:
            return {chunk.chunk_id: chunk for chunk in self._catalog.chunks()}

    def document(self, doc_id: str) -> Document:
        """Return a document.

        Raises:
            UnknownDocumentError: There is none of that id.
        """
        with self._lock:
            found = self._catalog.document(doc_id)
        if found is None:
            raise UnknownDocumentError(
                f"The library holds no document {doc_id!r}. "
                "`footnote documents` lists the names that it knows."
            )
        return found

    def text(self, chunk: Chunk) -> str:
        """Return a chunk's stored form, the document's own ``text[start:end]``."""
        return self.documents[chunk.doc_id].text[chunk.start : chunk.end]

    @cached_property
    def vectors(self) -> VectorStore:
        """The vectors, opened on first use."""
        from ingest.vectors import VectorStore  # Chroma takes a second to import

        with self._lock:
            return VectorStore.open(self.generation / VECTORS)

    def nearest(
        self, vector: NDArray[np.float32], top_k: int, doc_ids: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        """Find the chunks nearest to a vector: ids and cosine similarities, highest first."""
        return self.vectors.nearest(vector, top_k, doc_ids)

    def sentences(self, chunk_ids: Sequence[str]) -> dict[str, ChunkSentences]:
        """Return the sentences of some chunks with their vectors, by the chunks' ids."""
        with self._lock:
            return self._catalog.sentences(chunk_ids)

    def close(self) -> None:
        """Let go of the generation, so that a later writer may delete it."""
        if "vectors" in self.__dict__:
            self.vectors.close()
        self._catalog.close()
        if self._handle is not None:
            self._handle.close()


def open_library(settings: LibrarySettings) -> Library:
    """Open the current generation for reading.

    Raises:
        EmptyLibraryError: Nothing is indexed yet.
        LibraryError: The library was built with another embedder or by another version.
    """
    generations = Generations(settings.storage)
    for _ in range(_TRIES):
        generation = generations.current()
        if generation is None:
            break
        try:
            handle = hold(generation)
        except FileNotFoundError:
            continue  # a writer has just replaced it
        library = Library(generation, handle)
        try:
            check_meta(library.meta, settings)
        except LibraryError:
            library.close()
            raise
        if library.counts()[0] == 0:
            library.close()
            break
        return library
    if generation is not None and not generation.is_dir():
        raise LibraryError(
            f"The library in {str(settings.storage)!r} is damaged: its current generation "
            f"{generation.name!r} is missing. Rebuild it with `footnote ingest --rebuild`."
        )
    raise EmptyLibraryError(
        f"The library is empty: no document is indexed in {str(settings.storage)!r}. "
        f"Put documents into {str(settings.documents)!r} and run `footnote ingest`, "
        "or name files: `footnote ingest FILE…`."
    )


def check_meta(meta: dict[str, str], settings: LibrarySettings) -> None:
    """Refuse a library that the settings do not fit.

    Raises:
        LibraryError: Another embedder, or another format version; the message names both.
    """
    from ingest.embed import Embedder

    made, wanted = meta.get("embed_model", ""), Embedder(settings.embed_model).name
    if made and made != wanted:
        raise LibraryError(
            f"The library in {str(settings.storage)!r} was built with {made!r} but settings say "
            f"{wanted!r}. Rebuild it with `footnote ingest --rebuild`, or set "
            f"FOOTNOTE_EMBED_MODEL={made}."
        )
    version = meta.get("format_version", "")
    if version and version != FORMAT_VERSION:
        older = version.isdigit() and int(version) < int(FORMAT_VERSION)
        advice = (
            "Bring it up to date with `footnote ingest`."
            if older
            else "Use the Footnote that made it, or rebuild it with `footnote ingest --rebuild`."
        )
        raise LibraryError(
            f"The library in {str(settings.storage)!r} has format version {version}, and this "
            f"Footnote reads {FORMAT_VERSION}. {advice}"
        )

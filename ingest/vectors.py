"""Vectors in Chroma: the one module that knows it.

A collection lives in an embedded Chroma, cosine space. Texts stay out of it: a row holds a
chunk's id, its vector and its document, and the catalog beside it holds the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
from chromadb.config import Settings as ChromaSettings
from chromadb.errors import ChromaError
from numpy.typing import NDArray

from ingest.errors import LibraryError
from ingest.slack import wipe_slack

COLLECTION = "library"
_PAGE = 2000  # rows a call; Chroma's own limit is 5461
_HNSW = {"space": "cosine", "ef_construction": 200, "ef_search": 200, "max_neighbors": 24}

Metadata = Mapping[str, str | int | float | bool]


class VectorStore:
    """The vectors of one generation of the library.

    One process writes to a generation before anyone reads it; after that nobody writes.
    """

    def __init__(self, client: Any, collection: Any, folder: Path) -> None:
        """Wrap an open collection; use `create` or `open`."""
        self._client = client
        self._collection = collection
        self._folder = folder
        self._loaded = False

    @classmethod
    def create(cls, folder: Path, metadata: Metadata) -> VectorStore:
        """Open the collection in ``folder`` for writing, made when it is missing.

        Args:
            folder: Folder of the embedded Chroma.
            metadata: What the index remembers of its making; used only when it is made.
        """
        folder.mkdir(parents=True, exist_ok=True)
        client = _client(folder)
        try:
            collection = client.get_or_create_collection(
                COLLECTION,
                metadata=dict(metadata),
                configuration={"hnsw": _HNSW},
                embedding_function=None,
            )
        except ChromaError as exc:
            client.close()
            raise _damaged(folder, exc) from exc
        return cls(client, collection, folder)

    @classmethod
    def open(cls, folder: Path) -> VectorStore:
        """Open a finished collection for reading.

        Raises:
            LibraryError: The folder holds no collection, or Chroma cannot read it.
        """
        if not folder.is_dir():
            raise _damaged(folder, FileNotFoundError(str(folder)))
        client = _client(folder)
        try:
            return cls(client, client.get_collection(COLLECTION, embedding_function=None), folder)
        except (ChromaError, ValueError) as exc:
            client.close()
            raise _damaged(folder, exc) from exc

    @property
    def metadata(self) -> dict[str, Any]:
        """What the index remembers of its making."""
        return dict(self._collection.metadata or {})

    def count(self) -> int:
        """Return the number of vectors."""
        return int(self._collection.count())

    def upsert(
        self, chunk_ids: Sequence[str], vectors: NDArray[np.float32], doc_ids: Sequence[str]
    ) -> None:
        """Write vectors, shape ``(n, dim)`` float32, under their chunk ids."""
        for begin in range(0, len(chunk_ids), _PAGE):
            part = slice(begin, begin + _PAGE)
            try:
                self._collection.upsert(
                    ids=list(chunk_ids[part]),
                    embeddings=vectors[part],
                    metadatas=[{"doc_id": doc_id} for doc_id in doc_ids[part]],
                )
            except ChromaError as exc:
                raise _unwritable(exc) from exc

    def delete(self, chunk_ids: Sequence[str]) -> None:
        """Delete the vectors of some chunks; ids that there are not are passed over."""
        for begin in range(0, len(chunk_ids), _PAGE):
            try:
                self._collection.delete(ids=list(chunk_ids[begin : begin + _PAGE]))
            except ChromaError as exc:
                raise _unwritable(exc) from exc

    def ids(self) -> set[str]:
        """Return the ids of all vectors."""
        found: set[str] = set()
        while True:
            page = self._collection.get(limit=_PAGE, offset=len(found), include=[])["ids"]
            found.update(page)
            if len(page) < _PAGE:
                return found

    def nearest(
        self, vector: NDArray[np.float32], top_k: int, doc_ids: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        """Find the chunks nearest to a vector.

        Args:
            vector: Shape ``(dim,)`` float32.
            top_k: How many at most, >= 1.
            doc_ids: Only chunks of these documents; all of them by default.

        Returns:
            Chunk ids with their cosine similarity, highest first.
        """
        if doc_ids is not None and not doc_ids:
            return []
        found = self._collection.query(
            query_embeddings=vector[np.newaxis],
            n_results=top_k,  # of fewer all come; counting them costs more than finding them
            where=None if doc_ids is None else {"doc_id": {"$in": list(doc_ids)}},
            include=["distances"],
        )
        if not self._loaded:  # Chroma has just loaded the index, or made it anew
            self._loaded = True
            wipe_slack(self._folder)
        distances = found["distances"][0]
        return [
            (chunk_id, 1.0 - float(distance))
            for chunk_id, distance in zip(found["ids"][0], distances, strict=True)
        ]

    def vectors(self, chunk_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return the stored vectors of some chunks, each ``(dim,)`` float32."""
        found: dict[str, NDArray[np.float32]] = {}
        for begin in range(0, len(chunk_ids), _PAGE):
            rows = self._collection.get(
                ids=list(chunk_ids[begin : begin + _PAGE]), include=["embeddings"]
            )
            for chunk_id, vector in zip(rows["ids"], rows["embeddings"], strict=True):
                found[chunk_id] = np.asarray(vector, dtype=np.float32)
        return found

    def copy_from(self, other: VectorStore, chunks: Sequence[tuple[str, str]]) -> None:
        """Take over vectors of another store.

        Args:
            other: Holds a vector of each chunk.
            chunks: Chunk ids with their documents' ids.

        Raises:
            LibraryError: The other store lacks a chunk.
        """
        for begin in range(0, len(chunks), _PAGE):
            page = chunks[begin : begin + _PAGE]
            names = [chunk_id for chunk_id, _ in page]
            found = other.vectors(names)
            if len(found) < len(set(names)):
                raise LibraryError(
                    "The library lacks vectors that its catalog names. "
                    "Rebuild it with `footnote ingest --rebuild`."
                )
            rows = np.stack([found[name] for name in names])
            self.upsert(names, rows, [doc_id for _, doc_id in page])

    def close(self) -> None:
        """Let go of the files."""
        self._client.close()
        wipe_slack(self._folder)


def _client(folder: Path) -> Any:
    try:
        return chromadb.PersistentClient(
            str(folder), settings=ChromaSettings(anonymized_telemetry=False)
        )
    except (ChromaError, ValueError) as exc:
        raise _damaged(folder, exc) from exc


def _damaged(folder: Path, exc: Exception) -> LibraryError:
    return LibraryError(
        f"The vectors in {str(folder)!r} cannot be opened ({exc}). Check the storage folder's free "
        "space; if they are damaged, rebuild the library with `footnote ingest --rebuild`."
    )


def _unwritable(exc: Exception) -> LibraryError:
    return LibraryError(
        f"The vectors could not be written ({exc}). Check the storage folder's permissions and "
        "free space, and run `footnote ingest` again; it goes on where it stopped."
    )

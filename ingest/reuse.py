"""Vectors of an earlier generation, found again by what was embedded."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.catalog import Catalog
from ingest.document import ChunkSentences
from ingest.errors import LibraryError
from ingest.generations import CATALOG, VECTORS

Known = tuple[NDArray[np.float32], ChunkSentences]


class KnownVectors:
    """Finds the vectors of an embedded form that was embedded before, wherever it stood."""

    def __init__(self, generation: Path | None) -> None:
        """Look into a finished generation; None for none. Nothing is opened before it is used."""
        self._generation = generation
        self._chunks: dict[bytes, str] | None = None

    def find(self, form_hashes: Collection[bytes]) -> dict[bytes, Known]:
        """Return what is known of some embedded forms, by their hashes."""
        if self._generation is None:
            return {}
        if self._chunks is None:
            with closing(Catalog(self._generation / CATALOG)) as catalog:
                self._chunks = catalog.form_hashes()
        wanted = {key: self._chunks[key] for key in form_hashes if key in self._chunks}
        if not wanted:
            return {}
        from ingest.vectors import VectorStore  # Chroma takes a second to import

        try:
            with closing(VectorStore.open(self._generation / VECTORS)) as store:
                vectors = store.vectors(list(wanted.values()))
            with closing(Catalog(self._generation / CATALOG)) as catalog:
                sentences = catalog.sentences(list(wanted.values()))
        except LibraryError:
            return {}  # a damaged one; all is embedded again
        return {
            key: (vectors[name], sentences[name])
            for key, name in wanted.items()
            if name in vectors and name in sentences
        }

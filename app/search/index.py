"""The search index of one generation, and the live one that follows the library.

Everything here is derived from the library: when that moves on, a new index takes its place,
questions under way keep the old one, and it is closed after the last of them.
"""

from __future__ import annotations

import logging
import threading
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from app.search.lexical import Mask
from app.search.lexical_library import open_lexicon
from app.text.language import LANGUAGES, Language
from ingest.document import Chunk, ChunkSentences, Span
from ingest.embed import Embedder
from ingest.errors import FootnoteError
from ingest.generations import Generations
from ingest.library import Library, open_library
from ingest.sentences import SentenceSpans
from ingest.settings import LibrarySettings

_LOG = logging.getLogger(__name__)

# Up to so many, the vectors themselves are fetched sooner than Chroma finds them by a filter, for
# which it goes through the whole library.
_FEW_CHUNKS = 500


class SearchIndex:
    """One generation of the library, ready to be searched."""

    def __init__(self, library: Library, embedder: Embedder) -> None:
        """Bring the lexical index in step with the library's chunks."""
        self.library = library
        self.embedder = embedder
        self.chunks: list[Chunk] = list(library.chunks.values())
        self.positions = {chunk.chunk_id: at for at, chunk in enumerate(self.chunks)}
        lexicon = open_lexicon(library, library.derived)
        self.lexical = lexicon.index
        self._languages = lexicon.languages
        self.languages = lexicon.index.languages
        self._spans = _spans(self.chunks)
        self._rows = {
            document.doc_id: {span.start: span.end for span in document.rows}
            for document in library.documents.values()
        }

    def language(self, doc_id: str) -> Language:
        """Return the language that a document's words are stemmed in."""
        return self._languages.get(doc_id, LANGUAGES[0])

    def mask(self, doc_ids: Sequence[str]) -> Mask:
        """Return which positions are chunks of some documents, ``(n_chunks,)`` bool."""
        allowed = np.zeros(len(self.chunks), dtype=np.bool_)
        for doc_id in doc_ids:
            allowed[self._spans.get(doc_id, slice(0))] = True
        return allowed

    def nearest(
        self, vector: NDArray[np.float32], top_k: int, doc_ids: Sequence[str] | None
    ) -> list[tuple[str, float]]:
        """Find chunks by the similarity of their vectors: ids and cosines, highest first."""
        if doc_ids is None:
            return self.library.nearest(vector, top_k)
        among = np.flatnonzero(self.mask(doc_ids))
        if len(among) > _FEW_CHUNKS:
            return self.library.nearest(vector, top_k, doc_ids)
        names = [self.chunks[at].chunk_id for at in among]
        stored = self.library.vectors.vectors(names)
        cosines = [(name, float(stored[name] @ vector)) for name in names if name in stored]
        return sorted(cosines, key=lambda found: -found[1])[:top_k]

    def is_row(self, doc_id: str, start: int) -> bool:
        """Whether a table row begins at an offset of a document."""
        return start in self._rows[doc_id]

    def columns(self, doc_id: str, start: int) -> Span | None:
        """Return what names the columns of the table that a row begins in, if it stands above."""
        tables = self.library.documents[doc_id].tables
        at = bisect_right(tables, start, key=lambda table: table.start) - 1
        if at < 0 or start >= tables[at].end:
            return None
        named = tables[at].columns
        return named if named is not None and named.end <= start else None

    def names_columns(self, doc_id: str, start: int) -> bool:
        """Whether an offset of a document lies in the rows that name a table's columns."""
        tables = self.library.documents[doc_id].tables
        at = bisect_right(tables, start, key=lambda table: table.start) - 1
        named = tables[at].columns if at >= 0 else None
        return named is not None and named.start <= start < named.end

    def sentences(self, chunk_ids: Sequence[str]) -> dict[str, ChunkSentences]:
        """Return the sentences of some chunks with their vectors, by the chunks' ids."""
        return self.library.sentences(chunk_ids)

    def neighbour(self, chunk_id: str, step: int) -> Chunk | None:
        """Return the chunk so many after, or before, one of the same document."""
        at = self.positions[chunk_id] + step
        own = self._spans[self.chunks[at - step].doc_id]
        return self.chunks[at] if own.start <= at < own.stop else None

    def spans(self, doc_id: str) -> SentenceSpans:
        """Return what finds the sentences of a document."""
        document = self.library.documents[doc_id]
        return SentenceSpans(document.text, document.rows, document.headings)


def _spans(chunks: Sequence[Chunk]) -> dict[str, slice]:
    """Return where the chunks of each document are; they follow each other."""
    spans: dict[str, slice] = {}
    for at, chunk in enumerate(chunks):
        begun = spans.get(chunk.doc_id)
        spans[chunk.doc_id] = slice(begun.start if begun else at, at + 1)
    return spans


class LiveIndex:
    """The index of the library's current generation; moves on when the library does."""

    def __init__(self, settings: LibrarySettings, embedder: Embedder) -> None:
        """Name the library; it is opened by the first lease."""
        self._settings = settings
        self._embedder = embedder
        self._generations = Generations(settings.storage)
        self._lock = threading.Lock()
        self._opening = threading.Lock()
        self._index: SearchIndex | None = None
        self._users: dict[SearchIndex, int] = {}  # questions under way in each

    @contextmanager
    def lease(self) -> Iterator[SearchIndex]:
        """Hold the newest index while a question is answered.

        Raises:
            EmptyLibraryError: Nothing is indexed yet.
            LibraryError: The library cannot be opened.
        """
        index = self._acquire()
        try:
            yield index
        finally:
            self._release(index)

    def refresh(self) -> None:
        """Open the current generation now, so that no question has to wait for it."""
        try:
            with self.lease():
                pass
        except FootnoteError as exc:
            _LOG.info("no library to open yet: %s", exc)

    def close(self) -> None:
        """Let go of the library, after the questions under way."""
        with self._lock:
            index, self._index = self._index, None
            if index is not None and not self._users.get(index):
                self._users.pop(index, None)
                index.library.close()

    def _acquire(self) -> SearchIndex:
        with self._lock:
            if self._index is not None and self._is_current(self._index):
                self._users[self._index] += 1
                return self._index
        with self._opening:  # one opens, the others wait for it
            with self._lock:
                if self._index is not None and self._is_current(self._index):
                    self._users[self._index] += 1
                    return self._index
            fresh = SearchIndex(open_library(self._settings), self._embedder)
            with self._lock:
                old, self._index = self._index, fresh
                self._users[fresh] = 1
                if old is not None and not self._users.get(old):
                    self._users.pop(old, None)
                    old.library.close()
            return fresh

    def _release(self, index: SearchIndex) -> None:
        with self._lock:
            self._users[index] -= 1
            if index is not self._index and not self._users[index]:
                del self._users[index]
                index.library.close()

    def _is_current(self, index: SearchIndex) -> bool:
        current = self._generations.current()
        return current is not None and current.name == index.library.name

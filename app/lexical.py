"""The lexical index: BM25 over chunks, derived from the library and held in memory.

BM25 as in Lucene, through bm25s (Lù 2024): terms are stemmed, k1 = 1.2, b = 0.75. A chunk is
indexed with its title and heading path, as it is embedded.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

import bm25s
import numpy as np
from numpy.typing import NDArray

from app.terms import terms

_K1, _B = 1.2, 0.75


class LexicalIndex:
    """BM25 scores of every chunk for a question; higher is better."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Index the chunks' embedded forms, in the order in which scores are wanted."""
        bags = [terms(text) for text in texts]
        self._count = len(bags)
        self._document_frequency = Counter(term for bag in bags for term in set(bag))
        self._model: bm25s.BM25 | None = None
        if self._document_frequency:
            self._model = bm25s.BM25(method="lucene", k1=_K1, b=_B)
            # An empty bag would break the index; a term that no question holds stands in for it.
            self._model.index([bag or ["\x00"] for bag in bags], show_progress=False)

    def scores(self, question_terms: Sequence[str]) -> NDArray[np.float32]:
        """Return BM25 scores of shape ``(n_chunks,)`` float32; zeros where no term is known."""
        known = [term for term in dict.fromkeys(question_terms) if term in self]
        if self._model is None or not known:
            return np.zeros(self._count, dtype=np.float32)
        return np.asarray(self._model.get_scores(known), dtype=np.float32)

    def idf(self, term: str) -> float:
        """Return ``ln(1 + (N - df + 0.5) / (df + 0.5))``, Lucene's form; highest for unknown."""
        frequency = self._document_frequency.get(term, 0)
        return math.log(1.0 + (self._count - frequency + 0.5) / (frequency + 0.5))

    def __contains__(self, term: str) -> bool:
        """Whether any chunk holds the term."""
        return term in self._document_frequency

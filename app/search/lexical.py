"""The lexical index: BM25 over chunks.

BM25 as in Lucene, k1 = 1.2 and b = 0.75: a term that stands ``tf`` times in a chunk of ``length``
terms adds ``idf * tf / (tf + k1 * (1 - b + b * length / mean length))``, with
``idf = ln(1 + (N - df + 0.5) / (df + 0.5))``. A chunk is indexed with its title and heading path,
as it is embedded, in the language of its document. A word of a question may stand in one chunk in
its English form and in another in its Spanish one; both count as one term, its ``df`` the number
of chunks that hold either.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.search.lexical_counts import TermCounts
from app.text.language import Language
from app.text.terms import QuestionTerm
from app.text.terms import term as stem

_K1, _B = 1.2, 0.75

Scores = NDArray[np.float32]
Mask = NDArray[np.bool_]


class LexicalIndex:
    """BM25 scores of every chunk for a question; higher is better. Safe between threads.

    A term is given in its forms, as `app.text.terms.question_terms` returns it, or as the plain
    string that `app.text.terms.terms` finds, which is English: where the library holds other
    languages, it is stemmed once more in theirs.
    """

    def __init__(self, counts: TermCounts, languages: Sequence[Language] = ("en",)) -> None:
        """Score chunks in the order of the counts' rows, counted in some languages."""
        self.languages = tuple(languages)
        self._columns = counts.vocabulary
        matrix = counts.matrix
        self._starts = matrix.indptr
        self._positions = matrix.indices
        self._counts = matrix.data
        self._size = int(matrix.shape[0])
        lengths = np.bincount(self._positions, weights=self._counts, minlength=self._size)
        mean = float(lengths.mean()) if self._size else 0.0
        share = lengths / mean if mean else lengths
        self._norm = (_K1 * (1.0 - _B + _B * share)).astype(np.float32)

    def __len__(self) -> int:
        """Return the number of chunks."""
        return self._size

    def scores(self, question_terms: Sequence[QuestionTerm]) -> Scores:
        """Return BM25 scores of shape ``(n_chunks,)`` float32; zeros where no term is known.

        Args:
            question_terms: One that is repeated counts once.
        """
        scores = np.zeros(self._size, dtype=np.float32)
        for term in dict.fromkeys(question_terms):
            positions, counts = self._postings(term)
            if len(positions):
                share = counts / (counts + self._norm[positions])
                scores[positions] += np.float32(self._idf(len(positions))) * share
        return scores

    def idf(self, term: QuestionTerm) -> float:
        """Return ``ln(1 + (N - df + 0.5) / (df + 0.5))``, Lucene's form; highest for unknown."""
        return self._idf(len(self._postings(term)[0]))

    def __contains__(self, term: QuestionTerm) -> bool:
        """Whether any chunk holds the term, in any of its forms."""
        return any(form in self._columns for form in self._forms(term))

    def _idf(self, frequency: int) -> float:
        return math.log(1.0 + (self._size - frequency + 0.5) / (frequency + 0.5))

    def _forms(self, term: QuestionTerm) -> Sequence[str]:
        if not isinstance(term, str):
            return term
        others = [stem(term, language) for language in self.languages if language != "en"]
        return list(dict.fromkeys([term, *others]))

    def _postings(self, term: QuestionTerm) -> tuple[NDArray[np.int32], Scores]:
        """Return the positions of the chunks that hold a term, and how often each does."""
        columns = [self._columns[form] for form in self._forms(term) if form in self._columns]
        if not columns:
            return np.empty(0, dtype=np.int32), np.empty(0, dtype=np.float32)
        spans = [slice(self._starts[column], self._starts[column + 1]) for column in columns]
        positions = np.concatenate([self._positions[span] for span in spans])
        counts = np.concatenate([self._counts[span] for span in spans]).astype(np.float32)
        if len(spans) > 1:  # a chunk may hold several of the forms
            positions, places = np.unique(positions, return_inverse=True)
            counts = np.bincount(places, weights=counts).astype(np.float32)
        return positions, counts


def best(scores: Scores, top_k: int, allowed: Mask | None = None) -> NDArray[np.int64]:
    """Return the positions of the highest scores above zero, best first.

    Args:
        scores: Shape ``(n_chunks,)``; not modified.
        top_k: How many at most, >= 1.
        allowed: Which positions may be returned, ``(n_chunks,)`` bool; all of them by default.

    Returns:
        At most ``top_k`` positions; of equal scores the first ones in order.
    """
    positive = scores > 0.0
    found = np.flatnonzero(positive if allowed is None else positive & allowed)
    values = scores[found]
    if len(found) > top_k:
        least = np.partition(values, -top_k)[-top_k]
        among = values >= least  # more than top_k of them where several score as the last one
        found, values = found[among], values[among]
    return found[np.argsort(-values, kind="stable")[:top_k]]

"""How often each term stands in each chunk: what BM25 is computed from.

Counts alone are kept, no scores: a score depends on all chunks, a chunk's counts on nothing but
its own text. So they can be taken over from an earlier version of the library row by row.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse


@dataclass(frozen=True, slots=True)
class TermCounts:
    """Counts of terms in chunks.

    Attributes:
        vocabulary: The column of each term, in order of the columns; every term is in some chunk.
        matrix: A scipy ``csc_array`` of shape ``(n_chunks, n_terms)`` uint16, rows ascending
            within a column.
    """

    vocabulary: dict[str, int]
    matrix: Any

    def recombined(self, rows: NDArray[np.int64], fresh: Iterable[Sequence[str]]) -> TermCounts:
        """Return the counts of another sequence of chunks, most of which are in this one.

        Args:
            rows: For each chunk of the new sequence its row here, or -1 for a new chunk; shape
                ``(n_chunks,)``.
            fresh: The terms of the new chunks, in order, as many as there are -1 in ``rows``.

        Returns:
            The same counts as `count_terms` would find, columns in another order perhaps; terms
            that no chunk has any more are forgotten.
        """
        vocabulary = dict(self.vocabulary)
        added = _count(fresh, vocabulary)
        known = self.matrix.tocsr()
        known.resize((known.shape[0], len(vocabulary)))
        pick = np.where(rows >= 0, rows, 0)
        pick[rows < 0] = known.shape[0] + np.arange(added.shape[0])
        return _by_term(sparse.vstack([known, added], format="csr")[pick], vocabulary)


def count_terms(bags: Iterable[Sequence[str]]) -> TermCounts:
    """Count the terms of chunks, each given as its terms in any order, repeated as they are."""
    vocabulary: dict[str, int] = {}
    return _by_term(_count(bags, vocabulary), vocabulary)


def narrowed(starts: NDArray[np.int64]) -> NDArray[np.int32] | NDArray[np.int64]:
    """Return where rows or columns start as int32 where that holds the last one.

    scipy gives all indices of a matrix the wider type of the two, which is twice the memory.
    """
    return starts.astype(np.int32) if starts[-1] <= np.iinfo(np.int32).max else starts


def _count(bags: Iterable[Sequence[str]], vocabulary: dict[str, int]) -> Any:
    """Return counts as a ``csr_array``, a row a bag; new terms go into the vocabulary."""
    columns, ends = array("i"), array("q", [0])
    for bag in bags:
        columns.extend(vocabulary.setdefault(term, len(vocabulary)) for term in bag)
        ends.append(len(columns))
    counts = sparse.csr_array(
        (
            np.ones(len(columns), dtype=np.uint16),
            np.array(columns, dtype=np.int32),
            narrowed(np.array(ends, dtype=np.int64)),
        ),
        shape=(len(ends) - 1, len(vocabulary)),
    )
    counts.sum_duplicates()
    return counts


def _by_term(counts: Any, vocabulary: dict[str, int]) -> TermCounts:
    """Return counts a column a term, without the terms that no chunk has."""
    by_term = counts.tocsc()
    starts = by_term.indptr
    used = np.diff(starts) > 0
    names = [name for name, is_used in zip(vocabulary, used.tolist(), strict=True) if is_used]
    matrix = sparse.csc_array(
        (by_term.data, by_term.indices, np.append(starts[:-1][used], starts[-1])),
        shape=(by_term.shape[0], len(names)),
    )
    return TermCounts({name: column for column, name in enumerate(names)}, matrix)

"""Term counts: taken over row by row, they are the ones that counting anew would find."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.search.lexical_counts import TermCounts, count_terms

Bag = tuple[str, ...]
BAGS = st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=6).map(tuple), max_size=8)


def cells(counts: TermCounts) -> dict[tuple[int, str], int]:
    """The counts by chunk and term."""
    names = list(counts.vocabulary)
    assert list(counts.vocabulary.values()) == list(range(len(names)))
    assert counts.matrix.dtype == np.uint16 and counts.matrix.has_sorted_indices
    assert counts.matrix.indices.dtype == counts.matrix.indptr.dtype == np.int32
    whole = counts.matrix.tocoo()
    return {
        (int(row), names[column]): int(value)
        for row, column, value in zip(whole.row, whole.col, whole.data, strict=True)
    }


def test_terms_are_counted_chunk_by_chunk() -> None:
    counts = count_terms([["b", "a", "b"], [], ["a"]])
    assert cells(counts) == {(0, "b"): 2, (0, "a"): 1, (2, "a"): 1}
    assert counts.matrix.shape == (3, 2)


def test_a_term_that_no_chunk_has_any_more_is_forgotten() -> None:
    counts = count_terms([["secret"], ["b"]]).recombined(np.array([1]), [])
    assert counts.vocabulary == {"b": 0}


@given(st.lists(BAGS, min_size=1, max_size=5))
def test_any_sequence_of_changes_ends_as_if_counted_at_once(versions: list[list[Bag]]) -> None:
    before: list[Bag] = []
    counts = count_terms([])
    for bags in versions:
        rows = np.array([before.index(b) if b in before else -1 for b in bags], dtype=np.int64)
        counts = counts.recombined(rows, [b for b in bags if b not in before])
        before = bags
        anew = count_terms(bags)
        assert cells(counts) == cells(anew)
        assert counts.matrix.shape == anew.matrix.shape

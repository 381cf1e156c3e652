"""The figures of rankings: derived by hand, and checked against other computations of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from eval.beir.scores import BEIR_FIGURES, means, score_queries
from eval.beir.trec import settled
from eval.figures.ranking import ndcg
from eval.figures.summary import Figure

GRADES = st.sampled_from([-1, 0, 0, 1, 1, 2, 3])


@st.composite
def judged_rankings(draw: st.DrawFn) -> tuple[list[tuple[str, float]], dict[str, int]]:
    """A ranking with many equal scores, and grades of some of its documents and of others."""
    names = [f"d{at}" for at in range(draw(st.integers(1, 130)))]
    ranked = draw(st.permutations(names[:-2] or names))
    scores = sorted(
        draw(
            st.lists(
                st.sampled_from([0.0, 0.25, 0.5, 1.0]),
                min_size=len(ranked),
                max_size=len(ranked),
            )
        ),
        reverse=True,
    )
    grades = draw(st.dictionaries(st.sampled_from(names), GRADES, min_size=1, max_size=20))
    return list(zip(ranked, scores, strict=True)), grades


def scored(ranked: list[str], grades: dict[str, int]) -> dict[str, float]:
    rankings = {"q": settled((doc_id, 0.0) for doc_id in ranked)}
    return score_queries({"q": grades}, rankings)["q"]


def test_the_figures_are_as_derived_by_hand() -> None:
    # Gains 0, 2, 1 at ranks 1 to 3; the best order is 2, 1, 1, the last of them not found.
    found = scored(["x", "a", "b"], {"a": 2, "b": 1, "c": 1, "x": 0})
    dcg = 2 / math.log2(3) + 1 / math.log2(4)
    ideal = 2 / math.log2(2) + 1 / math.log2(3) + 1 / math.log2(4)
    assert found == pytest.approx(
        {
            "ndcg@10": dcg / ideal,
            "recall@5": 2 / 3,
            "recall@10": 2 / 3,
            "recall@100": 2 / 3,
            "mrr@10": 1 / 2,
            "map@10": (1 / 2 + 2 / 3) / 3,
        }
    )


@pytest.mark.parametrize(
    ("rank", "found_by"),
    [
        (5, {"ndcg@10", "recall@5", "recall@10", "recall@100", "mrr@10", "map@10"}),
        (6, {"ndcg@10", "recall@10", "recall@100", "mrr@10", "map@10"}),
        (10, {"ndcg@10", "recall@10", "recall@100", "mrr@10", "map@10"}),
        (11, {"recall@100"}),
        (100, {"recall@100"}),
        (101, set()),
    ],
)
def test_each_figure_looks_as_far_down_as_its_name_says(rank: int, found_by: set[str]) -> None:
    names = [f"d{at}" for at in range(1, 102)]
    found = scored(names, {f"d{rank}": 1})
    assert {name for name, value in found.items() if value > 0} == found_by


def test_a_query_for_which_nothing_was_found_has_zeros_and_is_not_passed_over() -> None:
    rankings = {"q1": settled([("a", 1.0)]), "q2": []}
    found = score_queries({"q1": {"a": 1}, "q2": {"a": 1}, "q3": {"a": 1}}, rankings)
    assert found == {
        "q1": dict.fromkeys(BEIR_FIGURES, 1.0),
        "q2": dict.fromkeys(BEIR_FIGURES, 0.0),
    }


@given(judged_rankings())
def test_they_agree_with_what_was_computed_without_trec_eval(
    judged: tuple[list[tuple[str, float]], dict[str, int]],
) -> None:
    ranked, grades = judged
    names = [doc_id for doc_id, _ in ranked]
    found = score_queries({"q": grades}, {"q": settled(ranked)})["q"]
    relevant = {doc_id for doc_id, grade in grades.items() if grade > 0}
    ranks = [rank for rank, doc_id in enumerate(names, 1) if doc_id in relevant]
    assert found["ndcg@10"] == pytest.approx(ndcg(names, grades, 10))
    for depth in (5, 10, 100):
        held = len(relevant.intersection(names[:depth]))
        assert found[f"recall@{depth}"] == pytest.approx(held / max(1, len(relevant)))
    assert found["mrr@10"] == pytest.approx(1 / ranks[0] if ranks and ranks[0] <= 10 else 0.0)
    precisions = [at / rank for at, rank in enumerate(ranks, 1) if rank <= 10]
    assert found["map@10"] == pytest.approx(sum(precisions) / max(1, len(relevant)))


@given(judged_rankings())
def test_ndcg_agrees_with_scikit_learn(
    judged: tuple[list[tuple[str, float]], dict[str, int]],
) -> None:
    ranked, grades = judged
    names = [doc_id for doc_id, _ in ranked]
    # scikit-learn knows none but ranked documents, takes no gain below 0, and refuses a single
    # document: so what was not found stands behind ten that nobody judged.
    padded = names + [f"none{at}" for at in range(10)]
    padded += [doc_id for doc_id in grades if doc_id not in names]
    gains = np.array([[max(0, grades.get(doc_id, 0)) for doc_id in padded]])
    falling = -np.arange(len(padded))[np.newaxis]
    found = score_queries({"q": grades}, {"q": settled(ranked)})["q"]
    assert found["ndcg@10"] == pytest.approx(ndcg_score(gains, falling, k=10))


def test_a_mean_has_an_interval_that_holds_it_and_narrows_with_more_queries() -> None:
    def mrr(queries: int) -> Figure:
        values = [dict.fromkeys(BEIR_FIGURES, float(at % 2)) for at in range(queries)]
        return means({f"q{at}": one for at, one in enumerate(values)})["mrr@10"]

    few, many = mrr(20), mrr(400)
    for found, count in ((few, 20), (many, 400)):
        assert (found.value, found.n_scored, found.n_total) == (0.5, count, count)
        assert found.low is not None and found.high is not None
        assert found.low < 0.5 < found.high
    assert many.high - many.low < few.high - few.low  # type: ignore[operator]
    assert mrr(20) == few
    assert (mrr(1).low, mrr(1).high) == (None, None)

"""The run file: what is written, and that trec_eval reads the order that was meant."""

from __future__ import annotations

import numpy as np
import pytrec_eval
from hypothesis import given
from hypothesis import strategies as st

from eval.beir.trec import run_text, settled

# Ties, and scores that differ by less than is written, are what a fusion gives for copies.
SCORES = st.one_of(
    st.sampled_from([0.0, 0.5, 1.0, 0.5000001, 0.4999999]),
    st.floats(min_value=0.0, max_value=1.0, allow_nan=False),
)
RANKINGS = st.dictionaries(st.text("abc019", min_size=1, max_size=4), SCORES, max_size=100).map(
    lambda scores: list(scores.items())
)


@given(RANKINGS)
def test_a_settled_ranking_keeps_its_order_and_falls_in_single_precision(
    ranked: list[tuple[str, float]],
) -> None:
    found = settled(ranked)
    assert [doc_id for doc_id, _ in found] == [doc_id for doc_id, _ in ranked]
    singles = [np.float32(score) for _, score in found]
    assert all(first > second for first, second in zip(singles, singles[1:], strict=False))


@given(RANKINGS.filter(bool))
def test_trec_eval_reads_the_order_that_is_written(ranked: list[tuple[str, float]]) -> None:
    """With one document relevant, trec_eval's reciprocal rank says where it stands for it."""
    found = settled(ranked)
    for rank, (doc_id, _) in enumerate(found, 1):
        evaluator = pytrec_eval.RelevanceEvaluator({"q": {doc_id: 1}}, {"recip_rank"})
        seen = evaluator.evaluate({"q": dict(found)})["q"]["recip_rank"]
        assert round(1.0 / seen) == rank


def test_scores_that_are_not_settled_would_be_read_in_another_order() -> None:
    tied = [("a", 0.5), ("b", 0.5)]
    evaluator = pytrec_eval.RelevanceEvaluator({"q": {"a": 1}}, {"recip_rank"})
    assert evaluator.evaluate({"q": dict(tied)})["q"]["recip_rank"] == 0.5
    assert evaluator.evaluate({"q": dict(settled(tied))})["q"]["recip_rank"] == 1.0


@given(RANKINGS)
def test_what_is_written_is_what_is_scored(ranked: list[tuple[str, float]]) -> None:
    found = settled(ranked)
    text = run_text({"q1": found})
    assert pytrec_eval.parse_run(text.splitlines()).get("q1", {}) == dict(found)


def test_a_run_file_has_a_line_a_document() -> None:
    rankings = {"q1": settled([("d2", 0.75), ("d1", 0.75)]), "q2": []}
    assert run_text(rankings) == ("q1 Q0 d2 1 0.750000 footnote\nq1 Q0 d1 2 0.749999 footnote\n")

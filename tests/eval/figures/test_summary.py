from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from eval.figures.scoring import Outcome
from eval.figures.summary import figures, latency, main_language, summarise
from tests.eval.runs.conftest import outcome


def timed(query_id: str, ms: float) -> Outcome:
    made = outcome(query_id)
    assert made.answer is not None
    return replace(
        made, answer=replace(made.answer, timings_ms={"retrieve": ms / 4, "answer": 0.75 * ms})
    )


def test_latency_percentiles_agree_with_numpy_and_leave_failures_out() -> None:
    times = np.random.default_rng(6).gamma(2.0, 30.0, size=41).tolist()
    outcomes = [timed(str(n), ms) for n, ms in enumerate(times)]
    found = latency([*outcomes, outcome("x", error="no model")])
    for name, share in (("p50", 0.5), ("p95", 0.95)):
        expected = float(np.quantile(times, share, method="inverted_cdf"))
        assert found[name]["value"] == pytest.approx(expected)
        assert found[name]["low"] <= expected <= found[name]["high"]
        assert (found[name]["n_scored"], found[name]["n_total"]) == (41, 42)


def test_a_failed_question_counts_as_0_and_is_told_from_a_scored_one() -> None:
    outcomes = [outcome("a"), outcome("b"), outcome("c", error="no model")]
    hit = figures(outcomes)["cited_hit"]
    assert (hit.value, hit.n_scored, hit.n_total) == (pytest.approx(2 / 3), 2, 3)
    assert summarise(outcomes)["failed"] == ["c"]


def test_a_figure_that_applies_to_nothing_has_no_value() -> None:
    found = figures([outcome("a", answerable=False, abstained=True)])
    assert (found["cited_hit"].value, found["cited_hit"].n_total) == (None, 0)
    assert found["abstention_f1"].value is None


def test_questions_in_another_language_are_reported_apart() -> None:
    spanish = outcome("s", cited_hit=0.0)
    spanish = replace(spanish, case=spanish.case.model_copy(update={"language": "es"}))
    outcomes = [outcome("a"), outcome("b"), spanish]
    assert main_language(outcomes) == "en"
    summary = summarise(outcomes)
    assert summary["overall"]["cited_hit"]["value"] == 1.0
    assert summary["by_language"]["es"]["figures"]["cited_hit"]["value"] == 0.0
    assert summary["by_kind"]["question"]["questions"] == 2

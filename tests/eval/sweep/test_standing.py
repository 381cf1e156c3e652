"""Which combination is best, and which these questions do not tell from it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.records import Answer
from eval.figures.scoring import Outcome
from eval.sets.cases import Case, Reference
from eval.sweep.grid import SweepError
from eval.sweep.standing import figures_of, standings, success

ANSWER = Answer(
    question="q",
    standalone_question="q",
    text="a",
    abstained=False,
    mode="extractive",
    model="m",
    sentences=(),
    citations=(),
    retrieved=(),
    missing_terms=(),
    notices=(),
    timings_ms={"answer": 10.0},
    confidence=1.0,
)


def way(hits: str, ms: float = 10.0) -> list[Outcome]:
    """Answerable questions, a 1 where gold is cited; all of them answered."""
    return [
        Outcome(
            Case(
                query_id=f"q{at}",
                question="q",
                answerable=True,
                references=(Reference(document="d", text="t"),),
            ),
            (),
            replace(ANSWER, timings_ms={"answer": ms}),
            scores={"cited_hit": float(mark), "right_decision": 1.0},
        )
        for at, mark in enumerate(hits)
    ]


def places(*ways: list[Outcome], by: str = "cited_hit") -> list[str]:
    return [one.place for one in standings(ways, by)]


def test_the_highest_is_best_and_what_surely_differs_is_below() -> None:
    best, near, far = way("1" * 19 + "0"), way("1" * 18 + "00"), way("1" * 5 + "0" * 15)
    assert places(near, best, far) == ["within noise", "best", "below"]
    found = standings([near, best, far], "cited_hit")
    assert found[2].difference == pytest.approx(-0.7)
    assert found[2].low is not None and found[2].high is not None
    assert found[2].low <= -0.7 <= found[2].high < 0.0
    assert (found[1].difference, found[1].low, found[1].high) == (0.0, None, None)


def test_the_comparison_is_paired() -> None:
    """Two that differ on two questions of forty alone: nothing of the other 38 is noise."""
    worse = way("10" * 20)
    better = way("11" * 5 + "10" * 15)
    assert places(worse, better) == ["below", "best"]


def test_of_equals_the_faster_is_best_and_then_the_first() -> None:
    assert places(way("10", ms=20.0), way("10", ms=5.0)) == ["within noise", "best"]
    assert places(way("10"), way("01")) == ["best", "within noise"]


def test_a_single_question_tells_nothing_apart() -> None:
    found = standings([way("0"), way("1")], "cited_hit")
    assert [one.place for one in found] == ["within noise", "best"]
    assert (found[0].low, found[0].high) == (None, None)


def test_success_asks_of_each_question_what_it_is_for() -> None:
    hit, missed = way("10")
    unanswerable = Case(query_id="u", question="q", answerable=False)
    refused = Outcome(unanswerable, (), replace(ANSWER, abstained=True))
    made_up = Outcome(unanswerable, (), ANSWER)
    failed = Outcome(unanswerable, (), None, "it failed")
    outcomes = [hit, missed, refused, made_up, failed]
    assert success(outcomes).value() == pytest.approx(2 / 5)
    figure = figures_of(outcomes)["success"]
    assert (figure.value, figure.n_scored, figure.n_total) == (pytest.approx(2 / 5), 4, 5)


def test_a_figure_that_applies_to_nothing_chooses_nothing() -> None:
    for by in ("follow_up_success", "abstention_f1"):
        with pytest.raises(SweepError, match="none of the questions"):
            standings([way("10"), way("11")], by)

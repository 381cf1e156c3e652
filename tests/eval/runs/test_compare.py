from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from eval.report.comparison import render_comparison
from eval.runs.compare import compare, differences
from eval.runs.folder import Run, RunError
from tests.eval.runs.conftest import outcome

MakeRun = Callable[..., Run]


def test_a_difference_by_hand(make_run: MakeRun) -> None:
    one = make_run(outcome("a", cited_hit=1.0), outcome("b", cited_hit=0.0), outcome("c"))
    other = make_run(outcome("c"), outcome("b", cited_hit=1.0), outcome("a", cited_hit=1.0))
    found = compare(one, other)
    assert [pair[0].case.query_id for pair in found.pairs] == ["c", "b", "a"]
    hit = found.differences["cited_hit"]
    assert (hit.one, hit.other, hit.n) == (pytest.approx(2 / 3), 1.0, 3)
    assert hit.value == pytest.approx(1 / 3)
    assert (hit.low, hit.high) == (0.0, 1.0)
    assert hit.beyond_noise is None
    assert [pair[0].case.query_id for pair in found.gained] == ["b"]
    assert found.lost == []


def test_the_paired_interval_agrees_with_scipy() -> None:
    rng = np.random.default_rng(4)
    before = rng.random(70)
    after = np.clip(before + rng.normal(0.05, 0.2, size=70), 0.0, 1.0)
    one = [outcome(str(n), citation_recall=float(value)) for n, value in enumerate(before)]
    other = [outcome(str(n), citation_recall=float(value)) for n, value in enumerate(after)]
    ours = differences(one, other)["citation_recall"]
    theirs = stats.bootstrap(
        (after - before,),
        np.mean,
        method="percentile",
        n_resamples=20_000,
        rng=np.random.default_rng(1),
    ).confidence_interval
    assert ours.value == pytest.approx(float((after - before).mean()))
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.006)


def test_pairing_sees_what_two_separate_intervals_would_not(make_run: MakeRun) -> None:
    before = [0.1, 0.9] * 20  # the questions differ far more than the runs do
    one = make_run(*(outcome(str(n), rouge_l=v, cited_hit=v) for n, v in enumerate(before)))
    other = make_run(*(outcome(str(n), cited_hit=v - 0.05) for n, v in enumerate(before)))
    assert compare(one, other).differences["cited_hit"].beyond_noise == "worse"
    assert compare(other, one).differences["cited_hit"].beyond_noise == "better"
    assert compare(one, one).differences["cited_hit"].beyond_noise is None


def test_a_failed_question_is_lost(make_run: MakeRun) -> None:
    one = make_run(*(outcome(str(n)) for n in range(8)))
    other = make_run(*(outcome(str(n), error="it fell over") for n in range(8)))
    found = compare(one, other)
    assert len(found.lost) == 8
    assert found.differences["cited_hit"].value == -1.0
    assert found.differences["right_decision"].beyond_noise == "worse"
    assert "failed: it fell over" in render_comparison(found)


def test_what_runs_hold_does_not_steer_the_terminal(make_run: MakeRun) -> None:
    steering = "\x1b]0;owned\x07"
    one = outcome("a" + steering, question="Why?" + steering)
    assert one.answer is not None
    lost = replace(one, scores={}, answer=replace(one.answer, text="So." + steering))
    for pair in ((one, lost), (replace(one, answer=None, error="no" + steering, scores={}), one)):
        shown = render_comparison(compare(make_run(pair[0]), make_run(pair[1])))
        assert "]0;owned" in shown
        assert "\x1b" not in shown
        assert "\x07" not in shown


def test_what_a_judge_failed_to_give_in_one_run_is_left_out_of_both() -> None:
    scores = [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]
    name = "judge_answer_relevancy"
    one = [replace(outcome(str(n)), judged={name: score}) for n, score in enumerate(scores)]
    failed = [replace(entry, judged={name: None}) for entry in one[:4]] + one[4:]
    for found in (differences(one, failed)[name], differences(failed, one)[name]):
        assert (found.one, found.other, found.n) == (1.0, 1.0, 4)
        assert found.beyond_noise is None
    assert name not in differences(one[:4], failed[:4])


def test_questions_that_differ_are_not_compared(make_run: MakeRun) -> None:
    one = make_run(outcome("a"), outcome("b", question="Who?"), outcome("only-one"))
    other = make_run(outcome("a"), outcome("b", question="When?"), outcome("only-other"))
    found = compare(one, other)
    assert [pair[0].case.query_id for pair in found.pairs] == ["a"]
    assert set(found.unshared) == {"b", "only-one", "only-other"}
    with pytest.raises(RunError, match="share no question"):
        compare(make_run(outcome("a")), make_run(outcome("z")))


def test_questions_in_another_language_are_left_out_of_the_figures(make_run: MakeRun) -> None:
    spanish = outcome("s", cited_hit=0.0)
    spanish = replace(spanish, case=spanish.case.model_copy(update={"language": "es"}))
    run = make_run(outcome("a"), outcome("b"), spanish)
    found = compare(run, run)
    assert (found.differences["cited_hit"].one, found.differences["cited_hit"].n) == (1.0, 2)
    assert len(found.pairs) == 3
    assert "the figures leave out 1 in another language" in render_comparison(found)


def test_what_the_runs_are_made_of_is_told_where_it_differs(make_run: MakeRun) -> None:
    one = make_run(outcome("a"), settings={"top_k": 10, "strict": False}, library={"chunks": 3})
    other = make_run(outcome("a"), settings={"top_k": 3, "strict": False}, library={"chunks": 3})
    assert dict(compare(one, other).made_of) == {"settings.top_k": (10, 3)}


def test_both_answers_stand_side_by_side(make_run: MakeRun) -> None:
    one = make_run(outcome("a", cited_hit=0.0), outcome("b"))
    other = make_run(outcome("a"), outcome("b", abstained=True))
    text = render_comparison(compare(one, other))
    assert "gained: 1" in text and "lost: 1" in text
    assert text.count("Because. [1]") == 4
    assert " | Because. [1]" in text

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from eval.figures.intervals import Ratios, bounds, draws, percentile_interval


def test_a_mean_leaves_out_what_does_not_count() -> None:
    assert Ratios.mean([1.0, 0.0, 9.0], [True, True, False]).value() == 0.5
    assert Ratios.mean([9.0], [False]).value() is None


def test_ratios_by_hand() -> None:
    # 2 of 3, and 1 of 4: their mean.
    pair = Ratios((([1.0, 1.0, 0.0], [1.0, 1.0, 1.0]), ([1.0, 0.0, 0.0], [2.0, 2.0, 0.0])))
    assert pair.value() == pytest.approx((2 / 3 + 1 / 4) / 2)
    assert Ratios((([0.0], [0.0]),), empty=0.0).value() == 0.0
    assert Ratios((([0.0], [0.0]),)).value() is None


def test_each_draw_takes_as_many_questions_as_there_are() -> None:
    weights = draws(7)
    assert weights.shape == (2000, 7)
    assert set(weights.sum(axis=1)) == {7.0}
    assert weights.mean() == pytest.approx(1.0)
    assert np.array_equal(weights, draws(7))


@pytest.mark.parametrize("successes", [3, 12, 20, 37])
def test_the_interval_of_a_mean_agrees_with_scipy(successes: int) -> None:
    values = np.array([1.0] * successes + [0.0] * (40 - successes))
    ours = Ratios.mean(values.tolist(), [True] * 40).interval()
    theirs = stats.bootstrap(
        (values,), np.mean, method="percentile", n_resamples=20_000, rng=np.random.default_rng(1)
    ).confidence_interval
    # The sum is a whole number, so that both ends move in steps of 1/40.
    assert ours == pytest.approx((theirs.low, theirs.high), abs=1.01 / 40)


def test_the_interval_of_a_ratio_agrees_with_scipy() -> None:
    rng = np.random.default_rng(3)
    above, below = rng.random(60), rng.random(60) + 0.5
    ours = Ratios(((above.tolist(), below.tolist()),)).interval()
    theirs = stats.bootstrap(
        (above, below),
        lambda one, other, axis: one.sum(axis=axis) / other.sum(axis=axis),
        paired=True,
        vectorized=True,
        method="percentile",
        n_resamples=20_000,
        rng=np.random.default_rng(1),
    ).confidence_interval
    assert ours == pytest.approx((theirs.low, theirs.high), abs=0.01)


def test_an_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(11)
    held = 0
    for _ in range(120):
        values = (rng.random(80) < 0.7).astype(float)
        low, high = Ratios.mean(values.tolist(), [True] * 80).interval()
        assert low is not None and high is not None
        held += low <= 0.7 <= high
    assert 0.88 <= held / 120 <= 0.99


def test_what_does_not_count_does_not_narrow_an_interval() -> None:
    values = [1.0, 0.0] * 10
    alone = Ratios.mean(values, [True] * 20).interval()
    among = Ratios.mean(values + [0.0] * 500, [True] * 20 + [False] * 500).interval()
    assert alone[0] is not None and among[0] is not None
    assert among[0] == pytest.approx(alone[0], abs=0.06)


def test_fewer_than_two_questions_have_no_interval() -> None:
    assert Ratios.mean([1.0], [True]).interval() == (None, None)
    assert Ratios.mean([1.0, 1.0], [True, False]).interval() == (None, None)
    assert percentile_interval([3.0], 0.5) == (None, None)
    assert bounds(np.array([np.nan, np.nan])) == (None, None)


def test_equal_scores_have_an_interval_of_no_width() -> None:
    assert Ratios.mean([1.0] * 9, [True] * 9).interval() == (1.0, 1.0)


def test_the_interval_of_a_percentile_agrees_with_scipy() -> None:
    values = np.random.default_rng(5).gamma(3.0, 20.0, size=90)
    low, high = percentile_interval(values.tolist(), 0.5)
    theirs = stats.bootstrap(
        (values,),
        lambda drawn, axis: np.quantile(drawn, 0.5, axis=axis, method="inverted_cdf"),
        vectorized=True,
        method="percentile",
        n_resamples=20_000,
        rng=np.random.default_rng(1),
    ).confidence_interval
    assert (low, high) == pytest.approx((theirs.low, theirs.high), rel=0.03)

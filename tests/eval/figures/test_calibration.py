from __future__ import annotations

import random

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import roc_curve

from eval.figures.calibration import (
    Judged,
    TradeOff,
    at_threshold,
    expected_calibration_error,
    reliability,
    trade_off,
)

BY_HAND = [(0.05, False), (0.15, True), (0.12, False), (0.95, True), (1.0, True), (0.9, False)]


def drawn(count: int = 400) -> list[Judged]:
    """Questions whose confidence is right on average."""
    draw = random.Random(3)
    return [
        (confidence, draw.random() < confidence)
        for confidence in (draw.random() for _ in range(count))
    ]


def test_bins_hold_what_lies_in_them_and_the_last_holds_one() -> None:
    bins = reliability(BY_HAND)
    assert [(held.low, held.high) for held in bins] == [(0.0, 0.1), (0.1, 0.2), (0.9, 1.0)]
    assert [(held.n_questions, held.n_answerable) for held in bins] == [(1, 0), (2, 1), (3, 2)]
    assert [held.confidence for held in bins] == pytest.approx([0.05, 0.135, 0.95])
    assert bins[2].share == pytest.approx(2 / 3)


def test_the_calibration_error_is_the_weighted_gap_of_the_bins() -> None:
    by_hand = (1 * 0.05 + 2 * (0.5 - 0.135) + 3 * (0.95 - 2 / 3)) / 6
    assert expected_calibration_error(reliability(BY_HAND)) == pytest.approx(by_hand)
    assert expected_calibration_error(()) is None


def test_the_bins_are_those_of_scikit_learn() -> None:
    judged = drawn()
    shares, confidences = calibration_curve(
        [answerable for _, answerable in judged],
        [confidence for confidence, _ in judged],
        n_bins=10,
    )
    bins = reliability(judged)
    assert [held.share for held in bins] == pytest.approx(shares)
    assert [held.confidence for held in bins] == pytest.approx(confidences)


def test_a_boast_is_seen_as_an_error() -> None:
    honest = drawn()
    boasting = [(confidence**0.25, answerable) for confidence, answerable in honest]
    known = expected_calibration_error(reliability(honest))
    told = expected_calibration_error(reliability(boasting))
    assert known is not None
    assert told is not None
    assert known < 0.1 < 0.2 < told


def test_a_threshold_answers_those_at_it_and_refuses_those_below() -> None:
    assert at_threshold(BY_HAND, 0.12) == TradeOff(0.12, 1.0, 1 / 3)
    assert at_threshold(BY_HAND, 0.95) == TradeOff(0.95, 2 / 3, 1.0)
    with pytest.raises(ValueError, match="both classes"):
        at_threshold([(0.5, True)], 0.5)


def test_the_trade_off_is_the_roc_curve_of_scikit_learn() -> None:
    judged = drawn()
    false, true, thresholds = roc_curve(
        [answerable for _, answerable in judged],
        [confidence for confidence, _ in judged],
        drop_intermediate=False,
    )
    curve = {point.threshold: point for point in trade_off(judged)}
    for wrong, right, threshold in zip(false, true, thresholds, strict=True):
        if np.isfinite(threshold):
            assert curve[threshold].answered == pytest.approx(right)
            assert curve[threshold].refused == pytest.approx(1 - wrong)


def test_the_trade_off_runs_from_answering_all_to_refusing_all_that_is_unsure() -> None:
    curve = trade_off(BY_HAND)
    assert [point.threshold for point in curve] == [0.0, 0.05, 0.12, 0.15, 0.9, 0.95, 1.0]
    assert (curve[0].answered, curve[0].refused) == (1.0, 0.0)
    assert (curve[-1].answered, curve[-1].refused) == (1 / 3, 1.0)


def test_one_class_alone_trades_nothing() -> None:
    assert trade_off([(0.5, True), (0.7, True)]) == ()
    assert trade_off([]) == ()

"""How far the confidence in an answer can be believed, and what its threshold trades.

A question is judged as a pair: the confidence that the documents answer it, in [0, 1], and
whether they do.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Judged = tuple[float, bool]


@dataclass(frozen=True, slots=True)
class Bin:
    """The questions whose confidence lies in ``[low, high)``; the last bin holds 1.0 as well.

    Attributes:
        low: Where the bin begins.
        high: Where it ends.
        n_questions: Questions in it, at least one.
        n_answerable: Those of them that the documents answer.
        confidence: Their mean confidence.
    """

    low: float
    high: float
    n_questions: int
    n_answerable: int
    confidence: float

    @property
    def share(self) -> float:
        """Share of the questions that the documents answer."""
        return self.n_answerable / self.n_questions


def reliability(judged: Iterable[Judged], n_bins: int = 10) -> tuple[Bin, ...]:
    """Put questions into bins of equal width by their confidence; empty bins are left out.

    Args:
        judged: Confidence and answerability of each question.
        n_bins: How many bins [0, 1] is cut into, >= 1.
    """
    binned: dict[int, list[Judged]] = {}
    for confidence, answerable in judged:
        binned.setdefault(min(n_bins - 1, int(confidence * n_bins)), []).append(
            (confidence, answerable)
        )
    return tuple(
        Bin(
            at / n_bins,
            (at + 1) / n_bins,
            len(held),
            sum(answerable for _, answerable in held),
            math.fsum(confidence for confidence, _ in held) / len(held),
        )
        for at, held in sorted(binned.items())
    )


def expected_calibration_error(bins: Sequence[Bin]) -> float | None:
    """``Σ_b n_b / n · |share_b - confidence_b|``; 0 is best.

    Guo et al. (2017), "On calibration of modern neural networks", with the share of answerable
    questions for the accuracy. None without a question.
    """
    total = sum(held.n_questions for held in bins)
    if not total:
        return None
    return math.fsum(held.n_questions * abs(held.share - held.confidence) for held in bins) / total


@dataclass(frozen=True, slots=True)
class TradeOff:
    """What a threshold does: who is at or above it is answered, who is below is refused.

    Attributes:
        threshold: The least confidence that is answered.
        answered: Share of the answerable questions at or above it.
        refused: Share of the unanswerable questions below it.
    """

    threshold: float
    answered: float
    refused: float


def trade_off(judged: Sequence[Judged]) -> tuple[TradeOff, ...]:
    """Return what every threshold from 0 to 1 does, at each confidence that occurs.

    Between two of them nothing changes: an entry holds from just above the one before it up to
    its own threshold. Empty unless there are questions of both classes.
    """
    if len({answerable for _, answerable in judged}) < 2:
        return ()
    thresholds = sorted({0.0, 1.0} | {confidence for confidence, _ in judged})
    return tuple(at_threshold(judged, threshold) for threshold in thresholds)


def at_threshold(judged: Sequence[Judged], threshold: float) -> TradeOff:
    """Return what one threshold does to questions of both classes.

    Raises:
        ValueError: There is no answerable or no unanswerable question.
    """
    known = [confidence for confidence, answerable in judged if answerable]
    unknown = [confidence for confidence, answerable in judged if not answerable]
    if not known or not unknown:
        raise ValueError("A threshold trades answers for refusals: give questions of both classes.")
    return TradeOff(
        threshold,
        sum(confidence >= threshold for confidence in known) / len(known),
        sum(confidence < threshold for confidence in unknown) / len(unknown),
    )

"""The same answers under another threshold, without asking again.

The threshold comes into an answer once: where the confidence is below it, nothing is written and
the question is abstained from. So what was asked with threshold 0 tells what any other would do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.records import Answer
from eval.figures.scoring import Outcome, Scorer

# Records give the confidence to four decimals: within half a last place of a threshold they do not
# tell on which side it was.
_UNSURE = 0.5e-4


def is_told(outcomes: Sequence[Outcome], threshold: float) -> bool:
    """Whether the records of answers at threshold 0 tell what another threshold would do."""
    return all(
        outcome.answer is None or abs(outcome.answer.confidence - threshold) > _UNSURE
        for outcome in outcomes
    )


def under(outcomes: Sequence[Outcome], threshold: float, scorer: Scorer) -> list[Outcome]:
    """Return what would have become of questions under a threshold.

    Args:
        outcomes: The questions as they were asked with threshold 0.
        threshold: Confidence below which a question is not answered.
        scorer: Scores answers from the library that was asked.

    Returns:
        The outcomes in their order. All that is scored is as if they had been asked so; the text
        of an abstention and the time that it would have taken are not: there is no text, and the
        time is that of answering.
    """
    return [_under(outcome, threshold, scorer) for outcome in outcomes]


def _under(outcome: Outcome, threshold: float, scorer: Scorer) -> Outcome:
    answer = outcome.answer
    if answer is None or answer.abstained or answer.confidence >= threshold:
        return outcome
    return scorer.score(outcome.case, outcome.gold, _abstaining(answer))


def _abstaining(answer: Answer) -> Answer:
    return replace(answer, text="", abstained=True, sentences=(), citations=(), notices=())

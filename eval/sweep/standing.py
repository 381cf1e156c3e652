"""Which of several ways to answer the same questions does best, and what is within noise of it."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from eval.figures.abstention import ABSTENTION_FIGURES
from eval.figures.intervals import Ratios, bounds, draws
from eval.figures.scoring import FIGURES, Outcome
from eval.figures.summary import Figure, figures, main_language, ratios, took_ms
from eval.sweep.grid import SweepError

SUCCESS = "success"
CHOSEN_BY = (SUCCESS, *FIGURES, *ABSTENTION_FIGURES)


@dataclass(frozen=True, slots=True)
class Standing:
    """How one way compares with the best one.

    Attributes:
        place: ``best``; ``within noise`` where the interval of the difference holds 0, or there
            are too few questions for one; else ``below``.
        difference: Its figure minus the best one's; never above 0.
        low: Lower end of the difference's paired bootstrap 95% interval; None for the best itself
            and for fewer than two questions.
        high: Upper end.
    """

    place: Literal["best", "within noise", "below"]
    difference: float
    low: float | None = None
    high: float | None = None


def success(outcomes: Sequence[Outcome]) -> Ratios:
    """Return the share of questions that came out right, by what each kind is asked for.

    An unanswerable question is right where it was abstained from, an answerable one where it was
    answered and gold cited (`Outcome.succeeded`). By the citations alone it would be best always
    to answer, and by the decisions alone it would not matter what.
    """
    succeeded = [float(outcome.succeeded) for outcome in outcomes]
    return Ratios.mean(succeeded, [True] * len(succeeded))


def counted(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the questions that figures are of: those in the set's main language."""
    main = main_language(outcomes)
    return [outcome for outcome in outcomes if outcome.case.language == main]


def figures_of(outcomes: Sequence[Outcome]) -> dict[str, Figure]:
    """Return the success and every other figure over the questions that count."""
    kept = counted(outcomes)
    scored = sum(outcome.answer is not None for outcome in kept)
    return {SUCCESS: Figure.of(success(kept), scored, len(kept))} | figures(kept)


def standings(ways: Sequence[Sequence[Outcome]], by: str) -> list[Standing]:
    """Find the best of several ways to answer the same questions, and compare the others with it.

    The best has the highest figure; of equals it is the one with the lower median latency, and
    then the first.

    Args:
        ways: For each way what became of the questions, the same ones in the same order.
        by: The figure, one of `CHOSEN_BY`.

    Raises:
        SweepError: The figure applies to none of the questions.
    """
    kept = [counted(outcomes) for outcomes in ways]
    drawn = [_ratios(outcomes, by) for outcomes in kept]
    values = [one.value() for one in drawn]
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        raise SweepError(
            f"{by!r} applies to none of the questions. Choose another figure with --by, such as "
            f"{SUCCESS}."
        )
    best = min(range(len(ways)), key=lambda at: (-known[at], _median_ms(kept[at]), at))
    weights = draws(len(kept[best]))
    best_drawn = drawn[best].under(weights)
    found = []
    for at, one in enumerate(drawn):
        if at == best:
            found.append(Standing("best", 0.0))
            continue
        low, high = (None, None)
        if len(kept[best]) > 1:
            low, high = bounds(one.under(weights) - best_drawn)
        place: Literal["within noise", "below"] = (
            "below" if high is not None and high < 0.0 else "within noise"
        )
        found.append(Standing(place, known[at] - known[best], low, high))
    return found


def _ratios(outcomes: Sequence[Outcome], by: str) -> Ratios:
    if by == SUCCESS:
        return success(outcomes)
    nothing = Ratios.mean([0.0] * len(outcomes), [False] * len(outcomes))
    return ratios(outcomes).get(by, nothing)


def _median_ms(outcomes: Sequence[Outcome]) -> float:
    times = [took_ms(outcome) for outcome in outcomes if outcome.answer is not None]
    return statistics.median(times) if times else 0.0

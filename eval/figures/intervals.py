"""Intervals: how far a figure might move if other questions of the same sort had been asked.

The bootstrap of Efron (1979), percentile form: the questions are drawn again with replacement,
2,000 times, and the figure is computed for each draw. Every figure here is a ratio of two sums
over questions, or the mean of such ratios, so that a draw is a row of weights and all figures of
all draws are two matrix products. The draws depend on nothing but the seed and the number of
questions: the same questions give the same interval, and two runs over the same questions are
drawn alike, which is what makes a comparison paired.

An interval tells what chance among the questions may do, and nothing of questions of another sort.
Where all questions score alike it has no width, whatever their number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 2000
SEED = 20240229
LEVEL = 0.95

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ratios:
    """A figure as the mean of ratios of sums over questions.

    Attributes:
        parts: For each ratio its numerators and denominators, a value a question.
        empty: The value of a ratio whose denominators are all 0; NaN for not defined.
    """

    parts: tuple[tuple[Sequence[float], Sequence[float]], ...]
    empty: float = math.nan

    @classmethod
    def mean(cls, values: Sequence[float], counted: Sequence[bool]) -> Ratios:
        """Return the mean of values over the questions that are counted."""
        kept = [value if counts else 0.0 for value, counts in zip(values, counted, strict=True)]
        return cls(((kept, [float(counts) for counts in counted]),))

    def only(self, kept: Sequence[bool]) -> Ratios:
        """Return the figure without the questions that are not kept."""
        parts = tuple(
            (
                [value * keeps for value, keeps in zip(numerators, kept, strict=True)],
                [value * keeps for value, keeps in zip(denominators, kept, strict=True)],
            )
            for numerators, denominators in self.parts
        )
        return Ratios(parts, self.empty)

    def value(self) -> float | None:
        """Return the figure; None where it is not defined for these questions."""
        weights = np.ones((1, len(self.parts[0][0])))
        value = float(self.under(weights)[0])
        return None if np.isnan(value) else value

    def under(self, weights: Floats) -> Floats:
        """Return the figure for each row of question weights; NaN where it is not defined."""
        found = np.zeros(len(weights))
        for numerators, denominators in self.parts:
            above = weights @ np.asarray(numerators, dtype=float)
            below = weights @ np.asarray(denominators, dtype=float)
            found += np.divide(above, below, out=np.full_like(above, self.empty), where=below != 0)
        return found / len(self.parts)

    def interval(self) -> tuple[float | None, float | None]:
        """Return the 95% interval; None twice where fewer than two questions count."""
        if len(self.counted()) < 2:
            return None, None
        return bounds(self.under(draws(len(self.parts[0][0]))))

    def counted(self) -> set[int]:
        """Return which questions the figure rests on, by their place."""
        return {
            place
            for _, denominators in self.parts
            for place, value in enumerate(denominators)
            if value
        }


def draws(questions: int) -> Floats:
    """Return ``(2000, questions)`` weights: how often each draw took each question."""
    rng = np.random.default_rng(SEED)
    return rng.multinomial(questions, np.full(questions, 1.0 / questions), DRAWS).astype(float)


def bounds(values: Floats) -> tuple[float | None, float | None]:
    """Return the middle 95% of drawn values; draws that are not defined are left out."""
    defined = values[~np.isnan(values)]
    if not defined.size:
        return None, None
    low, high = np.quantile(defined, [(1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0])
    return float(low), float(high)


def percentile_interval(values: Sequence[float], share: float) -> tuple[float | None, float | None]:
    """Return the 95% interval of a percentile of values; None twice for fewer than two."""
    if len(values) < 2:
        return None, None
    rng = np.random.default_rng(SEED)
    taken = rng.integers(len(values), size=(DRAWS, len(values)))
    drawn = np.asarray(values, dtype=float)[taken]
    return bounds(np.quantile(drawn, share, axis=1, method="inverted_cdf"))

"""A run's figures with their intervals: overall, by kind, by split and by language."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from eval.figures.abstention import ABSTENTION_FIGURES, Decision, abstention
from eval.figures.intervals import Ratios, percentile_interval
from eval.figures.scoring import FIGURES, Outcome
from eval.ragas.judge_items import JUDGE_FIGURES

_RANKED_BY = (
    "right_decision",
    "cited_hit",
    "citation_precision",
    "citation_recall",
    "key_fact_recall",
    "recall@10",
    "semantic_similarity",
)
LATENCIES = {"p50": 0.5, "p95": 0.95}


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure over questions.

    Attributes:
        value: ``Σ scores / n_total``, so that a question without a score counts as 0 (a judge's
            failure alone is left out of the mean); None where the figure applies to no question.
        low: Lower end of its bootstrap 95% interval; None for fewer than two questions.
        high: Upper end.
        n_scored: Questions with a score.
        n_total: Questions that the figure applies to.
    """

    value: float | None
    low: float | None
    high: float | None
    n_scored: int
    n_total: int

    @classmethod
    def of(cls, ratios: Ratios | None, n_scored: int, n_total: int) -> Figure:
        """Compute a figure and its interval; None stands for a figure that is not defined."""
        value = None if ratios is None else ratios.value()
        low, high = (None, None) if ratios is None or value is None else ratios.interval()
        return cls(value, low, high, n_scored, n_total)


class Scored(Protocol):
    """What figures are made of: an outcome, or what a baseline keeps of one."""

    @property
    def decision(self) -> Decision:
        """Whether it could be answered, and whether it was."""

    @property
    def due(self) -> tuple[str, ...]:
        """The figures that apply."""

    @property
    def scores(self) -> Mapping[str, float]:
        """The figures that were computed."""

    @property
    def judged(self) -> Mapping[str, float | None]:
        """What a judge gave, None where it failed."""


def ratios(questions: Sequence[Scored]) -> dict[str, Ratios]:
    """Return the figures of some questions, a value a question."""
    found = {}
    for name in FIGURES:
        values = [one.scores.get(name, 0.0) for one in questions]
        found[name] = Ratios.mean(values, [name in one.due for one in questions])
    found |= abstention(one.decision for one in questions)
    for name in JUDGE_FIGURES:
        if any(name in one.judged for one in questions):
            judged = [one.judged.get(name) for one in questions]
            found[name] = Ratios.mean(
                [value or 0.0 for value in judged], [value is not None for value in judged]
            )
    return found


def figures(outcomes: Sequence[Outcome]) -> dict[str, Figure]:
    """Return every figure over some outcomes."""
    known = ratios(outcomes)
    found: dict[str, Figure] = {}
    for name in FIGURES:
        due = [outcome for outcome in outcomes if name in outcome.due]
        scored = sum(name in outcome.scores for outcome in due)
        found[name] = Figure.of(known[name], scored, len(due))
    for name in ABSTENTION_FIGURES:
        rests_on = known[name].counted() if name in known else set()
        scored = sum(outcomes[place].answer is not None for place in rests_on)
        found[name] = Figure.of(known.get(name), scored, len(rests_on))
    for name in JUDGE_FIGURES:
        if name in known:
            due = [outcome for outcome in outcomes if name in outcome.judged]
            scored = sum(outcome.judged[name] is not None for outcome in due)
            found[name] = Figure.of(known[name], scored, len(due))
    return found


def summarise(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the figures overall, by kind, split and language, JSON-ready.

    Overall, kinds and splits are of the questions in the set's main language, the commonest;
    those in others are reported apart, by language alone.
    """
    main = main_language(outcomes)
    counted = [outcome for outcome in outcomes if outcome.case.language == main]
    return {
        "questions": len(outcomes),
        "language": main,
        "failed": [outcome.case.query_id for outcome in outcomes if outcome.error is not None],
        "abstained": sum(bool(outcome.decision.abstained) for outcome in outcomes),
        "latency_ms": latency(outcomes),
        "overall": _as_json(counted),
        "by_kind": _grouped(counted, lambda outcome: outcome.case.kind),
        "by_split": _grouped(counted, lambda outcome: outcome.case.split),
        "near_misses": {
            "questions": sum(outcome.case.near_miss for outcome in counted),
            "figures": _as_json([outcome for outcome in counted if outcome.case.near_miss]),
        },
        "by_language": _grouped(outcomes, lambda outcome: outcome.case.language),
    }


def main_language(outcomes: Sequence[Outcome]) -> str:
    """Return the language of most questions; the first of equals."""
    return Counter(outcome.case.language for outcome in outcomes).most_common(1)[0][0]


def latency(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """Return the percentiles of an answer's time in milliseconds, each as a figure."""
    asked = list(outcomes)
    times = [took_ms(outcome) for outcome in asked if outcome.answer is not None]
    return {
        name: asdict(
            Figure(
                _percentile(times, share),
                *percentile_interval(times, share),
                len(times),
                len(asked),
            )
        )
        for name, share in LATENCIES.items()
    }


def took_ms(outcome: Outcome) -> float:
    """Return how long an answer took, all steps together."""
    return 0.0 if outcome.answer is None else math.fsum(outcome.answer.timings_ms.values())


def mark(outcome: Outcome) -> float:
    """Return a question's mark, by which the worst are found.

    The mean of its decision, cited hit, citation precision and recall, key facts, Recall@10 and
    similarity, as far as they apply; a failure's is 0.
    """
    due = [name for name in _RANKED_BY if name in outcome.due]
    return math.fsum(outcome.scores.get(name, 0.0) for name in due) / len(due)


def worst(outcomes: Iterable[Outcome], count: int = 5) -> list[tuple[float, Outcome]]:
    """Return the questions that came out worst, with their marks, lowest first.

    Equals keep the set's order; full marks are never listed.
    """
    marked = [(mark(outcome), outcome) for outcome in outcomes]
    below = [pair for pair in marked if pair[0] < 1.0]
    return sorted(below, key=lambda pair: pair[0])[:count]


def _grouped(outcomes: Sequence[Outcome], key: Callable[[Outcome], str]) -> dict[str, Any]:
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(key(outcome), []).append(outcome)
    return {
        name: {"questions": len(group), "figures": _as_json(group)}
        for name, group in groups.items()
    }


def _as_json(outcomes: Sequence[Outcome]) -> dict[str, Mapping[str, float | int | None]]:
    return {name: asdict(figure) for name, figure in figures(outcomes).items()}


def _percentile(values: Sequence[float], share: float) -> float | None:
    """Nearest-rank percentile; None for no value."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]

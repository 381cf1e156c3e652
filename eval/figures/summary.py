"""A run's figures: means over questions, overall, by kind and by split."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from eval.figures.metrics import abstention
from eval.figures.scoring import FIGURES, Outcome

_RANKED_BY = (
    "right_decision",
    "cited_hit",
    "citation_precision",
    "citation_recall",
    "recall@10",
    "semantic_similarity",
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean, with how many questions it rests on.

    Attributes:
        value: ``Σ scores / n_total``, so that a question without a score counts as 0; None where
            the figure applies to no question.
        n_scored: Questions with a score.
        n_total: Questions that the figure applies to.
    """

    value: float | None
    n_scored: int
    n_total: int


def figures(outcomes: Sequence[Outcome]) -> dict[str, Figure]:
    """Return every figure over some outcomes."""
    found: dict[str, Figure] = {}
    for name in FIGURES:
        due = [outcome for outcome in outcomes if name in outcome.due]
        scores = [outcome.scores[name] for outcome in due if name in outcome.scores]
        value = math.fsum(scores) / len(due) if due else None
        found[name] = Figure(value, len(scores), len(due))
    answered = sum(outcome.answer is not None for outcome in outcomes)
    for name, value in abstention(outcome.decision for outcome in outcomes).items():
        found[name] = Figure(value, answered, len(outcomes))
    return found


def summarise(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the figures overall, by kind and by split, with counts and latency, JSON-ready."""
    latencies = sorted(
        sum(outcome.answer.timings_ms.values())
        for outcome in outcomes
        if outcome.answer is not None
    )
    return {
        "questions": len(outcomes),
        "failed": [outcome.case.query_id for outcome in outcomes if outcome.error is not None],
        "abstained": sum(bool(outcome.decision.abstained) for outcome in outcomes),
        "latency_ms": {"p50": _percentile(latencies, 0.5), "p95": _percentile(latencies, 0.95)},
        "overall": _as_json(outcomes),
        "by_kind": _grouped(outcomes, lambda outcome: outcome.case.kind),
        "by_split": _grouped(outcomes, lambda outcome: outcome.case.split),
    }


def worst(outcomes: Iterable[Outcome], count: int = 5) -> list[tuple[float, Outcome]]:
    """Return the questions that came out worst, with their marks, lowest first.

    A mark is the mean of a question's decision, cited hit, citation precision and recall,
    Recall@10 and similarity, as far as they apply; a failure's is 0. Equals keep the set's order;
    full marks are never listed.
    """
    marked = []
    for outcome in outcomes:
        due = [name for name in _RANKED_BY if name in outcome.due]
        mark = math.fsum(outcome.scores.get(name, 0.0) for name in due) / len(due)
        if mark < 1.0:
            marked.append((mark, outcome))
    return sorted(marked, key=lambda pair: pair[0])[:count]


def _grouped(outcomes: Sequence[Outcome], key: Callable[[Outcome], str]) -> dict[str, Any]:
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(key(outcome), []).append(outcome)
    return {
        name: {"questions": len(group), "figures": _as_json(group)}
        for name, group in groups.items()
    }


def _as_json(outcomes: Sequence[Outcome]) -> dict[str, dict[str, float | int | None]]:
    return {name: asdict(figure) for name, figure in figures(outcomes).items()}


def _percentile(values: Sequence[float], share: float) -> float | None:
    """Nearest-rank percentile of ascending values; None for none."""
    if not values:
        return None
    return round(values[max(0, math.ceil(share * len(values)) - 1)], 1)

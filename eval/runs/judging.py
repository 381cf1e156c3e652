"""A judge's scores on the answers of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from eval.figures.scoring import Outcome
from eval.ragas.judge import Judgement, Progress, judge_answers
from eval.ragas.judge_client import probe
from eval.ragas.judge_errors import JudgeError, no_judge
from eval.ragas.judge_items import Item, judged_figures
from eval.settings import EvalSettings
from ingest.embed import Embedder


@dataclass(frozen=True, slots=True)
class Judging:
    """What a judge said of a run.

    Attributes:
        outcomes: Those that were judged, with the judge's scores.
        lines: The same as lines of the run's file of judgements, with the judge's reasons.
        judgement: Its usage and failures.
    """

    outcomes: tuple[Outcome, ...]
    lines: tuple[dict[str, Any], ...]
    judgement: Judgement


def require_judge(settings: EvalSettings) -> None:
    """Ask the judge for a word, so that a wrong key or address is known before the answers are.

    Raises:
        JudgeError: None is set, it cannot be reached, or it refuses every request alike. A fault
            that may pass is passed over.
    """
    if not settings.has_judge:
        raise no_judge()
    try:
        probe(settings)
    except JudgeError as exc:
        if exc.hopeless or exc.kind == "connection":
            raise


def judge_outcomes(
    settings: EvalSettings,
    outcomes: Sequence[Outcome],
    embedder: Embedder,
    progress: Progress | None = None,
) -> Judging:
    """Have the answers of a run judged; what needs an answer is 0 where one was due and none came.

    Raises:
        JudgeError: The endpoint refuses every request alike, or failed too often in a row.
        JudgementCacheError: Judgements cannot be kept.
    """
    items = [
        item
        for outcome in outcomes
        if outcome.answer is not None and (item := Item.of(outcome.case, outcome.answer))
    ]
    judgement = judge_answers(settings, items, embedder, progress)
    shown = {item.query_id for item in items}
    judged, lines = [], []
    for outcome in outcomes:
        query_id = outcome.case.query_id
        applying = judged_figures(outcome.case, outcome.answer)
        scores: dict[str, float | None] = dict.fromkeys(applying, 0.0)
        if query_id in shown:
            scores |= judgement.of(query_id)
        judged.append(replace(outcome, judged=scores))
        reasons = dict(judgement.reasons.get(query_id, {}))
        lines.append({"query_id": query_id, "scores": scores, "reasons": reasons})
    return Judging(tuple(judged), tuple(lines), judgement)

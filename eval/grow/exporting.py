"""Hands a run's answers on to RAGAS."""

from __future__ import annotations

from pathlib import Path

from eval.figures.scoring import Outcome
from eval.ragas.dataset import to_ragas
from eval.runs.folder import Run
from eval.sets.files import write_whole


def export_ragas(run: Run, path: Path) -> tuple[int, int]:
    """Write a run as a RAGAS evaluation data set, JSON Lines, a single-turn sample a question.

    ``user_input`` is the question as it was understood, so that a follow-up stands alone;
    ``retrieved_contexts`` are the passages considered, best first, and ``reference_contexts`` the
    gold quotes. Questions that failed have no answer to judge and are left out.

    Args:
        run: A finished run.
        path: The file, replaced where it exists.

    Returns:
        How many questions were written, and how many were left out.

    Raises:
        EvaluationSetError: The file cannot be written.
    """
    rows = [_row(outcome) for outcome in run.outcomes if outcome.answer is not None]
    write_whole(path, to_ragas(rows))
    return len(rows), len(run.outcomes) - len(rows)


def _row(outcome: Outcome) -> dict[str, object]:
    case, answer = outcome.case, outcome.answer
    assert answer is not None  # the caller leaves failures out
    return {
        "user_input": answer.standalone_question,
        "response": answer.text,
        "retrieved_contexts": [passage.text for passage in answer.retrieved],
        "retrieved_context_ids": [passage.chunk_id for passage in answer.retrieved],
        "reference": case.reference_answer,
        "reference_contexts": [reference.text for reference in case.references],
    }

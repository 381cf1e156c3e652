"""Outcomes made by hand, for what compares and gates them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.records import Answer, AnswerSentence, Verdict
from eval.figures.scoring import Outcome
from eval.runs.folder import Run
from eval.sets.cases import Case, Reference

MakeOutcome = Callable[..., Outcome]


def outcome(
    query_id: str,
    *,
    answerable: bool = True,
    abstained: bool = False,
    error: str | None = None,
    split: str = "test",
    question: str = "Why?",
    **scores: float,
) -> Outcome:
    case = Case(
        query_id=query_id,
        split="tune" if split == "tune" else "test",
        question=question,
        answerable=answerable,
        references=(Reference(document="d", text="gold"),) if answerable else (),
    )
    if error is not None:
        return Outcome(case, (), error=error)
    said = () if abstained else (AnswerSentence("Because.", (1,), Verdict.VERBATIM),)
    answer = Answer(
        question,
        question,
        "Because. [1]",
        abstained,
        "extractive",
        "m",
        said,
        (),
        (),
        (),
        (),
        {},
        0.7,
    )
    found = Outcome(case, (), answer)
    given = {"right_decision": float(found.decision.right)} | scores
    return Outcome(case, (), answer, scores={name: given.get(name, 1.0) for name in found.due})


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., Run]:
    def make(*outcomes: Outcome, **summary: object) -> Run:
        return Run(tmp_path / f"run{len(outcomes)}", summary, outcomes)

    return make

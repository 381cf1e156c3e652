"""Another threshold without asking again: the same as asking again, in all that is scored."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.engine import FootnoteQueryEngine
from app.records import Answer
from app.settings import AppSettings
from eval.cli import DEFAULT_SET
from eval.figures.scoring import Outcome, Scorer
from eval.sets.cases import load_cases, locate_all
from eval.sweep.standing import figures_of
from eval.sweep.threshold import is_told, under
from ingest.embed import Embedder
from ingest.library import Library
from tests.eval.conftest import Answered

EVERY = 12  # of the questions one in so many is asked


@pytest.fixture(scope="module")
def scorer(answered: Answered) -> Scorer:
    return answered.scorer


def asked(
    dossier: AppSettings, embedder: Embedder, library: Library, scorer: Scorer, threshold: float
) -> list[Outcome]:
    """Questions of all kinds, really asked with a threshold, and written and read as in a run."""
    cases = load_cases(DEFAULT_SET)[::EVERY]
    golds = locate_all(cases, library)
    settings = dossier.model_copy(update={"answer_threshold": threshold})
    with FootnoteQueryEngine(settings, embedder) as engine:
        return [
            scorer.score(
                case,
                golds[case.query_id],
                Answer.from_dict(engine.answer(case.to_question()).to_dict()),
            )
            for case in cases
        ]


def test_told_is_as_asked_in_all_that_is_scored(
    dossier: AppSettings, embedder: Embedder, library: Library, scorer: Scorer
) -> None:
    always = asked(dossier, embedder, library, scorer, 0.0)
    abstained = set()
    for threshold in (0.3, 0.6, 0.9):
        assert is_told(always, threshold)
        told = under(always, threshold, scorer)
        really = asked(dossier, embedder, library, scorer, threshold)
        abstained.add(sum(bool(one.decision.abstained) for one in really))
        for one, other in zip(told, really, strict=True):
            assert one.scores == other.scores
            assert one.due == other.due
            assert one.decision == other.decision
            assert one.answer is not None and other.answer is not None
            for name in ("sentences", "citations", "retrieved", "confidence", "question_id"):
                assert getattr(one.answer, name) == getattr(other.answer, name), name
        assert figures_of(told) == figures_of(really)
    assert len(abstained) == 3  # else the thresholds would tell nothing of each other


def test_a_threshold_beside_a_rounded_confidence_is_not_told(answered: Answered) -> None:
    first = answered.outcomes[0]
    assert first.answer is not None
    shown = 0.6123
    outcome = replace(first, answer=replace(first.answer, confidence=shown))
    assert not is_told([outcome], shown)
    assert not is_told([outcome], shown + 0.00004)
    assert is_told([outcome], shown + 0.0001)
    assert is_told([replace(outcome, answer=None, error="it failed")], shown)


def test_a_failure_and_an_abstention_stay_what_they_are(answered: Answered) -> None:
    failed = replace(answered.outcomes[0], answer=None, error="it failed", scores={})
    abstaining = [one for one in answered.outcomes if one.decision.abstained]
    assert abstaining
    kept = [failed, *abstaining]
    assert under(kept, 1.0, answered.scorer) == kept

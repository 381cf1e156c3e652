"""What the evaluation's tests share: a small library with its set, and some real answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.engine import FootnoteQueryEngine
from app.settings import AppSettings
from eval.benchmarks.planted_faults import RememberingRagas
from eval.cli import DEFAULT_SET
from eval.figures.scoring import Outcome, Scorer
from eval.sets.cases import load_cases, locate_all
from ingest.embed import Embedder
from ingest.library import Library
from ingest.sync import sync

HARBOUR = """# The harbour

The lighthouse on Gull Point was built in 1874 by Ada Merrow. It is forty metres high.

The ferry to Skerry leaves at nine every morning. It carries cars only in summer.
"""
KITCHEN = """# The kitchen

Bread dough rests for two hours before it is shaped. The oven is heated to 240 degrees.
"""
SMALL_SET: list[dict[str, object]] = [
    {
        "query_id": "s1",
        "kind": "fact",
        "split": "tune",
        "question": "Who built the lighthouse on Gull Point?",
        "answerable": True,
        "reference_answer": "Ada Merrow built it in 1874.",
        "references": [
            {
                "document": "harbour.md",
                "text": "The lighthouse on Gull Point was built in 1874 by Ada Merrow.",
            }
        ],
    },
    {
        "query_id": "s2",
        "kind": "follow-up",
        "question": "How high is it?",
        "history": [{"role": "user", "content": "Who built the lighthouse on Gull Point?"}],
        "answerable": True,
        "reference_answer": "It is forty metres high.",
        "references": [{"document": "harbour.md", "text": "It is forty metres\nhigh."}],
    },
    {
        "query_id": "s3",
        "kind": "unanswerable",
        "question": "Which team won the football World Cup in 1998?",
        "answerable": False,
    },
]


@pytest.fixture
def write_set(tmp_path: Path) -> Callable[[list[dict[str, object]]], Path]:
    """Write an evaluation set and return its path."""

    def write(entries: list[dict[str, object]]) -> Path:
        path = tmp_path / "set.jsonl"
        path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")
        return path

    return write


@pytest.fixture
def small(
    make_settings: Callable[[dict[str, str | bytes]], AppSettings], embedder: Embedder
) -> AppSettings:
    """Settings of a library of two short documents."""
    settings = make_settings({"harbour.md": HARBOUR, "kitchen.md": KITCHEN})
    assert not sync(settings, embedder=embedder).failed
    return settings


@pytest.fixture(scope="session")
def library(engine: FootnoteQueryEngine) -> Library:
    """The dossier's library."""
    with engine.live.lease() as index:
        return index.library


@dataclass(frozen=True)
class Answered:
    """Real answers to some questions on the dossier, scored."""

    scorer: Scorer
    outcomes: list[Outcome]


@pytest.fixture(scope="session")
def answered(engine: FootnoteQueryEngine, library: Library) -> Answered:
    """Nine questions on the dossier, of both classes, answered and scored once."""
    cases = load_cases(DEFAULT_SET)
    chosen = [case for case in cases if case.answerable][:6]
    chosen += [case for case in cases if not case.answerable][-3:]
    golds = locate_all(chosen, library)
    scorer = Scorer(library, RememberingRagas(engine.embedder))
    return Answered(
        scorer,
        [
            scorer.score(case, golds[case.query_id], engine.answer(case.to_question()))
            for case in chosen
        ],
    )

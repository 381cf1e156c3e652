"""What the judge's tests share: a scripted endpoint, and settings that name it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from eval.benchmarks.scripted_llm import ScriptedServer, scripted_server
from eval.ragas.judge_items import CONTEXT_RECALL, JUDGE_FIGURES, Item
from eval.ragas.judge_metrics import load
from eval.settings import EvalSettings
from ingest.embed import Embedder

KEY = "sk-not-to-be-seen"
# One of the two statements stands in the contexts; of the three contexts the second is of use;
# two of the reference's three sentences stand in the contexts; one claim of the answer stands in
# the reference, and none of the reference's three in the answer.
MILL = Item(
    query_id="q1",
    question="Who built the mill?",
    response="Berta Olsen built the mill. Its wheel is made of gold.",
    contexts=(
        "Trains leave from the old station at nine.",
        "Berta Olsen built the mill in 1902. Its wheel is made of oak.",
        "Rye is sown in autumn.",
    ),
    reference="Berta Olsen built the mill in 1902. Its wheel is made of oak. It has two sails.",
    figures=JUDGE_FIGURES,
    documents=("mill.md",),
)
MILL_REQUESTS = 2 + 3 + 3 + 1 + 4  # of the figures in their order


def many(count: int) -> list[Item]:
    """Answers that take one request each."""
    return [
        Item(
            query_id=f"q{number}",
            question="How high is it?",
            response=f"Tower {number} is high.",
            contexts=(f"Tower {number} is forty metres high.",),
            reference=f"Tower {number} is forty metres high.",
            figures=(CONTEXT_RECALL,),
        )
        for number in range(count)
    ]


@pytest.fixture
def _server() -> Iterator[tuple[ScriptedServer, str]]:
    """One for each test: a request that was given up may still arrive after its own."""
    with scripted_server() as running:
        yield running


@pytest.fixture
def server(_server: tuple[ScriptedServer, str], embedder: Embedder) -> ScriptedServer:
    """A scripted endpoint; what takes seconds to load is loaded."""
    load(embedder)
    return _server[0]


@pytest.fixture
def judging(_server: tuple[ScriptedServer, str], tmp_path: Path) -> Callable[..., EvalSettings]:
    """Make settings that name the scripted endpoint."""

    def make(**changes: object) -> EvalSettings:
        values: dict[str, object] = {
            "judge_base_url": _server[1],
            "judge_model": "scripted",
            "judge_api_key": KEY,
            "judge_timeout_s": 20.0,
            "storage": tmp_path / "storage",
        }
        return EvalSettings.model_validate(values | changes)

    return make

"""A run with a judge, over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import eval.cli
from app.settings import AppSettings
from eval.benchmarks.llm_faults import status
from eval.benchmarks.scripted_judge import judges
from eval.benchmarks.scripted_llm import Exchange, ScriptedServer, scripted_server
from eval.ragas.judge_errors import JudgeError
from eval.ragas.judge_metrics import load
from eval.runs.folder import load_run
from eval.runs.run import run as whole_run
from eval.settings import EvalSettings
from ingest.embed import Embedder
from tests.eval.conftest import SMALL_SET

WriteSet = Callable[[list[dict[str, object]]], Path]
run = partial(whole_run, judge=True, pairs=None)
UNANSWERED = SMALL_SET[0] | {
    "query_id": "s4",
    "question": "Which captain sank the tugboat Marigold?",
    "reference_answer": "Nobody knows.",
}


@pytest.fixture
def judge(embedder: Embedder) -> Iterator[tuple[ScriptedServer, str]]:
    load(embedder)
    with scripted_server() as running:
        yield running


@pytest.fixture
def judging(small: AppSettings, judge: tuple[ScriptedServer, str]) -> EvalSettings:
    changes = {"judge_base_url": judge[1], "judge_model": "scripted", "judge_retries": 0}
    return EvalSettings.model_validate(small.model_dump() | changes)


def test_a_judged_run_has_the_judges_figures(
    judging: EvalSettings,
    judge: tuple[ScriptedServer, str],
    write_set: WriteSet,
    embedder: Embedder,
) -> None:
    server, _ = judge
    server.play(says_ok, judges)
    result = run(judging, write_set([*SMALL_SET, UNANSWERED]), embedder=embedder)
    outcomes = {outcome.case.query_id: outcome for outcome in result.outcomes}
    assert outcomes["s1"].judged["judge_faithfulness"] == 1.0  # the documents' own sentences
    assert outcomes["s3"].judged == {}  # rightly abstained from: nothing to judge
    assert outcomes["s4"].answer is not None and outcomes["s4"].answer.abstained
    assert outcomes["s4"].judged["judge_factual_correctness"] == 0.0  # an answer was due
    assert "judge_faithfulness" not in outcomes["s4"].judged  # nothing was said
    faithful = result.summary["overall"]["judge_faithfulness"]
    assert (faithful["value"], faithful["n_scored"], faithful["n_total"]) == (1.0, 2, 2)
    recall = result.summary["overall"]["judge_context_recall"]
    assert (recall["n_scored"], recall["n_total"]) == (3, 3)
    assert result.summary["judge"]["usage"]["requests"] == len(server.seen) - 1 > 0
    assert result.summary["judge"]["failures"] == []

    server.play(says_ok)
    again = run(judging, write_set([*SMALL_SET, UNANSWERED]), embedder=embedder)
    assert len(server.seen) == 1  # every score was known; that was the word at the start
    assert again.summary["overall"] == result.summary["overall"]
    assert load_run(again.folder) == again

    (again.folder / "summary.json").unlink()  # as if it had been killed just before the end
    unjudged = run(
        judging, write_set([*SMALL_SET, UNANSWERED]), again.folder, judge=False, embedder=embedder
    )
    assert "judge" not in unjudged.summary
    assert {name for outcome in unjudged.outcomes for name in outcome.judged} == set()


def test_a_score_that_the_judge_did_not_give_is_left_out_and_counted(
    judging: EvalSettings,
    judge: tuple[ScriptedServer, str],
    write_set: WriteSet,
    embedder: Embedder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server, url = judge
    server.play(says_ok, status(500), judges)  # the last script is played on and on
    for name, value in (
        ("DOCUMENTS", str(judging.documents)),
        ("STORAGE", str(judging.storage)),
        ("JUDGE_BASE_URL", url),
        ("JUDGE_MODEL", "scripted"),
        ("JUDGE_RETRIES", "0"),
        ("JUDGE_JOBS", "1"),
    ):
        monkeypatch.setenv(f"FOOTNOTE_{name}", value)
    app = typer.Typer()
    eval.cli.register(app)
    path = write_set(SMALL_SET[:2])
    printed = CliRunner().invoke(app, ["eval", "run", "--set", str(path), "--judge", "--json"])
    assert printed.exit_code == 1, (printed.stdout[-600:], printed.stderr)
    assert "The judge failed to give 1 scores" in printed.stderr
    summary = json.loads(printed.stdout)
    (failure,) = summary["judge"]["failures"]
    figure = summary["overall"][failure["figure"]]
    assert (figure["n_scored"], figure["n_total"]) == (1, 2)
    assert figure["value"] is not None


def test_a_judge_that_is_not_set_is_asked_for_before_anything_else(
    small: AppSettings, write_set: WriteSet, embedder: Embedder
) -> None:
    settings = EvalSettings.model_validate(small.model_dump())
    with pytest.raises(JudgeError, match="FOOTNOTE_JUDGE_BASE_URL"):
        run(settings, write_set(SMALL_SET), embedder=embedder)
    assert not (small.storage / "runs").exists()


def test_a_judge_that_refuses_is_told_before_a_question_is_asked(
    judging: EvalSettings,
    judge: tuple[ScriptedServer, str],
    write_set: WriteSet,
    embedder: Embedder,
) -> None:
    judge[0].play(status(401))
    with pytest.raises(JudgeError, match="FOOTNOTE_JUDGE_API_KEY"):
        run(judging, write_set(SMALL_SET), embedder=embedder)
    assert not (judging.storage / "runs").exists()


def test_a_judge_that_fails_later_leaves_the_answers_to_go_on_with(
    judging: EvalSettings,
    judge: tuple[ScriptedServer, str],
    write_set: WriteSet,
    embedder: Embedder,
) -> None:
    server, _ = judge
    server.play(says_ok, status(401))
    path = write_set(SMALL_SET)
    with pytest.raises(JudgeError, match="FOOTNOTE_JUDGE_API_KEY"):
        run(judging, path, embedder=embedder)
    server.play(says_ok, judges)
    finished = run(judging, path, embedder=embedder)
    assert finished.summary["resumed"] == 3
    assert finished.summary["overall"]["judge_faithfulness"]["n_scored"] == 2


def says_ok(exchange: Exchange) -> None:
    exchange.complete('{"word": "OK"}')

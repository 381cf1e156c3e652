"""Judgements on disk: one file a judge, which survives a crash and is shared by processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from eval.benchmarks.scripted_judge import judges
from eval.benchmarks.scripted_llm import Exchange, ScriptedServer
from eval.ragas.judge import judge_answers
from eval.ragas.judge_cache import (
    FOLDER,
    Judged,
    JudgementCache,
    JudgementCacheError,
    judge_id,
    judgement_key,
)
from eval.settings import EvalSettings
from ingest.embed import Embedder
from ingest.remove import remove
from ingest.settings import ROOT
from ingest.sync import sync
from tests.eval.ragas.conftest import many

SCORE = Judged(0.75, "“It is red.”: the context lacks red", 120, 30)
WRITER = """
import sys
from pathlib import Path
from eval.ragas.judge_cache import Judged, JudgementCache
cache = JudgementCache(Path(sys.argv[1]))
for number in range(200):
    cache.put(f"{sys.argv[2]}-{number}", "figure", Judged(0.5, "r" * number, 1, 1), ("a.md",))
"""
RUNNER = """
import sys
from eval.settings import EvalSettings
from eval.ragas.judge import judge_answers
from ingest.embed import Embedder
from tests.eval.ragas.conftest import many
settings = EvalSettings.load(env_file=None)
judge_answers(settings, many(30), Embedder.of(settings))
"""


@pytest.fixture
def settings(tmp_path: Path) -> EvalSettings:
    return EvalSettings(
        storage=tmp_path, judge_base_url="http://127.0.0.1:9/v1", judge_model="scripted"
    )


def test_a_score_is_found_again(settings: EvalSettings) -> None:
    JudgementCache.of(settings).put("k", "figure", SCORE, ("a.md",))
    assert JudgementCache.of(settings).get("k") == SCORE
    assert JudgementCache.of(settings).get("other") is None


@pytest.mark.parametrize("torn", ['{"key": "k2", "sco', '{"key": "k2"}', "\udcff", "[]", "7"])
def test_a_torn_line_is_dropped_and_harms_no_other(settings: EvalSettings, torn: str) -> None:
    cache = JudgementCache.of(settings)
    cache.put("k1", "figure", SCORE, ())
    with cache.path.open("ab") as file:
        file.write(torn.encode("utf-8", "surrogateescape"))
    cache.put("k3", "figure", SCORE, ())
    again = JudgementCache.of(settings)
    assert [again.get(key) for key in ("k1", "k2", "k3")] == [SCORE, None, SCORE]


@pytest.mark.parametrize("score", ["NaN", "1.5", "-1", '"high"', "null"])
def test_a_score_that_is_none_is_judged_again(settings: EvalSettings, score: str) -> None:
    cache = JudgementCache.of(settings)
    cache.path.parent.mkdir(parents=True)
    rest = '"reason": "", "prompt_tokens": 1, "completion_tokens": 1'
    cache.path.write_text(f'{{"key": "k", "score": {score}, {rest}}}\n')
    assert JudgementCache.of(settings).get("k") is None


def test_a_reason_in_any_script_is_kept(settings: EvalSettings) -> None:
    for number, reason in enumerate(["“año”\nlínea", "水", "\ud800", "a\x00b", "\u2028"]):
        JudgementCache.of(settings).put(f"k{number}", "figure", Judged(1.0, reason, 0, 0), ())
    again = JudgementCache.of(settings)
    assert [again.get(f"k{number}") is not None for number in range(5)] == [True] * 5


def test_two_processes_lose_no_line(tmp_path: Path) -> None:
    path = tmp_path / FOLDER / "shared.jsonl"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", WRITER, str(path)]
    writers = [subprocess.Popen([*command, name], env=environment) for name in ("a", "b")]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    # One that sees the other's line half written puts an empty one between: that does no harm.
    entries = [json.loads(line) for line in path.read_text().splitlines() if line]
    assert len(entries) == 400
    assert {entry["key"] for entry in entries} == {f"{n}-{i}" for n in "ab" for i in range(200)}


def test_a_file_that_cannot_be_written_is_named(settings: EvalSettings) -> None:
    (settings.storage / FOLDER).write_text("a file where the folder should be")
    with pytest.raises(JudgementCacheError, match="cannot be read"):
        JudgementCache.of(settings)
    with pytest.raises(JudgementCacheError, match=FOLDER):
        JudgementCache(settings.storage / FOLDER / "x.jsonl").put("k", "figure", SCORE, ())


def test_all_that_a_score_depends_on_is_in_its_names(settings: EvalSettings) -> None:
    changes: list[dict[str, object]] = [
        {"judge_base_url": "http://127.0.0.1:8/v1"},
        {"judge_model": "other"},
        {"judge_max_tokens": 100},
    ]
    names = {judge_id(settings.model_copy(update=change)) for change in changes}
    assert len(names | {judge_id(settings)}) == 4
    keys = {
        judgement_key("f", {"response": "a"}),
        judgement_key("g", {"response": "a"}),
        judgement_key("f", {"response": "b"}),
        judgement_key("f", {"reference": "a"}),
        judgement_key("f", {"response": "a"}, "all-MiniLM-L6-v2"),
    }
    assert len(keys) == 5


@pytest.mark.slow
def test_a_purge_names_the_judgements_that_may_quote_a_document(
    make_settings: Callable[[dict[str, str | bytes]], EvalSettings], embedder: Embedder
) -> None:
    library = make_settings({"mill.md": "# Mill\n\nIt is red.\n", "rye.md": "# Rye\n\nIt grows.\n"})
    sync(library, embedder=embedder)
    cache = JudgementCache(library.storage / FOLDER / "judge.jsonl")
    cache.put("k", "figure", SCORE, ("mill.md",))
    assert remove(library, ["rye.md"], purge=True).quoted_in == []
    assert remove(library, ["mill.md"], purge=True).quoted_in == [f"{FOLDER}/judge.jsonl"]


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_where_it_was(
    server: ScriptedServer,
    judging: Callable[..., EvalSettings],
    embedder: Embedder,
    models: Path,
) -> None:
    def slowly(exchange: Exchange) -> None:
        exchange.pause(0.1)
        judges(exchange)

    settings = judging(judge_jobs=2)
    settings.storage.mkdir()
    (settings.storage / "models").symlink_to(models)
    server.play(slowly)
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "FOOTNOTE_STORAGE": str(settings.storage),
        "FOOTNOTE_JUDGE_BASE_URL": str(settings.judge_base_url),
        "FOOTNOTE_JUDGE_MODEL": "scripted",
        "FOOTNOTE_JUDGE_JOBS": "2",
    }
    run = subprocess.Popen([sys.executable, "-c", RUNNER], env=environment)
    deadline = time.monotonic() + 120
    while len(server.seen) < 10 and run.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    run.kill()
    run.wait()
    answered = len(server.seen)
    assert 10 <= answered < 30
    server.play(judges)
    resumed = judge_answers(settings, many(30), embedder)
    assert len(resumed.scores) == 30
    assert resumed.usage.cached >= answered - 2 * settings.judge_jobs
    assert len(server.seen) == 30 - resumed.usage.cached

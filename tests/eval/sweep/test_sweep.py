"""A sweep over a small library: what it makes, keeps, resumes and refuses."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import eval.cli
from eval.report.sweep import render_sweep
from eval.runs.folder import RunError, load_run
from eval.runs.run import Choice
from eval.settings import EvalSettings
from eval.sweep.grid import SweepError
from eval.sweep.libraries import Libraries
from eval.sweep.sweep import sweep
from ingest.embed import Embedder
from ingest.library import open_library
from ingest.remove import remove
from ingest.sync import sync
from tests.eval.conftest import SMALL_SET

WriteSet = Callable[[list[dict[str, object]]], Path]
BOTH = Choice()


class Watching:
    """Progress that counts what is asked, and may interrupt."""

    def __init__(self, until: int | None = None) -> None:
        self.asked: list[str] = []
        self._until = until

    def questions(self, total: int, done: int = 0) -> None:
        pass

    def question_done(self, query_id: str) -> None:
        self.asked.append(query_id)
        if len(self.asked) == self._until:
            raise KeyboardInterrupt


def test_a_sweep_compares_every_combination_and_writes_what_came_out(
    small: EvalSettings, write_set: WriteSet, embedder: Embedder
) -> None:
    path, watching = write_set(SMALL_SET), Watching()
    found = sweep(
        small,
        ["chunk_tokens=64,256", "answer_threshold=0,0.5,1"],
        path,
        choice=BOTH,
        progress=watching,
        embedder=embedder,
    )
    # Three thresholds need no more asking than one; two ways to split need two libraries.
    assert watching.asked == ["s1", "s2", "s3"] * 2
    assert [one.asked for one in found.combinations] == [True, False, False] * 2
    storages = {one.settings["chunk_tokens"]: one.index.storage for one in found.combinations}
    assert storages[256] == small.storage
    assert storages[64].parent == small.storage / "derived" / "sweeps"
    assert [one.index.seconds is None for one in found.combinations] == [False] * 3 + [True] * 3
    assert all(one.index.size_bytes > 10_000 for one in found.combinations)

    never = found.combinations[-1]
    assert never.figures["right_decision"].value == pytest.approx(1 / 3)  # s3 alone
    assert never.figures["success"].value == pytest.approx(1 / 3)
    assert found.best.figures["success"].value == max(
        one.figures["success"].value or 0.0 for one in found.combinations
    )
    assert found.best.settings["answer_threshold"] < 1.0

    written = json.loads((found.folder / "sweep.json").read_text(encoding="utf-8"))
    assert written["by"] == "success"
    assert written["best"] == found.best.settings
    assert written["axes"] == {"chunk_tokens": [64, 256], "answer_threshold": [0.0, 0.5, 1.0]}
    assert "answer_threshold" not in written["shared"]
    assert written["shared"]["top_k"] == small.top_k
    first = written["combinations"][0]
    assert first["figures"]["cited_hit"].keys() == {"value", "low", "high", "n_scored", "n_total"}
    assert first["latency_ms"]["p50"]["value"] > 0
    assert load_run(Path(first["run"])).summary["settings"]["chunk_tokens"] == 64
    rows = list(csv.DictReader((found.folder / "sweep.csv").read_text().splitlines()))
    assert [row["answer_threshold"] for row in rows] == ["0.0", "0.5", "1.0"] * 2
    assert float(rows[0]["cited_hit"]) == first["figures"]["cited_hit"]["value"]
    assert [row["standing"] for row in rows].count("best") == 1

    text = render_sweep(found)
    assert text.splitlines()[0].split()[:3] == ["chunk_tokens", "answer_threshold", "success"]
    assert "BEST" in text and "best by success: " in text
    assert "within noise of it: " in text and "of the 5 others" in text


def test_a_threshold_that_the_records_do_not_tell_of_is_really_asked(
    small: EvalSettings, write_set: WriteSet, embedder: Embedder
) -> None:
    path, watching = write_set(SMALL_SET[:1]), Watching()
    found = sweep(small, ["answer_threshold=0"], path, choice=BOTH, embedder=embedder)
    answer = load_run(found.combinations[0].run).outcomes[0].answer
    assert answer is not None and 0.0 < answer.confidence < 1.0
    beside = [f"answer_threshold=0,{answer.confidence}"]
    found = sweep(small, beside, path, choice=BOTH, progress=watching, embedder=embedder)
    assert [one.asked for one in found.combinations] == [True, True]
    assert watching.asked == ["s1", "s1"]


def test_a_sweep_that_was_killed_goes_on_where_it_stopped(
    small: EvalSettings, write_set: WriteSet, embedder: Embedder
) -> None:
    path, entries = write_set(SMALL_SET[:2]), ["max_sentences=1,2"]
    first, second = Watching(until=3), Watching()
    with pytest.raises(KeyboardInterrupt):
        sweep(small, entries, path, choice=BOTH, progress=first, embedder=embedder)
    found = sweep(small, entries, path, choice=BOTH, progress=second, embedder=embedder)
    assert second.asked == ["s2"]
    assert found.folder.parent == small.storage / "sweeps"
    assert [folder.name for folder in found.folder.parent.iterdir()] == [found.folder.name]
    assert [one.figures["cited_hit"].n_scored for one in found.combinations] == [2, 2]


def test_a_folder_of_something_else_is_refused(
    small: EvalSettings, write_set: WriteSet, embedder: Embedder, tmp_path: Path
) -> None:
    path, out = write_set(SMALL_SET[:1]), tmp_path / "out"
    sweep(small, ["top_k=3"], path, out, choice=BOTH, embedder=embedder)
    for entries in (["top_k=3"], ["top_k=4"]):
        with pytest.raises(SweepError, match="something else"):
            sweep(small, entries, path, out, choice=BOTH, embedder=embedder)
    with pytest.raises((SweepError, RunError), match="cannot be written"):
        sweep(small, ["top_k=3"], path, path / "below", choice=BOTH, embedder=embedder)


def test_settings_are_chosen_by_the_tune_half_where_there_is_one(
    small: EvalSettings, write_set: WriteSet, embedder: Embedder
) -> None:
    tune = Choice(split="tune")
    with pytest.raises(SweepError, match="no question in its tune half"):
        sweep(small, ["top_k=3"], write_set(SMALL_SET[1:]), choice=tune, embedder=embedder)
    with pytest.raises(SweepError, match="no figure 'luck'"):
        sweep(small, ["top_k=3"], write_set(SMALL_SET), choice=tune, by="luck", embedder=embedder)


def test_combinations_are_asked_of_the_same_documents(
    small: EvalSettings, write_set: WriteSet, embedder: Embedder
) -> None:
    (small.documents / "attic.md").write_text("# The attic\n\nThere is dust in it.\n")
    with pytest.raises(SweepError, match="other documents"):
        sweep(
            small,
            ["chunk_tokens=256,64"],
            write_set(SMALL_SET[:1]),
            choice=BOTH,
            embedder=embedder,
        )


def held(settings: EvalSettings, storage: Path) -> tuple[str, set[str]]:
    """Return the generation and the documents of a library."""
    with closing(open_library(settings.model_copy(update={"storage": storage}))) as library:
        return library.name, set(library.documents)


def test_a_sweeps_library_has_the_main_ones_additions_and_removals(
    small: EvalSettings, embedder: Embedder, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "tower.md"
    elsewhere.write_text("# The tower\n\nIts bell is rung at noon.\n")
    sync(small, [elsewhere], embedder=embedder)
    remove(small, ["kitchen.md"])
    other = small.model_copy(update={"chunk_tokens": 64})
    made = Libraries(small, embedder=embedder).of(other)
    assert held(other, made.storage)[1] == {"harbour.md", "added/tower.md"}


def test_a_sweeps_library_is_kept_until_a_document_is_removed(
    small: EvalSettings, embedder: Embedder
) -> None:
    other = small.model_copy(update={"chunk_tokens": 64})
    made, again = (Libraries(small, embedder=embedder).of(other) for _ in range(2))
    assert again == made
    assert held(other, made.storage)[0] == "gen-000001"
    remove(small, ["kitchen.md"])
    assert not made.storage.exists()


def test_a_storage_among_the_documents_gets_no_second_library(
    small: EvalSettings, embedder: Embedder
) -> None:
    inside = small.model_copy(update={"storage": small.documents / "storage", "chunk_tokens": 64})
    with pytest.raises(SweepError, match="stands in the documents folder"):
        Libraries(inside, embedder=embedder).of(inside)


def test_the_command_prints_the_table_and_warns_of_the_test_half(
    small: EvalSettings, write_set: WriteSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOOTNOTE_DOCUMENTS", str(small.documents))
    monkeypatch.setenv("FOOTNOTE_STORAGE", str(small.storage))
    app = typer.Typer()
    eval.cli.register(app)
    arguments = ["eval", "sweep", "top_k=2,3", "--set", str(write_set(SMALL_SET)), "--by"]
    result = CliRunner().invoke(app, [*arguments, "cited_hit", "--split", "test"])
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("top_k") and "best by cited_hit: top_k=" in result.stdout
    assert "flatter" in result.stderr and "The sweep is in" in result.stderr
    result = CliRunner().invoke(app, [*arguments, "success", "--json"])
    assert result.exit_code == 0, result.stderr
    assert "flatter" not in result.stderr
    assert len(json.loads(result.stdout)["combinations"]) == 2

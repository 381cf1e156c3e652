from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from app.settings import AppSettings
from eval.figures.summary import worst
from eval.report.text import render
from eval.runs.run import RunError, run
from eval.sets.cases import EvaluationSetError
from ingest.embed import Embedder
from ingest.errors import EmptyLibraryError
from ingest.sync import sync
from tests.eval.conftest import SMALL_SET

WriteSet = Callable[[list[dict[str, object]]], Path]
TOO_LONG = SMALL_SET[0] | {"query_id": "long", "question": "Why? " * 1000}


class Watching:
    """Progress that notes what it is told, and may do something after a question."""

    def __init__(self, then: Callable[[], None] | None = None) -> None:
        self.total = 0
        self.done: list[str] = []
        self._then = then

    def questions(self, total: int) -> None:
        self.total = total

    def question_done(self, query_id: str) -> None:
        self.done.append(query_id)
        if self._then is not None:
            self._then()


def test_a_run_writes_whole_files(
    small: AppSettings, write_set: WriteSet, embedder: Embedder
) -> None:
    path = write_set([*SMALL_SET, TOO_LONG])
    watching = Watching()
    result = run(small, path, progress=watching, embedder=embedder)

    assert (watching.total, watching.done) == (4, ["s1", "s2", "s3", "long"])
    assert result.folder.parent == small.storage / "runs"
    assert re.fullmatch(r"\d{8}T\d{6}Z", result.folder.name)
    assert {entry.name for entry in result.folder.iterdir()} == {"answers.jsonl", "summary.json"}
    assert [entry.name for entry in result.folder.parent.iterdir()] == [result.folder.name]

    lines = [
        json.loads(line)
        for line in (result.folder / "answers.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert [line["query_id"] for line in lines] == watching.done
    first, second, third, last = lines
    assert first["record"]["id"] == "s1"
    assert first["scores"]["cited_hit"] == 1.0
    assert first["scores"]["mrr@10"] == 1.0
    assert first["references"][0]["spans"] == [
        [first["record"]["citations"][0]["start"], first["record"]["citations"][0]["end"]]
    ]
    assert second["record"]["standalone_question"] != "How high is it?"  # the history was read
    assert third["scores"] == {"right_decision": 1.0}
    assert last["scores"] == {}
    assert "4,000" in last["error"] == last["record"]["error"]

    summary = json.loads((result.folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["failed"] == ["long"]
    assert summary["set"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert summary["library"]["documents"] == 2
    assert summary["library"]["generation"].startswith("gen-")
    assert len(summary["library"]["documents_sha256"]) == 64
    assert summary["versions"]["ragas"]
    assert summary["versions"]["embedder"] == embedder.name
    assert summary["settings"]["top_k"] == small.top_k
    assert summary["overall"]["cited_hit"]["n_scored"] == 2
    assert summary["overall"]["cited_hit"]["n_total"] == 3
    assert summary["overall"]["cited_hit"]["value"] <= 0.6667
    assert set(summary["by_kind"]) == {"fact", "follow-up", "unanswerable"}
    assert {name: group["questions"] for name, group in summary["by_split"].items()} == {
        "tune": 2,
        "test": 2,
    }

    text = render(result)
    assert "n scored/n total" in text
    assert re.search(r"^cited_hit\s+0\.\d{3}\s+2/3$", text, re.MULTILINE)
    assert re.search(r"^fact\s+1/2 ", text, re.MULTILINE)
    assert re.search(r"^split: test\s+2/2 ", text, re.MULTILINE)
    assert "long (fact)" in text.split("worst")[1].splitlines()[1]
    assert "failed: The question has" in text


def test_what_was_answered_twice_is_scored_alike(
    small: AppSettings, write_set: WriteSet, embedder: Embedder
) -> None:
    path = write_set(SMALL_SET[:2])
    one, two = (run(small, path, embedder=embedder) for _ in range(2))
    assert one.folder != two.folder
    for name in ("overall", "by_kind", "by_split", "library", "settings"):
        assert one.summary[name] == two.summary[name]


def test_the_fingerprint_follows_the_documents(
    small: AppSettings, write_set: WriteSet, embedder: Embedder
) -> None:
    path = write_set(SMALL_SET[:1])
    before = run(small, path, embedder=embedder).summary["library"]
    (small.documents / "kitchen.md").write_text("# The kitchen\n\nIt is closed.\n")
    sync(small, embedder=embedder)
    after = run(small, path, embedder=embedder).summary["library"]
    assert before["documents_sha256"] != after["documents_sha256"]
    assert before["generation"] != after["generation"]


def test_a_given_folder_must_be_new_or_empty(
    small: AppSettings, write_set: WriteSet, embedder: Embedder, tmp_path: Path
) -> None:
    path = write_set(SMALL_SET[:1])
    out = tmp_path / "out"
    out.mkdir()
    assert run(small, path, out, embedder=embedder).folder == out
    with pytest.raises(RunError, match="not an empty folder"):
        run(small, path, out, embedder=embedder)
    with pytest.raises(RunError, match="not an empty folder"):
        run(small, path, path, embedder=embedder)
    with pytest.raises(RunError, match="cannot be written"):
        run(small, path, path / "below-a-file", embedder=embedder)


def test_an_interrupted_run_leaves_nothing(
    small: AppSettings, write_set: WriteSet, embedder: Embedder
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(small, write_set(SMALL_SET), progress=Watching(interrupt), embedder=embedder)
    assert not (small.storage / "runs").exists()


def test_a_library_that_changes_meanwhile_spoils_the_run(
    small: AppSettings, write_set: WriteSet, embedder: Embedder
) -> None:
    def add_a_document() -> None:
        (small.documents / "attic.md").write_text("# The attic\n\nThere is dust in it.\n")
        sync(small, embedder=embedder)

    with pytest.raises(RunError, match="changed during the run"):
        run(small, write_set(SMALL_SET), progress=Watching(add_a_document), embedder=embedder)
    assert not (small.storage / "runs").exists()


def test_what_cannot_be_run_is_refused_before_a_question_is_asked(
    small: AppSettings, write_set: WriteSet, embedder: Embedder, tmp_path: Path
) -> None:
    empty = small.model_copy(update={"storage": tmp_path / "nothing"})
    with pytest.raises(EmptyLibraryError):
        run(empty, write_set(SMALL_SET), embedder=embedder)
    moved = SMALL_SET[0] | {"references": [{"document": "harbour.md", "text": "It sank."}]}
    watching = Watching()
    with pytest.raises(EvaluationSetError, match="s1: 'harbour.md' does not hold 'It sank.'"):
        run(small, write_set([moved]), progress=watching, embedder=embedder)
    assert watching.total == 0


def test_the_worst_questions_come_lowest_first(
    small: AppSettings, write_set: WriteSet, embedder: Embedder
) -> None:
    entries = [TOO_LONG | {"query_id": f"long{number}"} for number in range(4)]
    outcomes = run(small, write_set([*SMALL_SET, *entries]), embedder=embedder).outcomes
    listed = worst(outcomes, 5)
    assert [entry.case.query_id for _, entry in listed[:4]] == ["long0", "long1", "long2", "long3"]
    assert [mark for mark, _ in listed] == sorted(mark for mark, _ in listed)
    assert all(entry.case.query_id != "s3" for _, entry in worst(outcomes, 99))

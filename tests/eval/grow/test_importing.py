from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import eval.cli
from app.settings import AppSettings
from eval.grow.importing import import_file, read_file
from eval.sets.cases import EvaluationSetError, load_cases, locate_all
from ingest.embed import Embedder
from ingest.library import open_library
from ingest.sync import sync

LIGHT = "The lighthouse on Gull Point was built in 1874 by Ada Merrow. It is forty metres high."
FERRY = "The ferry to Oar Island sails at noon. It takes dogs."


def squad(path: Path) -> Path:
    qas: list[dict[str, Any]] = [
        {
            "id": "w1",
            "question": "Who built the lighthouse?",
            "is_impossible": False,
            "answers": [{"text": "Ada Merrow", "answer_start": LIGHT.index("Ada")}],
        },
        {"id": "w2", "question": "Who sank it?", "is_impossible": True, "answers": []},
    ]
    ferry = {
        "id": "w3",
        "question": "When does the ferry sail?",
        "answers": [{"text": "noon", "answer_start": FERRY.index("noon")}],
    }
    paragraphs = [{"context": LIGHT, "qas": qas}, {"context": FERRY, "qas": [ferry]}]
    content = {"version": "v2.0", "data": [{"title": "Gull_Point", "paragraphs": paragraphs}]}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_gold_is_found_in_the_library_and_what_is_not_is_listed(
    small: AppSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOOTNOTE_DOCUMENTS", str(small.documents))
    monkeypatch.setenv("FOOTNOTE_STORAGE", str(small.storage))
    app = typer.Typer()
    eval.cli.register(app)
    target = tmp_path / "set.jsonl"
    source = squad(tmp_path / "squad.json")
    arguments = ["eval", "import", str(source), "--to", str(target), "--json"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1
    printed = json.loads(result.stdout)
    assert printed["added"] == ["w1", "w2"]
    assert [entry["query_id"] for entry in printed["unplaced"]] == ["w3"]
    assert "w3: no document holds 'The ferry to Oar Island sails at noon.'" in result.stderr
    (first, second) = load_cases(target)
    assert first.references[0].document == "harbour.md"
    assert first.references[0].text == LIGHT[: LIGHT.index(" It is")]
    assert (second.answerable, second.near_miss) == (False, True)
    again = json.loads(CliRunner().invoke(app, arguments).stdout)
    assert (again["added"], again["held"]) == ([], ["w1", "w2"])
    assert len(load_cases(target)) == 2


def test_written_passages_hold_all_gold_once_they_are_indexed(
    small: AppSettings, tmp_path: Path, embedder: Embedder
) -> None:
    target, folder = tmp_path / "set.jsonl", small.documents / "imported"
    result = import_file(small, squad(tmp_path / "squad.json"), target, folder)
    assert result.unplaced == ()
    assert result.written == ("imported/gull-point.txt",)
    assert not sync(small, embedder=embedder).failed
    library = open_library(small)
    try:
        golds = locate_all(load_cases(target), library)
    finally:
        library.close()
    assert [len(golds[name]) for name in ("w1", "w2", "w3")] == [1, 0, 1]


def test_a_taken_query_id_is_not_overwritten(small: AppSettings, tmp_path: Path) -> None:
    target = tmp_path / "set.jsonl"
    other = {"query_id": "w2", "question": "Another?", "answerable": False}
    target.write_text(json.dumps(other), encoding="utf-8")
    result = import_file(small, squad(tmp_path / "squad.json"), target)
    assert result.added == ("w1",)
    assert ("w2", "the set holds another question of that query_id") in result.unplaced
    assert [case.question for case in load_cases(target)][0] == "Another?"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "no form that is known"),
        ("question,answer\nWhy?,So.\n", "no form that is known"),
        ('{"data": []}', "no form that is known"),
        ('{"user_input": "Why?"}\n{torn\n', "line 2: this is no JSON"),
        ('{"user_input": "Why?"}\n{"question": "How?"}\n', "no form that is known"),
        ("[" * 99_999, "line 1: this is no JSON"),
    ],
)
def test_a_file_in_no_known_form_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "file"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(EvaluationSetError, match=expected):
        read_file(path)
    with pytest.raises(EvaluationSetError, match="cannot be read"):
        read_file(tmp_path / "absent")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"id": "1", "context": "c", "question": "q?", "answers": {"text": None}}, "answers"),
        ({"id": "1", "context": None, "question": "q?", "answers": []}, "context"),
        ({"user_input": [{"type": "human", "content": "q?"}], "reference_contexts": 5}, "contexts"),
        ({"user_input": [{"type": "human", "content": "q?"}], "retrieved_contexts": [5]}, "conte"),
        ({"user_input": "q?", "reference_contexts": "[" * 9999}, "reference_contexts"),
    ],
)
def test_an_entry_of_another_type_is_listed_as_unread(
    tmp_path: Path, row: dict[str, Any], expected: str
) -> None:
    source = tmp_path / "source.jsonl"
    source.write_text(json.dumps(row) + "\n", encoding="utf-8")
    found = read_file(source)
    assert found.samples == ()
    assert "None" not in found.documents.values()
    assert [expected in why for _, why in found.unread] == [True]

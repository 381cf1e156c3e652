"""The answering commands, through the real command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from app.settings import AppSettings
from ingest.settings import ROOT

SHARE = "What share of Guatemala's GDP do remittances make up?"


def footnote(
    settings: AppSettings, *arguments: str, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FOOTNOTE_")} | {
        "FOOTNOTE_DOCUMENTS": str(settings.documents),
        "FOOTNOTE_STORAGE": str(settings.storage),
        "LC_ALL": "C",
    }
    command = [sys.executable, str(ROOT / "footnote.py"), *arguments]
    return subprocess.run(
        command, env=environment, capture_output=True, check=False, input=stdin, encoding="utf-8"
    )


def test_ask_json_prints_the_record_and_nothing_else(dossier: AppSettings) -> None:
    done = footnote(dossier, "ask", "--json", SHARE)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    record = json.loads(done.stdout)
    assert {
        "question", "standalone_question", "answer", "abstained", "mode", "model", "sentences",
        "citations", "retrieved", "missing_terms", "notices", "timings_ms",
    } <= record.keys()  # fmt: skip
    assert {"condense", "retrieve", "answer"} <= record["timings_ms"].keys()
    assert "14" in record["answer"]


def test_ask_shows_its_footnotes(dossier: AppSettings) -> None:
    done = footnote(dossier, "ask", SHARE)
    assert done.returncode == 0
    assert "[1] " in done.stdout and "“" in done.stdout


def test_a_batch_gives_one_full_record_a_line_in_order(dossier: AppSettings) -> None:
    lines = [
        {"id": "a", "question": SHARE},
        {"id": 7, "question": "When was it suspended?", "extra": 1,
         "history": [{"role": "user", "content": "What is the Safe Third Country Agreement?"}]},
        {"id": "c", "question": ""},
        {"id": "d", "question": SHARE, "documents": ["nope.md"]},
        {"id": "e", "question": SHARE, "documents": ["glossary.md"]},
        {"id": "f"},
    ]  # fmt: skip
    text = "\n".join([*map(json.dumps, lines), "not json", '["a list"]', ""])
    done = footnote(dossier, "ask", "--batch", "-", stdin=text)
    assert done.returncode == 1
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record.get("id") for record in records] == ["a", 7, "c", "d", "e", "f", None, None]
    assert ["error" in record for record in records] == [
        False, False, True, True, False, True, True, True,
    ]  # fmt: skip
    for record in records:
        assert {"question", "answer", "sentences", "citations", "retrieved"} <= record.keys()
    assert "Safe Third Country Agreement" in records[1]["standalone_question"]
    assert "nope.md" in records[3]["error"] and records[3]["citations"] == []
    assert {found["document"] for found in records[4]["retrieved"]} == {"glossary.md"}


def test_search_prints_passages_best_first(dossier: AppSettings) -> None:
    done = footnote(
        dossier, "search", "drug transit", "--top-k", "3", "--document", "overview.md",
        "--document", "timeline.csv", "--json",
    )  # fmt: skip
    record = json.loads(done.stdout)
    assert record["query"] == "drug transit"
    assert len(record["retrieved"]) == 3
    assert {found["document"] for found in record["retrieved"]} <= {"overview.md", "timeline.csv"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("ask", "  "), "empty"),
        (("ask", "a" * 20_000), "20,000"),
        (("ask", "--document", "nope.md", SHARE), "nope.md"),
        (("ask", "--batch", "/nowhere.jsonl"), "/nowhere.jsonl"),
        (("ask",), "footnote ask"),
        (("search", " "), "empty"),
        (("ask", "--nonsense", SHARE), "nonsense"),
    ],
)
def test_a_wrong_request_is_one_message_and_status_two(
    dossier: AppSettings, arguments: tuple[str, ...], says: str
) -> None:
    done = footnote(dossier, *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_question_that_opens_with_a_dash_is_reached_after_two(dossier: AppSettings) -> None:
    assert footnote(dossier, "ask", "--json", "--", "-- who led CICIG?").returncode == 0


def test_an_empty_library_is_said_with_what_to_do(tmp_path: object) -> None:
    from pathlib import Path

    empty = AppSettings(documents=Path(str(tmp_path)) / "none", storage=Path(str(tmp_path)))
    done = footnote(empty, "ask", SHARE)
    assert done.returncode == 2
    assert "footnote ingest" in done.stderr


def test_a_setting_that_cannot_be_used_is_named(
    dossier: AppSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = os.environ | {"FOOTNOTE_TOP_K": "many"}
    command = [sys.executable, str(ROOT / "footnote.py"), "search", "x"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "FOOTNOTE_TOP_K" in done.stderr and "'many'" in done.stderr


@pytest.mark.parametrize(
    "arguments", [(), ("ingest",), ("documents",), ("search",), ("ask",), ("serve",), ("doctor",)]
)
def test_every_command_answers_help(dossier: AppSettings, arguments: tuple[str, ...]) -> None:
    done = footnote(dossier, *arguments, "--help")
    assert done.returncode == 0
    assert "Usage" in done.stdout


def test_doctor_finds_all_well_and_what_is_wrong(dossier: AppSettings) -> None:
    done = footnote(dossier, "doctor", "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 0, report
    assert report["settings"]["FOOTNOTE_STORAGE"] == str(dossier.storage)

    environment = os.environ | {
        "FOOTNOTE_STORAGE": str(dossier.storage),
        "FOOTNOTE_STORGE": "typo",
        "FOOTNOTE_EMBED_MODEL": "/no/such/model",
    }
    command = [sys.executable, str(ROOT / "footnote.py"), "doctor", "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert done.returncode == 1
    assert "FOOTNOTE_STORGE" in checks["settings"]["finding"]
    assert not checks["embedding model"]["ok"] and checks["embedding model"]["remedy"]
    assert not checks["library"]["ok"] and "/no/such/model" in checks["library"]["finding"]

from __future__ import annotations

import json
import os
import pty
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from ragas import EvaluationDataset
from typer.testing import CliRunner

from app.feedback import FILE, Feedback, FeedbackStore, Reason, Vote
from app.records import Question
from app.settings import AppSettings
from eval.commands.grow import accept_drafts
from eval.grow.drafts import Drafts, drafts_path
from eval.sets.cases import EvaluationSetError, load_cases
from ingest.errors import UnknownDocumentError
from tests.eval.conftest import SMALL_SET

WriteSet = Callable[[list[dict[str, object]]], Path]
QUOTE = "It is forty metres high."


@pytest.fixture
def voted(at_small: AppSettings) -> tuple[str, str]:
    """An answer that was liked and one that was not; their drafts' ids."""
    store = FeedbackStore(at_small.storage / FILE)
    citation = {"document": "harbour.md", "start": 0, "end": 9, "quote": QUOTE}
    answer = {"answer": f"{QUOTE} [1]", "sentences": [{"text": QUOTE}], "citations": [citation]}
    liked = Feedback(Vote.UP, Question("How high is the lighthouse?"), answer)
    other = Feedback(Vote.DOWN, Question("How old is it?"), answer, Reason.WRONG, "in\x1b[2Jyears")
    return f"feedback-{store.add(liked)}", f"feedback-{store.add(other)}"


def test_feedback_is_listed_and_drafted_once(
    app: typer.Typer, at_small: AppSettings, voted: tuple[str, str], tmp_path: Path
) -> None:
    liked, disliked = voted
    first = CliRunner().invoke(app, ["eval", "feedback"])
    assert first.exit_code == 0, first.output
    assert "down (wrong)  How old is it?" in first.stdout
    assert "\x1b" not in first.stdout
    assert "How high" not in first.stdout
    assert "drafts.jsonl': 1." in first.stderr
    again = CliRunner().invoke(app, ["eval", "feedback", "--votes", "all", "--json"])
    printed = json.loads(again.stdout)
    assert [entry["vote"] for entry in printed["feedback"]] == ["up", "down"]
    assert printed["added"] == [liked]
    waiting = Drafts(drafts_path(at_small.storage)).cases()
    assert [case.query_id for case in waiting] == [disliked, liked]
    elsewhere = tmp_path / "mine.jsonl"
    CliRunner().invoke(app, ["eval", "feedback", "--to", str(elsewhere)])
    assert [case.query_id for case in Drafts(elsewhere).cases()] == [disliked]


def test_drafted_questions_are_accepted_as_they_are(
    app: typer.Typer, at_small: AppSettings, tmp_path: Path
) -> None:
    result = CliRunner().invoke(app, ["eval", "draft", "harbour.md"])
    assert result.exit_code == 0, result.output
    assert "  fact  When was the lighthouse on Gull Point built?" in result.stdout
    assert "    The lighthouse on Gull Point was built in 1874 by Ada Merrow." in result.stdout
    waiting = Drafts(drafts_path(at_small.storage)).cases()
    assert all(case.draft for case in waiting)
    again = CliRunner().invoke(app, ["eval", "draft", "harbour.md", "--json"])
    assert json.loads(again.stdout)["added"] == []
    assert "Nothing new in 'harbour.md'" in again.stderr
    target = tmp_path / "set.jsonl"
    ids = [case.query_id for case in waiting]
    accepted = CliRunner().invoke(app, ["eval", "accept", *ids, "--set", str(target)])
    assert accepted.exit_code == 0, accepted.output
    assert [case.query_id for case in load_cases(target)] == ids


def test_a_document_that_is_not_there_is_no_source_of_questions(
    app: typer.Typer, at_small: AppSettings
) -> None:
    result = CliRunner().invoke(app, ["eval", "draft", "cellar.md"])
    assert isinstance(result.exception, UnknownDocumentError)


def test_accepting_by_id_says_what_stays(
    app: typer.Typer, at_small: AppSettings, voted: tuple[str, str], tmp_path: Path
) -> None:
    liked, disliked = voted
    target = tmp_path / "set.jsonl"
    CliRunner().invoke(app, ["eval", "feedback", "--votes", "all"])
    arguments = ["eval", "accept", liked, disliked, "--set", str(target), "--json"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1
    printed = json.loads(result.stdout)
    assert printed["accepted"] == [liked]
    assert printed["refused"][0]["query_id"] == disliked
    assert "stays a draft" in result.stderr
    assert [case.question for case in load_cases(target)] == ["How high is the lighthouse?"]
    dropped = CliRunner().invoke(app, ["eval", "accept", "--reject", disliked, "--json"])
    assert json.loads(dropped.stdout) == {"rejected": [disliked]}
    assert Drafts(drafts_path(at_small.storage)).cases() == ()


def test_a_run_goes_to_ragas_and_its_questions_come_back(
    app: typer.Typer, at_small: AppSettings, write_set: WriteSet, tmp_path: Path
) -> None:
    run, exported = tmp_path / "run", tmp_path / "ragas.jsonl"
    path = write_set(SMALL_SET)
    done = CliRunner().invoke(app, ["eval", "run", "--set", str(path), "--out", str(run)])
    assert done.exit_code == 0, done.output
    result = CliRunner().invoke(app, ["eval", "export", str(run), "--ragas", str(exported)])
    assert result.exit_code == 0, result.output
    samples = list(EvaluationDataset.from_jsonl(exported))
    assert len(samples) == 3
    assert samples[0].retrieved_contexts
    assert samples[0].response.startswith("The lighthouse on Gull Point was built")
    assert samples[2].reference == ""
    back = tmp_path / "back.jsonl"
    imported = CliRunner().invoke(app, ["eval", "import", str(exported), "--to", str(back)])
    assert imported.exit_code == 1  # the unanswerable one names no passage
    assert [case.references[0].text for case in load_cases(back)] == [
        "The lighthouse on Gull Point was built in 1874 by Ada Merrow.",
        "It is forty metres high.",
    ]


def test_a_set_with_drafts_is_run_without_them(
    app: typer.Typer, at_small: AppSettings, tmp_path: Path
) -> None:
    lines: list[dict[str, object]] = [
        {"query_id": "a", "question": "Who won in 1998?", "answerable": False},
        {"query_id": "b", "question": "Why?", "answerable": True, "draft": True},
    ]
    path = tmp_path / "set.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    arguments = ["eval", "run", "--set", str(path), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "Drafts left out: 1" in result.stderr


def test_without_ids_a_terminal_is_needed(
    app: typer.Typer, at_small: AppSettings, tmp_path: Path
) -> None:
    result = CliRunner().invoke(app, ["eval", "accept"])
    assert isinstance(result.exception, EvaluationSetError)
    assert "No draft was named" in str(result.exception)


def test_on_a_terminal_drafts_are_gone_through_one_by_one(
    at_small: AppSettings,
    write_set: WriteSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    gold = [{"document": "harbour.md", "text": QUOTE}]
    entry: dict[str, object] = {
        "question": "How high is it?",
        "history": [{"role": "user", "content": "Is there a lighthouse?"}],
        "answerable": True,
        "reference_answer": "Forty metres.",
        "references": gold,
        "draft": True,
    }
    waiting = [entry | {"query_id": name} for name in ("a", "b", "c", "e")]
    waiting.insert(3, entry | {"query_id": "d", "references": [], "note": "ask Ada"})
    source, target = write_set(waiting), tmp_path / "target.jsonl"
    keyboard, terminal = pty.openpty()
    with os.fdopen(terminal, "r", encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        os.write(keyboard, b"accept\nwhat?\nr\ns\na\nq\n")
        accept_drafts(None, source, target)
    os.close(keyboard)
    shown = capfdbinary.readouterr()
    assert b"1/5  a  (question)" in shown.out
    assert b"user: Is there a lighthouse?" in shown.out
    assert b"= Forty metres." in shown.out
    assert b"Note: ask Ada" in shown.out
    assert b"5/5" in shown.out
    assert b"It stays a draft: an answerable question needs" in shown.err
    assert [case.query_id for case in load_cases(target)] == ["a"]
    assert [case.query_id for case in Drafts(source).cases()] == ["c", "d", "e"]

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

import eval.cli
import footnote
from app.settings import AppSettings
from eval.console import EvalProgress
from tests.eval.conftest import SMALL_SET

WriteSet = Callable[[list[dict[str, object]]], Path]


def test_every_command_answers_help(app: typer.Typer) -> None:
    for arguments in (["eval", "--help"], ["eval", "run", "--help"], ["eval", "beir", "--help"]):
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0
        assert "run" in result.stdout


def test_the_default_set_comes_with_the_project() -> None:
    assert eval.cli.DEFAULT_SET.is_file()


def test_run_prints_the_report_on_stdout_and_says_what_failed(
    app: typer.Typer, at_small: AppSettings, write_set: WriteSet, tmp_path: Path
) -> None:
    failing = SMALL_SET[0] | {"query_id": "long", "question": "Why? " * 1000}
    path, out = write_set([SMALL_SET[0], failing]), tmp_path / "out"
    result = CliRunner().invoke(app, ["eval", "run", "--set", str(path), "--out", str(out)])
    assert result.exit_code == 1
    assert result.stdout.startswith("2 questions, 0 abstained from, 1 failed; 2 documents")
    assert "cited_hit" in result.stdout
    assert "1 of the questions failed" in result.stderr
    assert str(out) in result.stderr
    assert str(out) not in result.stdout


def test_run_prints_json(
    app: typer.Typer, at_small: AppSettings, write_set: WriteSet, tmp_path: Path
) -> None:
    result = CliRunner().invoke(
        app, ["eval", "run", "--set", str(write_set(SMALL_SET[:1])), "--json"]
    )
    assert result.exit_code == 0, result.stderr
    printed = json.loads(result.stdout)
    written = Path(printed.pop("folder")) / "summary.json"
    assert json.loads(written.read_text(encoding="utf-8")).keys() == printed.keys()
    assert printed["overall"]["cited_hit"] == {
        "value": 1.0,
        "low": None,  # one question has no interval
        "high": None,
        "n_scored": 1,
        "n_total": 1,
    }


def test_a_run_leaves_a_page_and_junit_xml_and_report_makes_them_again(
    app: typer.Typer, at_small: AppSettings, write_set: WriteSet, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    arguments = ["eval", "run", "--set", str(write_set(SMALL_SET[:1])), "--out", str(out)]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    written = {name: (out / name).read_bytes() for name in ("report.html", "junit.xml")}
    for name in written:
        (out / name).unlink()
    result = CliRunner().invoke(app, ["eval", "report", str(out)])
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines() == [str(out / "report.html"), str(out / "junit.xml")]
    assert {name: (out / name).read_bytes() for name in written} == written

    page = tmp_path / "elsewhere.html"
    result = CliRunner().invoke(app, ["eval", "report", str(out), "--html", str(page)])
    assert result.stdout.splitlines() == [str(page)]
    assert page.read_bytes() == written["report.html"]

    result = CliRunner().invoke(
        app, ["eval", "compare", str(out), str(out), "--html", str(tmp_path / "both.html")]
    )
    assert result.exit_code == 0, result.stderr
    assert "both.html" in result.stderr
    assert "<title>out and out</title>" in (tmp_path / "both.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("fault", ["no set", "bad line", "empty library"])
def test_what_the_user_can_mend_is_one_message_and_status_2(
    fault: str,
    at_small: AppSettings,
    write_set: WriteSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path, expected = write_set(SMALL_SET), "is empty"
    if fault == "no set":
        path, expected = tmp_path / "absent.jsonl", "cannot be read"
    elif fault == "bad line":
        path, expected = write_set([{"query_id": "x"}]), "line 1"
    else:
        monkeypatch.setenv("FOOTNOTE_STORAGE", str(tmp_path / "nothing"))
    monkeypatch.setattr(sys, "argv", ["footnote", "eval", "run", "--set", str(path)])
    with pytest.raises(SystemExit) as caught:
        footnote.main()
    assert caught.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("footnote: ")
    assert expected in printed.err
    assert "Traceback" not in printed.err


def test_progress_is_drawn_on_a_terminal_only() -> None:
    for terminal in (True, False):
        stream = io.StringIO()
        console = Console(file=stream, force_terminal=terminal, width=80)
        with EvalProgress(console) as progress:
            progress.questions(3)
            progress.question_done("q001")
        assert ("Answering" in stream.getvalue()) is terminal
        if not terminal:
            assert stream.getvalue() == ""

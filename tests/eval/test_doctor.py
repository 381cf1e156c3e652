"""`footnote doctor` on this floor: whether the judge answers, and why it does not."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from typer.testing import CliRunner

import footnote
from app.doctor import examine
from eval.benchmarks.llm_faults import closed_port, status
from eval.benchmarks.scripted_llm import scripted_server
from eval.doctor import CHECKS, judge
from eval.ragas.judge_errors import JudgeError
from eval.settings import EvalSettings

KEY = "sk-not-to-be-seen"


def test_a_judge_that_is_not_set_is_no_fault() -> None:
    assert judge(EvalSettings()).startswith("not set")


def test_a_judge_that_does_not_listen_is_named_with_its_setting() -> None:
    address = f"http://127.0.0.1:{closed_port()}/v1"
    with pytest.raises(JudgeError, match="cannot be reached.*FOOTNOTE_JUDGE_BASE_URL"):
        judge(EvalSettings(judge_base_url=address, judge_model="m"))


def test_the_doctor_shows_the_judge_and_says_how_to_mend_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("FOOTNOTE_STORAGE", str(tmp_path))
    monkeypatch.setenv("FOOTNOTE_EMBED_MODEL", str(tmp_path / "none"))  # not what is tested here
    monkeypatch.setenv("FOOTNOTE_JUDGE_MODEL", "scripted")
    monkeypatch.setenv("FOOTNOTE_JUDGE_API_KEY", KEY)
    with scripted_server() as (server, url):
        monkeypatch.setenv("FOOTNOTE_JUDGE_BASE_URL", url)
        server.play(status(401), lambda exchange: exchange.complete('{"word": "OK"}'))
        refused, shown = examine(EvalSettings, CHECKS)
        command = CliRunner().invoke(footnote.cli, ["doctor"])
        assert len(server.seen) == 2
    found = refused[-1]
    assert (found.name, found.ok) == ("judge", False)
    assert "refused the key" in found.finding and "FOOTNOTE_JUDGE_API_KEY" in found.remedy
    assert shown["FOOTNOTE_JUDGE_API_KEY"] == "********"
    assert f"ok    judge: scripted at {url}, which answered" in command.output
    assert "FOOTNOTE_JUDGE_API_KEY=********" in command.output
    assert "FOOTNOTE_JUDGE_MODEL is set, and" not in command.output  # it is known
    assert KEY not in str(refused) + str(shown) + command.output + caplog.text

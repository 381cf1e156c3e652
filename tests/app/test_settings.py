"""The application's settings: what an LLM endpoint may be, and that its key stays unseen."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from app.doctor import examine, in_force
from app.settings import AppSettings
from ingest.errors import SettingsError

URL = "http://127.0.0.1:11434/v1"
KEY = "sk-not-to-be-seen"


def test_both_or_none_of_address_and_model_are_set() -> None:
    assert not AppSettings.load({}, None).uses_llm
    assert AppSettings(llm_base_url=URL, llm_model="m").uses_llm
    with pytest.raises(SettingsError, match="FOOTNOTE_LLM_MODEL is not"):
        AppSettings.load({"FOOTNOTE_LLM_BASE_URL": URL}, None)
    with pytest.raises(SettingsError, match="FOOTNOTE_LLM_BASE_URL is not"):
        AppSettings.load({"FOOTNOTE_LLM_MODEL": "m"}, None)


@pytest.mark.parametrize(
    "url",
    [
        "127.0.0.1:11434", "ftp://127.0.0.1/v1", "file:///etc/passwd", "http://", "http:///v1",
        "javascript:alert(1)", "http://[::1/v1", "http://127.0.0.1:99999/v1",
        "http://127.0.0.1/v1 http://127.0.0.2/v1", "http://127.0.0.1/v1?api=1",
        "http://127.0.0.1/v1#x",
    ],
)  # fmt: skip
def test_an_address_is_http_and_nothing_more(url: str) -> None:
    with pytest.raises(SettingsError, match="FOOTNOTE_LLM_BASE_URL"):
        AppSettings.load({"FOOTNOTE_LLM_BASE_URL": url, "FOOTNOTE_LLM_MODEL": "m"}, None)


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    url = f"http://user:{KEY}@127.0.0.1/v1"
    with pytest.raises(SettingsError) as refusal:
        AppSettings(llm_base_url=url, llm_model="m")
    assert KEY not in str(refusal.value)


def test_a_slash_at_the_end_makes_no_difference() -> None:
    assert AppSettings(llm_base_url=f"{URL}/", llm_model="m").llm_base_url == URL


def test_an_answer_leaves_room_for_passages() -> None:
    with pytest.raises(SettingsError, match="FOOTNOTE_LLM_MAX_TOKENS"):
        AppSettings(llm_context_tokens=2048, llm_max_tokens=1500)


def test_the_key_is_masked_wherever_settings_are_shown() -> None:
    settings = AppSettings.load(
        {"FOOTNOTE_LLM_BASE_URL": URL, "FOOTNOTE_LLM_MODEL": "m", "FOOTNOTE_LLM_API_KEY": KEY}, None
    )
    shown = in_force(settings)
    assert KEY not in repr(settings) + str(settings) + str(shown) + settings.model_dump_json()
    assert shown["FOOTNOTE_LLM_API_KEY"] == "********"
    assert shown["FOOTNOTE_CHUNK_TOKENS"] == "256"


def test_the_doctor_says_why_an_endpoint_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from eval.benchmarks.llm_faults import status
    from eval.benchmarks.scripted_llm import says, scripted_server

    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("FOOTNOTE_STORAGE", str(tmp_path))
    monkeypatch.setenv("FOOTNOTE_EMBED_MODEL", str(tmp_path / "none"))  # not what is tested here
    monkeypatch.setenv("FOOTNOTE_LLM_MODEL", "scripted")
    monkeypatch.setenv("FOOTNOTE_LLM_API_KEY", KEY)
    with scripted_server() as (server, url):
        monkeypatch.setenv("FOOTNOTE_LLM_BASE_URL", url)
        server.play(status(401), says("OK"))
        refused, works = ([*examine(AppSettings)[0]] for _ in range(2))
    answers = next(check for check in refused if check.name == "answers")
    assert not answers.ok and "refused the key" in answers.finding
    assert "FOOTNOTE_LLM_API_KEY" in answers.remedy
    answers = next(check for check in works if check.name == "answers")
    assert answers.ok and "scripted" in answers.finding
    assert KEY not in str(refused) + str(works) + caplog.text

"""The evaluation's settings: what a judge may be, and that its key stays unseen."""

from __future__ import annotations

import pytest

from app.doctor import in_force
from eval.settings import EvalSettings
from ingest.errors import SettingsError

URL = "http://127.0.0.1:11434/v1"
KEY = "sk-not-to-be-seen"


def test_no_judge_is_set_by_default() -> None:
    settings = EvalSettings.load({}, None)
    assert not settings.has_judge
    assert settings.judge_input_price == settings.judge_output_price == 0.0


def test_both_or_none_of_address_and_model_are_set() -> None:
    assert EvalSettings(judge_base_url=URL, judge_model="m").has_judge
    with pytest.raises(SettingsError, match="FOOTNOTE_JUDGE_MODEL is not. Set both"):
        EvalSettings.load({"FOOTNOTE_JUDGE_BASE_URL": URL}, None)
    with pytest.raises(SettingsError, match="FOOTNOTE_JUDGE_BASE_URL is not"):
        EvalSettings.load({"FOOTNOTE_JUDGE_MODEL": "m"}, None)


def test_the_judge_and_the_llm_are_set_apart() -> None:
    settings = EvalSettings(judge_base_url=URL, judge_model="m")
    assert not settings.uses_llm
    assert not EvalSettings(llm_base_url=URL, llm_model="m").has_judge


@pytest.mark.parametrize(
    "url", ["127.0.0.1:11434", "ftp://127.0.0.1/v1", "http://", f"{URL}?api=1", f"{URL}#x"]
)
def test_an_address_is_http_and_nothing_more(url: str) -> None:
    with pytest.raises(SettingsError, match="FOOTNOTE_JUDGE_BASE_URL"):
        EvalSettings.load({"FOOTNOTE_JUDGE_BASE_URL": url, "FOOTNOTE_JUDGE_MODEL": "m"}, None)


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(SettingsError, match="FOOTNOTE_JUDGE_API_KEY") as refusal:
        EvalSettings(judge_base_url=f"http://user:{KEY}@127.0.0.1/v1", judge_model="m")
    assert KEY not in str(refusal.value)


def test_the_key_is_masked_wherever_settings_are_shown() -> None:
    environment = {
        "FOOTNOTE_JUDGE_BASE_URL": f"{URL}/",
        "FOOTNOTE_JUDGE_MODEL": "m",
        "FOOTNOTE_JUDGE_API_KEY": KEY,
    }
    settings = EvalSettings.load(environment, None)
    shown = in_force(settings)
    assert KEY not in repr(settings) + str(shown) + settings.model_dump_json()
    assert shown["FOOTNOTE_JUDGE_API_KEY"] == "********"
    assert shown["FOOTNOTE_JUDGE_BASE_URL"] == URL
    assert shown["FOOTNOTE_JUDGE_MAX_TOKENS"] == "2048"

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from ingest.errors import SettingsError
from ingest.settings import ROOT, LibrarySettings


def test_the_defaults_stand_in_the_project_whatever_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = LibrarySettings.load({}, None)
    assert settings.documents == ROOT / "data" / "documents"
    assert settings.storage == ROOT / "storage"
    assert settings.added == ROOT / "storage" / "added"
    assert settings.embed_model == "all-MiniLM-L6-v2"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text("FOOTNOTE_CHUNK_TOKENS=128\nFOOTNOTE_EMBED_MODEL=from-file\nOTHER=1\n")
    settings = LibrarySettings.load({"FOOTNOTE_EMBED_MODEL": "from-env", "HOME": "/"}, env)
    assert (settings.chunk_tokens, settings.embed_model) == (128, "from-env")


def test_an_empty_value_is_no_value(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text("FOOTNOTE_STORAGE=\nFOOTNOTE_DOCUMENTS\n")
    settings = LibrarySettings.load({"FOOTNOTE_EMBED_MODEL": ""}, env)
    assert settings == LibrarySettings.load({}, None)


def test_relative_paths_count_from_the_file_or_from_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    env = tmp_path / ".env"
    env.write_text("FOOTNOTE_DOCUMENTS=papers\n")
    settings = LibrarySettings.load({"FOOTNOTE_STORAGE": "store"}, env)
    assert settings.documents == tmp_path / "papers"
    assert settings.storage == tmp_path / "here" / "store"


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    env = tmp_path / ".env"
    env.write_text("FOOTNOTE_DOCUMENTS=~/papers\n")
    settings = LibrarySettings.load({"FOOTNOTE_STORAGE": "~/store"}, env)
    assert (settings.documents, settings.storage) == (tmp_path / "papers", tmp_path / "store")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("FOOTNOTE_CHUNK_TOKENS", "many"),
        ("FOOTNOTE_CHUNK_TOKENS", "10"),
        ("FOOTNOTE_STORAGE", "~no-such-user-here/x"),
    ],
)
def test_a_bad_value_names_its_variable(variable: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        LibrarySettings.load({variable: value}, None)
    assert variable in str(caught.value)
    assert value in str(caught.value)


def test_a_settings_file_that_is_no_text_is_one_message(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"FOOTNOTE_STORAGE=\xff\xfe\n")
    with pytest.raises(SettingsError, match="UTF-8"):
        LibrarySettings.load({}, tmp_path / ".env")


def test_settings_are_frozen_and_know_their_own_fields_only() -> None:
    settings = LibrarySettings()
    with pytest.raises(ValidationError):
        settings.chunk_tokens = 64  # type: ignore[misc]
    with pytest.raises(ValidationError):
        LibrarySettings(unknown=1)  # type: ignore[call-arg]

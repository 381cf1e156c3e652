"""The `eval` command, and an environment that points it at a small library."""

from __future__ import annotations

import pytest
import typer

import eval.cli
from app.settings import AppSettings


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    eval.cli.register(made)
    return made


@pytest.fixture
def at_small(small: AppSettings, monkeypatch: pytest.MonkeyPatch) -> AppSettings:
    """Point the environment at the small library."""
    monkeypatch.setenv("FOOTNOTE_DOCUMENTS", str(small.documents))
    monkeypatch.setenv("FOOTNOTE_STORAGE", str(small.storage))
    return small

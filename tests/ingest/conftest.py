from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from ingest.settings import ROOT, LibrarySettings

Run = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty documents folder."""
    made = tmp_path / "documents"
    made.mkdir()
    return made


@pytest.fixture
def library_settings(tmp_path: Path, folder: Path) -> LibrarySettings:
    """Settings for the empty documents folder and a storage that is not there yet."""
    return LibrarySettings(documents=folder, storage=tmp_path / "storage")


@pytest.fixture
def python(library_settings: LibrarySettings) -> Run:
    """Run Python in a process of its own, with the settings in its environment."""

    def run(
        arguments: Sequence[str | bytes],
        environ: Mapping[str, str] | None = None,
        **options: object,
    ) -> subprocess.CompletedProcess[bytes]:
        own = {
            "FOOTNOTE_DOCUMENTS": str(library_settings.documents),
            "FOOTNOTE_STORAGE": str(library_settings.storage),
            "PYTHONPATH": str(ROOT),
        }
        return subprocess.run(  # type: ignore[call-overload, no-any-return]
            [sys.executable, *arguments],
            env={**os.environ, **own, **(environ or {})},
            capture_output=True,
            timeout=120,
            check=False,
            **options,
        )

    return run

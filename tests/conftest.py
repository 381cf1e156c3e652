"""What the tests share: the real embedder once, and a real library of the dossier once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.engine import FootnoteQueryEngine
from app.settings import AppSettings
from ingest.embed import Embedder
from ingest.settings import ROOT
from ingest.sync import sync

DOSSIER = ROOT / "data" / "documents"
MakeSettings = Callable[[dict[str, str | bytes]], AppSettings]


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own settings out of the tests."""
    import os

    for name in list(os.environ):
        if name.startswith("FOOTNOTE_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of converted models, which storages link to instead of converting anew."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def embedder(models: Path) -> Embedder:
    """The packaged embedder, loaded once."""
    embedder = Embedder(cache=models)
    embedder.embed_query("warm")
    return embedder


@pytest.fixture(scope="session")
def dossier(
    tmp_path_factory: pytest.TempPathFactory, embedder: Embedder, models: Path
) -> AppSettings:
    """Settings of a library that holds the dossier; not to be written to."""
    storage = tmp_path_factory.mktemp("dossier")
    (storage / "models").symlink_to(models)
    settings = AppSettings(documents=DOSSIER, storage=storage)
    report = sync(settings, embedder=embedder)
    assert not report.failed
    return settings


@pytest.fixture(scope="session")
def engine(dossier: AppSettings, embedder: Embedder) -> Iterator[FootnoteQueryEngine]:
    """An engine over the dossier."""
    with FootnoteQueryEngine(dossier, embedder) as engine:
        yield engine


@pytest.fixture
def make_settings(
    tmp_path: Path, models: Path
) -> Iterator[Callable[[dict[str, str | bytes]], AppSettings]]:
    """Make settings for a documents folder with the given files, and an empty storage."""

    def make(files: dict[str, str | bytes]) -> AppSettings:
        documents = tmp_path / "documents"
        documents.mkdir(exist_ok=True)
        for name, content in files.items():
            path = documents / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        storage = tmp_path / "storage"
        storage.mkdir(exist_ok=True)
        if not (storage / "models").exists():
            (storage / "models").symlink_to(models)
        return AppSettings(documents=documents, storage=storage)

    yield make

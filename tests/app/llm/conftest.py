"""What the LLM's tests share: a scripted server, and a small library of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from app.engine import FootnoteQueryEngine
from app.settings import AppSettings
from eval.benchmarks.llm_faults import library
from eval.benchmarks.scripted_llm import ScriptedServer, scripted_server
from ingest.embed import Embedder
from ingest.sync import sync

KEY = "sk-not-to-be-seen"
MakeEngine = Callable[..., FootnoteQueryEngine]


@pytest.fixture(scope="session")
def _loaded() -> None:
    """The client's libraries, imported before any deadline runs."""
    import llama_index.llms.openai_like  # noqa: F401


@pytest.fixture(scope="session")
def island(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> AppSettings:
    """Settings of a library of two small documents; not to be written to."""
    settings = library(tmp_path_factory.mktemp("island"))
    report = sync(settings, embedder=embedder)
    assert not report.failed
    return settings


@pytest.fixture(scope="session")
def _server() -> Iterator[tuple[ScriptedServer, str]]:
    with scripted_server() as running:
        yield running


@pytest.fixture
def llm(_server: tuple[ScriptedServer, str], _loaded: None) -> ScriptedServer:
    """A scripted endpoint."""
    return _server[0]


@pytest.fixture
def endpoint(
    _server: tuple[ScriptedServer, str], island: AppSettings
) -> Callable[..., AppSettings]:
    """Make settings that name the scripted endpoint."""

    def make(**changes: object) -> AppSettings:
        values: dict[str, object] = {
            "llm_base_url": _server[1],
            "llm_model": "scripted",
            "llm_api_key": KEY,
            "llm_timeout_s": 20.0,
            "documents": island.documents,
            "storage": island.storage,
        }
        return AppSettings.model_validate(values | changes)

    return make


@pytest.fixture
def asking(endpoint: Callable[..., AppSettings], embedder: Embedder) -> Iterator[MakeEngine]:
    """Make an engine that has the scripted endpoint write."""
    engines: list[FootnoteQueryEngine] = []

    def make(**changes: object) -> FootnoteQueryEngine:
        engines.append(FootnoteQueryEngine(endpoint(**changes), embedder))
        engines[-1].refresh()
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()

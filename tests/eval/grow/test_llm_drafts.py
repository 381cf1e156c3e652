from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import eval.cli
from app.llm.faults import LlmError
from app.settings import AppSettings
from eval.benchmarks.scripted_llm import Exchange, ScriptedServer, says, scripted_server
from eval.benchmarks.scripted_testset import answers_by_schema, question_on
from eval.grow.drafts import Drafts, drafts_path
from eval.grow.llm_drafts import LlmDrafts, draft_with_llm
from eval.ragas.testset import TestsetError
from eval.sets.cases import Case, EvaluationSetError, locate_all
from ingest.embed import Embedder
from ingest.library import Library, open_library
from ingest.sync import sync

PORT = """# Port Alder

## The harbour

The lighthouse on Gull Point was built by Ada Merrow. The pier of Port Alder is made of oak.
Boats of the Lea Company bring rye in spring.

## The mill

The mill of Port Alder grinds rye for the Lea Company. Tom Hale runs it with four workers.
A weir feeds the mill race, and eels pass it at night.

## The inn

The inn of Gull Point has nine rooms. Ada Merrow slept there when the lighthouse was built.
Its cellar floods when the Lea rises.
"""


@pytest.fixture
def port(make_settings: object, embedder: Embedder) -> AppSettings:
    """Settings of a library of one document with three chunks."""
    settings: AppSettings = make_settings({"port.md": PORT})  # type: ignore[operator]
    assert not sync(settings, embedder=embedder).failed
    return settings


@pytest.fixture
def held(port: AppSettings) -> Iterator[Library]:
    library = open_library(port)
    yield library
    library.close()


@pytest.fixture
def llm() -> Iterator[tuple[ScriptedServer, str]]:
    with scripted_server() as served:
        yield served


def with_llm(settings: AppSettings, url: str) -> AppSettings:
    return settings.model_copy(
        update={"llm_base_url": url, "llm_model": "m", "llm_retries": 0, "llm_timeout_s": 20.0}
    )


def test_a_models_questions_become_drafts_with_their_gold_in_the_document(
    port: AppSettings, held: Library, llm: tuple[ScriptedServer, str], embedder: Embedder,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    server, url = llm
    server.play(answers_by_schema())
    made = draft_with_llm(with_llm(port, url), held, "port.md", 4, embedder)
    assert isinstance(made, LlmDrafts)
    assert made.cases
    reasons = [why for _, why in made.dropped]  # the scripted model has but two questions
    assert all("second time" in why or "nearly the same" in why for why in reasons)
    golds = locate_all(made.cases, held)
    for case in made.cases:
        assert case.draft
        assert case.query_id.startswith("draft-")
        assert case.note == "Proposed from 'port.md' by 'm' through RAGAS."
        assert golds[case.query_id]
        assert all(gold.document == "port.md" for gold in case.references)
    single = [case for case in made.cases if case.question.startswith("Is it so")]
    for case in single:  # the answer is a sentence of the document: no more is gold
        (gold,) = case.references
        assert case.reference_answer.split() == gold.text.split()
    assert not (tmp_path / "home").exists()  # RAGAS left no user id
    assert os.environ["XDG_DATA_HOME"] == str(tmp_path / "home")


def test_what_is_asked_already_is_dropped(
    port: AppSettings, held: Library, llm: tuple[ScriptedServer, str], embedder: Embedder
) -> None:
    server, url = llm
    server.play(answers_by_schema())
    sentences = [one for one in PORT.replace("\n", " ").split(". ") if one]
    asked = ["What do the passages share?", *map(question_on, sentences)]
    known = [Case(query_id=one, question=one, answerable=False) for one in asked]
    made = draft_with_llm(with_llm(port, url), held, "port.md", 3, embedder, known)
    assert made.cases == ()
    assert any("it asks nearly the same as" in why for _, why in made.dropped)


def refuse(exchange: Exchange) -> None:
    exchange.fail(401)


@pytest.mark.parametrize("after", [0, 5])
def test_a_model_that_fails_on_the_way_leaves_nothing(
    after: int, port: AppSettings, llm: tuple[ScriptedServer, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    server, url = llm
    server.play(answers_by_schema(after, refuse))
    for name, value in {
        "DOCUMENTS": str(port.documents),
        "STORAGE": str(port.storage),
        "LLM_BASE_URL": url,
        "LLM_MODEL": "m",
        "LLM_RETRIES": "0",
    }.items():
        monkeypatch.setenv(f"FOOTNOTE_{name}", value)
    app = typer.Typer()
    eval.cli.register(app)
    result = CliRunner().invoke(app, ["eval", "draft", "port.md", "--llm", "--n", "3"])
    assert isinstance(result.exception, LlmError)
    assert "The LLM refused the key" in str(result.exception)
    assert result.stdout == ""
    assert Drafts(drafts_path(port.storage)).cases() == ()
    # What was under way may still be answered; nothing new is asked.
    assert len(server.seen) <= after + 8


def test_answers_in_no_form_are_asked_for_again_and_then_given_up(
    port: AppSettings, held: Library, llm: tuple[ScriptedServer, str], embedder: Embedder
) -> None:
    server, url = llm
    server.play(says("I would rather not."))
    with pytest.raises(LlmError, match="did not answer in the form"):
        draft_with_llm(with_llm(port, url), held, "port.md", 3, embedder)
    assert any("That does not fit" in exchange.prompt for exchange in server.seen)


def test_what_ragas_cannot_use_is_said_so(
    port: AppSettings, held: Library, llm: tuple[ScriptedServer, str], embedder: Embedder
) -> None:
    server, url = llm

    def strangers(exchange: Exchange) -> None:
        if "PersonaThemesMapping" in exchange.prompt:
            says('{"mapping": {"Nobody": ["Lea Company", "Port Alder", "Ada Merrow"]}}')(exchange)
        else:
            answers_by_schema()(exchange)

    server.play(strangers)
    with pytest.raises(TestsetError, match="RAGAS made no questions"):
        draft_with_llm(with_llm(port, url), held, "port.md", 3, embedder)


def test_without_a_model_the_remedy_is_named(
    port: AppSettings, held: Library, embedder: Embedder
) -> None:
    with pytest.raises(EvaluationSetError, match="FOOTNOTE_LLM_BASE_URL"):
        draft_with_llm(port, held, "port.md", 3, embedder)

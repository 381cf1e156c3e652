"""Follow-ups by an LLM: taken where plausible, else the rules decide."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from app.engine import FootnoteQueryEngine
from app.llm.client import LlmClient
from app.llm.condense import condense_with_llm, is_plausible
from app.question.condense import condense
from app.records import Question, Turn
from app.settings import AppSettings
from eval.benchmarks.llm_faults import GOOD, status
from eval.benchmarks.scripted_llm import Exchange, Script, ScriptedServer, says

HISTORY = (
    Turn("user", "Who built the Skerry lighthouse?"),
    Turn("assistant", "The engineer Ada Brandt built it in 1867."),
)
FOLLOW_UP = "When did its last keeper leave?"
STANDALONE = "When did the Skerry lighthouse's last keeper leave?"


def test_the_standalone_form_is_used_and_recorded(
    llm: ScriptedServer, asking: Callable[..., FootnoteQueryEngine]
) -> None:
    llm.play(says(STANDALONE), says(GOOD))
    answer = asking().answer(Question(FOLLOW_UP, HISTORY))
    assert answer.standalone_question == STANDALONE
    assert len(llm.seen) == 2
    assert f"Question: {STANDALONE}" in llm.seen[1].prompt
    assert "user: Who built the Skerry lighthouse?" in llm.seen[0].prompt


@pytest.mark.parametrize(
    "script",
    [
        status(500),
        status(401),
        says(""),
        says("It left in 1988.\nAsk me more."),
        says("When did Otto Lindqvist's last keeper leave?"),
        says("When did the last keeper leave in 1999?"),
        says("The weather is fine today"),
        says("When did its last keeper leave? " * 60),
    ],
)
def test_a_fault_or_an_implausible_form_leaves_it_to_the_rules(
    script: Script, llm: ScriptedServer, asking: Callable[..., FootnoteQueryEngine]
) -> None:
    llm.play(script, says(GOOD))
    answer = asking().answer(Question(FOLLOW_UP, HISTORY))
    assert answer.standalone_question == condense(FOLLOW_UP, HISTORY)


@pytest.mark.parametrize(
    "written",
    [
        STANDALONE,
        f"Standalone question: {STANDALONE}",
        f"“{STANDALONE}”",
        f"<think>its = the lighthouse</think>\n**{STANDALONE}**",
    ],
)
def test_dressing_is_taken_off(
    written: str, llm: ScriptedServer, endpoint: Callable[..., AppSettings]
) -> None:
    llm.play(says(written))
    assert condense_with_llm(LlmClient(endpoint()), FOLLOW_UP, HISTORY) == STANDALONE


def test_without_a_conversation_nobody_is_asked(
    llm: ScriptedServer, endpoint: Callable[..., AppSettings]
) -> None:
    llm.play(says(STANDALONE))
    assert condense_with_llm(LlmClient(endpoint()), FOLLOW_UP, ()) is None
    assert llm.seen == []


def test_it_shares_the_answers_deadline(
    llm: ScriptedServer, asking: Callable[..., FootnoteQueryEngine]
) -> None:
    def hang(exchange: Exchange) -> None:
        exchange.pause(30)

    llm.play(hang)
    engine = asking(llm_timeout_s=1.0)
    began = time.monotonic()
    answer = engine.answer(Question(FOLLOW_UP, HISTORY))
    assert time.monotonic() - began < 4.0
    assert answer.mode == "extractive"
    assert any("did not answer" in notice for notice in answer.notices)


@pytest.mark.parametrize(
    ("found", "plausible"),
    [
        (STANDALONE, True),
        (FOLLOW_UP, True),
        ("When did the last keeper of the Skerry lighthouse, built in 1867, leave?", True),
        ("When did the last keeper of the Skerry lighthouse, built in 1868, leave?", False),
        ("Who is Ada Brandt?", False),
        ("", False),
    ],
)
def test_what_is_plausible(found: str, plausible: bool) -> None:
    assert is_plausible(found, FOLLOW_UP, HISTORY) == plausible

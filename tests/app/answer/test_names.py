"""Names in a question that no document holds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.engine import FootnoteQueryEngine
from app.records import Question
from app.settings import AppSettings
from ingest.embed import Embedder
from ingest.sync import sync

Make = Callable[[dict[str, str | bytes]], AppSettings]
SPEECH = (
    "My fellow citizens, last year my administration cut credit card late fees from 32 to 8 "
    "dollars. I have asked the Congress to lower the price of insulin to 35 dollars a month."
)


def test_a_speaker_whom_the_speech_does_not_name_is_let_pass_with_a_notice(
    make_settings: Make, embedder: Embedder
) -> None:
    settings = make_settings({"speech.txt": SPEECH})
    sync(settings, embedder=embedder)
    with FootnoteQueryEngine(settings, embedder) as engine:
        answer = engine.answer(
            Question("To what did President Varga's administration cut credit card late fees?")
        )
    assert "8 dollars" in answer.text
    assert "Varga" in answer.notices[0]


@pytest.mark.parametrize(
    "question",
    [
        "When did Brazil suspend the Safe Third Country Agreement?",
        "When did President Varga suspend the Safe Third Country Agreement?",
        "What share of NATO's budget do remittances make up?",
    ],
)
def test_a_stranger_to_the_documents_is_not_answered_about(
    engine: FootnoteQueryEngine, question: str
) -> None:
    answer = engine.answer(Question(question))
    assert answer.abstained
    assert answer.missing_terms

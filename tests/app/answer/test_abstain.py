"""Abstaining with a reason, and notices beside an answer."""

from __future__ import annotations

import pytest

from app.answer.abstain import partial_notices
from app.engine import FootnoteQueryEngine
from app.records import Question


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("What is the capital of Mongolia?", "No document holds “capital”, “Mongolia”."),
        ("What did the tower cost in 1931?", "No passage about it holds “1931”."),
        ("What was 58 at the tower in 1874?", "No passage about it holds “1874”, “58” together."),
        (
            "What percentage of the seals sleep on the rocks below the lighthouse?",
            "No passage that was found gives the share that is asked for.",
        ),
    ],
)
def test_an_abstention_says_why(harbour: FootnoteQueryEngine, question: str, says: str) -> None:
    answer = harbour.answer(Question(question))
    assert answer.abstained and answer.sentences == () and answer.citations == ()
    assert answer.text.startswith("The documents do not answer this question.")
    assert says in answer.text
    assert "The closest passages are in: " in answer.text
    assert len(answer.retrieved) == 10


def test_the_closest_places_are_named_once_each(harbour: FootnoteQueryEngine) -> None:
    answer = harbour.answer(Question("What is the colour of the lighthouse of Zanzibar?"))
    places = answer.text.partition("The closest passages are in: ")[2].rstrip(".").split("; ")
    assert 1 <= len(places) <= 3 and len(set(places)) == len(places)
    assert "The lighthouse of Tarn Point" in places


def test_missing_words_are_the_questions_own(harbour: FootnoteQueryEngine) -> None:
    answer = harbour.answer(Question("Which Zeppelins landed at Tarn Point?"))
    assert answer.abstained and answer.missing_terms == ("Zeppelins", "landed")
    assert "“Zeppelins”" in answer.text


def test_words_that_no_document_holds_are_told_beside_an_answer(
    harbour: FootnoteQueryEngine,
) -> None:
    answer = harbour.answer(Question("Why did the council close the flimsy ferry to Hollin?"))
    assert not answer.abstained and answer.missing_terms == ()
    assert any("“flimsy”" in notice for notice in answer.notices)


def test_what_asks_for_an_answer_is_no_word_that_it_leaves_open(
    harbour: FootnoteQueryEngine,
) -> None:
    answer = harbour.answer(Question("Summarise the rules for skippers before leaving port."))
    assert not answer.abstained and answer.notices == ()


def test_parts_left_open_are_listed() -> None:
    assert partial_notices(()) == ()
    (notice,) = partial_notices(("who paid?", "the mill"))
    assert "“who paid?”, “the mill”" in notice


def test_a_threshold_of_zero_answers_whatever_has_a_sentence(harbour: FootnoteQueryEngine) -> None:
    settings = harbour.settings.model_copy(update={"answer_threshold": 0.0})
    with FootnoteQueryEngine(settings, harbour.embedder) as engine:
        assert not engine.answer(Question("What is the capital of Mongolia?")).abstained
        assert engine.answer(Question("What happened in 1931?")).abstained  # nothing to quote

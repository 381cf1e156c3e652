"""Choosing the sentences of an answer, and what each needs to be understood."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.answer.evidence import Candidate, Evidence, weigh
from app.answer.select import Selection, Want, choose, select, wanted
from app.engine import FootnoteQueryEngine
from app.question.asked import analyse
from app.records import Answer, Passage, Question
from app.settings import AppSettings
from ingest.embed import Embedder
from ingest.sync import sync

MakePassage = Callable[..., Passage]


def evidence(question: str, *found: tuple[str, float], passage: Passage) -> Evidence:
    """Sentences of a passage with their probabilities, each in a direction of its own."""
    axes = np.eye(len(found) + 1, dtype=np.float32)
    candidates = tuple(
        Candidate(passage, 10 * at, 10 * at + 9, text, axes[at], (), probability)
        for at, (text, probability) in enumerate(found)
    )
    return Evidence(analyse(question), candidates, (), 1.0, {}, ())


def texts(chosen: list[Candidate]) -> list[str]:
    return [one.text for one in chosen]


def test_sentences_near_to_the_best_are_chosen_up_to_the_most(passage: MakePassage) -> None:
    found = [("Alpha runs.", 0.9), ("Beta swims.", 0.6), ("Gamma flies.", 0.5)]
    given_ = evidence("What moves?", *found, passage=passage("x"))
    assert texts(choose(given_, 5)) == ["Alpha runs.", "Beta swims."]
    assert texts(choose(given_, 1)) == ["Alpha runs."]


def test_what_says_the_same_is_chosen_once(passage: MakePassage) -> None:
    given_ = evidence(
        "What happened?",
        ("The old mill burned down in spring.", 0.9),
        ("In spring the old mill burned down.", 0.89),
        ("The baker was blamed.", 0.88),
        ("They blamed somebody who bakes.", 0.87),
        passage=passage("x"),
    )
    alike = given_.candidates[2].vector * 0.95 + given_.candidates[3].vector * 0.312
    near = replace(given_.candidates[3], vector=alike.astype(np.float32))
    given_ = replace(given_, candidates=(*given_.candidates[:3], near))
    assert texts(choose(given_, 5)) == [
        "The old mill burned down in spring.",
        "The baker was blamed.",
    ]


@pytest.mark.parametrize(
    ("question", "fitting", "other"),
    [
        ("When did it burn?", "It burned in 1911.", "It burned brightly."),
        ("Who lit the fire?", "Ada Merrow lit the fire.", "The fire was lit."),
        ("How many barges sank?", "Nine barges sank.", "Barges sank."),
    ],
)
def test_where_a_kind_is_asked_for_sentences_without_it_stay_out(
    passage: MakePassage, question: str, fitting: str, other: str
) -> None:
    both = evidence(question, (other, 0.9), (fitting, 0.7), passage=passage("x"))
    assert texts(choose(both, 5)) == [fitting]
    neither = evidence(question, (other, 0.9), passage=passage("x"))
    assert texts(choose(neither, 5)) == [other]


def test_a_part_that_nothing_chosen_speaks_of_gets_its_best_sentence(passage: MakePassage) -> None:
    given_ = evidence(
        "What?",
        ("Alpha runs.", 0.9),
        ("Beta swims far.", 0.3),
        ("Beta swims.", 0.25),
        ("Gamma flies.", 0.1),
        passage=passage("x"),
    )
    wants = [
        Want(name, lambda one, name=name: name in one.text) for name in ("Alpha", "Beta", "Gamma")
    ]
    # Gamma's sentence is too improbable to be an answer to anything.
    assert texts(choose(given_, 5, wants)) == ["Alpha runs.", "Beta swims far."]
    assert texts(choose(given_, 1, wants)) == ["Alpha runs."]


@given(st.lists(st.floats(0.01, 1.0), min_size=1, max_size=8), st.integers(1, 6))
def test_the_best_is_always_chosen_and_the_order_is_by_probability(
    probabilities: list[float], most: int
) -> None:
    source = Passage("c", "d", "t", None, None, 0, 1, "x", 1.0)
    ordered = sorted(probabilities, reverse=True)
    found = [(f"word{at} said.", one) for at, one in enumerate(ordered)]
    chosen = choose(evidence("What?", *found, passage=source), most)
    assert 1 <= len(chosen) <= most
    assert chosen[0].probability == ordered[0]
    assert [one.probability for one in chosen] == ordered[: len(chosen)]


def test_wants_are_the_parts_and_the_sides(harbour: FootnoteQueryEngine) -> None:
    with harbour.live.lease() as index:
        assert wanted("When was the tower lit?", index) == []
        parts = wanted("When was the tower lit and who paid for it?", index)
        assert [one.text for one in parts] == ["When was the tower lit", "who paid for it?"]
        sides = wanted("Compare the north mill with the south mill.", index)
        assert [one.text for one in sides] == ["the north mill", "the south mill"]
        assert wanted("Compare the mill with the mill.", index) == []


def ask(engine: FootnoteQueryEngine, question: str) -> Answer:
    answer = engine.answer(Question(question))
    assert not answer.abstained
    return answer


def quotes(answer: Answer) -> list[str]:
    return [citation.quote for citation in answer.citations]


def test_both_parts_of_a_question_are_answered(harbour: FootnoteQueryEngine) -> None:
    answer = ask(harbour, "Who designed the lighthouse of Tarn Point and when was it first lit?")
    assert "Ada Merrow" in answer.text and "1874" in answer.text
    assert answer.notices == ()


def test_a_part_that_is_left_open_is_named(harbour: FootnoteQueryEngine) -> None:
    question = "Who designed the lighthouse of Tarn Point and what is the price of a violin?"
    answer = ask(harbour, question)
    assert "Ada Merrow" in answer.text
    assert any("“what is the price of a violin?”" in notice for notice in answer.notices)


def test_both_sides_of_a_comparison_are_quoted_from_their_documents(
    harbour: FootnoteQueryEngine,
) -> None:
    answer = ask(harbour, "What drives the north mill compared with the south mill?")
    held = {citation.document: citation.quote for citation in answer.citations}
    assert "wind" in held["north-mill.md"] and "tide" in held["south-mill.md"]
    assert not any("do not answer this part" in notice for notice in answer.notices)


def test_a_side_that_the_documents_do_not_know_is_named(harbour: FootnoteQueryEngine) -> None:
    answer = ask(harbour, "Compare the north mill with the volcano.")
    assert any("“the volcano”" in notice for notice in answer.notices)


def test_a_sentence_that_points_back_comes_with_the_one_before(
    harbour: FootnoteQueryEngine,
) -> None:
    found = quotes(ask(harbour, "When was the lighthouse of Tarn Point lit?"))
    at = found.index("It was lit for the first time in March 1874.")
    assert found[at - 1] == "Ada Merrow designed the lighthouse of Tarn Point."


def test_the_one_before_may_stand_in_the_chunk_before(
    make_settings: Callable[[dict[str, str | bytes]], AppSettings], embedder: Embedder
) -> None:
    pairs = [f"Ada Merrow built tower {at}. It was lit in {1800 + at}." for at in range(40)]
    settings = make_settings({"towers.md": " ".join(pairs) + "\n\nIt rained.\n"})
    settings = settings.model_copy(update={"chunk_tokens": 90})
    sync(settings, embedder=embedder)
    with FootnoteQueryEngine(settings, embedder) as engine, engine.live.lease() as index:
        found = weigh(
            index,
            analyse("When?"),
            embedder.embed_query("When?"),
            engine.retriever.passages(index, "When?", top_k=50),
        )
        opening = [one for one in found.candidates if one.start == one.passage.start]
        cut = next(one for one in opening if one.text.startswith("It was lit"))
        selection = select(index, replace(found, candidates=(cut,)), 1)
        text = index.library.documents["towers.md"].text
        assert [text[one.start : one.end] for one in selection.quotes] == [
            f"Ada Merrow built tower {int(cut.text[-5:-1]) - 1800}.",
            cut.text,
        ]
        alone = next(one for one in found.candidates if one.text == "It rained.")
        selection = select(index, replace(found, candidates=(alone,)), 1)
        assert len(selection.quotes) == 1  # another paragraph stands above


def test_what_a_sentence_announces_follows_it(harbour: FootnoteQueryEngine) -> None:
    found = quotes(ask(harbour, "Why did the council close the ferry to Hollin?"))
    assert found[0].startswith("Three reasons")
    assert [one.split(",")[0] for one in found[1:4]] == ["First", "Second", "Third"]
    assert not any("circus" in one for one in found)


def test_a_list_after_a_colon_is_quoted_whole(harbour: FootnoteQueryEngine) -> None:
    found = quotes(ask(harbour, "What must a skipper check before leaving port?"))
    (whole,) = [one for one in found if "following:" in one]
    assert whole.endswith("the weather board at the pier") and whole.count("\n- ") == 3
    assert not any("bilge" in one for one in found if one != whole)


def test_a_tables_row_comes_below_its_columns_names(harbour: FootnoteQueryEngine) -> None:
    found = quotes(ask(harbour, "What is the fee for a trawler?"))
    at = next(at for at, one in enumerate(found) if "Trawler" in one)
    assert "Fee in crowns" in found[0] and "58" in found[at]
    assert sum("Fee in crowns" in one for one in found) == 1


def test_the_names_of_a_tables_columns_are_no_answer_by_themselves(
    harbour: FootnoteQueryEngine,
) -> None:
    question = "vessel, fee in crowns, longest stay"
    with harbour.live.lease() as index:
        vector = harbour.embedder.embed_query(question)
        chunks = harbour.retriever.passages(index, question, vector=vector)
        found = weigh(index, analyse(question), vector, chunks)
        named = [one for one in found.candidates if "| Vessel |" in one.text]
        assert named[0] is found.candidates[0]
        quoted = [one.start for one in select(index, found, 3).quotes]
        assert len(quoted) > 1 and quoted[0] == named[0].start  # above a row
        only = replace(found, candidates=(named[0],))
        assert [one.start for one in select(index, only, 3).quotes] == [named[0].start]


def check(selection: Selection, engine: FootnoteQueryEngine) -> None:
    """Quotes are words of their document, none overlaps another, and each document's read on."""
    with engine.live.lease() as index:
        documents = index.library.documents
        order = list(dict.fromkeys(one.passage.document for one in selection.quotes))
        assert [one.passage.document for one in selection.quotes] == sorted(
            (one.passage.document for one in selection.quotes), key=order.index
        )
        for one in selection.quotes:
            text = documents[one.passage.document].text
            assert 0 <= one.start < one.end <= len(text)
            assert text[one.start : one.end].strip()
            assert 0.0 <= one.probability <= 1.0
        for one, after in zip(selection.quotes, selection.quotes[1:], strict=False):
            assert one.passage.document != after.passage.document or one.end <= after.start


ASKED = st.lists(
    st.sampled_from(
        "who when what why and how many lighthouse ferry mill north south compare with fee Trawler "
        "Yacht skipper check reasons first cats miller lit harbour office ? it faro".split()
    ),
    min_size=1,
    max_size=9,
).map(" ".join)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(ASKED, st.integers(1, 8))
def test_every_selection_can_be_quoted(
    harbour: FootnoteQueryEngine, question: str, most: int
) -> None:
    with harbour.live.lease() as index:
        vector = harbour.embedder.embed_query(question)
        chunks = harbour.retriever.passages(index, question, vector=vector)
        found = weigh(index, analyse(question, index.languages), vector, chunks)
        if found.candidates:
            check(select(index, found, most), harbour)

"""Retrieval: both sides score every candidate, and the filter comes before ranking."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.engine import FootnoteQueryEngine
from app.records import Passage
from app.search.retrieve import Fusion, HybridRetriever, from_node, to_node
from app.settings import AppSettings
from app.text.terms import question_terms
from ingest.embed import Embedder
from ingest.errors import UnknownDocumentError
from ingest.sync import sync

Make = Callable[[dict[str, str | bytes]], AppSettings]


def test_passages_come_best_first_with_all_scores(engine: FootnoteQueryEngine) -> None:
    found = engine.search("remittances share of GDP")
    assert len(found) == 10
    assert [passage.score for passage in found] == sorted(
        (passage.score for passage in found), reverse=True
    )
    assert all(0.0 <= passage.score <= 1.0 for passage in found)
    assert all(passage.scores.keys() == {"dense", "bm25", "sentence"} for passage in found)


def test_a_filter_is_applied_before_ranking(engine: FootnoteQueryEngine) -> None:
    everywhere = {passage.document for passage in engine.search("remittances", top_k=5)}
    assert "sica-and-regional-bodies.txt" not in everywhere
    only = engine.search("remittances", top_k=5, documents=["sica-and-regional-bodies.txt"])
    assert len(only) == 5
    assert {passage.document for passage in only} == {"sica-and-regional-bodies.txt"}


def test_a_name_that_the_embedder_does_not_know_is_found_by_bm25(
    make_settings: Make, embedder: Embedder
) -> None:
    files: dict[str, str | bytes] = {
        f"{number}.txt": f"Invoice {number} concerns office paper and ink." for number in range(40)
    }
    files["odd.txt"] = "The part XQ-7781-B is stored in the cellar."
    settings = make_settings(files)
    sync(settings, embedder=embedder)
    with FootnoteQueryEngine(settings, embedder) as engine:
        assert engine.search("XQ-7781-B", top_k=1)[0].document == "odd.txt"


def test_a_passage_survives_the_way_through_a_llamaindex_node(
    engine: FootnoteQueryEngine,
) -> None:
    for passage in engine.search("police corruption", top_k=3):
        assert from_node(to_node(passage)) == passage


def test_a_library_smaller_than_top_k_gives_what_it_has(
    make_settings: Make, embedder: Embedder
) -> None:
    settings = make_settings({"one.txt": "A single fact about rivers."})
    sync(settings, embedder=embedder)
    with FootnoteQueryEngine(settings, embedder) as engine:
        assert [passage.document for passage in engine.search("rivers")] == ["one.txt"]


def passages(
    engine: FootnoteQueryEngine, question: str, weight: float = 0.5, **options: object
) -> list[Passage]:
    settings = engine.settings.model_copy(update={"dense_weight": weight})
    retriever = HybridRetriever(engine.live, settings)
    with engine.live.lease() as index:
        return retriever.passages(index, question, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(("weight", "side"), [(0.0, "bm25"), (1.0, "dense")])
def test_a_weight_of_none_or_all_leaves_the_other_side_out(
    engine: FootnoteQueryEngine, weight: float, side: str
) -> None:
    found = passages(engine, "remittances share of GDP", weight, top_k=50)
    both = np.array([[one.score, one.scores[side]] for one in found if "Sources" not in str(one)])
    assert float(np.corrcoef(both.T)[0, 1]) > 0.999


def test_keywords_count_for_more_the_longer_the_question() -> None:
    def weight(question: str, given_: float) -> float:
        return Fusion().dense_weight(given_, len(question_terms(question)))

    words = "remittance police drug treaty border court judge army coffee road school port".split()
    weights = [weight(" ".join(words[:count]), 0.5) for count in range(13)]
    assert weights == sorted(weights, reverse=True)
    assert weights[0] > 0.5 > weights[12]
    shares = [Fusion().sentence_share(0.5, count) for count in range(13)]
    assert shares == sorted(shares, reverse=True) and min(shares) >= 0.0
    assert Fusion().sentence_share(0.0, 3) == Fusion().sentence_share(1.0, 3) == 0.0
    for question in ("", "police", " ".join(words)):
        assert weight(question, 0.0) == 0.0 and weight(question, 1.0) == 1.0
        assert all(0.0 < weight(question, given_) <= 1.0 for given_ in (0.2, 0.5, 0.95))


def test_what_the_conversation_was_about_is_read_beside(engine: FootnoteQueryEngine) -> None:
    topic = ("What do the remittances of migrants pay for?",)
    alone = passages(engine, "And the reasons?", top_k=10)
    beside = passages(engine, "And the reasons?", top_k=10, context=topic)
    asked = passages(engine, topic[0], top_k=10)
    about = {one.chunk_id for one in asked}
    shared = [len(about & {one.chunk_id for one in found}) for found in (alone, beside)]
    assert shared[1] > shared[0]
    # It is the weaker of the two: a question that names its own topic keeps it.
    own = passages(engine, "When was CICIG founded and closed?", top_k=3, context=topic)
    assert any("CICIG" in one.text for one in own)


def test_a_filter_is_kept_to_by_both_sides(engine: FootnoteQueryEngine) -> None:
    names = ["timeline.csv", "glossary.md"]
    found = passages(engine, "remittances", top_k=100, documents=names)
    assert {one.document for one in found} == set(names)
    assert passages(engine, "remittances", documents=[]) == []
    with pytest.raises(UnknownDocumentError, match=r"'no\.md'.*footnote documents"):
        passages(engine, "remittances", documents=["glossary.md", "no.md"])


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
    | st.lists(st.sampled_from("mill ferry tower fee office Trawler the of 1874".split())).map(
        " ".join
    ),
    st.sampled_from([0.0, 0.3, 1.0]),
)
def test_scores_lie_between_0_and_1_and_never_rise(
    harbour: FootnoteQueryEngine, question: str, weight: float
) -> None:
    found = passages(harbour, question, weight, top_k=30)
    assert len(found) == 30 and len({one.chunk_id for one in found}) == 30
    scores = [one.score for one in found]
    assert scores == sorted(scores, reverse=True)
    assert all(0.0 <= score <= 1.0 for score in scores)
    assert found == passages(harbour, question, weight, top_k=30)


def test_copies_take_no_other_passages_place(harbour: FootnoteQueryEngine) -> None:
    found = harbour.search("opening hours of the harbour office", top_k=10)
    assert len(found) == 10
    assert sum("Opening hours" in one.text for one in found) == 1
    assert len({" ".join(one.text.split()) for one in found}) == 10
    everything = harbour.search("harbour", top_k=100)
    assert len(everything) < 31 and sum("watchman" in one.text for one in everything) == 1

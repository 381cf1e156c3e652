"""Retrieval: both sides score every candidate, and the filter comes before ranking."""

from __future__ import annotations

from collections.abc import Callable

from app.engine import FootnoteQueryEngine
from app.retrieve import from_node, to_node
from app.settings import AppSettings
from ingest.embed import Embedder
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

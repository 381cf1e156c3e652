"""Evidence: which sentences may answer, and when nothing may."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.answer.evidence import ANSWER_FEATURES, SENTENCE_FEATURES, Evidence, coefficients, weigh
from app.engine import FootnoteQueryEngine
from app.question.asked import analyse


def weighed(engine: FootnoteQueryEngine, question: str, *documents: str) -> Evidence:
    with engine.live.lease() as index:
        vector = engine.embedder.embed_query(question)
        chunks = engine.retriever.passages(
            index, question, vector=vector, documents=documents or None
        )
        return weigh(index, analyse(question, index.languages), vector, chunks)


def test_sentences_come_most_probable_first_with_their_places(harbour: FootnoteQueryEngine) -> None:
    found = weighed(harbour, "When was the lighthouse of Tarn Point lit?")
    assert any("1874" in one.text for one in found.candidates[:2])
    assert [one.probability for one in found.candidates] == sorted(
        (one.probability for one in found.candidates), reverse=True
    )
    with harbour.live.lease() as index:
        for one in found.candidates:
            document = index.library.documents[one.passage.document]
            assert one.text == document.text[one.start : one.end]
            assert one.passage.start <= one.start < one.end <= one.passage.end
            assert len(one.features) == len(SENTENCE_FEATURES)
            assert float(np.linalg.norm(one.vector)) == pytest.approx(1.0, abs=1e-4)
    assert len(found.features) == len(ANSWER_FEATURES)
    assert found.confidence > 0.5 and found.unknown == () and not found.kind_is_missing


def test_a_passage_without_a_number_of_the_question_offers_nothing(
    harbour: FootnoteQueryEngine,
) -> None:
    with_it = weighed(harbour, "What was lit in March 1874?")
    assert with_it.candidates
    assert {one.passage.document for one in with_it.candidates} == {"lighthouse.md"}
    without = weighed(harbour, "What was lit in March 1931?")
    assert without.candidates == () and without.confidence == 0.0
    assert not without.kind_is_missing  # there is nothing to miss it in


@pytest.mark.parametrize("spelled", ["12,400", "12400", "12.400"])
def test_a_number_is_known_however_it_is_spelled(
    harbour: FootnoteQueryEngine, spelled: str
) -> None:
    assert weighed(harbour, f"What cost {spelled} crowns?").candidates


def test_a_name_that_no_document_holds_takes_all_confidence(harbour: FootnoteQueryEngine) -> None:
    known = weighed(harbour, "Did Ada Merrow design the lighthouse of Tarn Point?")
    strange = weighed(harbour, "Did Zebedee Quarn design the lighthouse of Tarn Point?")
    assert known.confidence > 0.5
    assert strange.confidence == 0.0 and strange.candidates
    assert {form for forms in strange.unknown for form in forms} == {"zebede", "quarn"}


def test_a_figure_that_no_sentence_gives_is_missing(harbour: FootnoteQueryEngine) -> None:
    found = weighed(harbour, "What percentage of the seals sleep on rocks?", "lighthouse.md")
    assert found.kind_is_missing and found.confidence == 0.0 and found.candidates
    given_ = weighed(harbour, "How many cats does the miller keep?", "north-mill.md")
    assert not given_.kind_is_missing and given_.confidence > 0.5


def test_a_row_is_read_below_its_columns_names(harbour: FootnoteQueryEngine) -> None:
    found = weighed(harbour, "longest stay of a yacht", "dues.md")
    coverage, context = (SENTENCE_FEATURES.index(name) for name in ("coverage", "context"))
    row = next(one for one in found.candidates if "Yacht" in one.text)
    assert row.features[coverage] < row.features[context] == pytest.approx(1.0)
    assert not any(set(one.text) <= set("|-: ") for one in found.candidates)


def test_no_passages_are_no_evidence(harbour: FootnoteQueryEngine) -> None:
    with harbour.live.lease() as index:
        vector = harbour.embedder.embed_query("lighthouse")
        found = weigh(index, analyse("Where is the lighthouse?"), vector, [])
    assert found.candidates == () and found.confidence == 0.0


def test_every_feature_has_a_coefficient() -> None:
    assert len(coefficients("sentence")) == len(SENTENCE_FEATURES)
    assert len(coefficients("answer")) == len(ANSWER_FEATURES)
    assert any(coefficients("sentence")) and any(coefficients("answer"))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
    | st.lists(st.sampled_from("Who lit the tower 1874 35 ? Quarn Ada".split())).map(" ".join)
)
def test_probabilities_and_confidence_are_probabilities(
    harbour: FootnoteQueryEngine, question: str
) -> None:
    found = weighed(harbour, question)
    assert 0.0 <= found.confidence <= 1.0
    assert all(0.0 <= one.probability <= 1.0 for one in found.candidates)
    assert all(np.isfinite(one.features).all() for one in found.candidates)

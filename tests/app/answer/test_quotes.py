"""Quotes are the documents' own words, whatever the documents hold (property tests)."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.engine import FootnoteQueryEngine
from app.records import Question
from app.settings import AppSettings
from app.verify.verdict import plain
from ingest.embed import Embedder
from ingest.library import open_library
from ingest.sync import sync

_WORDS = ["the", "the the", "river", "U.S.", "3.5%", "[2,3].", "naïve", "¡Qué!", "e\u0301", "🏞️"]
_SENTENCES = ["The river rose.", "The river rose. The river rose.", "It did [4-6]. Why?", "A: b;"]
_PIECES = st.one_of(
    st.sampled_from(_WORDS), st.sampled_from(_SENTENCES), st.text(max_size=12), st.just("\n\n")
)


@pytest.mark.slow
@settings(
    max_examples=12,
    deadline=None,  # a sync each; time is not what is tested
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(pieces=st.lists(_PIECES, min_size=1, max_size=60), suffix=st.sampled_from(["txt", "md"]))
def test_every_quote_is_its_span_of_the_document(
    embedder: Embedder, pieces: list[str], suffix: str
) -> None:
    text = " ".join(pieces) + " The river rose in 1911 above the bridge."
    with tempfile.TemporaryDirectory() as folder:
        documents = Path(folder) / "documents"
        documents.mkdir()
        (documents / f"doc.{suffix}").write_bytes(text.encode("utf-8", "replace"))
        own = AppSettings(documents=documents, storage=Path(folder) / "s", answer_threshold=0.0)
        report = sync(own, embedder=embedder)
        if report.failed:  # such as text of control characters alone
            return
        library = open_library(own)
        shown = library.document(f"doc.{suffix}").text
        library.close()
        with FootnoteQueryEngine(own, embedder) as engine:
            answer = engine.answer(Question("When did the river rise above the bridge?"))
    for passage in answer.retrieved:
        assert passage.text == shown[passage.start : passage.end]
    for citation in answer.citations:
        assert citation.quote == shown[citation.start : citation.end]
    quotes = {citation.marker: citation.quote for citation in answer.citations}
    for sentence in answer.sentences:
        assert sentence.text == plain(quotes[sentence.citations[0]])
        assert sentence.verdict == "verbatim"

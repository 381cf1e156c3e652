"""Passages as they are shown: the document's own words, inside the window, in their order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from app.answer.evidence import Candidate, weigh
from app.answer.narrow import narrow, without_copies
from app.engine import FootnoteQueryEngine
from app.question.asked import analyse
from app.records import Passage
from app.search.index import SearchIndex
from app.settings import AppSettings
from ingest.embed import Embedder
from ingest.sync import sync

Make = Callable[[dict[str, str | bytes]], AppSettings]
QUESTIONS = [
    "What share of Guatemala's GDP do remittances make up?",
    "How do drugs cross Guatemala by sea, by air and by land?",
    "Who signed the agreement for the United States?",
    "agreement",
]


def found(
    engine: FootnoteQueryEngine, index: SearchIndex, question: str
) -> tuple[list[Passage], tuple[Candidate, ...]]:
    vector = engine.embedder.embed_query(question)
    chunks = engine.retriever.passages(index, question, vector=vector)
    asked = analyse(question, index.languages)
    return chunks, weigh(index, asked, vector, chunks).candidates


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_is_shown_is_the_documents_text_and_fits_the_window(
    engine: FootnoteQueryEngine, question: str
) -> None:
    with engine.live.lease() as index:
        chunks, candidates = found(engine, index, question)
        shown = narrow(index, chunks, candidates)
        assert [one.chunk_id for one in shown] == [one.chunk_id for one in chunks]
        assert [one.score for one in shown] == [one.score for one in chunks]
        for one in shown:
            document = index.library.documents[one.document]
            assert one.text == document.text[one.start : one.end] and one.text.strip()
            assert one.page == document.page_at(one.start)
        assert max(engine.embedder.count_tokens([one.text for one in shown])) <= 256
        best = candidates[0]
        place = next(one for one in shown if one.chunk_id == best.passage.chunk_id)
        assert place.start <= best.start and best.end <= place.end


def test_a_passage_is_cut_to_its_telling_sentences(harbour: FootnoteQueryEngine) -> None:
    with harbour.live.lease() as index:
        chunks, candidates = found(harbour, index, "Who designed the lighthouse of Tarn Point?")
        chunk = next(one for one in chunks if one.document == "lighthouse.md")
        inside = [one for one in candidates if one.passage.chunk_id == chunk.chunk_id]
        middle = next(one for one in inside if "cost" in one.text)
        only = [replace(one, probability=0.9 if one is middle else 0.01) for one in inside]
        (shown,) = narrow(index, [chunk], only)
        assert shown.text == "The tower cost 12,400 crowns."
        faint = [replace(one, probability=0.9) for one in candidates if one not in inside]
        dull = [replace(one, probability=1e-6) for one in inside]
        (shown,) = narrow(index, [chunk], [*faint, *dull])
        assert shown.text in {one.text for one in inside}  # one sentence, if none tells


def test_a_passage_without_sentences_stays_whole(harbour: FootnoteQueryEngine) -> None:
    with harbour.live.lease() as index:
        chunks, _ = found(harbour, index, "lighthouse")
        assert narrow(index, chunks, ()) == chunks


def test_a_passage_that_would_be_cut_to_what_is_shown_already_stays_whole(
    harbour: FootnoteQueryEngine,
) -> None:
    with harbour.live.lease() as index:
        chunks, candidates = found(harbour, index, "lighthouse of Tarn Point")
        chunk = next(one for one in chunks if one.document == "lighthouse.md")
        inside = [one for one in candidates if one.passage.chunk_id == chunk.chunk_id]
        only = [replace(one, probability=0.9 if "cost" in one.text else 0.0) for one in inside]
        first, second = narrow(index, [chunk, chunk], only)
        assert first.text == "The tower cost 12,400 crowns." and second == chunk


def test_copies_are_folded_whatever_their_white_space(passage: Callable[..., Passage]) -> None:
    one, copy = passage("A fact.", "a"), passage("A \n fact.", "b", score=0.4)
    other = passage("a fact.", "c", score=0.3)
    assert without_copies([one, copy, other]) == [one, other]
    assert without_copies([]) == []


SENTENCES = [f"Cargo {at} of {thing} was landed at pier {at % 9}." for at, thing in enumerate(
    "rye oats salt cod rope tar coal peat wool flax hemp lead iron brick slate glass".split() * 4
)]  # fmt: skip


def test_a_telling_sentence_at_a_cut_gets_its_neighbour(
    make_settings: Make, embedder: Embedder
) -> None:
    text = "# Cargo\n\n" + " ".join(SENTENCES) + "\n\n# Weather\n\nIt rained.\n"
    settings = make_settings({"cargo.md": text}).model_copy(update={"chunk_tokens": 120})
    sync(settings, embedder=embedder)
    with FootnoteQueryEngine(settings, embedder) as engine, engine.live.lease() as index:
        chunks = sorted(found(engine, index, "cargo landed")[0], key=lambda one: one.start)
        document = index.library.documents["cargo.md"]
        inner = [one for one in chunks if one.section == chunks[0].section]
        assert len(inner) >= 3 and len(inner) < len(chunks)

        def shown(at: int, place: int) -> str:
            spans = index.spans("cargo.md").between(inner[at].start, inner[at].end)
            start, end = spans[place]
            vector = embedder.embed_query("cargo")
            one = Candidate(inner[at], start, end, document.text[start:end], vector, (), 0.9)
            others = [
                Candidate(inner[at], a, b, document.text[a:b], vector, (), 0.0)
                for a, b in spans
                if a != start
            ]
            return narrow(index, [inner[at]], [one, *others])[0].text

        at = len(inner[0].text.split(". "))
        assert shown(0, -1) == f"{SENTENCES[at - 1]} {SENTENCES[at]}"
        assert shown(1, 0) == f"{SENTENCES[at - 1]} {SENTENCES[at]}"
        assert shown(1, 1) == SENTENCES[at + 1]
        assert shown(0, 0) == SENTENCES[0]  # nothing stands before it
        assert shown(len(inner) - 1, -1) == SENTENCES[-1]  # another section follows


def test_a_neighbour_that_does_not_fit_the_window_stays_out(
    make_settings: Make, embedder: Embedder
) -> None:
    # Few code points and many tokens: shorter than the chunk, and yet too long.
    wordy = "Extraordinarily straightforward international administration. " * 15
    near, far = f"Numbers {'7 ' * 90}end.", f"Figures {'3 ' * 200}end."
    settings = make_settings({"dense.md": f"{wordy}{near} {far}\n"})
    sync(settings, embedder=embedder)
    with FootnoteQueryEngine(settings, embedder) as engine, engine.live.lease() as index:
        chunks, candidates = found(engine, index, "numbers")
        chunk = next(one for one in chunks if one.text.endswith(near))
        assert index.neighbour(chunk.chunk_id, 1) is not None
        assert len(f"{near} {far}") < len(chunk.text)
        assert embedder.count_tokens([f"{near} {far}"])[0] > embedder.window
        own = [one for one in candidates if one.passage.chunk_id == chunk.chunk_id]
        only = [replace(one, probability=0.9 if one.text == near else 0.0) for one in own]
        assert narrow(index, [chunk], only)[0].text == near

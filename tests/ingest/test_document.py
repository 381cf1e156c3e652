"""A chunk's sentences as they are kept: their places and the directions of their vectors."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ingest.document import ChunkSentences, Span, SplitChunk
from ingest.sentences import SentenceSpans
from ingest.split import embedded_form

TEXT = "## Tides\nThe sea rises. It falls.\na | b. c | d\n- One. Two.\n"


def chunk(*sentences: tuple[int, int], start: int = 100) -> SplitChunk:
    text = "x" * 50
    form = embedded_form("Title > Heading", text)
    return SplitChunk(start, start + 50, form, 20, sentences)


def unit(rows: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(rows, 384)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@given(st.integers(0, 10_000), st.integers(0, 6))
def test_a_packed_vector_keeps_its_direction(seed: int, rows: int) -> None:
    vectors = unit(rows, seed)
    packed = ChunkSentences.pack(chunk(*[(100 + at, 101 + at) for at in range(rows)]), vectors)
    found = packed.unit()
    assert packed.vectors.dtype == np.int8 and packed.spans.dtype == np.int32
    assert found.dtype == np.float32 and found.shape == (rows, 384)
    assert np.allclose(np.linalg.norm(found, axis=1), 1.0, atol=1e-5)
    assert (np.sum(found * vectors, axis=1) > 0.9998).all()


def test_a_vector_with_one_component_or_none_can_be_packed() -> None:
    vectors = np.zeros((2, 384), dtype=np.float32)
    vectors[0, 7] = -1.0
    found = ChunkSentences.pack(chunk((100, 101), (102, 103)), vectors).unit()
    assert found[0, 7] == -1.0
    assert np.isfinite(found).all()


def test_spans_are_kept_relative_to_the_chunk() -> None:
    one = chunk((100, 110), (111, 150))
    packed = ChunkSentences.pack(one, unit(2, 0))
    assert packed.spans.tolist() == [[0, 10], [11, 50]]
    moved = ChunkSentences.pack(chunk((900, 910), (911, 950), start=900), unit(2, 0))
    assert np.array_equal(moved.spans, packed.spans)
    assert ChunkSentences.pack(chunk(), unit(0, 0)).spans.shape == (0, 2)


def test_a_chunks_sentences_stand_at_the_end_of_its_embedded_form() -> None:
    one = chunk((100, 110), (111, 150))
    (first, last), other = one.embedded_sentences()
    assert one.embedded[first:last] == "x" * 10
    assert other[1] == len(one.embedded)


def test_headings_are_no_sentences_and_a_row_is_one() -> None:
    row = Span(TEXT.index("a |"), TEXT.index("\n- "))
    spans = SentenceSpans(TEXT, [row], [Span(0, 8)])
    found = [TEXT[start:end] for start, end in spans.between(0, len(TEXT))]
    assert found == ["The sea rises.", "It falls.", "a | b. c | d", "One.", "Two."]
    assert spans.between(0, 8) == [] and spans.between(5, 5) == []
    inside = spans.between(9, row.start + 4)
    assert inside[-1] == (row.start, row.start + 4)


LINES = st.lists(
    st.sampled_from(["# H", "A b. C d.", "x | y. z", "", "- i. J.", "é…"]), max_size=12
)


@given(LINES, st.data())
def test_spans_lie_inside_what_was_asked_for_in_order(
    lines: list[str], data: st.DataObject
) -> None:
    text = "\n".join(lines)
    starts = [sum(len(one) + 1 for one in lines[:at]) for at in range(len(lines))]
    placed = [Span(at, at + len(one)) for at, one in zip(starts, lines, strict=True)]
    rows = [span for span, one in zip(placed, lines, strict=True) if "|" in one]
    headings = [span for span, one in zip(placed, lines, strict=True) if one.startswith("#")]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    position = start
    for first, last in SentenceSpans(text, rows, headings).between(start, end):
        assert position <= first < last <= end
        assert text[first:last].strip() and "\n" not in text[first:last]
        position = last

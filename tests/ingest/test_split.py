from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.document import LoadedDocument, Section, SplitChunk
from ingest.embed import Embedder
from ingest.loaders import load
from ingest.loaders.common.builder import TextBuilder
from ingest.split import COLUMNS_TOKENS, PREFIX_TOKENS, split

WORDS = st.sampled_from(
    [
        "the",
        "the",
        "the",
        "a",
        "policy",
        "Guatemala's",
        "remittances",
        "2019.",
        "U.S.",
        "end.",
        "ñandú",
    ]
    + [
        "e\u0301\u0302",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "这是中文句子。",
        "=>",
        "[2,3].",
    ]
    + ["x" * 99, "y" * 450, "word" * 60, "antidisestablishmentarianism", "ไม่มีช่องว่าง", "-", "…"]
)
SENTENCES = st.lists(WORDS, min_size=1, max_size=60).map(" ".join)
REPEATS = st.tuples(
    st.sampled_from(["the ", "It is so. ", "aa", "\U0001f600", "e\u0301"]), st.integers(1, 400)
)
PARAGRAPHS = SENTENCES | REPEATS.map(lambda pair: pair[0] * pair[1])
BLOCKS = st.lists(
    st.tuples(
        st.sampled_from(["paragraph", "paragraph", "item", "row", "table", "heading"]), PARAGRAPHS
    ),
    min_size=1,
    max_size=12,
)
TITLES = st.sampled_from(["", "A title", "word " * 300, "z" * 3000, "antidisestablishment" * 50])


def built(blocks: list[tuple[str, str]]) -> LoadedDocument:
    builder = TextBuilder()
    for index, (kind, text) in enumerate(blocks):
        if kind == "heading":
            builder.heading(text[:300], 1 + index % 4)
        elif kind == "table":
            builder.table(
                [text[:120], *(text[at : at + 80] for at in range(0, 400, 80))], index % 3
            )
        else:
            getattr(builder, kind)(text)
    return builder.build()


def check(
    document: LoadedDocument, chunks: list[SplitChunk], embedder: Embedder, limit: int
) -> None:
    text = document.text
    covered = bytearray(len(text))
    position = 0
    section_starts = [section.start for section in document.sections]
    for chunk in chunks:
        assert position <= chunk.start < chunk.end <= len(text)
        position = chunk.end
        stored = text[chunk.start : chunk.end]
        assert stored == stored.strip() != ""
        assert chunk.embedded.endswith(stored)
        assert chunk.tokens == embedder.count_tokens([chunk.embedded])[0] <= limit
        assert not any(chunk.start < start < chunk.end for start in section_starts)
        prefix = chunk.embedded.removesuffix(stored).strip()
        if prefix:
            assert embedder.count_tokens([prefix])[0] <= PREFIX_TOKENS + COLUMNS_TOKENS
        covered[chunk.start : chunk.end] = b"\x01" * (chunk.end - chunk.start)
    for span in document.headings:
        covered[span.start : span.end] = b"\x01" * (span.end - span.start)
    assert not [text[at] for at in range(len(text)) if not covered[at] and not text[at].isspace()]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(blocks=BLOCKS, title=TITLES, limit=st.sampled_from([64, 128, 256, 5000]))
def test_chunks_hold_every_character_once_and_fit_the_window(
    embedder: Embedder, blocks: list[tuple[str, str]], title: str, limit: int
) -> None:
    document = built(blocks)
    chunks = split(document, title, embedder, limit)
    check(document, chunks, embedder, min(limit, embedder.window))


@pytest.mark.parametrize("unit", ["the ", "It is so. ", "aa", "\U0001f600 ", "e\u0301 ", "这是。"])
def test_repetitive_text_keeps_its_offsets(embedder: Embedder, unit: str) -> None:
    document = LoadedDocument(text=(unit * 3000).strip())
    chunks = split(document, "Title", embedder, 256)
    check(document, chunks, embedder, 256)
    assert len(chunks) > 1 or unit == "aa"


def test_chunks_break_at_sentences_where_they_can(embedder: Embedder) -> None:
    document = LoadedDocument(text="The river rose again over the old bridge in the night. " * 60)
    for chunk in split(document, "", embedder, 128):
        assert document.text[chunk.start : chunk.end].endswith(".")


def test_table_rows_are_not_divided_at_sentence_ends(embedder: Embedder) -> None:
    builder = TextBuilder()
    for number in range(60):
        builder.row(f"Row {number}. It has two sentences. And one more about the river {number}.")
    document = builder.build()
    rows = {span.start for span in document.rows}
    chunks = split(document, "", embedder, 128)
    assert len(chunks) > 3
    assert all(chunk.start in rows for chunk in chunks)


LONG_TABLE = ["Year | Sum | Share of GDP", *(f"{1900 + n} | {n * 7} | {n}%" for n in range(120))]


def test_a_chunk_inside_a_table_is_embedded_with_the_columns_names(embedder: Embedder) -> None:
    builder = TextBuilder()
    builder.paragraph("What was sent home, by year.")
    builder.table(LONG_TABLE, heading_rows=1)
    document = builder.build()
    chunks = split(document, "Money", embedder, 128)
    check(document, chunks, embedder, 128)
    assert len(chunks) > 3
    inside = [chunk for chunk in chunks if chunk.start > document.tables[0].start]
    assert len(inside) >= len(chunks) - 2
    for chunk in inside:
        assert chunk.embedded.startswith("Money\nYear | Sum | Share of GDP\n")
        assert not document.text[chunk.start : chunk.end].startswith("Year")


def test_a_heading_row_in_the_chunk_itself_is_not_said_twice(embedder: Embedder) -> None:
    builder = TextBuilder()
    builder.table(LONG_TABLE[:4], heading_rows=1)
    (chunk,) = split(builder.build(), "Money", embedder, 256)
    assert chunk.embedded.count("Share of GDP") == 1


def test_endless_column_names_leave_room_for_the_rows(embedder: Embedder) -> None:
    builder = TextBuilder()
    builder.table(["a very long column name " * 100, *LONG_TABLE], heading_rows=1)
    document = builder.build()
    check(document, split(document, "", embedder, 64), embedder, 64)


@pytest.mark.parametrize("marker", ["-", "1.", "•", "(a)", "iv)"])
def test_a_list_that_fits_is_not_torn_from_its_lead_in(embedder: Embedder, marker: str) -> None:
    builder = TextBuilder()
    for _ in range(6):
        builder.paragraph(
            "The river rose again over the old bridge in the night of the storm. " * 2
        )
        builder.paragraph("The measures were these:")
        for number in range(5):
            builder.item(f"measure {number} against the flood of that year", marker)
    document = builder.build()
    for chunk in split(document, "", embedder, 128):
        text = document.text[chunk.start : chunk.end]
        assert text.count("were these:") * 5 == text.count("against the flood")


def test_an_overlap_repeats_whole_sentences_of_the_chunk_before(embedder: Embedder) -> None:
    text = " ".join(f"The river rose again over bridge number {n} that night." for n in range(90))
    document = LoadedDocument(text=text)
    plain = split(document, "T", embedder, 128)
    chunks = split(document, "T", embedder, 128, overlap_tokens=32)
    assert len(chunks) > len(plain)
    for before, chunk in zip(chunks, chunks[1:], strict=False):
        shared = document.text[chunk.start : before.end]
        assert shared.startswith("The river") and shared.endswith("night.")
        assert 0 < embedder.count_tokens([shared])[0] - 2 <= 32
        assert chunk.tokens == embedder.count_tokens([chunk.embedded])[0] <= 128
    assert chunks[0].start == 0 and chunks[-1].end == len(text)


def test_the_embedded_form_opens_with_title_and_heading_path(embedder: Embedder) -> None:
    document = load("a.md", b"# Report\n\nIntro.\n\n## Findings\n\n### Security\n\nIt held.\n")
    forms = [chunk.embedded for chunk in split(document, "Report", embedder, 256)]
    assert forms == ["Report\nIntro.", "Report > Findings > Security\nIt held."]


def test_a_long_title_gives_way_to_the_heading(embedder: Embedder) -> None:
    document = load("a.md", b"# T\n\n## Security\n\nIt held.\n")
    (chunk,) = split(document, "word " * 300, embedder, 256)
    assert chunk.embedded == "Security\nIt held."


@pytest.mark.parametrize("title", ["word " * 300, "z" * 5000, "antidisestablishment" * 100])
def test_an_endless_title_leaves_room_for_the_text(embedder: Embedder, title: str) -> None:
    document = LoadedDocument(text="It held. " * 200)
    check(document, split(document, title, embedder, 64), embedder, 64)


def test_headings_with_nothing_below_are_chunks_of_their_own(embedder: Embedder) -> None:
    document = load("a.md", b"# Title\n\n## One\n\n## Two\n\n### Deep\n")
    found = [document.text[c.start : c.end] for c in split(document, "Title", embedder, 256)]
    assert found == ["## One", "### Deep"]


def test_a_document_of_one_heading_is_one_chunk(embedder: Embedder) -> None:
    document = load("a.md", b"# Only a title\n")
    (chunk,) = split(document, "Only a title", embedder, 256)
    assert document.text[chunk.start : chunk.end] == "# Only a title"


def test_a_rule_is_no_chunk(embedder: Embedder) -> None:
    text = b"First paragraph of the text.\n\n----------\n\nSecond paragraph of it.\n\n----------\n"
    document = load("a.txt", text)
    found = [document.text[c.start : c.end] for c in split(document, "", embedder, 256)]
    assert found == ["First paragraph of the text.", "Second paragraph of it."]


def test_sections_are_never_crossed(embedder: Embedder) -> None:
    sections = (Section(("A",), 0), Section(("B",), 12))
    document = LoadedDocument(text="Short one.  Short two.", sections=sections)
    assert [(c.start, c.end) for c in split(document, "", embedder, 256)] == [(0, 10), (12, 22)]

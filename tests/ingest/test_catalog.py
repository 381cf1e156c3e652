from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ingest.catalog import Catalog
from ingest.document import (
    Chunk,
    ChunkSentences,
    Document,
    Page,
    ReportCard,
    Section,
    Span,
    SplitChunk,
    Table,
)
from ingest.errors import LibraryError

DOCUMENT = Document(
    doc_id="sub/ñ \U0001f600\n.md",
    source_id="sub",
    title="Tïtle",
    format="pdf",
    text="One.\n\nTwo\x00 \U0001f600.",
    sha256="ab",
    size_bytes=5,
    indexed_at="2024-01-01T00:00:00+00:00",
    chunk_count=2,
    pages=(Page(1, 0, 6, "iv"), Page(2, 6, 12)),
    sections=(Section(("A", "B"), 6),),
    headings=(Span(0, 4),),
    rows=(Span(6, 9),),
    tables=(Table(6, 9, Span(6, 7)), Table(9, 12)),
    card=ReportCard(authors=("A", "B"), date="2019", textless_pages=(2,), skipped=("1 image",)),
    warnings=("careful",),
)
CHUNKS = [
    Chunk("x2", DOCUMENT.doc_id, 0, 4, 1, None, b"\x00one"),
    Chunk("x1", DOCUMENT.doc_id, 6, 12, 2, "A > B", b"two"),
]


def test_a_document_comes_back_as_it_went_in(tmp_path: Path) -> None:
    with closing(Catalog(tmp_path / "c.sqlite", create=True)) as catalog:
        catalog.put([(DOCUMENT, CHUNKS)])
    with closing(Catalog(tmp_path / "c.sqlite")) as catalog:
        assert catalog.document(DOCUMENT.doc_id) == DOCUMENT
        assert list(catalog.documents()) == [DOCUMENT]
        assert list(catalog.chunks()) == list(catalog.chunks(DOCUMENT.doc_id)) == CHUNKS
        assert catalog.hashes() == {DOCUMENT.doc_id: "ab"}
        assert catalog.warnings() == [(DOCUMENT.doc_id, "careful")]
        assert catalog.counts() == (1, 2)
        assert catalog.document("nobody") is None


def test_a_new_version_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    with closing(Catalog(tmp_path / "c.sqlite", create=True)) as catalog:
        catalog.put([(DOCUMENT, CHUNKS)])
        catalog.put([(replace(DOCUMENT, sha256="cd"), CHUNKS[:1])])
        assert catalog.counts() == (1, 1)
        assert catalog.hashes() == {DOCUMENT.doc_id: "cd"}
        catalog.remove([DOCUMENT.doc_id])
        assert catalog.counts() == (0, 0)


def test_meta_is_remembered_and_copied(tmp_path: Path) -> None:
    with closing(Catalog(tmp_path / "c.sqlite", create=True)) as catalog:
        catalog.set_meta({"embed_model": "a"})
        catalog.set_meta({"embed_model": "b", "dimension": "8"})
        catalog.copy_to(tmp_path / "d.sqlite")
    with closing(Catalog(tmp_path / "d.sqlite")) as copy:
        assert copy.meta() == {"embed_model": "b", "dimension": "8"}


def test_a_missing_or_damaged_catalog_is_one_message(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="--rebuild"):
        Catalog(tmp_path / "nothing.sqlite")
    assert not (tmp_path / "nothing.sqlite").exists()
    (tmp_path / "bad.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(LibraryError, match="--rebuild"):
        Catalog(tmp_path / "bad.sqlite")


def test_pages_and_sections_are_found_by_offset() -> None:
    assert [DOCUMENT.page_at(offset) for offset in (0, 5, 6, 11, 99)] == [1, 1, 2, 2, 2]
    assert [DOCUMENT.section_at(offset) for offset in (0, 5, 6, 99)] == [
        None,
        None,
        "A > B",
        "A > B",
    ]
    assert replace(DOCUMENT, pages=()).page_at(3) is None


def own(seed: int, *spans: tuple[int, int]) -> ChunkSentences:
    """A chunk's sentences with made-up vectors."""
    vectors = np.random.default_rng(seed).normal(size=(len(spans), 16)).astype(np.float32)
    return ChunkSentences.pack(SplitChunk(0, 99, "", 9, spans), vectors)


def same(left: ChunkSentences, right: ChunkSentences) -> bool:
    return np.array_equal(left.spans, right.spans) and np.array_equal(left.vectors, right.vectors)


def test_sentences_come_back_as_they_went_in(tmp_path: Path) -> None:
    one, none = own(1, (0, 4), (5, 9)), own(2)
    with closing(Catalog(tmp_path / "c.sqlite", create=True)) as catalog:
        catalog.put([(DOCUMENT, CHUNKS)], sentences={"x1": one, "x2": none})
        catalog.copy_to(tmp_path / "d.sqlite")
    for name in ("c.sqlite", "d.sqlite"):
        with closing(Catalog(tmp_path / name)) as catalog:
            found = catalog.sentences(["x1", "x2", "unknown"])
            assert found.keys() == {"x1", "x2"}
            assert same(found["x1"], one)
            assert found["x2"].spans.shape == (0, 2) and len(found["x2"].unit()) == 0
            assert catalog.sentences([]) == {}


def test_a_new_version_keeps_the_sentences_of_the_chunks_that_stay(tmp_path: Path) -> None:
    with closing(Catalog(tmp_path / "c.sqlite", create=True)) as catalog:
        catalog.put([(DOCUMENT, CHUNKS)], sentences={"x1": own(1, (0, 4)), "x2": own(2, (0, 4))})
        third = replace(CHUNKS[0], chunk_id="x3")
        catalog.put([(DOCUMENT, [CHUNKS[1], third])], sentences={"x3": own(3, (0, 4))})
        found = catalog.sentences(["x1", "x2", "x3"])
        assert found.keys() == {"x1", "x3"}
        assert same(found["x1"], own(1, (0, 4))) and same(found["x3"], own(3, (0, 4)))
        catalog.put([(DOCUMENT, CHUNKS[1:])], sentences={"x1": own(4, (1, 4))})
        assert same(catalog.sentences(["x1"])["x1"], own(4, (1, 4)))


def test_a_removed_documents_sentences_leave_no_byte(tmp_path: Path) -> None:
    other = replace(DOCUMENT, doc_id="other")
    chunk = replace(CHUNKS[0], chunk_id="o", doc_id="other")
    path = tmp_path / "c.sqlite"
    with closing(Catalog(path, create=True)) as catalog:
        sentences = {"x1": own(1, (0, 4)), "x2": own(2, (0, 4)), "o": own(3, (0, 4))}
        catalog.put([(DOCUMENT, CHUNKS), (other, [chunk])], sentences=sentences)
        assert sentences["x1"].vectors.tobytes() in path.read_bytes()
        catalog.remove([DOCUMENT.doc_id])
        assert catalog.sentences(["x1", "x2", "o"]).keys() == {"o"}
        catalog.vacuum()
    kept = path.read_bytes()
    assert sentences["o"].vectors.tobytes() in kept
    assert not any(sentences[name].vectors.tobytes() in kept for name in ("x1", "x2"))


def test_many_chunks_sentences_are_read_in_pages(tmp_path: Path) -> None:
    chunks = [replace(CHUNKS[0], chunk_id=f"c{at}") for at in range(1203)]
    sentences = {chunk.chunk_id: own(at, (at, at + 1)) for at, chunk in enumerate(chunks)}
    with closing(Catalog(tmp_path / "c.sqlite", create=True)) as catalog:
        catalog.put([(DOCUMENT, chunks)], sentences=sentences)
        found = catalog.sentences([chunk.chunk_id for chunk in chunks])
    assert len(found) == 1203
    assert all(int(one.spans[0, 0]) == int(name[1:]) for name, one in found.items())

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.catalog import Catalog
from ingest.document import Chunk, Document, Page, ReportCard, Section, Span, Table
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

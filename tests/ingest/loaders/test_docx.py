from __future__ import annotations

from io import BytesIO

import pytest
from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from ingest.errors import LoadError
from ingest.loaders import load
from tests.ingest.loaders.checks import check_offsets, section_of


def saved(source: object) -> bytes:
    buffer = BytesIO()
    source.save(buffer)  # type: ignore[attr-defined]
    return buffer.getvalue()


def test_headings_lists_and_tables_come_in_reading_order() -> None:
    source = Document()
    source.add_heading("The Report", 0)
    source.add_paragraph("Intro.")
    source.add_heading("Findings", 1)
    source.add_heading("Security", 2)
    source.add_paragraph("It held.")
    source.add_paragraph("first", style="List Bullet")
    source.add_paragraph("second", style="List Bullet")
    table = source.add_table(rows=2, cols=2)
    for cell, text in zip(table._cells, ["Year", "Sum", "2019", "5"], strict=True):
        cell.text = text
    source.add_paragraph("End.")
    document = load("a.docx", saved(source))
    check_offsets(document)
    assert document.title == "The Report"
    assert document.text.split("\n\n")[-3:] == [
        "- first\n- second",
        "Year | Sum\n2019 | 5",
        "End.",
    ]
    assert section_of(document, "It held") == "Findings > Security"
    assert [document.text[s.start : s.end] for s in document.rows] == ["Year | Sum", "2019 | 5"]


def test_a_merged_cell_comes_once() -> None:
    source = Document()
    table = source.add_table(rows=1, cols=3)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "wide"
    table.cell(0, 2).text = "narrow"
    assert load("a.docx", saved(source)).text == "wide | narrow"


def test_without_a_title_paragraph_the_property_is_the_title() -> None:
    source = Document()
    source.core_properties.title = "From the properties"
    source.add_paragraph("Text.")
    assert load("a.docx", saved(source)).title == "From the properties"


def test_tracked_insertions_and_links_are_read_and_deletions_are_not() -> None:
    source = Document()
    source.add_paragraph()._p.getparent().insert(
        0,
        parse_xml(
            f"<w:p {nsdecls('w')}><w:r><w:t xml:space='preserve'>The sum is </w:t></w:r>"
            "<w:ins w:id='1' w:author='x'><w:r><w:t>five</w:t></w:r></w:ins>"
            "<w:del w:id='2' w:author='x'><w:r><w:delText>six</w:delText></w:r></w:del>"
            "<w:hyperlink><w:r><w:tab/><w:t>million</w:t></w:r></w:hyperlink></w:p>"
        ),
    )
    assert load("a.docx", saved(source)).text == "The sum is five million"


def test_a_truncated_file_is_refused() -> None:
    source = Document()
    source.add_paragraph("Text.")
    data = saved(source)
    for length in (10, len(data) // 2, len(data) - 30):
        with pytest.raises(LoadError, match="damaged"):
            load("a.docx", data[:length])


def test_a_protected_or_old_word_file_is_refused() -> None:
    with pytest.raises(LoadError, match="password"):
        load("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512))


def test_a_file_without_text_is_refused() -> None:
    with pytest.raises(LoadError, match="No text"):
        load("a.docx", saved(Document()))

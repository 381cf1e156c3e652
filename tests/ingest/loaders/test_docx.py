from __future__ import annotations

from datetime import datetime
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from ingest.errors import LoadError
from ingest.limits import Limits
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


def with_parts(data: bytes, changes: dict[str, str | bytes], **replaced: str) -> bytes:
    """The file with parts added or replaced, and texts replaced in its document and rels."""
    buffer = BytesIO()
    with ZipFile(BytesIO(data)) as old, ZipFile(buffer, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in changes:
                content = old.read(name)
                for before, after in replaced.items():
                    content = content.replace(before.encode(), after.encode())
                new.writestr(name, content)
        for name, text in changes.items():
            new.writestr(name, text)
    return buffer.getvalue()


def with_body(body: str, **parts: str) -> bytes:
    """A Word file of these blocks, with parts by kind: ``footnotes="<w:footnotes …>"``."""
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    spaces = " ".join(
        f"xmlns:{prefix}='{uri}'"
        for prefix, uri in {
            "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
            "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
            "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
            "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
            "c": "http://schemas.openxmlformats.org/drawingml/2006/chart",
            "v": "urn:schemas-microsoft-com:vml",
        }.items()
    )

    def relationships(entries: dict[str, str]) -> str:
        inner = "".join(
            f"<Relationship Id='r{at}' Type='{office}/{kind}' Target='{target}'/>"
            for at, (kind, target) in enumerate(entries.items())
        )
        return f"<Relationships xmlns='{package}/relationships'>{inner}</Relationships>"

    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        archive.writestr("_rels/.rels", relationships({"officeDocument": "word/document.xml"}))
        archive.writestr(
            "word/_rels/document.xml.rels", relationships({kind: f"{kind}.xml" for kind in parts})
        )
        archive.writestr(
            "word/document.xml", f"<w:document {spaces}><w:body>{body}</w:body></w:document>"
        )
        for kind, inner in parts.items():
            archive.writestr(f"word/{kind}.xml", f"<w:{kind} {spaces}>{inner}</w:{kind}>")
    return buffer.getvalue()


def p(text: str, properties: str = "", after: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r>{after}</w:p>"


def cell(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{p(text)}</w:tc>"


def row(*cells: str, properties: str = "") -> str:
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(cells)}</w:tr>"


def test_headings_are_known_by_outline_level_in_any_language() -> None:
    styles = (
        "<w:style w:type='paragraph' w:styleId='berschrift1'><w:name w:val='Kapitel'/>"
        "<w:pPr><w:outlineLvl w:val='0'/></w:pPr></w:style>"
        "<w:style w:type='paragraph' w:styleId='Eigene'><w:name w:val='Eigene'/>"
        "<w:basedOn w:val='berschrift1'/><w:pPr><w:outlineLvl w:val='1'/></w:pPr></w:style>"
        "<w:style w:type='paragraph' w:styleId='Kreis'><w:name w:val='Kreis'/>"
        "<w:basedOn w:val='Kreis'/></w:style>"
    )
    body = (
        p("Der Bericht", "<w:pStyle w:val='berschrift1'/>")
        + p("Lage", "<w:pStyle w:val='berschrift1'/>")
        + p("Im Norden", "<w:pStyle w:val='Eigene'/>")
        + p("Text.", "<w:pStyle w:val='Kreis'/>")
        + p("Nur hier", "<w:outlineLvl w:val='2'/>")
        + p("Mehr.")
    )
    document = load("a.docx", with_body(body, styles=styles))
    check_offsets(document)
    assert document.title == "Der Bericht"
    assert section_of(document, "Text.") == "Lage > Im Norden"
    assert section_of(document, "Mehr.") == "Lage > Im Norden > Nur hier"


def test_numbered_lists_and_headings_keep_their_marks() -> None:
    numbering = (
        "<w:abstractNum w:abstractNumId='0'>"
        "<w:lvl w:ilvl='0'><w:start w:val='1'/><w:numFmt w:val='decimal'/>"
        "<w:pStyle w:val='H1'/><w:lvlText w:val='%1.'/></w:lvl>"
        "<w:lvl w:ilvl='1'><w:numFmt w:val='lowerLetter'/><w:lvlText w:val='%1%2)'/></w:lvl>"
        "<w:lvl w:ilvl='2'><w:numFmt w:val='bullet'/><w:lvlText w:val='·'/></w:lvl>"
        "</w:abstractNum><w:num w:numId='1'><w:abstractNumId w:val='0'/></w:num>"
        "<w:num w:numId='2'><w:abstractNumId w:val='0'/><w:lvlOverride w:ilvl='0'>"
        "<w:startOverride w:val='1'/></w:lvlOverride></w:num>"
    )
    styles = (
        "<w:style w:type='paragraph' w:styleId='H1'><w:name w:val='heading 1'/>"
        "<w:pPr><w:numPr><w:numId w:val='1'/></w:numPr></w:pPr></w:style>"
    )

    def item(text: str, level: int, number: int = 1) -> str:
        return p(text, f"<w:numPr><w:ilvl w:val='{level}'/><w:numId w:val='{number}'/></w:numPr>")

    body = (
        p("The Lease", "<w:outlineLvl w:val='0'/>")
        + p("Scope", "<w:pStyle w:val='H1'/>")
        + item("One", 1)
        + item("Two", 1)
        + item("Point", 2)
        + p("Rent", "<w:pStyle w:val='H1'/>")
        + item("Three", 1)
        + item("Anew", 0, 2)
        + item("Next", 0, 2)
        + item("No such list", 0, 9)
    )
    document = load("a.docx", with_body(body, numbering=numbering, styles=styles))
    check_offsets(document)
    assert document.text == (
        "The Lease\n\n1. Scope\n\n1a) One\n1b) Two\n- Point\n\n2. Rent\n\n2a) Three\n1. Anew\n"
        "2. Next\n\nNo such list"
    )
    assert section_of(document, "Three") == "2. Rent"


def test_numbers_in_tables_and_of_empty_items_are_counted() -> None:
    numbering = (
        "<w:abstractNum w:abstractNumId='0'><w:lvl w:ilvl='0'><w:numFmt w:val='upperRoman'/>"
        "<w:lvlText w:val='%1.'/></w:lvl></w:abstractNum>"
        "<w:num w:numId='1'><w:abstractNumId w:val='0'/></w:num>"
    )
    counted = "<w:numPr><w:ilvl w:val='0'/><w:numId w:val='1'/></w:numPr>"
    number = f"<w:tc>{p('', counted)}</w:tc>"
    body = (
        f"<w:tbl>{row(number, cell('Rent'))}{row(number, cell('Heat'))}</w:tbl>"
        + p("", counted)
        + p("Water", counted)
    )
    document = load("a.docx", with_body(body, numbering=numbering))
    assert document.text == "I. | Rent\nII. | Heat\nIV. Water"


def test_notes_and_text_boxes_follow_the_paragraph_that_holds_them() -> None:
    body = (
        p("First.", after="<w:r><w:footnoteReference w:id='5'/></w:r>")
        + p("Second.", after="<w:r><w:endnoteReference w:id='1'/></w:r>")
        + p(
            "Third.",
            after="<w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:txbxContent>"
            + p("Boxed.")
            + "</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent>"
            + p("Boxed.")
            + "</w:txbxContent></mc:Fallback></mc:AlternateContent></w:r>",
        )
        + p("Fourth.", after="<w:r><w:footnoteReference w:id='5'/></w:r>")
    )
    footnotes = (
        f"<w:footnote w:id='-1' w:type='separator'>{p('line')}</w:footnote>"
        f"<w:footnote w:id='5'>{p('A note.')}{p('Its end.')}</w:footnote>"
    )
    endnotes = f"<w:endnote w:id='1'>{p('At the end.')}</w:endnote>"
    document = load("a.docx", with_body(body, footnotes=footnotes, endnotes=endnotes))
    check_offsets(document)
    assert document.text.split("\n\n") == [
        "First.",
        "[1] A note. Its end.",
        "Second.",
        "[i] At the end.",
        "Third.",
        "Boxed.",
        "Fourth.",
    ]


def test_marked_heading_rows_name_the_columns_and_merged_cells_are_filled() -> None:
    head = "<w:tblHeader/>"
    body = (
        "<w:tbl>"
        + row(
            cell("Region", "<w:vMerge w:val='restart'/>"),
            cell("2023", "<w:gridSpan w:val='2'/>"),
            properties=head,
        )
        + row(cell("", "<w:vMerge/>"), cell("Q1"), cell("Q2"), properties=head)
        + row(cell("North"), cell("1"), cell("2"))
        + row(cell("Gone"), cell("1"), cell("2"), properties="<w:del w:id='1'/>")
        + "</w:tbl>"
    )
    document = load("a.docx", with_body(body))
    check_offsets(document)
    assert document.text == "Region | 2023\nRegion | Q1 | Q2\nNorth | 1 | 2"
    columns = document.tables[0].columns
    assert columns is not None
    assert document.text[columns.start : columns.end] == "Region | 2023\nRegion | Q1 | Q2"


def test_headings_over_empty_rows_are_rows_like_any_other() -> None:
    document = load(
        "a.docx",
        with_body(f"<w:tbl>{row(cell('Name'), cell('Date'))}{row(cell(''), cell('')) * 3}</w:tbl>"),
    )
    check_offsets(document)
    assert document.text == "Name | Date"
    assert document.tables[0].columns is None


def test_layout_tables_are_read_cell_by_cell() -> None:
    inner = f"<w:tbl>{row(cell('a'), cell('b'))}{row(cell('1'), cell('2'))}</w:tbl>"
    body = f"<w:tbl><w:tr>{cell('Left.')}<w:tc>{p('Right:')}{inner}{p('')}</w:tc></w:tr></w:tbl>"
    document = load("a.docx", with_body(body))
    check_offsets(document)
    assert document.text == "Left.\n\nRight:\n\na | b\n1 | 2"
    assert len(document.tables) == 1


def test_content_controls_are_read_and_tables_of_contents_are_not() -> None:
    styles = "<w:style w:type='paragraph' w:styleId='TOC1'><w:name w:val='toc 1'/></w:style>"
    style = "<w:pStyle w:val='TOC1'/>"
    body = (
        f"<w:sdt><w:sdtPr/><w:sdtContent>{p('Findings 3', style)}"
        f"</w:sdtContent></w:sdt><w:sdt><w:sdtContent>{p('In a control.')}</w:sdtContent></w:sdt>"
    )
    document = load("a.docx", with_body(body, styles=styles))
    assert document.text == "In a control."
    assert document.card.skipped == ("table of contents",)


def test_hidden_text_and_deleted_ends_of_paragraphs_are_read_as_shown() -> None:
    body = (
        "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>Hidden. </w:t></w:r>"
        "<w:r><w:rPr><w:vanish w:val='0'/></w:rPr><w:t>Shown.</w:t></w:r></w:p>"
        + p("One ", "<w:rPr><w:del w:id='1'/></w:rPr>")
        + p("line.")
        + "<w:p><m:oMath><m:r><m:t>x=</m:t></m:r><m:f><m:num><m:r><m:t>1</m:t></m:r></m:num>"
        "<m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:oMath></w:p>"
    )
    assert load("a.docx", with_body(body)).text == "Shown.\n\nOne line.\n\nx=1/2"


def test_the_card_names_authors_date_and_what_was_left_out() -> None:
    source = Document()
    source.core_properties.author = "Ada Lovelace; Charles Babbage"
    source.core_properties.modified = datetime(2024, 5, 3, 9, 30)
    source.sections[0].header.paragraphs[0].text = "Confidential"
    source.add_paragraph("Text.")._p.append(
        parse_xml(
            f"<w:r {nsdecls('w', 'pic', 'c')}><w:drawing><pic:pic/></w:drawing>"
            "<w:drawing><pic:pic/></w:drawing><w:drawing><c:chart/></w:drawing><w:object/>"
            "<w:commentReference w:id='1'/></w:r>"
        )
    )
    document = load("a.docx", saved(source))
    assert document.text == "Text."
    assert document.card.authors == ("Ada Lovelace", "Charles Babbage")
    assert document.card.date == "2024-05-03"
    assert document.card.skipped == (
        "2 images",
        "1 chart",
        "1 embedded object",
        "1 comment",
        "headers and footers",
    )


def test_tracked_changes_are_mentioned() -> None:
    body = (
        "<w:p><w:del><w:r><w:delText>no</w:delText></w:r></w:del><w:r><w:t>Yes.</w:t></w:r></w:p>"
    )
    assert load("a.docx", with_body(body)).warnings == (
        "it holds tracked changes; they were read as if accepted",
    )


def test_macros_are_skipped_and_mentioned() -> None:
    document = load("a.docm", with_body(p("Text."), vbaProject=""))
    assert document.text == "Text."
    assert document.card.skipped == ("macros",)


def test_a_strict_file_reads_like_any_other() -> None:
    data = with_parts(
        with_body(p("Text.")),
        {},
        **{
            "http://schemas.openxmlformats.org/wordprocessingml/2006/main": (
                "http://purl.oclc.org/ooxml/wordprocessingml/main"
            )
        },
    )
    assert b"purl.oclc.org" in ZipFile(BytesIO(data)).read("word/document.xml")
    assert load("a.docx", data).text == "Text."


def test_entities_are_refused() -> None:
    document = (
        "<!DOCTYPE d [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;'>"
        "<!ENTITY f SYSTEM 'file:///etc/passwd'>]>"
        "<w:document xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'>"
        "<w:body><w:p><w:r><w:t>&b;&f;</w:t></w:r></w:p></w:body></w:document>"
    )
    with pytest.raises(LoadError, match="entities"):
        load("a.docx", with_parts(with_body(""), {"word/document.xml": document}))


def test_hostile_shapes_end_in_a_message() -> None:
    deep = "<w:tbl><w:tr><w:tc>" * 5000 + p("x") + "</w:tc></w:tr></w:tbl>" * 5000
    with pytest.raises(LoadError, match="damaged inside"):
        load("a.docx", with_body(deep))
    long = cell("x" * 1000, "<w:vMerge w:val='restart'/>") + cell("y")
    many = row(cell("", "<w:vMerge/>"), cell("z")) * 200
    with pytest.raises(LoadError, match="too much text"):
        load("a.docx", with_body(f"<w:tbl>{row(long)}{many}</w:tbl>"), Limits(text_chars=10_000))
    bomb = with_parts(with_body(""), {"word/media/a.bin": bytes(30_000_000)})
    with pytest.raises(LoadError, match="unpacks"):
        load("a.docx", bomb)


def test_a_file_of_another_kind_is_refused() -> None:
    with pytest.raises(LoadError, match="not a PowerPoint file"):
        load("a.pptx", with_body(p("Text.")))
    with pytest.raises(LoadError, match="not an Excel file"):
        load("a.xlsx", with_body(p("Text.")))


def test_an_archive_that_is_no_word_file_is_refused() -> None:
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "text")
    with pytest.raises(LoadError, match="not a Word file"):
        load("a.docx", buffer.getvalue())

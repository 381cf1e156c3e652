from __future__ import annotations

from typing import Any

import pytest

from ingest.document import LoadedDocument
from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.loaders import load
from tests.ingest.loaders.checks import check_offsets, section_of
from tests.ingest.loaders.odf_files import SPACES, archive, odf


def read(body: str, **parts: Any) -> LoadedDocument:
    document = load("a.odt", odf("text", body, **parts))
    check_offsets(document)
    return document


def p(text: str, style: str = "") -> str:
    return f"<text:p text:style-name='{style}'>{text}</text:p>"


def h(text: str, level: int) -> str:
    return f"<text:h text:outline-level='{level}'>{text}</text:h>"


def cell(text: str, attributes: str = "") -> str:
    return f"<table:table-cell {attributes}>{p(text)}</table:table-cell>"


def row(*cells: str, attributes: str = "") -> str:
    return f"<table:table-row {attributes}>{''.join(cells)}</table:table-row>"


def table(inner: str) -> str:
    return f"<table:table>{inner}</table:table>"


NUMBERED = (
    "<text:list-style style:name='L1'>"
    "<text:list-level-style-number text:level='1' style:num-format='1' style:num-suffix='.'/>"
    "<text:list-level-style-number text:level='2' style:num-format='a' style:num-suffix=')' "
    "text:display-levels='2'/></text:list-style>"
)


def test_headings_paragraphs_and_sections_come_in_reading_order() -> None:
    document = read(
        p("The Report", "P1")
        + h("Findings", 1)
        + f"<text:section>{h('Security', 2)}{p('It held.')}</text:section>"
        + h("Outlook", 1)
        + p("Fair."),
        automatic="<style:style style:name='P1' style:family='paragraph' "
        "style:parent-style-name='Title'/>",
    )
    assert document.title == "The Report"
    assert document.text.split("\n\n") == [
        "The Report",
        "Findings",
        "Security",
        "It held.",
        "Outlook",
        "Fair.",
    ]
    assert section_of(document, "It held") == "Findings > Security"
    assert section_of(document, "Fair") == "Outlook"


def test_spaces_tabs_breaks_links_and_fields_are_text() -> None:
    document = read(
        p(
            "One<text:s text:c='3'/>two<text:tab/>three<text:line-break/>four "
            "<text:span>fi</text:span>ve<text:a>, six</text:a><text:soft-page-break/>"
            "<text:ruby><text:ruby-base>seven</text:ruby-base><text:ruby-text>x</text:ruby-text>"
            "</text:ruby> <text:date>May</text:date>"
        )
    )
    assert document.text == "One two three four five, sixseven May"


def test_lists_keep_their_marks() -> None:
    def item(inner: str, attributes: str = "") -> str:
        return f"<text:list-item {attributes}>{inner}</text:list-item>"

    def numbered(inner: str, attributes: str = "") -> str:
        return f"<text:list text:style-name='L1' {attributes}>{inner}</text:list>"

    inner = f"<text:list>{item(p('Inner'))}{item(p('Next'))}</text:list>"
    document = read(
        numbered(item(p("One") + inner) + item(p("Two") + p("More of two.")))
        + p("Between.")
        + numbered(item(p("Three")), "text:continue-numbering='true'")
        + numbered(item(p("Seven"), "text:start-value='7'"))
        + f"<text:list>{item(p('Bullet'))}</text:list>",
        automatic=NUMBERED,
    )
    assert [line for line in document.text.split("\n") if line] == [
        "1. One",
        "1.a) Inner",
        "1.b) Next",
        "2. Two",
        "More of two.",
        "Between.",
        "3. Three",
        "7. Seven",
        "- Bullet",
    ]


def test_chapter_numbers_are_read() -> None:
    outline = (
        "<office:styles><text:outline-style>"
        "<text:outline-level-style text:level='1' style:num-format='1'/>"
        "<text:outline-level-style text:level='2' style:num-format='1' text:display-levels='2'/>"
        "</text:outline-style></office:styles>"
    )
    body = p("T", "Title") + h("Scope", 1) + h("Parts", 2) + h("More", 2) + h("End", 1)
    document = read(body + p("Text."), styles=outline)
    assert document.text.split("\n\n")[1:5] == ["1 Scope", "1.1 Parts", "1.2 More", "2 End"]


def test_tables_name_their_columns_and_fill_merged_cells() -> None:
    document = read(
        table(
            "<table:table-header-rows>"
            + row(
                cell("Region", "table:number-rows-spanned='2'"),
                cell("2023", "table:number-columns-spanned='2'"),
                "<table:covered-table-cell/>",
            )
            + row("<table:covered-table-cell/>", cell("Q1"), cell("Q2"))
            + "</table:table-header-rows>"
            + row(cell("North"), cell("5", "table:number-columns-repeated='2'"))
        )
        + table(row(cell("a"), cell("b")) + row(cell("1"), cell("2")))
    )
    assert document.text == ("Region | 2023\nRegion | Q1 | Q2\nNorth | 5 | 5\n\na | b\n1 | 2")
    columns = [document.text[t.columns.start : t.columns.end] for t in document.tables if t.columns]
    assert columns == ["Region | 2023\nRegion | Q1 | Q2", "a | b"]


def test_layout_tables_are_read_cell_by_cell() -> None:
    inner = table(row(cell("a"), cell("b")) + row(cell("1"), cell("2")))
    outer = f"<table:table-cell>{p('Right:')}{inner}</table:table-cell>"
    document = read(table(row(cell("Left."), outer)) + table(row(cell("Alone."))))
    assert document.text == "Left.\n\nRight:\n\na | b\n1 | 2\n\nAlone."


def test_rows_and_cells_repeated_without_end_are_bounded() -> None:
    many = "table:number-rows-repeated='999999999'"
    wide = "table:number-columns-repeated='999999999'"
    document = read(
        table(
            row(cell("x"), f"<table:table-cell {wide}/>")
            + row(f"<table:table-cell {wide}/>", attributes=many)
            + row(cell("y"), attributes=many)
            + row(cell("z", wide))
        )
    )
    assert document.text.count("y") == 1000
    assert document.text.count("z") == 1024
    with pytest.raises(LoadError, match="too much text"):
        load(
            "a.odt",
            odf("text", table(row(cell("x" * 100), cell("y"), attributes=many))),
            Limits(text_chars=50_000),
        )


def test_notes_and_text_boxes_follow_the_paragraph_that_holds_them() -> None:
    note = (
        "<text:note><text:note-citation>1</text:note-citation><text:note-body>"
        f"{p('A note.')}{p('Its end.')}</text:note-body></text:note>"
    )
    box = f"<draw:frame><draw:text-box>{p('Boxed.')}</draw:text-box></draw:frame>"
    document = read(p(f"First{note}.") + p(f"Second.{box}") + p("Third."))
    assert document.text.split("\n\n") == [
        "First.",
        "[1] A note. Its end.",
        "Second.",
        "Boxed.",
        "Third.",
    ]


def test_tracked_deletions_and_tables_of_contents_are_left_out() -> None:
    document = read(
        "<text:tracked-changes><text:changed-region><text:deletion>"
        f"{p('Gone.')}</text:deletion></text:changed-region></text:tracked-changes>"
        f"<text:table-of-content><text:index-body>{p('Findings 3')}</text:index-body>"
        "</text:table-of-content>"
        + p("Kept<text:change text:change-id='c'/>.<text:hidden-text>Not.</text:hidden-text>")
    )
    assert document.text == "Kept."
    assert document.warnings == ("it holds tracked changes; they were read as if accepted",)
    assert document.card.skipped == ("table of contents",)


def test_the_card_names_authors_date_and_what_was_left_out() -> None:
    image = "<draw:frame><draw:image/></draw:frame>"
    chart = "<draw:frame><draw:object/><draw:image/></draw:frame>"
    comment = f"<office:annotation>{p('Why?')}</office:annotation>"
    document = read(
        p(f"Text.{image}{chart}{comment}") + image,
        meta="<dc:title>The Engine</dc:title><dc:creator>Bo</dc:creator>"
        "<meta:initial-creator>Ada Lovelace</meta:initial-creator>"
        "<meta:creation-date>2023-01-01T00:00:00</meta:creation-date>"
        "<dc:date>2024-05-03T10:11:12.123</dc:date>",
        styles="<office:master-styles><style:master-page><style:header>"
        f"{p('Confidential')}</style:header></style:master-page></office:master-styles>",
        others={"Basic/Standard/Module1.xml": "<x/>"},
    )
    assert document.text == "Text."
    assert document.title == "The Engine"
    assert document.card.authors == ("Ada Lovelace",)
    assert document.card.date == "2024-05-03"
    assert document.card.skipped == (
        "2 images",
        "1 embedded object",
        "1 comment",
        "headers and footers",
        "macros",
    )


def test_protected_files_are_refused() -> None:
    entry = "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"
    with pytest.raises(LoadError, match="password"):
        read(p("Text."), manifest=entry)


def test_damaged_and_hostile_files_are_refused() -> None:
    data = odf("text", p("Text."))
    for length in (10, len(data) // 2, len(data) - 30):
        with pytest.raises(LoadError, match="damaged"):
            load("a.odt", data[:length])
    with pytest.raises(LoadError, match="damaged or not"):
        load("a.odt", archive({"a.txt": "text"}))
    with pytest.raises(LoadError, match="suffix of its real format"):
        load("a.odt", odf("spreadsheet", ""))
    with pytest.raises(LoadError, match="No text"):
        load("a.odt", odf("text", ""))
    deep = "<text:section>" * 5000 + p("x") + "</text:section>" * 5000
    with pytest.raises(LoadError, match="damaged inside"):
        load("a.odt", odf("text", deep))
    entities = (
        "<!DOCTYPE d [<!ENTITY f SYSTEM 'file:///etc/passwd'>]>"
        f"<office:document-content {SPACES}><office:body><office:text>{p('&f;')}</office:text>"
        "</office:body></office:document-content>"
    )
    with pytest.raises(LoadError, match="entities"):
        load("a.odt", archive({"content.xml": entities}))

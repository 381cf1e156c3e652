from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.worksheet.worksheet import Worksheet

from ingest.document import LoadedDocument
from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.loaders import load
from tests.ingest.loaders.checks import check_offsets, section_of


def saved(book: Workbook) -> bytes:
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def with_rows(*rows: list[object], change: Callable[[Worksheet], None] | None = None) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    if change:
        change(book.active)
    return saved(book)


def replaced(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    buffer = BytesIO()
    with ZipFile(BytesIO(data)) as old, ZipFile(buffer, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return buffer.getvalue()


def with_sheet_xml(inner: str, attributes: str = "") -> bytes:
    """A workbook whose only sheet holds this XML."""
    space = "xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'"
    sheet = f"<worksheet {space}{attributes}>{inner}</worksheet>".encode()
    return replaced(
        saved(Workbook()), lambda name, old: sheet if name.endswith("sheet1.xml") else old
    )


def lines(document: LoadedDocument) -> list[str]:
    check_offsets(document)
    return [line for line in document.text.split("\n") if line]


def test_each_sheet_is_a_section_and_each_row_names_its_columns() -> None:
    book = Workbook()
    book.active.title = "People"
    book.active.append(["Name", "City", "Since"])
    book.active.append(["Ana", "Quito", date(2020, 5, 3)])
    book.active.append(["Bo", None, datetime(2021, 1, 2, 9, 30)])
    other = book.create_sheet("Rates")
    other.append(["Kind", "Rate"])
    other.append(["Low", 0.25])
    other["B2"].number_format = "0.0%"
    book.create_sheet("Empty")
    document = load("a.xlsx", saved(book))
    assert lines(document) == [
        "People",
        "Name: Ana; City: Quito; Since: 2020-05-03",
        "Name: Bo; Since: 2021-01-02 09:30:00",
        "Rates",
        "Kind: Low; Rate: 25.0%",
    ]
    assert section_of(document, "Ana") == "People"
    assert section_of(document, "Low") == "Rates"
    assert len(document.tables) == 2
    assert all(table.columns is None for table in document.tables)


def test_titles_above_and_notes_below_are_paragraphs() -> None:
    def merge(sheet: Worksheet) -> None:
        sheet.merge_cells("A1:C1")

    document = load(
        "a.xlsx",
        with_rows(
            ["Quarterly report"],
            ["Prepared by:", "ONS"],
            ["Region", "Sum", "Share"],
            ["North", 5, 0.5],
            [],
            ["Source: the regions"],
            change=merge,
        ),
    )
    assert lines(document) == [
        "Sheet",
        "Quarterly report",
        "Prepared by: | ONS",
        "Region: North; Sum: 5; Share: 0.5",
        "Source: the regions",
    ]
    assert len(document.rows) == 1


def test_headings_in_two_rows_are_put_together_and_merged_cells_filled() -> None:
    def merge(sheet: Worksheet) -> None:
        for cells in ("A1:A2", "B1:C1", "A3:A4"):
            sheet.merge_cells(cells)

    rows = [
        ["Region", "2023", None],
        [None, "Q1", "Q2"],
        ["North", 1, 2],
        [None, 3, 4],
    ]
    assert lines(load("a.xlsx", with_rows(*rows, change=merge)))[1:] == [
        "Region: North; 2023 Q1: 1; 2023 Q2: 2",
        "Region: North; 2023 Q1: 3; 2023 Q2: 4",
    ]


def test_years_may_head_columns() -> None:
    rows = [["Country", 2019, 2020], ["Peru", 5, 6]]
    assert lines(load("a.xlsx", with_rows(*rows)))[1] == "Country: Peru; 2019: 5; 2020: 6"


def test_a_second_table_has_headings_of_its_own() -> None:
    rows = [["Name", "Age"], ["Ana", 5], [], ["Bo", 6], [], ["Fees"], ["City", "Fee"], ["Rome", 7]]
    assert lines(load("a.xlsx", with_rows(*rows)))[1:] == [
        "Name: Ana; Age: 5",
        "Name: Bo; Age: 6",
        "Fees",
        "City: Rome; Fee: 7",
    ]


def test_sheets_without_headings_are_read_as_they_stand() -> None:
    assert lines(load("a.xlsx", with_rows([1, 2], [3, 4])))[1:] == ["1; 2", "3; 4"]
    assert lines(load("a.xlsx", with_rows(["A note."], ["Another."])))[1:] == [
        "A note.",
        "Another.",
    ]


def test_formulas_without_a_value_are_mentioned() -> None:
    document = load("a.xlsx", with_rows(["Name", "Sum"], ["Ana", "=1+1"], ["Bo", "=2+2"]))
    assert lines(document)[1:] == ["Name: Ana", "Name: Bo"]
    assert document.warnings == (
        "2 formulas have no value in the file; open it in a spreadsheet program and save it again",
    )


def test_formulas_show_the_value_they_had() -> None:
    document = load(
        "a.xlsx",
        with_sheet_xml(
            "<sheetData><row><c><f>1+1</f><v>2</v></c><c t='str'><f>A</f><v>two</v></c>"
            "<c t='b'><v>1</v></c><c t='e'><v>#N/A</v></c><c t='d'><v>2024-05-03</v></c>"
            "<c t='inlineStr'><is><r><t>in</t></r><r><t>line_x000D_</t></r><rPh><t>x</t></rPh></is>"
            "</c></row></sheetData>"
        ),
    )
    assert lines(document)[1:] == ["2; two; TRUE; #N/A; 2024-05-03; inline"]
    assert document.warnings == ()


def test_hidden_sheets_are_read_and_mentioned() -> None:
    book = Workbook()
    book.active.append(["Open", 1])
    hidden = book.create_sheet("Secret")
    hidden.append(["Kept", 2])
    hidden.sheet_state = "veryHidden"
    document = load("a.xlsx", saved(book))
    assert section_of(document, "Kept") == "Secret"
    assert document.warnings == ("the sheet 'Secret' is hidden; it was read too",)


def test_the_card_names_authors_date_and_what_was_left_out() -> None:
    book = Workbook()
    book.properties.creator = "Ada Lovelace"
    book.properties.title = "The Engine"
    book.active.append(["Name", "Sum"])
    book.active.append(["Ana", 1])
    book.active["A1"].comment = Comment("Why?", "Bo")
    chart = BarChart()
    chart.add_data(Reference(book.active, min_col=2, min_row=1, max_row=2))
    book.active.add_chart(chart, "D1")
    document = load("a.xlsx", saved(book))
    assert document.title == "The Engine"
    assert document.card.authors == ("Ada Lovelace",)
    assert document.card.date == datetime.now().date().isoformat()  # openpyxl stamps the saving
    assert document.card.skipped == ("1 chart", "1 comment")


def test_macros_are_skipped_and_mentioned() -> None:
    relation = (
        b"<Relationship Id='m' Target='vbaProject.bin' "
        b"Type='http://schemas.microsoft.com/office/2006/relationships/vbaProject'/>"
    )

    def add(name: str, old: bytes) -> bytes:
        if name != "xl/_rels/workbook.xml.rels":
            return old
        return old.replace(b"</Relationships>", relation + b"</Relationships>")

    buffer = BytesIO(replaced(with_rows(["a", "b"]), add))
    with ZipFile(buffer, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"macro")
    document = load("a.xlsm", buffer.getvalue())
    assert lines(document) == ["Sheet", "a; b"]
    assert document.card.skipped == ("macros",)


def test_a_sheet_that_claims_to_be_huge_costs_what_it_holds() -> None:
    document = load(
        "a.xlsx",
        with_sheet_xml(
            "<dimension ref='A1:XFD1048576'/><sheetData><row r='1'><c r='A1'><v>1</v></c></row>"
            "<row r='1048576'><c r='XFD1048576'><v>2</v></c></row></sheetData>"
            "<mergeCells><mergeCell ref='A1:XFD1048576'/><mergeCell ref='nonsense'/></mergeCells>"
        ),
    )
    assert lines(document)[1:] == ["1", "1; 2"]


def test_a_long_heading_repeated_in_every_row_is_refused() -> None:
    data = with_rows(["x" * 1000, "Sum"], *([["y", 1]] * 100))
    with pytest.raises(LoadError, match="too much text"):
        load("a.xlsx", data, Limits(text_chars=20_000))


def test_references_that_lead_nowhere_are_passed_over() -> None:
    document = load(
        "a.xlsx",
        with_sheet_xml(
            "<sheetData><row><c t='s'><v>99</v></c><c t='s'><v>x</v></c><c s='99'><v>5</v></c>"
            "<c><v>1e999</v></c><c><v>abc</v></c></row></sheetData>"
        ),
    )
    assert lines(document)[1:] == ["5; 1e999; abc"]


def test_missing_sheets_are_mentioned() -> None:
    book = Workbook()
    book.active.append(["a", 1])
    book.create_sheet("Lost").append(["b", 2])
    buffer = BytesIO()
    with ZipFile(BytesIO(saved(book))) as old, ZipFile(buffer, "w") as new:
        for name in old.namelist():
            if name != "xl/worksheets/sheet2.xml":
                new.writestr(name, old.read(name))
    document = load("a.xlsx", buffer.getvalue())
    assert lines(document) == ["Sheet", "a; 1"]
    assert document.warnings == ("the sheet 'Lost' is missing from the file",)


def test_damaged_files_are_refused() -> None:
    data = with_rows(["a", "b"])
    for length in (10, len(data) // 2, len(data) - 30):
        with pytest.raises(LoadError, match="damaged"):
            load("a.xlsx", data[:length])
    with pytest.raises(LoadError, match="damaged inside"):
        load("a.xlsx", with_sheet_xml("<sheetData><row><c>"))
    with pytest.raises(LoadError, match="password"):
        load("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512))
    with pytest.raises(LoadError, match="No text"):
        load("a.xlsx", saved(Workbook()))


def test_entities_are_not_expanded() -> None:
    def poisoned(name: str, old: bytes) -> bytes:
        if not name.endswith("sheet1.xml"):
            return old
        return (
            b"<!DOCTYPE x [<!ENTITY f SYSTEM 'file:///etc/hostname'>]><worksheet xmlns="
            b"'http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheetData><row>"
            b"<c t='str'><v>safe&f;</v></c></row></sheetData></worksheet>"
        )

    document = load("a.xlsx", replaced(saved(Workbook()), poisoned))
    assert lines(document)[1:] == ["safe"]


def test_a_sheet_listed_a_thousand_times_is_read_once() -> None:
    def listed(name: str, old: bytes) -> bytes:
        if name != "xl/workbook.xml":
            return old
        begin = old.index(b"<sheet ")
        end = old.index(b"/>", begin) + 2
        return old[:begin] + old[begin:end] * 1000 + old[end:]

    document = load("a.xlsx", replaced(with_rows(["a", 1]), listed))
    assert lines(document) == ["Sheet", "a; 1"]


def test_text_boxes_on_a_sheet_are_read_after_it() -> None:
    def draw(sheet: Worksheet) -> None:
        sheet.add_chart(BarChart(), "D1")  # so that there is a drawing

    shape = (
        b"<xdr:sp xmlns:xdr='http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing' "
        b"xmlns:a='http://schemas.openxmlformats.org/drawingml/2006/main'><xdr:txBody>"
        b"<a:p><a:r><a:t>All figures </a:t></a:r><a:r><a:t>unaudited.</a:t></a:r></a:p><a:p/>"
        b"</xdr:txBody></xdr:sp>"
    )

    def add(name: str, old: bytes) -> bytes:
        if name != "xl/drawings/drawing1.xml":
            return old
        end = old.rindex(b"</")
        return old[:end] + shape + old[end:]

    document = load("a.xlsx", replaced(with_rows(["a", 1], change=draw), add))
    assert lines(document) == ["Sheet", "a; 1", "All figures unaudited."]

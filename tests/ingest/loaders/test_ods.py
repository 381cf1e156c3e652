from __future__ import annotations

from typing import Any

import pytest

from ingest.document import LoadedDocument
from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.loaders import load
from tests.ingest.loaders.checks import check_offsets, section_of
from tests.ingest.loaders.odf_files import odf


def read(body: str, **parts: Any) -> LoadedDocument:
    document = load("a.ods", odf("spreadsheet", body, **parts))
    check_offsets(document)
    return document


def lines(document: LoadedDocument) -> list[str]:
    return [line for line in document.text.split("\n") if line]


def cell(text: str, kind: str = "string", attributes: str = "") -> str:
    return (
        f"<table:table-cell office:value-type='{kind}' {attributes}>"
        f"<text:p>{text}</text:p></table:table-cell>"
    )


def row(*cells: str, attributes: str = "") -> str:
    return f"<table:table-row {attributes}>{''.join(cells)}</table:table-row>"


def sheet(name: str, *rows: str, style: str = "") -> str:
    inner = "".join(rows)
    return f"<table:table table:name='{name}' table:style-name='{style}'>{inner}</table:table>"


def test_each_sheet_is_a_section_and_cells_read_as_they_are_shown() -> None:
    document = read(
        sheet(
            "Sales",
            row(cell("Report", attributes="table:number-columns-spanned='3'")),
            row(cell("Region"), cell("Sum"), cell("Day")),
            row(
                cell("North"),
                cell("1.234,50 €", "currency", "office:value='1234.5'"),
                cell("3. Mai", "date", "office:date-value='2024-05-03'"),
            ),
        )
        + sheet(
            "Rates", row(cell("Kind"), cell("Rate")), row(cell("Low"), cell("5%", "percentage"))
        )
        + sheet("Empty", row("<table:table-cell table:number-columns-repeated='1024'/>"))
    )
    assert lines(document) == [
        "Sales",
        "Report",
        "Region: North; Sum: 1.234,50 €; Day: 2024-05-03",
        "Rates",
        "Kind: Low; Rate: 5%",
    ]
    assert section_of(document, "Low") == "Rates"


def test_merged_cells_reach_down() -> None:
    document = read(
        sheet(
            "S",
            row(cell("Region"), cell("Sum")),
            row(cell("North", attributes="table:number-rows-spanned='2'"), cell("1", "float")),
            row("<table:covered-table-cell/>", cell("2", "float")),
        )
    )
    assert lines(document)[1:] == ["Region: North; Sum: 1", "Region: North; Sum: 2"]


def test_hidden_sheets_comments_and_charts_are_mentioned() -> None:
    comment = "<office:annotation><text:p>Why?</text:p></office:annotation>"
    chart = (
        "<table:shapes><draw:frame><draw:object/><draw:image/></draw:frame>"
        "<draw:frame><draw:text-box><text:p>Boxed.</text:p></draw:text-box></draw:frame>"
        "</table:shapes>"
    )
    noted = f"<table:table-cell>{comment}<text:p>a</text:p></table:table-cell>"
    document = read(
        sheet("Kept", chart, row(noted, cell("b")), style="ta2"),
        automatic="<style:style style:name='ta2' style:family='table'>"
        "<style:table-properties table:display='false'/></style:style>",
    )
    assert lines(document) == ["Kept", "a; b", "Boxed."]
    assert document.warnings == ("the sheet 'Kept' is hidden; it was read too",)
    assert document.card.skipped == ("1 comment", "1 embedded object")


def test_what_is_repeated_without_end_is_bounded() -> None:
    many = "table:number-rows-repeated='1048576'"
    wide = "table:number-columns-repeated='16384'"
    document = read(
        sheet(
            "S",
            row(f"<table:table-cell {wide}/>", attributes=many),
            row(cell("x", "float", wide), attributes="table:number-rows-repeated='3'"),
        )
    )
    assert document.text.count("x") == 3 * 1024
    with pytest.raises(LoadError, match="too much text"):
        load(
            "a.ods",
            odf("spreadsheet", sheet("S", row(cell("x" * 99), attributes=many))),
            Limits(text_chars=50_000),
        )


def test_damaged_and_mislabelled_files_are_refused() -> None:
    data = odf("spreadsheet", sheet("S", row(cell("a"))))
    for length in (10, len(data) // 2, len(data) - 30):
        with pytest.raises(LoadError, match="damaged"):
            load("a.ods", data[:length])
    with pytest.raises(LoadError, match="suffix of its real format"):
        load("a.ods", odf("text", ""))

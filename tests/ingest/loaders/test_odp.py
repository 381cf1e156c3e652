from __future__ import annotations

from typing import Any

import pytest

from ingest.document import LoadedDocument
from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.loaders import load
from tests.ingest.loaders.checks import check_offsets, page_of, section_of
from tests.ingest.loaders.odf_files import odf


def read(body: str, **parts: Any) -> LoadedDocument:
    document = load("a.odp", odf("presentation", body, **parts))
    check_offsets(document)
    return document


def lines(document: LoadedDocument) -> list[str]:
    return [line for line in document.text.split("\n") if line]


def frame(text: str, kind: str = "", x: str = "1cm", y: str = "1cm") -> str:
    place = f"svg:x='{x}' svg:y='{y}' svg:width='2cm' svg:height='1cm'"
    return (
        f"<draw:frame presentation:class='{kind}' {place}><draw:text-box><text:p>{text}</text:p>"
        "</draw:text-box></draw:frame>"
    )


def slide(*inner: str, style: str = "") -> str:
    return f"<draw:page draw:style-name='{style}'>{''.join(inner)}</draw:page>"


def notes(text: str) -> str:
    return f"<presentation:notes>{frame(text, 'notes')}</presentation:notes>"


def test_slides_are_pages_with_titles_frames_in_order_and_notes() -> None:
    document = read(
        slide(
            frame("Below.", y="5cm"),
            frame("Right.", x="10cm", y="22mm"),
            frame("Left.", y="2.3cm"),
            frame("Goals", "title"),
            frame("7", "page-number"),
            notes("Speak slowly."),
        )
        + slide()
        + slide(
            "<draw:g><draw:custom-shape><text:p>In a shape.</text:p></draw:custom-shape></draw:g>"
        )
    )
    assert lines(document) == [
        "Goals",
        "Left.",
        "Right.",
        "Below.",
        "Notes",
        "Speak slowly.",
        "Slide 3",
        "In a shape.",
    ]
    assert [page_of(document, word) for word in ("Goals", "Speak", "In a")] == [1, 1, 3]
    assert section_of(document, "Speak") == "Goals > Notes"
    assert document.card.textless_pages == (2,)


def test_tables_lists_pictures_and_hidden_slides_are_seen() -> None:
    row = "<table:table-row>{}</table:table-row>"
    cell = "<table:table-cell><text:p>{}</text:p></table:table-cell>"
    rows = [row.format("".join(map(cell.format, texts))) for texts in ("ab", "12")]
    table = f"<draw:frame><table:table>{''.join(rows)}</table:table><draw:image/></draw:frame>"
    items = "<text:list><text:list-item><text:p>One</text:p></text:list-item></text:list>"
    document = read(
        slide(
            frame("Sums", "title"),
            table,
            f"<draw:frame svg:y='9cm'><draw:text-box>{items}</draw:text-box></draw:frame>",
            "<draw:frame><draw:image/></draw:frame>",
            style="dp1",
        ),
        automatic="<style:style style:name='dp1'><style:drawing-page-properties "
        "presentation:visibility='hidden'/></style:style>",
    )
    assert lines(document) == ["Sums", "a | b", "1 | 2", "- One"]
    assert document.card.skipped == ("1 image",)
    assert document.warnings == ("1 slide is hidden (1), and read too",)


def test_damaged_files_and_too_many_slides_are_refused() -> None:
    data = odf("presentation", slide(frame("Text.")) * 3)
    for length in (10, len(data) // 2, len(data) - 30):
        with pytest.raises(LoadError, match="damaged"):
            load("a.odp", data[:length])
    with pytest.raises(LoadError, match="3 slides"):
        load("a.odp", data, Limits(pages=2))
    with pytest.raises(LoadError, match="No text"):
        load("a.odp", odf("presentation", ""))

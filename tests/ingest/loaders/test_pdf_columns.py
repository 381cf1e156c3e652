from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from reportlab.lib.pagesizes import LETTER
from reportlab.pdfgen.canvas import Canvas

from ingest.document import LoadedDocument
from ingest.loaders import load
from tests.ingest.loaders.checks import check_offsets, section_of

LEFTS = (60, 320)
NARROW_LEFTS = (50, 225, 400)


def column(name: str, lines: int = 14) -> list[str]:
    return [f"{name} line {at} of the column runs on over the river" for at in range(lines)]


def page(
    columns: Sequence[list[str]],
    lefts: Sequence[int] = LEFTS,
    *,
    interleaved: bool,
    size: float = 9,
    shift: float = 0,
    title: str = "",
    between: str = "",
) -> LoadedDocument:
    """A page in columns; interleaved, its stream goes from left to right line by line."""
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=LETTER, invariant=True)
    if title:
        canvas.setFont("Helvetica-Bold", 16)
        canvas.drawCentredString(306, 740, title)
    canvas.setFont("Helvetica", size)
    places = [
        (row, at, lefts[at], 700 - 12 * row - shift * at, text)
        for at, lines in enumerate(columns)
        for row, text in enumerate(lines)
    ]
    for _, _, left, y, text in sorted(places) if interleaved else places:
        canvas.drawString(left, y, text)
    if between:
        foot = 700 - 12 * max(map(len, columns)) - 30
        canvas.setFont("Helvetica-Bold", 12)
        canvas.drawString(60, foot, between)
        canvas.setFont("Helvetica", size)
        for at, lines in enumerate(columns):
            for row, text in enumerate(lines):
                canvas.drawString(lefts[at], foot - 24 - 12 * row, text.replace("line", "verse"))
    canvas.save()
    document = load("a.pdf", buffer.getvalue())
    check_offsets(document)
    return document


def check_order(text: str, *words: str) -> None:
    places = [text.index(word) for word in words]
    assert places == sorted(places)


def test_columns_are_read_one_after_the_other_however_the_file_has_them() -> None:
    for interleaved in (False, True):
        for shift in (0, 5):  # also where the lines stand at different heights
            document = page((column("Left"), column("Right")), interleaved=interleaved, shift=shift)
            check_order(document.text, "Left line 0", "Left line 13", "Right line 0")
            assert "Left line 0 of the column runs on over the river Left line 1" in document.text


def test_three_columns_are_read_in_their_order() -> None:
    names = ("Left", "Middle", "Right")
    columns = [[line[:34] for line in column(name)] for name in names]
    document = page(columns, NARROW_LEFTS, interleaved=True)
    check_order(document.text, *(f"{name} line {at}" for name in names for at in (0, 13)))


def test_headings_across_the_columns_keep_their_place() -> None:
    document = page(
        (column("Left"), column("Right")), interleaved=True, title="The Report", between="Findings"
    )
    assert document.title == "The Report"
    check_order(document.text, "The Report", "Left line", "Right line 13", "Findings")
    check_order(document.text, "Findings", "Left verse 13", "Right verse 0")
    assert section_of(document, "Right verse 3") == "Findings"


def test_columns_of_prose_are_no_table() -> None:
    assert page((column("Left"), column("Right")), interleaved=True).tables == ()
    assert page((column("Left", 5), column("Right", 5)), interleaved=True).tables == ()


def test_a_page_of_one_column_stays_as_it_is() -> None:
    lines = [
        f"Line {at} of a page that has but one column of text, and a long one" for at in range(9)
    ]
    document = page([lines], interleaved=False)
    assert document.text == " ".join(lines)

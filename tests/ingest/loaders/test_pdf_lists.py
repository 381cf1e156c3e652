from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import pytest
import reportlab
from reportlab.lib.pagesizes import A5
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from ingest.document import LoadedDocument
from ingest.loaders import load
from tests.ingest.loaders.checks import check_offsets

LEFT, HANG, STEP = 40, 18, 12
ITEMS = (
    ("Local groups, which traditionally held the routes.",),
    ("Foreign groups, among them the largest of all, which", "came around 2010."),
    ("Gangs", "of the towns."),
    ("Officials who stole from",),
)
# The font at hand has no such glyphs: others are set, and the file is told what they mean.
STAND_INS = dict(zip("\uf0b7\uf0a7\uf0d8\uf0fc\uf02d\uf0a8\uf0fe\uf0fd➢", "§¶ÆØÞßæøþ", strict=True))


def listed(marks: Sequence[str], hang: float = HANG) -> LoadedDocument:
    """A list as word processors set it: a mark, a gap, and lines that hang."""
    pdfmetrics.registerFont(TTFont("Vera", f"{reportlab.__path__[0]}/fonts/Vera.ttf"))
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A5, invariant=True, pageCompression=0)
    y = 500
    canvas.setFont("Helvetica", 10)
    canvas.drawString(LEFT, y, "There are several kinds.")
    for mark, lines in zip(marks, ITEMS, strict=False):
        y -= STEP
        canvas.setFont("Vera", 10)
        canvas.drawString(LEFT, y, STAND_INS.get(mark, mark))
        canvas.setFont("Helvetica", 10)
        for line in lines:
            canvas.drawString(LEFT + hang, y, line)
            y -= STEP
        y += STEP
    canvas.save()
    data = buffer.getvalue()
    for mark, stand_in in STAND_INS.items():
        if mark in marks:  # the font's table of what its characters mean
            assert data.count(b"<%04X>" % ord(stand_in)) == 1
            data = data.replace(b"<%04X>" % ord(stand_in), b"<%04X>" % ord(mark))
    document = load("a.pdf", data)
    check_offsets(document)
    return document


def expected(marks: Sequence[str]) -> list[str]:
    return [f"{mark} {' '.join(lines)}" for mark, lines in zip(marks, ITEMS, strict=False)]


@pytest.mark.parametrize("glyph", "\uf0b7\uf0a7\uf0d8\uf0fc\uf02d\uf0a8o•➢")
def test_bullets_of_symbol_fonts_open_items_and_make_no_table(glyph: str) -> None:
    document = listed([glyph] * 4)
    assert document.tables == ()
    mark = glyph if glyph == "➢" else "•"
    assert document.text.split("\n\n")[1].split("\n") == expected([mark] * 4)


@pytest.mark.parametrize(
    "marks",
    [
        ("1.", "2.", "3.", "4."),
        ("a)", "b)", "c)", "d)"),
        ("(i)", "(ii)", "(iii)", "(iv)"),
        ("1.1.", "1.2.", "1.3.", "1.4."),
        ("-", "-", "-", "-"),
    ],
)
def test_numbers_and_letters_that_are_set_apart_open_items(marks: Sequence[str]) -> None:
    document = listed(marks, hang=30)
    assert document.tables == ()
    assert document.text.split("\n\n")[1].split("\n") == expected(marks)


def test_a_number_in_brackets_at_the_begin_of_a_wrapped_line_opens_nothing() -> None:
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A5, invariant=True)
    canvas.setFont("Helvetica", 10)
    canvas.drawString(LEFT, 500, "The right is limited as section 12 has it, namely in its part")
    canvas.drawString(LEFT, 488, "(b) of the act on rivers, which was passed in the same year,")
    canvas.drawString(LEFT, 476, "o como dice la ley de los ríos en su parte segunda.")
    canvas.save()
    assert "\n" not in load("a.pdf", buffer.getvalue()).text


def test_a_ticked_box_is_told_from_a_bullet() -> None:
    text = listed(["\uf0fe", "\uf0fd"]).text
    assert "☑" in text
    assert "☒" in text

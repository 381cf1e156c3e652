from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from io import BytesIO

import pytest
from reportlab.lib.pagesizes import LETTER
from reportlab.pdfgen.canvas import Canvas

from ingest.document import LoadedDocument
from ingest.loaders import load
from tests.ingest.loaders.checks import check_offsets, page_of

XS = (60.0, 160.0, 270.0, 420.0)
STEP = 12
PROSE = "The barges of the valley carry more goods than the roads ever did."
Cells = Sequence[Sequence[str]]
HEADS = [["Form"], ["Partner"], ["What is done"]]
ROWS: list[Cells] = [
    HEADS,
    [
        ["Action against", "traffic"],
        ["Mexico and", "Honduras"],
        ["Coordinated", "work to end", "it"],
    ],
    [["Training"], ["Canada"], ["Courses, and", "advice"]],
    [["Sharing", "of news"], ["Belize"], ["Exchange"]],
]
RESULT = [
    "Form | Partner | What is done",
    "Action against traffic | Mexico and Honduras | Coordinated work to end it",
    "Training | Canada | Courses, and advice",
    "Sharing of news | Belize | Exchange",
]
Drawing = Callable[[Canvas, Sequence[float], Sequence[float]], None]


def strokes(canvas: Canvas, xs: Sequence[float], ys: Sequence[float]) -> None:
    for x in xs:
        canvas.line(x, ys[0], x, ys[-1])
    for y in ys:
        canvas.line(xs[0], y, xs[-1], y)


def boxes(canvas: Canvas, xs: Sequence[float], ys: Sequence[float]) -> None:
    for top, bottom in zip(ys, ys[1:], strict=False):
        for left, right in zip(xs, xs[1:], strict=False):
            canvas.rect(left, bottom, right - left, top - bottom)


def bars(canvas: Canvas, xs: Sequence[float], ys: Sequence[float]) -> None:
    """Thin filled rectangles cell by cell, as some word processors draw lines."""
    for top, bottom in zip(ys, ys[1:], strict=False):
        for left, right in zip(xs, xs[1:], strict=False):
            canvas.rect(left, top - 0.25, right - left, 0.5, stroke=0, fill=1)
            canvas.rect(left - 0.25, bottom, 0.5, top - bottom, stroke=0, fill=1)
            canvas.rect(right - 0.25, bottom, 0.5, top - bottom, stroke=0, fill=1)
    canvas.rect(xs[0], ys[-1] - 0.25, xs[-1] - xs[0], 0.5, stroke=0, fill=1)


def one_path(canvas: Canvas, xs: Sequence[float], ys: Sequence[float]) -> None:
    path = canvas.beginPath()
    for x in xs:
        path.moveTo(x, ys[0])
        path.lineTo(x, ys[-1])
    for y in ys:
        path.moveTo(xs[0], y)
        path.lineTo(xs[-1], y)
    canvas.drawPath(path)


def inner(canvas: Canvas, xs: Sequence[float], ys: Sequence[float]) -> None:
    """Lines between the cells alone: all four sides are open."""
    for x in xs[1:-1]:
        canvas.line(x, ys[0], x, ys[-1])
    for y in ys[1:-1]:
        canvas.line(xs[0], y, xs[-1], y)


class Page:
    """A sheet with tables whose rows are as high as their highest cell."""

    def __init__(self) -> None:
        self.buffer = BytesIO()
        self.canvas = Canvas(self.buffer, pagesize=LETTER, invariant=True)
        self.y = 700.0
        self.font()

    def font(self, name: str = "Helvetica") -> None:
        self.canvas.setFont(name, 10)

    def prose(self, text: str = PROSE) -> None:
        self.canvas.drawString(60, self.y, text)
        self.y -= 2 * STEP

    def table(self, rows: Sequence[Cells], draw: Drawing, xs: Sequence[float] = XS) -> None:
        ys = [self.y]
        for row in rows:
            for left, cell in zip(xs, row, strict=False):
                for at, line in enumerate(cell):
                    self.canvas.drawString(left + 4, ys[-1] - 11 - at * STEP, line)
            ys.append(ys[-1] - STEP * max(map(len, row)) - 4)
        draw(self.canvas, xs, ys)
        self.y = ys[-1] - 2 * STEP

    def next(self) -> None:
        self.canvas.showPage()
        self.font()
        self.y = 700.0

    def document(self) -> LoadedDocument:
        self.canvas.save()
        document = load("a.pdf", self.buffer.getvalue())
        check_offsets(document)
        return document


def lines_of(document: LoadedDocument, at: int = 0) -> list[str]:
    table = document.tables[at]
    return document.text[table.start : table.end].split("\n")


def columns_of(document: LoadedDocument, at: int = 0) -> str | None:
    columns = document.tables[at].columns
    return document.text[columns.start : columns.end] if columns else None


@pytest.mark.parametrize("draw", [strokes, boxes, bars, one_path, inner])
def test_a_row_of_cells_that_rules_enclose_is_one_line(draw: Drawing) -> None:
    page = Page()
    page.prose()
    page.table(ROWS, draw)
    page.prose("It ends here.")
    document = page.document()
    assert document.text == "\n\n".join([PROSE, "\n".join(RESULT), "It ends here."])
    assert len(document.tables) == 1
    assert columns_of(document) == RESULT[0]


def test_a_cell_over_several_columns_or_rows_is_said_once() -> None:
    page = Page()
    xs, ys = XS, (700.0, 684.0, 668.0, 652.0)
    for x, y, text in (
        (64, 689, "Region"), (164, 689, "Trade with the neighbours of the valley"),
        (64, 665, "North"), (164, 673, "Sweden"), (274, 673, "Timber"),
        (164, 657, "Norway"), (274, 657, "Fish"),
    ):  # fmt: skip
        page.canvas.drawString(x, y, text)
    for y, start in ((700, xs[0]), (684, xs[0]), (668, xs[1]), (652, xs[0])):
        page.canvas.line(start, y, xs[-1], y)
    for x, top in ((xs[0], 700), (xs[1], 700), (xs[2], 684), (xs[3], 700)):
        page.canvas.line(x, top, x, ys[-1])
    assert lines_of(page.document()) == [
        "Region | Trade with the neighbours of the valley",
        "North | Sweden | Timber",
        "Norway | Fish",
    ]


def test_bold_or_shaded_first_rows_name_the_columns_though_they_are_long() -> None:
    long = [
        ["The form of what was", "agreed on there"],
        ["Who it was with in", "the end"],
        ["What"],
    ]
    for shaded in (False, True):
        page = Page()
        if shaded:
            page.canvas.setFillGray(0.8)
            page.canvas.rect(60, 700 - 28, 360, 28, stroke=0, fill=1)
            page.canvas.setFillGray(0)
        else:
            page.font("Helvetica-Bold")
        page.table([long], strokes)
        page.font()
        page.y += 2 * STEP
        page.table([[["a"], ["b"], ["c"]], [["d"], ["e"], ["f"]]], strokes)
        document = page.document()
        assert len(document.tables) == 1
        assert columns_of(document) == (
            "The form of what was agreed on there | Who it was with in the end | What"
        )


def test_a_first_row_like_the_others_names_no_columns() -> None:
    page = Page()
    page.table([[["Quay"], ["Port"], ["Wall"]], [["Weir"], ["Works"], ["Dam"]]], strokes)
    assert columns_of(page.document()) is None


def test_a_table_runs_on_over_the_page_and_its_headings_are_said_once() -> None:
    page = Page()
    page.table(ROWS, strokes)
    page.next()
    page.table([HEADS, [["Patrols"], ["Peru"], ["Boats"]]], strokes)
    page.prose("It ends here.")
    document = page.document()
    assert len(document.tables) == 1
    assert lines_of(document) == [*RESULT, "Patrols | Peru | Boats"]
    assert page_of(document, "Sharing") == 1
    assert page_of(document, "Patrols") == 2


def test_a_row_that_the_end_of_a_page_divides_is_whole() -> None:
    page = Page()
    page.table(ROWS[:3], strokes)
    page.next()
    page.table([[[], [], ["on boats"]], *ROWS[3:], [["Patrols"], ["Peru"], ["Ships"]]], strokes)
    document = page.document()
    whole = [*RESULT[:2], f"{RESULT[2]} on boats", RESULT[3], "Patrols | Peru | Ships"]
    assert lines_of(document) == whole
    assert page_of(document, "Sharing") == 2


def test_a_table_with_other_columns_on_the_next_page_is_another() -> None:
    page = Page()
    page.table(ROWS, strokes)
    page.next()
    page.table(ROWS, strokes, xs=(60, 150, 290, 420))
    assert len(page.document().tables) == 2


def test_frames_boxes_and_blank_forms_are_no_tables() -> None:
    page = Page()
    page.canvas.rect(40, 40, 530, 710)
    page.canvas.line(40, 650, 570, 650)
    page.canvas.line(100, 40, 100, 750)
    page.canvas.drawString(45, 700, "No. 7")
    page.canvas.drawString(110, 700, "The State of the Rivers")
    page.canvas.drawString(45, 600, "Notes")
    for at in range(30):
        page.canvas.drawString(110, 620 - at * STEP, PROSE)
    page.next()
    page.canvas.rect(50, 660, 400, 60)
    page.prose()
    page.prose("It is in a box.")
    page.y = 600
    page.table([[["Name"], []], [["Town"], []], [["Date of birth"], []]], strokes, xs=XS[:3])
    document = page.document()
    assert document.tables == ()
    assert "|" not in document.text
    assert "It is in a box." in document.text


def test_rows_of_figures_between_two_rules_stay_rows() -> None:
    page = Page()
    page.table([
        [["Year"], ["Goods"], ["Sum"]],
        [["2021", "2022", "2023"], ["Timber", "Fish", "Grain"], ["1,204", "13", "798"]],
    ], strokes)  # fmt: skip
    assert lines_of(page.document())[1:] == [
        "2021 | Timber | 1,204",
        "2022 | Fish | 13",
        "2023 | Grain | 798",
    ]


def test_a_turned_table_is_read_as_it_stands() -> None:
    page = Page()
    page.canvas.translate(612, 0)
    page.canvas.rotate(90)
    page.y = 500
    page.table(ROWS, strokes)
    assert lines_of(page.document()) == RESULT


def test_a_table_in_a_column_of_prose_stays_there() -> None:
    page = Page()

    def column(left: float, side: str, first: int, end: int) -> None:
        for at in range(first, end):
            text = f"The {side} one tells of the barges and the roads {chr(97 + at)}"
            page.canvas.drawString(left, 700 - at * STEP, text)

    column(40, "left", 0, 24)
    column(320, "right", 0, 8)
    page.y = 700 - 7 * STEP - 4
    rows = [[["Term"], ["Meaning"]], [["Barge"], ["A flat boat"]], [["Weir"], ["A low dam"]]]
    page.table(rows, strokes, xs=(320, 400, 560))
    column(320, "right", 12, 24)
    text = page.document().text
    assert text.index("roads x") < text.index("right one") < text.index("Term | Meaning")
    assert text.index("Weir | A low dam") < text.rindex("right one")


def test_a_page_full_of_lines_costs_little() -> None:
    page = Page()
    page.prose()
    for at in range(3_000):
        page.canvas.line(10 + at * 0.19, 10, 10 + at * 0.19, 780)
        page.canvas.line(10, 10 + at * 0.25, 600, 10 + at * 0.25)
    started = time.monotonic()
    assert page.document().text == PROSE
    assert time.monotonic() - started < 10

from __future__ import annotations

from io import BytesIO

from reportlab.lib.pagesizes import LETTER
from reportlab.pdfgen.canvas import Canvas

from ingest.document import LoadedDocument
from ingest.loaders import load
from tests.ingest.loaders.checks import check_offsets, page_of

LEFT, TOP, STEP = 60, 700, 12
PROSE = "The barges of the valley carry more goods than the roads ever did, and the ferries too."


class Sheet:
    """A page that is written on from the top, line by line."""

    def __init__(self) -> None:
        self.buffer = BytesIO()
        self.canvas = Canvas(self.buffer, pagesize=LETTER, invariant=True)
        self.y = float(TOP)
        self.canvas.setFont("Helvetica", 9)

    def prose(self, text: str) -> None:
        self.canvas.drawString(LEFT, self.y, text)
        self.y -= STEP

    def row(self, label: str, *values: str, rights: tuple[int, ...] = (340, 420, 500)) -> None:
        """Numbers end at the column's right edge; a sign is set apart at its left."""
        self.canvas.drawString(LEFT, self.y, label)
        for value, right in zip(values, rights, strict=False):
            if value.startswith("$"):
                self.canvas.drawString(right - 55, self.y, "$")
                value = value[1:]
            hang = 3 if value.endswith(")") else 0  # the bracket hangs over the edge
            if value.endswith("%"):
                self.canvas.drawString(right + 4, self.y, "%")
                value = value[:-1]
            self.canvas.drawRightString(right + hang, self.y, value)
        self.y -= STEP

    def heads(self, *texts: tuple[int, str]) -> None:
        for middle, text in texts:
            self.canvas.drawCentredString(middle, self.y, text)
        self.y -= STEP

    def gap(self, height: float = STEP) -> None:
        self.y -= height

    def document(self) -> LoadedDocument:
        self.canvas.save()
        document = load("a.pdf", self.buffer.getvalue())
        check_offsets(document)
        return document


def table_lines(document: LoadedDocument, at: int = 0) -> list[str]:
    table = document.tables[at]
    return document.text[table.start : table.end].split("\n")


def column_lines(document: LoadedDocument, at: int = 0) -> list[str]:
    columns = document.tables[at].columns
    return document.text[columns.start : columns.end].split("\n") if columns else []


def statement() -> Sheet:
    sheet = Sheet()
    sheet.prose(PROSE)
    sheet.gap()
    sheet.heads((365, "Three Months Ended"))
    sheet.heads((325, "June 25,"), (405, "June 26,"), (485, ""))
    sheet.heads((325, "2022"), (405, "2021"), (485, "Change"))
    sheet.row("Net sales:")
    sheet.row("Products", "$63,355", "$63,948", "(1)%")
    sheet.row("Services", "19,604", "17,486", "12%")
    sheet.row("Income attributable to the")
    sheet.row("company and its partners", "(97)", "—", "—")
    sheet.row("Total net sales", "$82,959", "$81,434", "2%")
    sheet.gap()
    sheet.prose(PROSE)
    return sheet


def test_figures_stand_in_the_order_of_their_columns_with_their_signs() -> None:
    document = statement().document()
    assert table_lines(document)[2:] == [
        "Net sales:",
        "Products | $63,355 | $63,948 | (1)%",
        "Services | 19,604 | 17,486 | 12%",
        "Income attributable to the company and its partners | (97) | — | —",
        "Total net sales | $82,959 | $81,434 | 2%",
    ]
    assert document.text.count(PROSE) == 2


def test_headings_over_several_columns_and_dates_over_years_name_the_columns() -> None:
    document = statement().document()
    assert column_lines(document) == [
        "Three Months Ended",
        "June 25, 2022 | June 26, 2021 | Change",
    ]


def test_years_alone_name_columns_and_a_row_that_begins_with_a_year_does_not() -> None:
    sheet = Sheet()
    sheet.heads((325, "2023"), (405, "2022"))
    sheet.row("Due in 2024", "4,234", "12")
    sheet.row("Due in 2025", "3,362", "9")
    sheet.gap(60)
    sheet.row("2026", "798", "1,001")
    sheet.row("2027", "504", "6")
    document = sheet.document()
    assert column_lines(document) == ["2023 | 2022"]
    assert document.tables[1].columns is None
    assert table_lines(document, 1) == ["2026 | 798 | 1,001", "2027 | 504 | 6"]


def test_columns_named_anew_begin_another_table() -> None:
    sheet = Sheet()
    for year, sum_ in (("2022", "5"), ("2023", "7")):
        sheet.heads((325, "Cost"), (405, f"Value {year}"))
        sheet.row("Bonds", sum_, "11")
        sheet.row("Shares", "13", "17")
    document = sheet.document()
    assert len(document.tables) == 2
    assert column_lines(document, 1) == ["Cost | Value 2023"]


def test_a_table_of_words_is_told_by_its_columns_and_wrapped_cells_are_joined() -> None:
    sheet = Sheet()
    sheet.canvas.setFont("Helvetica-Bold", 9)
    sheet.heads((80, "Term"), (270, "Meaning"), (450, "Owner"))
    sheet.canvas.setFont("Helvetica", 9)
    for term, meaning, more, owner in (
        ("Barge", "A flat boat for goods,", "mostly on rivers", "Works"),
        ("Lock", "A chamber with two gates", "", "Canals"),
        ("Weir", "A low dam", "", "Works"),
        ("Quay", "A wall for landing", "", "Port"),
    ):
        for left, text in ((LEFT, term), (220, meaning), (430, owner)):
            sheet.canvas.drawString(left, sheet.y, text)
        sheet.y -= STEP
        if more:
            sheet.canvas.drawString(220, sheet.y, more)
            sheet.y -= STEP
        sheet.gap(6)
    document = sheet.document()
    assert column_lines(document) == ["Term | Meaning | Owner"]
    assert table_lines(document)[1:3] == [
        "Barge | A flat boat for goods, mostly on rivers | Works",
        "Lock | A chamber with two gates | Canals",
    ]


def test_a_table_turned_by_a_quarter_is_read_as_a_table() -> None:
    sheet = Sheet()
    sheet.canvas.translate(612, 0)
    sheet.canvas.rotate(90)
    sheet.y = 500
    sheet.heads((325, "2023"), (405, "2022"))
    sheet.row("Bonds", "1,204", "11")
    sheet.row("Shares", "13", "17")
    assert table_lines(sheet.document()) == [
        "2023 | 2022",
        "Bonds | 1,204 | 11",
        "Shares | 13 | 17",
    ]


def test_a_column_of_words_among_figures_has_a_heading_of_its_own() -> None:
    sheet = Sheet()
    sheet.heads((235, "Fair Value"), (325, "Cost"))
    sheet.heads((80, "(In millions)"), (235, "Level"), (325, "Basis"))
    for label, level, cost in (("Bonds", "Level 2", "1,204"), ("Shares", "Level 1", "13")):
        sheet.canvas.drawCentredString(235, sheet.y, level)
        sheet.row(label, cost)
    document = sheet.document()
    assert table_lines(document)[1:] == ["Bonds | Level 2 | 1,204", "Shares | Level 1 | 13"]
    assert column_lines(document) == ["(In millions) | Fair Value Level | Cost Basis"]


def test_rows_of_words_that_stand_close_are_not_taken_for_one() -> None:
    sheet = Sheet()
    for label, *values in (
        ("Lease term, barges", "11.3 years", "11.4 years"),
        ("Lease term, ferries", "8.1 years", "9.8 years"),
    ):
        sheet.row(label, *values)
    for label, *values in (("Rate, barges", "2.2%", "2.5%"), ("Rate, ferries", "2.0%", "2.1%")):
        sheet.gap(8)
        sheet.row(label, *values)
    assert table_lines(sheet.document())[:2] == [
        "Lease term, barges | 11.3 years | 11.4 years",
        "Lease term, ferries | 8.1 years | 9.8 years",
    ]


def test_contents_without_leaders_keep_a_line_an_entry() -> None:
    sheet = Sheet()
    for label, page_number in (("a) Income for the year", "3"), ("b) Balance sheets", "4")):
        sheet.row(label, page_number)
    assert table_lines(sheet.document()) == [
        "a) Income for the year | 3",
        "b) Balance sheets | 4",
    ]


def test_notes_below_a_table_are_prose() -> None:
    sheet = Sheet()
    sheet.row("Bonds1", "1,204", "11")
    sheet.row("Shares", "13", "17")
    sheet.gap(4)
    sheet.canvas.drawString(LEFT, sheet.y, "1")
    sheet.prose(f"     {PROSE}")
    sheet.prose("     They are slower.")
    document = sheet.document()
    assert table_lines(document) == ["Bonds1 | 1,204 | 11", "Shares | 13 | 17"]
    assert f"1 {PROSE}" in document.text


def test_amounts_set_close_together_stay_apart() -> None:
    sheet = Sheet()
    sheet.canvas.drawString(LEFT, sheet.y, "Total")
    for left, text in ((300, "$113,842"), (340, "$26,562"), (376, "$77,865"), (412, "$9,415")):
        sheet.canvas.drawString(left, sheet.y, text)
    sheet.y -= STEP
    sheet.canvas.drawString(LEFT, sheet.y, "Before")
    for left, text in ((300, "$111,648"), (340, "$13,931"), (376, "$90,826"), (412, "$6,891")):
        sheet.canvas.drawString(left, sheet.y, text)
    assert table_lines(sheet.document()) == [
        "Total | $113,842 | $26,562 | $77,865 | $9,415",
        "Before | $111,648 | $13,931 | $90,826 | $6,891",
    ]


def test_a_table_has_its_page() -> None:
    sheet = Sheet()
    sheet.prose("First page.")
    sheet.canvas.showPage()
    sheet.canvas.setFont("Helvetica", 9)
    sheet.y = 600
    sheet.row("Bonds", "1,204", "11")
    sheet.row("Shares", "13", "17")
    document = sheet.document()
    assert page_of(document, "Bonds") == 2
    assert page_of(document, "First") == 1


def test_contents_with_leaders_are_lines_and_no_table() -> None:
    sheet = Sheet()
    for number, name in enumerate(("Findings", "Security", "Rivers and roads", "Notes"), 1):
        dots = "." * (90 - 2 * len(name))
        sheet.canvas.drawString(LEFT, sheet.y, f"{number}. {name} {dots}")
        sheet.canvas.drawRightString(500, sheet.y, str(number * 7))
        sheet.y -= STEP
    document = sheet.document()
    assert document.tables == ()
    assert "Rivers and roads" in document.text
    assert document.text.replace(" ", "").endswith("28")


def test_bibliographies_forms_and_lists_are_no_tables() -> None:
    sheet = Sheet()
    for number in range(1, 6):
        sheet.canvas.drawString(LEFT, sheet.y, f"[{number}]")
        sheet.canvas.drawString(LEFT + 30, sheet.y, f"A. Author and B. Writer. On river {number}.")
        sheet.y -= STEP
        sheet.canvas.drawString(LEFT + 30, sheet.y, "Journal of Valleys, 12(3):45-67, 2019.")
        sheet.y -= STEP
    sheet.gap(30)
    sheet.canvas.drawString(LEFT, sheet.y, "Name: __________")
    sheet.canvas.drawString(300, sheet.y, "Date of birth: __________")
    sheet.y -= STEP
    sheet.canvas.drawString(LEFT, sheet.y, "Street and number: __________")
    sheet.canvas.drawString(350, sheet.y, "Town: __________")
    sheet.gap(30)
    for mark, text in (("1.", "The first of all."), ("2.", "The second."), ("3.", "The third.")):
        sheet.canvas.drawString(LEFT, sheet.y, mark)
        sheet.canvas.drawString(LEFT + 25, sheet.y, text)
        sheet.y -= STEP
    document = sheet.document()
    assert document.tables == ()
    assert "[2] A. Author and B. Writer. On river 2." in document.text
    assert "|" not in document.text


def test_cells_set_in_the_middle_of_their_rows_are_joined_to_rows() -> None:
    sheet = Sheet()
    sheet.canvas.setFont("Helvetica-Bold", 9)
    sheet.heads((75, "Period"), (240, "Millions"), (380, "Note"))
    sheet.canvas.setFont("Helvetica", 9)
    for period, sum_, note in (
        (["2008"], "4,320", ["Peak before the slowdown"]),
        (["January to June", "2014"], "2,700", ["Up 9 per cent on the same months", "of 2013"]),
        (["2016"], "7,159.96", ["Full year"]),
        (["January to April", "2018"], "2,789.1", ["Up 8 per cent"]),
    ):
        sheet.gap(STEP)
        for left, lines in ((LEFT, period), (220, [sum_]), (330, note)):
            for at, line in enumerate(lines):
                lift = (len(lines) - 1) * 5.5 - at * 11
                sheet.canvas.drawString(left, sheet.y + lift, line)
        sheet.y -= STEP
    document = sheet.document()
    assert column_lines(document) == ["Period | Millions | Note"]
    assert table_lines(document)[1:] == [
        "2008 | 4,320 | Peak before the slowdown",
        "January to June 2014 | 2,700 | Up 9 per cent on the same months of 2013",
        "2016 | 7,159.96 | Full year",
        "January to April 2018 | 2,789.1 | Up 8 per cent",
    ]


def test_a_first_row_of_short_names_above_longer_cells_names_the_columns() -> None:
    sheet = Sheet()
    for cells in (
        ("President", "In office", "What matters"),
        ("Otto Molina", "Until 2015", "Presented the alliance of 2014 and left"),
        ("Jimmy Morales", "2016 to 2020", "Ended the commission and signed a treaty"),
        ("Ana Giammattei", "2020 to 2024", "Worked on migration with the neighbours"),
    ):
        for left, text in zip((LEFT, 180, 300), cells, strict=True):
            sheet.canvas.drawString(left, sheet.y, text)
        sheet.y -= STEP
    document = sheet.document()
    assert column_lines(document) == ["President | In office | What matters"]
    assert len(table_lines(document)) == 4

from __future__ import annotations

import time
from io import BytesIO

import pypdfium2 as pdfium
import pytest
from PIL import Image
from reportlab.lib.pagesizes import A5
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.loaders import load
from ingest.loaders.pdfs.lines import join_lines
from tests.ingest.loaders.checks import check_offsets, page_of, section_of

_, HEIGHT = A5
FULL = "The barges of the valley carry more goods than the roads"  # a full line


def pdf(*pages: list[tuple[float, str]], title: str = "", password: str = "") -> bytes:
    """A PDF of pages, each a list of (type size, line); size 0 leaves a gap, 6 is the foot."""
    buffer = BytesIO()
    encrypt = StandardEncryption(password) if password else None
    canvas = Canvas(buffer, pagesize=A5, encrypt=encrypt, invariant=True)
    if title:
        canvas.setTitle(title)
    for lines in pages:
        y = HEIGHT - 90
        for size, text in lines:
            if size == 6:
                canvas.setFont("Helvetica", 6)
                canvas.drawString(40, 20, text)
                continue
            if text:
                canvas.setFont("Helvetica", size)
                canvas.drawString(40, y, text)
            y -= 12
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def test_large_lines_are_headings_and_the_largest_is_the_title() -> None:
    data = pdf(
        [
            (20, "The Report"),
            (0, ""),
            (14, "Findings"),
            (0, ""),
            (9, FULL),
            (9, "ever did."),
            (0, ""),
        ]
        + [(12, "Security"), (0, ""), (9, "It held.")]
    )
    document = load("a.pdf", data)
    check_offsets(document)
    assert document.title == "The Report"
    assert section_of(document, "It held") == "Findings > Security"
    assert f"{FULL} ever did." in document.text


def test_the_title_property_serves_where_no_heading_does() -> None:
    assert (
        load("a.pdf", pdf([(9, "Just a text here.")], title="Deep Rivers")).title == "Deep Rivers"
    )
    assert load("a.pdf", pdf([(9, "Just a text here.")])).title is None


def test_running_footers_go_and_paragraphs_flow_over_the_page_end() -> None:
    first, second = [(9, FULL)] * 6, [(9, "and the ferries together do."), (0, "")]
    data = pdf(
        [*first, (6, "Annual report 1")],
        [*second, (9, "A new paragraph begins here."), (6, "Annual report 2")],
        [(9, "Third page."), (6, "Annual report 3")],
    )
    document = load("a.pdf", data)
    check_offsets(document)
    assert "Annual" not in document.text
    assert document.text.split("\n\n")[0] == f"{FULL} " * 6 + "and the ferries together do."
    assert page_of(document, "The barges") == 1
    assert page_of(document, "and the ferries") == 2
    assert page_of(document, "A new paragraph") == 2
    assert page_of(document, "Third") == 3


def test_the_page_begins_at_its_first_word_also_after_a_divided_one() -> None:
    data = pdf(
        [(9, "The eco-"), (9, "nomy of the valley, as the sur-"), (6, "1")],
        [(9, "vey of the floods has it (and"), (6, "2")],
        [(9, "nobody else) was growing."), (6, "3")],
    )
    document = load("a.pdf", data)
    check_offsets(document)
    assert document.text == (
        "The economy of the valley, as the survey of the floods has it "
        "(and nobody else) was growing."
    )
    assert document.pages[1].start == document.text.index("survey")
    assert document.pages[2].start == document.text.index("nobody")


def test_page_labels_go_from_short_files_too() -> None:
    data = pdf(
        [(9, FULL), (6, "Page 1 of 2")], [(9, "and the ferries together do."), (6, "Page 2 of 2")]
    )
    assert load("a.pdf", data).text == f"{FULL} and the ferries together do."


def test_a_page_without_text_is_a_warning_and_has_its_number() -> None:
    document = load("a.pdf", pdf([(9, "First page.")], [], [(9, "Third page.")]))
    check_offsets(document)
    assert document.warnings == ("1 of 3 pages hold no text (pages 2)",)
    assert page_of(document, "Third") == 3


def test_divided_words_are_joined_and_real_hyphens_kept() -> None:
    assert join_lines(["the eco-", "nomy of co-operation"]) == "the economy of co-operation"
    assert join_lines(["the Anglo-", "American pact"]) == "the Anglo- American pact"
    assert join_lines(["soft\u00ad", "ly and har\u00addly"]) == "softly and hardly"
    assert join_lines(["", "a", "", "b"]) == "a b"
    assert join_lines(["certain non\ufffe", "GAAP measures"]) == "certain non-GAAP measures"
    assert (
        join_lines(["at https://a.org/on-the\x02", "river-x"]) == "at https://a.org/on-the-river-x"
    )


def test_ligatures_are_letters() -> None:
    import reportlab
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    path = f"{reportlab.__path__[0]}/fonts/Vera.ttf"
    pdfmetrics.registerFont(TTFont("Vera", path))
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A5)
    canvas.setFont("Vera", 10)
    canvas.drawString(40, 300, "The o\ufb03cial \ufb01nding is \ufb02at.")
    canvas.save()
    text = load("a.pdf", buffer.getvalue()).text
    assert not any(char in text for char in "\ufb01\ufb02\ufb03")


def test_a_protected_file_is_refused() -> None:
    with pytest.raises(LoadError, match="password"):
        load("a.pdf", pdf([(9, "Secret.")], password="opens"))


def test_a_truncated_file_is_refused_or_read_but_never_crashes() -> None:
    data = pdf([(9, FULL)], [(9, "Second page.")])
    with pytest.raises(LoadError, match="damaged"):
        load("a.pdf", data[:40])
    for length in range(100, len(data), 150):
        try:
            check_offsets(load("a.pdf", data[:length]))
        except LoadError as exc:
            assert len(str(exc)) > 20


def test_a_scanned_file_without_text_is_refused_with_advice() -> None:
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A5)
    canvas.rect(50, 50, 100, 100, fill=1)
    canvas.save()
    with pytest.raises(LoadError, match="OCR"):
        load("a.pdf", buffer.getvalue())


def test_a_long_run_of_unfinished_lines_takes_linear_time() -> None:
    pages = [
        [(9, f"{page} {line} of the long table of numbers") for line in range(30)]
        for page in range(60)
    ]
    started = time.monotonic()
    check_offsets(load("a.pdf", pdf(*pages)))
    assert time.monotonic() - started < 20
    started = time.monotonic()
    join_lines(["12 34 56 78"] * 50_000)
    assert time.monotonic() - started < 5


def test_headers_of_left_and_right_pages_go_and_other_first_lines_stay() -> None:
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A5, invariant=True)
    for number in range(1, 8):
        canvas.setFont("Helvetica", 8)
        if number % 2:
            canvas.drawString(40, HEIGHT - 30, "The State of the Rivers")
            canvas.drawRightString(380, HEIGHT - 30, str(number))
        else:
            canvas.drawString(40, HEIGHT - 30, f"{number}")
            canvas.drawRightString(380, HEIGHT - 30, "Chapter on barges")
        canvas.setFont("Helvetica", 9)
        canvas.drawString(
            40, HEIGHT - 50, f"{'ABCDEFG'[number]} page of the book." if number < 7 else "End."
        )
        canvas.showPage()
    canvas.save()
    text = load("a.pdf", buffer.getvalue()).text
    assert "State of the Rivers" not in text
    assert "Chapter on barges" not in text
    assert "F page of the book." in text
    assert not any(char.isdigit() for char in text)


def test_pages_have_the_labels_that_the_file_gives_them() -> None:
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A5, invariant=True)
    canvas.addPageLabel(0, style="ROMAN_LOWER", start=1)
    canvas.addPageLabel(2, style="ARABIC", start=1)
    for number in range(1, 5):
        canvas.drawString(40, 300, f"This is page {'abcd'[number - 1]}.")
        canvas.showPage()
    canvas.save()
    document = load("a.pdf", buffer.getvalue())
    check_offsets(document)
    assert [page.label for page in document.pages] == ["i", "ii", "1", "2"]
    assert [page.label for page in load("a.pdf", pdf([(9, "Plain.")])).pages] == [None]


def test_a_file_that_only_forbids_printing_opens() -> None:
    buffer = BytesIO()
    encrypt = StandardEncryption("", ownerPassword="owner", canPrint=0, strength=128)
    canvas = Canvas(buffer, pagesize=A5, encrypt=encrypt, invariant=True)
    canvas.drawString(40, 300, "Open to all.")
    canvas.save()
    assert load("a.pdf", buffer.getvalue()).text == "Open to all."


def test_more_pages_than_the_limit_are_refused() -> None:
    data = pdf([(9, "One.")], [(9, "Two.")], [(9, "Three.")])
    with pytest.raises(LoadError, match="3 pages; the limit is 2"):
        load("a.pdf", data, Limits(pages=2))


def test_the_report_card_names_authors_date_and_what_was_skipped() -> None:
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A5, invariant=True)
    canvas.setAuthor("Ana Ruiz; Ben Ode")
    canvas.drawString(40, 300, "Two pictures.")
    picture = ImageReader(Image.new("RGB", (60, 60), "red"))
    canvas.drawImage(picture, 40, 100, 80, 80)
    canvas.drawImage(picture, 140, 100, 80, 80)
    canvas.drawImage(picture, 240, 100, 8, 8)  # an icon
    canvas.save()
    source = pdfium.PdfDocument(buffer.getvalue())
    source.new_attachment("data.csv").set_data(b"a,b")
    saved = BytesIO()
    source.save(saved)
    source.close()
    card = load("a.pdf", saved.getvalue()).card
    assert card.authors == ("Ana Ruiz", "Ben Ode")
    assert card.date == "2000-01-01"
    assert card.skipped == ("2 images", "1 embedded file")
    assert load("a.pdf", pdf([(9, "Plain.")])).card.authors == ()


def test_what_was_written_into_a_form_stands_beside_its_name() -> None:
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A5, invariant=True)
    canvas.setFont("Helvetica", 10)
    for y, name, value in ((400, "Name:", "Ana Ruiz"), (370, "Town:", "Quito")):
        canvas.drawString(40, y, name)
        canvas.acroForm.textfield(name=name, value=value, x=90, y=y - 5, width=150, height=16)
    canvas.drawString(40, 340, "Signed by hand.")
    canvas.save()
    document = load("a.pdf", buffer.getvalue())
    check_offsets(document)
    assert document.text.replace("\n", " ").startswith("Name: Ana Ruiz Town: Quito Signed")


def test_type_is_measured_as_it_stands_on_the_page() -> None:
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A5, invariant=True)
    for scale, y, text in ((18, 500, "The Report"), (9, 440, FULL), (9, 428, "ever did.")):
        canvas.saveState()
        canvas.translate(40, y)
        canvas.scale(scale, scale)
        canvas.setFont("Helvetica", 1)
        canvas.drawString(0, 0, text)
        canvas.restoreState()
    canvas.save()
    document = load("a.pdf", buffer.getvalue())
    assert document.title == "The Report"
    assert document.text.endswith(f"{FULL} ever did.")


def test_a_running_foot_well_above_the_papers_edge_is_left_out() -> None:
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=(400, 800), invariant=True)
    for number in range(1, 6):
        for at in range(6):
            canvas.drawString(40, 700 - 20 * at, f"Line {at} of page {number} says a thing.")
        canvas.drawString(40, 400, f"Barge Company | Yearly Report | {number}")
        canvas.showPage()
    canvas.save()
    document = load("a.pdf", buffer.getvalue())
    check_offsets(document)
    assert "Yearly Report" not in document.text
    assert "Line 5 of page 5 says a thing." in document.text

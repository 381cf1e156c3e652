from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
import reportlab
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.pagesizes import A5
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.loaders import load
from ingest.loaders.pdfs import ocr
from tests.ingest.loaders.checks import check_offsets, page_of

WIDTH, HEIGHT = A5
SCALE = 300 / 72
FONT = ImageFont.truetype(f"{reportlab.__path__[0]}/fonts/Vera.ttf", int(11 * SCALE))
TEXT = ("The barges of the valley carry", "more goods than the roads do.")


def scan(lines: tuple[str, ...] = TEXT) -> ImageReader:
    image = Image.new("L", (int(WIDTH * SCALE), int(HEIGHT * SCALE)), 255)
    draw = ImageDraw.Draw(image)
    for at, line in enumerate(lines):
        draw.text((40 * SCALE, (60 + 18 * at) * SCALE), line, font=FONT, fill=0)
    return ImageReader(image)


def scanned(*pages: str, stamp: bool = False) -> bytes:
    """A PDF of pages: ``scan`` is an image, ``blank`` holds nothing, all else is its text."""
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A5, invariant=True)
    for at, page in enumerate(pages, 1):
        if page == "scan":
            canvas.drawImage(scan(), 0, 0, WIDTH, HEIGHT)
        elif page != "blank":
            canvas.setFont("Helvetica", 9)
            canvas.drawString(40, 400, page)
        if stamp:
            canvas.setFont("Helvetica", 6)
            canvas.drawString(40, 12, f"EXHIBIT {at:05}")
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


@pytest.fixture
def without_tesseract(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


def test_a_scanned_page_is_recognised_and_said_to_be() -> None:
    document = load("a.pdf", scanned("The first page is text.", "scan", "blank"))
    check_offsets(document)
    assert " ".join(TEXT) in document.text
    assert page_of(document, "The barges") == 2
    assert document.card.recognised_pages == (2,)
    assert document.card.textless_pages == (3,)
    assert document.card.skipped == ()
    assert document.warnings == (
        "The text of 1 of 3 pages was recognised from images and should be checked (pages 2)",
        "1 of 3 pages hold no text (pages 3)",
    )


def test_a_scan_that_bears_only_a_running_stamp_is_recognised() -> None:
    document = load("a.pdf", scanned("A page of text.", "scan", "Another page.", stamp=True))
    check_offsets(document)
    assert document.card.recognised_pages == (2,)
    assert "EXHIBIT" not in document.text


def test_no_more_pages_are_recognised_than_the_limit_allows() -> None:
    document = load("a.pdf", scanned("scan", "scan"), Limits(recognised_pages=1))
    assert document.card.recognised_pages == (1,)
    assert document.card.textless_pages == (2,)
    assert "At most 1" in document.warnings[1]


def test_tables_are_found_on_scans_too() -> None:
    image = Image.new("L", (int(WIDTH * SCALE), int(HEIGHT * SCALE)), 255)
    draw = ImageDraw.Draw(image)
    for at, (label, *values) in enumerate(
        (("Products", "63,355", "63,948"), ("Services", "19,604", "17,486"), ("Total", "82", "81"))
    ):
        y = (60 + 20 * at) * SCALE
        draw.text((40 * SCALE, y), label, font=FONT, fill=0)
        for value, right in zip(values, (220, 320), strict=True):
            draw.text((right * SCALE, y), value, font=FONT, fill=0, anchor="ra")
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A5, invariant=True)
    canvas.drawImage(ImageReader(image), 0, 0, WIDTH, HEIGHT)
    canvas.save()
    document = load("a.pdf", buffer.getvalue())
    check_offsets(document)
    assert "Services | 19,604 | 17,486" in document.text
    assert len(document.tables) == 1


@pytest.mark.usefixtures("without_tesseract")
def test_without_tesseract_the_warning_says_what_to_install() -> None:
    document = load("a.pdf", scanned("The first page is text.", "scan", "blank"))
    assert document.card.recognised_pages == ()
    assert document.card.textless_pages == (2, 3)
    assert "1 of 3 pages are images without text (pages 2)" in document.warnings[0]
    assert "tesseract-ocr-spa" in document.warnings[0]


@pytest.mark.usefixtures("without_tesseract")
def test_a_file_of_scans_alone_is_refused_without_tesseract() -> None:
    with pytest.raises(LoadError, match=r"scanned images.*Install Tesseract"):
        load("a.pdf", scanned("scan", "scan"))


def test_a_text_layer_that_lies_under_the_scan_is_used_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ocr, "find_recogniser", lambda: pytest.fail("nothing to recognise"))
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A5, invariant=True)
    canvas.drawImage(scan(), 0, 0, WIDTH, HEIGHT)
    text = canvas.beginText(40, 400)
    text.setFont("Helvetica", 9)
    text.setTextRenderMode(3)  # invisible
    text.textLine("A layer that another program recognised.")
    canvas.drawText(text)
    canvas.save()
    document = load("a.pdf", buffer.getvalue())
    assert document.text == "A layer that another program recognised."
    assert document.card.skipped == ()


def test_a_recognition_that_fails_or_takes_too_long_leaves_the_page_textless(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = tmp_path / "tesseract"
    for script in ("exit 1", "exec sleep 30", "echo nonsense"):
        command.write_text(f"#!/bin/sh\n{script}\n")
        command.chmod(0o700)
        slow = ocr.Recogniser(str(command), "eng", page_seconds=0.3)
        monkeypatch.setattr(ocr, "find_recogniser", lambda slow=slow: slow)
        document = load("a.pdf", scanned("The first page is text.", "scan"))
        assert document.card.textless_pages == (2,)

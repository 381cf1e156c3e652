from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from struct import pack
from zipfile import ZIP_DEFLATED, ZipFile
from zlib import compress, crc32

import pytest
from lxml import etree
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.presentation import Presentation as Slides
from pptx.slide import Slide
from pptx.util import Inches

from ingest.document import LoadedDocument
from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.loaders import load
from tests.ingest.loaders.checks import check_offsets, page_of, section_of

TITLE, BULLETS, TITLE_ONLY, BLANK = 0, 1, 5, 6


def saved(slides: Slides) -> bytes:
    buffer = BytesIO()
    slides.save(buffer)
    return buffer.getvalue()


def replaced(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    buffer = BytesIO()
    with ZipFile(BytesIO(data)) as old, ZipFile(buffer, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return buffer.getvalue()


def added(slides: Slides, layout: int, title: str = "") -> Slide:
    slide = slides.slides.add_slide(slides.slide_layouts[layout])
    if title:
        slide.shapes.title.text = title
    return slide


def box(slide: Slide, text: str, left: float, top: float, height: float = 1) -> None:
    shape = slide.shapes.add_textbox(Inches(left), Inches(top), Inches(2), Inches(height))
    shape.text_frame.text = text


def png() -> BytesIO:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", crc32(kind + data))

    header = pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    image = chunk(b"IHDR", header) + chunk(b"IDAT", compress(b"\0\0")) + chunk(b"IEND", b"")
    return BytesIO(b"\x89PNG\r\n\x1a\n" + image)


def lines(document: LoadedDocument) -> list[str]:
    check_offsets(document)
    return [line for line in document.text.split("\n") if line]


def test_slides_are_pages_and_their_titles_headings() -> None:
    slides = Presentation()
    opening = added(slides, TITLE, "The Plan")
    opening.placeholders[1].text = "Spring"
    goals = added(slides, BULLETS, "Goals")
    goals.placeholders[1].text = "Grow\nSave"
    added(slides, BLANK)
    risks = added(slides, BULLETS, "Risks")
    risks.placeholders[1].text = "Rain."
    document = load("a.pptx", saved(slides))
    assert lines(document) == ["The Plan", "Spring", "Goals", "- Grow", "- Save", "Risks", "Rain."]
    assert document.title == "The Plan"
    assert [page_of(document, word) for word in ("Spring", "Goals", "Save", "Risks", "Rain")] == [
        1,
        2,
        2,
        4,
        4,
    ]
    assert section_of(document, "Save") == "Goals"
    assert len(document.pages) == 4
    assert document.card.textless_pages == (3,)


def test_shapes_are_read_from_top_left_to_bottom_right() -> None:
    slides = Presentation()
    slide = added(slides, TITLE_ONLY)
    box(slide, "Bottom.", 0, 5)
    box(slide, "Right.", 5, 2.1)
    box(slide, "Left.", 1, 2.2)
    slide.shapes.title.text = "Title"
    group = slide.shapes.add_group_shape()
    for text, left in (("Second.", 4.0), ("First.", 1.0)):
        inner = group.shapes.add_textbox(Inches(left), Inches(3.5), Inches(2), Inches(1))
        inner.text_frame.text = text
    document = load("a.pptx", saved(slides))
    assert lines(document) == ["Title", "Left.", "Right.", "First.", "Second.", "Bottom."]


def test_placeholders_without_a_place_take_their_layout_s() -> None:
    slides = Presentation()
    slide = added(slides, BULLETS, "Title")
    slide.placeholders[1].text = "In the body."
    box(slide, "Above.", 1, 0.1, 0.5)
    box(slide, "Below.", 1, 6.8, 0.5)
    assert lines(load("a.pptx", saved(slides))) == ["Title", "Above.", "In the body.", "Below."]


def test_a_slide_without_a_title_is_named_by_its_number() -> None:
    slides = Presentation()
    added(slides, TITLE_ONLY, "First")
    box(added(slides, BLANK), "Words.", 1, 1)
    document = load("a.pptx", saved(slides))
    assert lines(document) == ["First", "Slide 2", "Words."]
    assert section_of(document, "Words") == "Slide 2"


def test_tables_keep_their_heading_row() -> None:
    slides = Presentation()
    slide = added(slides, TITLE_ONLY, "Sums")
    table = slide.shapes.add_table(3, 3, Inches(1), Inches(2), Inches(6), Inches(2)).table
    rows = [["Year", "In", "Out"], ["2019", "5", "6"], ["", "7", "8"]]
    for at, row in enumerate(rows):
        for column, text in enumerate(row):
            table.cell(at, column).text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    document = load("a.pptx", saved(slides))
    assert lines(document) == ["Sums", "Year | In | Out", "2019 | 5 | 6", "2019 | 7 | 8"]
    columns = document.tables[0].columns
    assert columns is not None
    assert document.text[columns.start : columns.end] == "Year | In | Out"


def test_a_chart_s_figures_are_read() -> None:
    slides = Presentation()
    slide = added(slides, TITLE_ONLY, "Sales")
    data = CategoryChartData(number_format="0%")
    data.categories = ["North", "South"]
    data.add_series("2023", (0.25, 0.5))
    data.add_series("2024", (0.75, None))
    frame = slide.shapes.add_chart(
        XL_CHART_TYPE.COLUMN_CLUSTERED, Inches(1), Inches(2), Inches(4), Inches(3), data
    )
    frame.chart.has_title = True
    frame.chart.chart_title.text_frame.text = "By region"
    document = load("a.pptx", saved(slides))
    assert lines(document) == [
        "Sales",
        "By region",
        "North; 2023: 25%; 2024: 75%",
        "South; 2023: 50%",
    ]
    assert len(document.tables) == 1
    assert document.card.skipped == ()


def test_notes_follow_their_slide_under_a_heading() -> None:
    slides = Presentation()
    slide = added(slides, TITLE_ONLY, "Goals")
    slide.notes_slide.notes_text_frame.text = "Speak slowly.\nSmile."
    added(slides, TITLE_ONLY, "Risks")
    document = load("a.pptx", saved(slides))
    assert lines(document) == ["Goals", "Notes", "Speak slowly.", "Smile.", "Risks"]
    assert section_of(document, "Smile") == "Goals > Notes"
    assert page_of(document, "Smile") == 1
    assert section_of(document, "Risks") == "Risks"


def test_numbered_paragraphs_and_breaks_are_kept() -> None:
    slides = Presentation()
    slide = added(slides, BLANK)
    box(slide, "One\nTwo\nAside\vline", 1, 1)
    paragraphs = slide.shapes[0].text_frame.paragraphs
    for paragraph in paragraphs[:2]:
        number = etree.SubElement(
            paragraph._p.get_or_add_pPr(),
            "{http://schemas.openxmlformats.org/drawingml/2006/main}buAutoNum",
        )
        number.set("type", "alphaLcParenR")
    assert lines(load("a.pptx", saved(slides))) == ["Slide 1", "a) One", "b) Two", "Aside line"]


def test_the_card_names_authors_date_and_what_was_left_out() -> None:
    slides = Presentation()
    slides.core_properties.author = "Ada Lovelace"
    slides.core_properties.modified = datetime(2024, 5, 3)
    slides.core_properties.title = "PowerPoint Presentation"
    slide = added(slides, TITLE_ONLY, "Goals")
    slide.shapes.add_picture(png(), Inches(1), Inches(2))
    slide.shapes.add_picture(png(), Inches(3), Inches(2))
    slide.shapes.add_ole_object(png(), "Package", Inches(1), Inches(4), icon_file=png())
    document = load("a.pptx", saved(slides))
    assert document.title is None
    assert document.card.authors == ("Ada Lovelace",)
    assert document.card.date == "2024-05-03"
    assert document.card.skipped == ("2 images", "1 embedded object")


def test_hidden_slides_are_read_and_mentioned() -> None:
    slides = Presentation()
    added(slides, TITLE_ONLY, "Open")
    added(slides, TITLE_ONLY, "Closed")._element.set("show", "0")
    document = load("a.pptx", saved(slides))
    assert lines(document) == ["Open", "Closed"]
    assert document.warnings == ("1 slide is hidden (2), and read too",)


def test_macros_are_skipped_and_mentioned() -> None:
    slides = Presentation()
    added(slides, TITLE_ONLY, "Open")
    relation = (
        b"<Relationship Id='m' Target='vbaProject.bin' "
        b"Type='http://schemas.microsoft.com/office/2006/relationships/vbaProject'/>"
    )

    def add(name: str, old: bytes) -> bytes:
        if name != "ppt/_rels/presentation.xml.rels":
            return old
        return old.replace(b"</Relationships>", relation + b"</Relationships>")

    buffer = BytesIO(replaced(saved(slides), add))
    with ZipFile(buffer, "a") as archive:
        archive.writestr("ppt/vbaProject.bin", b"macro")
    document = load("a.pptm", buffer.getvalue())
    assert lines(document) == ["Open"]
    assert document.card.skipped == ("macros",)


def test_shapes_in_alternatives_are_read_once() -> None:
    slides = Presentation()
    box(added(slides, BLANK), "Words.", 1, 1)

    def wrap(name: str, old: bytes) -> bytes:
        if name != "ppt/slides/slide1.xml":
            return old
        begin, end = old.index(b"<p:sp>"), old.index(b"</p:sp>") + len(b"</p:sp>")
        shape = old[begin:end]
        space = b"xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006'"
        return (
            old[:begin] + b"<mc:AlternateContent %s><mc:Choice Requires='a14'>%s</mc:Choice>"
            b"<mc:Fallback>%s</mc:Fallback></mc:AlternateContent>"
            % (space, shape, shape)
            + old[end:]
        )

    assert lines(load("a.pptx", replaced(saved(slides), wrap))) == ["Slide 1", "Words."]


def test_a_missing_layout_does_no_harm() -> None:
    slides = Presentation()
    added(slides, BULLETS, "Goals").placeholders[1].text = "Grow."
    buffer = BytesIO()
    with ZipFile(BytesIO(saved(slides))) as old, ZipFile(buffer, "w") as new:
        for name in old.namelist():
            if "slideLayout" not in name:
                new.writestr(name, old.read(name))
    assert lines(load("a.pptx", buffer.getvalue())) == ["Goals", "Grow."]


def test_missing_slides_are_mentioned() -> None:
    slides = Presentation()
    for title in ("First", "Second"):
        added(slides, TITLE_ONLY, title)
    buffer = BytesIO()
    with ZipFile(BytesIO(saved(slides))) as old, ZipFile(buffer, "w") as new:
        for name in old.namelist():
            if name != "ppt/slides/slide2.xml":
                new.writestr(name, old.read(name))
    document = load("a.pptx", buffer.getvalue())
    assert lines(document) == ["First"]
    assert document.warnings == ("1 of 2 slides are missing from the file",)


def test_damaged_and_hostile_files_are_refused() -> None:
    slides = Presentation()
    added(slides, TITLE_ONLY, "Goals")
    data = saved(slides)
    for length in (10, len(data) // 2, len(data) - 30):
        with pytest.raises(LoadError, match="damaged"):
            load("a.pptx", data[:length])
    with pytest.raises(LoadError, match="password"):
        load("a.pptx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512))
    with pytest.raises(LoadError, match="No text"):
        load("a.pptx", saved(Presentation()))
    added(slides, TITLE_ONLY, "Risks")
    with pytest.raises(LoadError, match="2 slides"):
        load("a.pptx", saved(slides), Limits(pages=1))

    def poisoned(name: str, old: bytes) -> bytes:
        entity = b"<!DOCTYPE x [<!ENTITY f SYSTEM 'file:///etc/passwd'>]>"
        head, _, rest = old.partition(b"?>")
        return head + b"?>" + entity + rest if name == "ppt/slides/slide1.xml" else old

    with pytest.raises(LoadError, match="entities"):
        load("a.pptx", replaced(data, poisoned))


def test_a_merged_cell_repeated_in_every_row_is_refused_in_time() -> None:
    slides = Presentation()
    slide = added(slides, BLANK)
    table = slide.shapes.add_table(200, 2, Inches(1), Inches(2), Inches(6), Inches(2)).table
    table.cell(0, 0).text = "x" * 1000
    table.cell(0, 0).merge(table.cell(199, 0))
    for at in range(200):
        table.cell(at, 1).text = "y"
    with pytest.raises(LoadError, match="too much text"):
        load("a.pptx", saved(slides), Limits(text_chars=20_000))

"""Build the PDF and Word documents of the dossier from their Markdown sources.

The text of four documents is kept in ``data/sources/NAME.md``. This script
renders two of them as PDF and two as Word files in ``data/documents``. The
output is the same on every run: dates and metadata are fixed.

Usage: ``python data/build_documents.py`` (needs reportlab and python-docx).
"""

# mypy: disable-error-code="import-untyped, import-not-found"

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from docx import Document
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate

ROOT = Path(__file__).resolve().parent
SOURCES = ROOT / "sources"
DOCUMENTS = ROOT / "documents"
AUTHOR = "Footnote dossier"
FIXED_DATE = datetime(2024, 6, 1, 12, 0, 0)
PDF_NAMES = ("safe-third-country-agreement", "united-states-relations")
WORD_NAMES = (
    "drug-transit-and-security-cooperation",
    "domestic-politics-and-public-opinion",
)


@dataclass
class Block:
    """One block of a Markdown source: heading, paragraph, bullet or table."""

    kind: str
    text: str = ""
    level: int = 0
    rows: list[list[str]] = field(default_factory=list)


def parse(markdown: str) -> Iterator[Block]:
    """Yield the blocks of a source; each paragraph stands on one line."""
    table: list[list[str]] = []
    for line in [*markdown.splitlines(), ""]:
        stripped = line.strip()
        if stripped.startswith("|"):
            cells = [cell.strip() for cell in stripped.strip("|").split("|")]
            if not all(set(cell) <= {"-", " "} for cell in cells):
                table.append(cells)
            continue
        if table:
            yield Block("table", rows=table)
            table = []
        if not stripped:
            continue
        if stripped.startswith("#"):
            marks, _, text = stripped.partition(" ")
            yield Block("heading", text, level=len(marks))
        elif stripped.startswith("- "):
            yield Block("bullet", stripped[2:])
        else:
            yield Block("paragraph", stripped)


def pdf_styles() -> dict[str, ParagraphStyle]:
    """Return the paragraph styles of the PDF files, all in standard fonts."""
    body = ParagraphStyle("body", fontName="Times-Roman", fontSize=12, leading=18, spaceAfter=9)
    bold = {"fontName": "Helvetica-Bold", "keepWithNext": 1}
    return {
        "paragraph": body,
        "bullet": ParagraphStyle("bullet", parent=body, leftIndent=16, bulletIndent=4),
        "h1": ParagraphStyle("h1", fontSize=21, leading=27, spaceAfter=16, **bold),
        "h2": ParagraphStyle("h2", fontSize=15, leading=20, spaceBefore=10, spaceAfter=7, **bold),
        "h3": ParagraphStyle("h3", fontSize=12.5, leading=17, spaceBefore=6, spaceAfter=5, **bold),
    }


def build_pdf(name: str) -> Path:
    """Render one source as a PDF with a running footer and return its path."""
    blocks = list(parse((SOURCES / f"{name}.md").read_text(encoding="utf-8")))
    title = blocks[0].text
    styles = pdf_styles()
    story: list[Any] = []
    for block in blocks:
        if block.kind == "table":
            raise ValueError(f"{name}: tables are not supported in PDF sources")
        block.text.encode("latin-1")  # the standard fonts hold Latin-1 only
        key = f"h{block.level}" if block.kind == "heading" else block.kind
        bullet = "\u2022" if block.kind == "bullet" else None
        story.append(Paragraph(escape(block.text), styles[key], bulletText=bullet))

    def footer(canvas: Canvas, document: SimpleDocTemplate) -> None:
        canvas.setFont("Helvetica", 8.5)
        canvas.drawString(30 * mm, 14 * mm, f"Guatemala dossier - {title}")
        canvas.drawRightString(A4[0] - 30 * mm, 14 * mm, f"Page {document.page}")

    path = DOCUMENTS / f"{name}.pdf"
    template = SimpleDocTemplate(
        str(path), pagesize=A4, leftMargin=30 * mm, rightMargin=30 * mm,
        topMargin=25 * mm, bottomMargin=26 * mm, title=title, author=AUTHOR,
        creator=AUTHOR, subject="Guatemala dossier", lang="en", invariant=1,
    )  # fmt: skip
    template.build(story, onFirstPage=footer, onLaterPages=footer)
    return path


def freeze_zip(path: Path) -> None:
    """Rewrite a Word file so that its archive entries carry a fixed date."""
    with zipfile.ZipFile(path) as archive:
        parts = [(info.filename, archive.read(info)) for info in archive.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for filename, data in parts:
            info = zipfile.ZipInfo(filename, date_time=FIXED_DATE.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)


def build_word(name: str) -> Path:
    """Render one source as a Word file with built-in styles and return its path."""
    document = Document()
    blocks = list(parse((SOURCES / f"{name}.md").read_text(encoding="utf-8")))
    for block in blocks:
        if block.kind == "heading":
            document.add_heading(block.text, level=block.level - 1)
        elif block.kind == "bullet":
            document.add_paragraph(block.text, style="List Bullet")
        elif block.kind == "table":
            table = document.add_table(rows=0, cols=len(block.rows[0]), style="Table Grid")
            for row in block.rows:
                for cell, text in zip(table.add_row().cells, row, strict=True):
                    cell.text = text
        else:
            document.add_paragraph(block.text)
    properties = document.core_properties
    properties.title, properties.author = blocks[0].text, AUTHOR
    properties.last_modified_by, properties.comments = AUTHOR, ""
    properties.created = properties.modified = FIXED_DATE
    path = DOCUMENTS / f"{name}.docx"
    document.save(str(path))
    freeze_zip(path)
    return path


def main() -> None:
    """Build all four files."""
    DOCUMENTS.mkdir(exist_ok=True)
    for path in [*map(build_pdf, PDF_NAMES), *map(build_word, WORD_NAMES)]:
        print(path.name)


if __name__ == "__main__":
    main()

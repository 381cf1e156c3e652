"""Word: paragraphs, headings, lists and tables in reading order, through python-docx."""

from __future__ import annotations

import re
from io import BytesIO
from zipfile import BadZipFile

from docx import Document as open_docx
from docx.opc.exceptions import PackageNotFoundError
from docx.table import Table
from docx.text.paragraph import Paragraph

from ingest.document import LoadedDocument
from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.loaders.builder import TextBuilder, cells_line, squeeze

SUFFIXES = {".docx": "docx"}

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Inserted and linked words too; not what text boxes hold, which are paragraphs of their own.
_PIECES = " | ".join(
    f".//w:{name}[not(ancestor::w:txbxContent) and not(ancestor::w:moveFrom)]"
    for name in ("t", "tab", "br", "cr", "noBreakHyphen")
)
_HEADING = re.compile(r"^Heading (\d)$")


def load(data: bytes, limits: Limits) -> LoadedDocument:
    """Read a Word file; it has no pages, since Word lays those out when it opens the file."""
    if data.startswith(_OLE):
        raise LoadError(
            "The file is password-protected, or an old .doc under a new name. "
            "Open it in Word and save it as .docx without a password."
        )
    try:
        source = open_docx(BytesIO(data))
        content = list(source.iter_inner_content())
    except (PackageNotFoundError, BadZipFile, KeyError, ValueError, SyntaxError) as exc:
        raise LoadError(
            f"The file is damaged or not a Word file ({exc}). Open it in Word and save it again."
        ) from exc
    builder = TextBuilder()
    for block in content:
        if isinstance(block, Table):
            _table(block, builder)
        else:
            _paragraph(block, builder)
    if builder.title is None:
        builder.title = squeeze(source.core_properties.title or "") or None
    return builder.build()


def _paragraph(paragraph: Paragraph, builder: TextBuilder) -> None:
    style = (paragraph.style.name if paragraph.style is not None else None) or ""
    heading = _HEADING.match(style)
    text = _text(paragraph)
    if style == "Title":
        builder.heading(text, 0)
    elif heading:
        builder.heading(text, int(heading.group(1)))
    elif style.startswith("List"):
        builder.item(text)
    else:
        builder.paragraph(text)


def _text(paragraph: Paragraph) -> str:
    """Return a paragraph's text as it reads with all tracked changes accepted."""
    parts: list[str] = []
    for node in paragraph._p.xpath(_PIECES):
        name = node.tag.rpartition("}")[2]
        parts.append(node.text or "" if name == "t" else "-" if name == "noBreakHyphen" else " ")
    return "".join(parts)


def _table(table: Table, builder: TextBuilder) -> None:
    rows: list[str] = []
    for row in table.rows:
        cells: list[str] = []
        seen: set[object] = set()
        for cell in row.cells:  # a merged cell comes once for each column it spans
            if cell._tc not in seen:
                seen.add(cell._tc)
                cells.append("\n".join(_text(paragraph) for paragraph in cell.paragraphs))
        rows.append(cells_line(cells))
    builder.table(rows, heading_rows=1 if len(rows) > 1 else 0)

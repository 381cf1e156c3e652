"""What a PDF says about itself, and what it holds besides text; nothing of it is run."""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ingest.document import ReportCard
from ingest.loaders.common.builder import squeeze

_WORD = re.compile(r"[^\W\d_]{3}")
_NO_NAME = frozenset({"untitled", "untitled document", "unspecified", "anonymous", "unknown"})
_DATE = re.compile(r"^(?:D:)?(\d{4})(\d\d)?(\d\d)?")
_SMALLEST = 24.0  # points a side: less is an icon, a bullet or a rule
_WHOLE_PAGE = 0.8  # an image over more of the page than this is the page itself, or its ground
_COMMENTS = frozenset({pdfium_c.FPDF_ANNOT_TEXT})
_WRITTEN = frozenset({pdfium_c.FPDF_ANNOT_WIDGET, pdfium_c.FPDF_ANNOT_FREETEXT})


def own_title(source: pdfium.PdfDocument) -> str | None:
    """Return the title in the file's properties, unless a program left it there by itself."""
    title = squeeze(source.get_metadata_value("Title") or "").removeprefix("Microsoft Word - ")
    if title.strip("() ").lower() in _NO_NAME or not _WORD.search(title):
        return None  # a filing's number, say, which names nothing
    return title


def report_card(
    source: pdfium.PdfDocument, found: Counter[str], textless: list[int], recognised: list[int]
) -> ReportCard:
    """Return how the reading of a file went.

    Args:
        source: The open file.
        found: How many of each thing its pages hold besides text, by its name in the singular.
        textless: Pages without text.
        recognised: Pages whose text was recognised.
    """
    found = found.copy()
    found["embedded file"] += max(pdfium_c.FPDFDoc_GetAttachmentCount(source.raw), 0)
    found["script"] += max(pdfium_c.FPDFDoc_GetJavaScriptActionCount(source.raw), 0)
    skipped = [
        f"{count} {name}{'s' if count > 1 else ''}" for name, count in found.items() if count
    ]
    if pdfium_c.FPDF_GetFormType(source.raw) in (
        pdfium_c.FORMTYPE_XFA_FULL,
        pdfium_c.FORMTYPE_XFA_FOREGROUND,
    ):
        skipped.append("an XFA form")
    return ReportCard(
        authors=_authors(source.get_metadata_value("Author") or ""),
        date=_date(source),
        textless_pages=tuple(textless),
        recognised_pages=tuple(recognised),
        skipped=tuple(skipped),
    )


def count_comments(page: pdfium.PdfPage) -> tuple[int, bool]:
    """Return how many notes are pinned to a page, and whether forms or text boxes lie on it."""
    comments, written = 0, False
    for index in range(max(pdfium_c.FPDFPage_GetAnnotCount(page.raw), 0)):
        annotation = pdfium_c.FPDFPage_GetAnnot(page.raw, index)
        if annotation:
            kind = pdfium_c.FPDFAnnot_GetSubtype(annotation)
            comments += kind in _COMMENTS
            written = written or kind in _WRITTEN
            pdfium_c.FPDFPage_CloseAnnot(annotation)
    return comments, written


def count_images(page: pdfium.PdfPage, images: Sequence[Any]) -> int:
    """Return how many of a page's images show something.

    The page's own scan or ground does not, nor does what is too small.
    """
    width, height = page.get_size()
    edges = [ctypes.c_float() for _ in range(4)]
    shown = 0
    for image in images:
        if not pdfium_c.FPDFPageObj_GetBounds(image, *edges):
            continue
        left, bottom, right, top = (edge.value for edge in edges)
        if min(right - left, top - bottom) < _SMALLEST:
            continue
        shown += (right - left) * (top - bottom) < _WHOLE_PAGE * width * height
    return shown


def _authors(names: str) -> tuple[str, ...]:
    found = (squeeze(name) for name in names.split(";"))
    return tuple(name for name in found if name and name.strip("() ").lower() not in _NO_NAME)


def _date(source: pdfium.PdfDocument) -> str | None:
    for key in ("CreationDate", "ModDate"):
        if match := _DATE.match(source.get_metadata_value(key) or ""):
            return "-".join(part for part in match.groups() if part)
    return None

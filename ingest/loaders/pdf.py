"""PDF: text in reading order through pypdfium2, with columns, tables, headings and page labels.

A page at a time is open. Pages are worked on by the hundred, since running headers are told by
their coming again; of a page that is done only its lines and tables are kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ingest.document import LoadedDocument
from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.loaders.common.builder import TextBuilder
from ingest.loaders.pdfs import ocr
from ingest.loaders.pdfs.card import count_comments, count_images, own_title, report_card
from ingest.loaders.pdfs.columns import regions
from ingest.loaders.pdfs.edges import RunningLines
from ingest.loaders.pdfs.grid import Grid
from ingest.loaders.pdfs.lattice import Lattice, lattices
from ingest.loaders.pdfs.layout import Region, lay_out
from ingest.loaders.pdfs.lines import Line, page_lines
from ingest.loaders.pdfs.objects import page_objects, read_rules
from ingest.loaders.pdfs.rows import rows_of
from ingest.loaders.pdfs.ruled import take_ruled
from ingest.loaders.pdfs.tables import with_tables

SUFFIXES = {".pdf": "pdf"}

_TOGETHER = 100  # pages
_SECURITY = 5  # the library's number for a protection that it does not know
_NAMED = 20  # pages that a warning names


def load(data: bytes, limits: Limits) -> LoadedDocument:
    """Read a PDF file; running headers, footers and page numbers are left out.

    Scanned pages are recognised where Tesseract is installed.
    """
    source = _open(data)
    try:
        if len(source) > limits.pages:
            raise LoadError(
                f"The file has {len(source):,} pages; the limit is {limits.pages:,}. "
                "Divide it into several files."
            )
        return _Reader(source, limits).read()
    finally:
        source.close()


def _open(data: bytes) -> pdfium.PdfDocument:
    try:
        # Tries the empty password too, which files have that only forbid printing or copying.
        return pdfium.PdfDocument(data)
    except pdfium.PdfiumError as exc:
        if "password" in str(exc).lower():
            raise LoadError(
                "The PDF is protected by a password. Save a copy without the password."
            ) from exc
        if getattr(exc, "err_code", None) == _SECURITY or "security" in str(exc).lower():
            raise LoadError(
                "The PDF is protected in a way that cannot be opened here, such as by a "
                "certificate or a rights server. Save a copy without protection."
            ) from exc
        raise LoadError(
            f"The file is damaged or not a PDF ({exc}). Open it in a viewer and save it again."
        ) from exc


class _Reader:
    """Reads one open file; what it finds besides text is collected on the way."""

    def __init__(self, source: pdfium.PdfDocument, limits: Limits) -> None:
        self._source = source
        self._limits = limits
        self._running = RunningLines()
        self._found: Counter[str] = Counter()
        self._recogniser: ocr.Recogniser | None = None
        self._sought = False
        self._lattices: dict[int, list[Lattice]] = {}  # by page, until it is arranged
        self._recognised: list[int] = []
        self._scans: list[int] = []  # pages of images whose text nobody recognised

    def read(self) -> LoadedDocument:
        pages: list[list[Region]] = []
        count = len(self._source)
        for first in range(0, count, _TOGETHER):
            numbers = range(first + 1, min(first + _TOGETHER, count) + 1)
            read = [self._page(number) for number in numbers]
            self._running.learn(read)
            for number, lines in zip(numbers, read, strict=True):
                pages.append(self._arranged(number, lines))
        textless = [number for number, page in enumerate(pages, 1) if not any(page)]
        if self._scans and len(textless) == count:
            raise LoadError(
                f"The file holds no text: its pages are scanned images. {self._advice()}"
            )
        builder = TextBuilder()
        labels = [self._label(number) for number in range(1, count + 1)]
        spans = lay_out(pages, labels, builder)
        builder.title = builder.title or own_title(self._source)
        builder.warnings.extend(self._warnings(textless, count))
        builder.card = report_card(self._source, self._found, textless, self._recognised)
        return builder.build(spans)

    def _page(self, number: int) -> list[Line]:
        self._limits.tick()
        page = self._source[number - 1]
        try:
            comments, written = count_comments(page)
            self._found["comment"] += comments
            if written and pdfium_c.FPDFPage_Flatten(page.raw, pdfium_c.FLAT_NORMALDISPLAY) == (
                pdfium_c.FLATTEN_SUCCESS
            ):
                page.close()
                page = self._source[number - 1]  # what was written into it is its text from now on
                lines, place = page_lines(page, number)
                lines = _in_rows(lines)
            else:
                lines, place = page_lines(page, number)
            images, paths = page_objects(page)
            if images and not lines:
                return self._recognise(page, number)
            self._found["image"] += count_images(page, images)
            if lines and (found := lattices(read_rules(paths, place))):
                self._lattices[number] = found
            return lines
        finally:
            page.close()

    def _arranged(self, number: int, lines: list[Line]) -> list[Region]:
        """Return a page's regions with their tables, without its running lines."""
        body = self._running.without(lines)
        if lines and not body and number not in self._recognised:
            body = self._running.without(self._under_stamp(number))
        body, ruled = take_ruled(body, self._lattices.pop(number, ()))
        flows = [_with_tables(region, ruled) for region in regions(body)]
        # A recognised line's size is a guess, which tells no headings.
        guessed = number in self._recognised
        return [
            [
                item.bare(0.0 if guessed else item.size) if isinstance(item, Line) else item
                for item in flow
            ]
            for flow in flows
        ]

    def _under_stamp(self, number: int) -> list[Line]:
        """Recognise a page that has no text but a running line, as numbered scans have."""
        page = self._source[number - 1]
        try:
            return self._recognise(page, number) if page_objects(page)[0] else []
        finally:
            page.close()

    def _recognise(self, page: pdfium.PdfPage, number: int) -> list[Line]:
        if not self._sought:
            self._recogniser, self._sought = ocr.find_recogniser(), True
        lines: list[Line] = []
        if self._recogniser and len(self._recognised) < self._limits.recognised_pages:
            lines = self._recogniser.lines(page, number)
        (self._recognised if lines else self._scans).append(number)
        return lines

    def _advice(self) -> str:
        if self._recogniser is None:
            return f"Text recognition (OCR) needs a program that is absent. {ocr.INSTALL}"
        return "Text recognition (OCR) found nothing on them. Scan them again, more clearly."

    def _warnings(self, textless: Sequence[int], count: int) -> list[str]:
        warnings: list[str] = []
        if self._recognised:
            warnings.append(
                f"The text of {len(self._recognised)} of {count} pages was recognised from images "
                f"and should be checked (pages {_names(self._recognised)})"
            )
        scans = [number for number in textless if number in set(self._scans)]
        blank = [number for number in textless if number not in set(self._scans)]
        if scans:
            why = self._advice()
            if len(self._recognised) >= self._limits.recognised_pages:
                why = f"At most {self._limits.recognised_pages} are recognised. Divide the file."
            warnings.append(
                f"{len(scans)} of {count} pages are images without text "
                f"(pages {_names(scans)}). {why}"
            )
        if blank:
            warnings.append(f"{len(blank)} of {count} pages hold no text (pages {_names(blank)})")
        return warnings

    def _label(self, number: int) -> str | None:
        label = (self._source.get_page_label(number - 1) or "").strip()
        return label if label and label != str(number) else None


def _with_tables(region: Sequence[Line], ruled: dict[int, Grid | None]) -> Region:
    """Put the tables of a region in their places; a ruled one divides what is around it."""
    flow: Region = []
    between: list[Line] = []
    for line in region:
        if id(line) not in ruled:
            between.append(line)
        elif grid := ruled[id(line)]:
            flow += [*with_tables(between), grid]
            between = []
    return [*flow, *with_tables(between)]


def _in_rows(lines: list[Line]) -> list[Line]:
    """Put what was written into a form beside what it answers: a line a height."""
    merged = []
    for row in rows_of(lines):
        words = sorted(word for at in row.lines for word in lines[at].words)
        merged.append(lines[row.lines[0]].of(tuple(words)))
    return merged


def _names(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers[:_NAMED])) + (", …" if len(numbers) > _NAMED else "")

"""PDF: text in reading order through pypdfium2, paragraphs and headings from the layout."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from statistics import median

import pypdfium2 as pdfium

from ingest.document import LoadedDocument, Page
from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.loaders.builder import TextBuilder, squeeze
from ingest.loaders.pdf_lines import DIVIDED, Line, page_lines

SUFFIXES = {".pdf": "pdf"}

_HEADING_RATIO = 1.12
_LONGEST_HEADING = 160
_PARAGRAPH_GAP = 1.3
_FEWEST_STEPS = 4  # on a page of fewer lines the distance between them tells little
_REPEAT_SHARE = 0.5
_DIGITS = re.compile(r"\d+")
_TERMINAL = re.compile(r"[.!?:;…][\"'”’»)\]]*$")
_STRAY = re.compile("[\u00ad\ufffe\x00-\x08\x0e-\x1f\x7f]")
_HYPHENATED = re.compile(r"[^\W\d_][-‐]$")
_NO_TITLE = frozenset({"untitled", "untitled document", "unspecified", "anonymous"})
_PAGE_LABELS = frozenset(
    {"#", "page #", "page # of #", "página #", "página # de #", "# of #", "# de #", "# / #", "#/#"}
)
_BULLET = re.compile(r"^[•‣◦▪●○–*-]\s+")


@dataclass(slots=True)
class _Paragraph:
    lines: list[Line]
    page: int

    @property
    def text(self) -> str:
        return squeeze(join_lines([line.text for line in self.lines]))


def load(data: bytes, limits: Limits) -> LoadedDocument:
    """Read a PDF file; running headers, footers and page numbers are left out."""
    try:
        source = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as exc:
        if "password" in str(exc).lower():
            raise LoadError(
                "The PDF is protected by a password. Save a copy without the password."
            ) from exc
        raise LoadError(
            f"The file is damaged or not a PDF ({exc}). Open it in a viewer and save it again."
        ) from exc
    try:
        title = _own_title(source.get_metadata_value("Title") or "")
        pages = [page_lines(page, number) for number, page in enumerate(source, 1)]
    finally:
        source.close()
    repeated = _repeated_edges(pages)
    body = [[line for line in lines if not _is_repeated(line, repeated)] for lines in pages]
    return _lay_out(body, title)


def _lay_out(pages: list[list[Line]], title: str | None) -> LoadedDocument:
    builder = TextBuilder()
    sizes = [line.size for lines in pages for line in lines for _ in line.text.split()]
    body_size = median(sizes) if sizes else 0.0
    heading_sizes = sorted(
        {line.size for lines in pages for line in lines if line.size > body_size * _HEADING_RATIO},
        reverse=True,
    )
    paragraphs = _paragraphs(pages)
    starts: dict[int, int] = {}
    for paragraph in paragraphs:
        first = paragraph.lines[0]
        text = paragraph.text
        before = builder.offset
        if _is_heading(paragraph, text, body_size):
            level = heading_sizes.index(first.size) if first.size in heading_sizes else 5
            builder.heading(text, level + 1)
        elif bullet := _BULLET.match(text):
            builder.item(text[bullet.end() :], text[0])
        else:
            builder.paragraph(text)
        _mark_pages(paragraph, text, builder, before, starts)
    empty = [number for number, lines in enumerate(pages, 1) if not lines]
    if empty:
        names = ", ".join(map(str, empty[:20])) + (", …" if len(empty) > 20 else "")
        builder.warnings.append(f"{len(empty)} of {len(pages)} pages hold no text (pages {names})")
    end = max(builder.offset - 1, 0)  # without the last line's end
    document = builder.build(_pages(starts, len(pages), end))
    if document.title is None and title:
        builder.title = title
        return builder.build(document.pages)
    return document


def _mark_pages(
    paragraph: _Paragraph, text: str, builder: TextBuilder, before: int, starts: dict[int, int]
) -> None:
    """Note where each page begins; a paragraph may run on over a page's end."""
    if builder.offset == before:
        return
    end = builder.offset - 1
    begin = end - len(text)
    starts.setdefault(paragraph.page, begin)
    if paragraph.lines[-1].page == paragraph.page:
        return
    # A line's place is found by the letters before it, since joining changes all else.
    places = [at for at, char in enumerate(text) if char.isalnum()]
    before_line = 0
    for line in paragraph.lines:
        if line.page not in starts:
            place = places[before_line] if before_line < len(places) else len(text)
            starts[line.page] = begin + text.rfind(" ", 0, place) + 1
        before_line += sum(map(str.isalnum, line.text))


def _pages(starts: dict[int, int], count: int, end: int) -> tuple[Page, ...]:
    """Give every page its span; a page without text is empty where the next one begins."""
    begins: list[int] = []
    following = end
    for number in range(count, 0, -1):
        following = starts.get(number, following)
        begins.append(following)
    begins.reverse()
    if begins:
        begins[0] = 0
    ends = [*begins[1:], end]
    spans = zip(begins, ends, strict=True)
    return tuple(Page(number, begin, stop) for number, (begin, stop) in enumerate(spans, 1))


def _paragraphs(pages: list[list[Line]]) -> list[_Paragraph]:
    paragraphs: list[_Paragraph] = []
    page_steps = [_steps(lines) for lines in pages]
    usual = median([step for steps in page_steps for step in steps] or [0.0])
    for number, (lines, steps) in enumerate(zip(pages, page_steps, strict=True), 1):
        step = median(steps) if len(steps) >= _FEWEST_STEPS else usual
        right = max((line.right for line in lines), default=0.0)
        previous: Line | None = None
        for line in lines:
            if paragraphs and _joins(paragraphs[-1], previous, line, step, right):
                paragraphs[-1].lines.append(line)
            else:
                paragraphs.append(_Paragraph([line], number))
            previous = line
    return paragraphs


def _steps(lines: list[Line]) -> list[float]:
    """Return how far each line of a page stands below the one before, in points."""
    gaps = [a.baseline - b.baseline for a, b in zip(lines, lines[1:], strict=False)]
    return [gap for gap in gaps if gap > 0]


def _joins(
    paragraph: _Paragraph, previous: Line | None, line: Line, step: float, right: float
) -> bool:
    last = paragraph.lines[-1]
    if abs(last.size - line.size) > 0.6 or last.bold != line.bold:
        return False
    if _BULLET.match(line.text):
        return False
    if previous is None:  # the first line of a page carries on an unfinished sentence
        return not _TERMINAL.search(last.text) and not line.text[:1].isupper()
    gap = previous.baseline - line.baseline
    if gap <= 0:  # a new column
        return not _TERMINAL.search(last.text)
    if gap > max(step, line.size) * _PARAGRAPH_GAP:
        return False
    ended_short = last.right < right - 0.25 * max(right - last.left, 1.0)
    return not (ended_short and _TERMINAL.search(last.text))


def _is_heading(paragraph: _Paragraph, text: str, body_size: float) -> bool:
    first = paragraph.lines[0]
    if len(text) > _LONGEST_HEADING or len(paragraph.lines) > 3:
        return False
    if first.size > body_size * _HEADING_RATIO:
        return True
    return first.bold and first.size >= body_size * 0.98 and not _TERMINAL.search(text)


def _repeated_edges(pages: list[list[Line]]) -> set[str]:
    """Find the lines that stand at the top or foot of most pages, numbers aside."""
    if len(pages) < 3:
        # Too few pages to tell a repetition by; a bare page number is still one.
        return set(_PAGE_LABELS)
    seen: Counter[str] = Counter()
    for lines in pages:
        edges = {_edge_key(line) for line in lines[:2] + lines[-2:]}
        seen.update(edges)
    needed = max(3, len(pages) * _REPEAT_SHARE)
    return {key for key, count in seen.items() if count >= needed} | _PAGE_LABELS


def _is_repeated(line: Line, repeated: set[str]) -> bool:
    return line.at_edge and _edge_key(line) in repeated


def _edge_key(line: Line) -> str:
    return _DIGITS.sub("#", squeeze(line.text)).strip(" -–—|").lower()


def _own_title(title: str) -> str | None:
    """Return the title in the file's properties, unless a program left it there by itself."""
    title = squeeze(title).removeprefix("Microsoft Word - ")
    return title if title and title.strip("() ").lower() not in _NO_TITLE else None


def join_lines(lines: list[str]) -> str:
    """Join the lines of a paragraph; a word divided at a line's end becomes whole again."""
    parts: list[str] = []
    for line in lines:
        part = line.strip()
        last = parts[-1] if parts else ""
        if last.endswith(tuple(DIVIDED)) or (_HYPHENATED.search(last) and part[:1].islower()):
            parts[-1] = last[:-1]
        elif parts and part:
            parts.append(" ")
        if part:
            parts.append(part)
    return _STRAY.sub("", "".join(parts))

"""PDF: text in reading order through pypdfium2, paragraphs and headings from the layout."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from statistics import median

import pypdfium2 as pdfium

from ingest.document import LoadedDocument, Page
from ingest.errors import LoadError
from ingest.loaders.builder import TextBuilder, squeeze
from ingest.loaders.pdf_lines import Line, page_lines

_HEADING_RATIO = 1.12
_LONGEST_HEADING = 160
_PARAGRAPH_GAP = 1.3
_REPEAT_SHARE = 0.5
_DIGITS = re.compile(r"\d+")
_TERMINAL = re.compile(r"[.!?:;…][\"'”’»)\]]*$")
_BULLET = re.compile(r"^[•‣◦▪●○–*-]\s+")


@dataclass(slots=True)
class _Paragraph:
    lines: list[Line]
    page: int

    @property
    def text(self) -> str:
        return squeeze(join_lines([line.text for line in self.lines]))


def load(data: bytes) -> LoadedDocument:
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
        title = squeeze(source.get_metadata_value("Title") or "") or None
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
        _mark_pages(paragraph, builder, before, starts)
    empty = [number for number, lines in enumerate(pages, 1) if not lines]
    if empty:
        names = ", ".join(map(str, empty[:20])) + (", …" if len(empty) > 20 else "")
        builder.warnings.append(f"{len(empty)} of {len(pages)} pages hold no text (pages {names})")
    document = builder.build(_pages(starts, len(pages), builder.offset))
    if document.title is None and title:
        builder.title = title
        return builder.build(document.pages)
    return document


def _mark_pages(
    paragraph: _Paragraph, builder: TextBuilder, before: int, starts: dict[int, int]
) -> None:
    """Note where each page begins; a paragraph may run on over a page's end."""
    if builder.offset == before:
        return
    begin = builder.offset - 1 - len(paragraph.text)
    starts.setdefault(paragraph.page, begin)
    for index, line in enumerate(paragraph.lines):
        if line.page not in starts:
            length = len(squeeze(join_lines([entry.text for entry in paragraph.lines[:index]])))
            starts[line.page] = min(begin + length, builder.offset - 1)


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
    for number, lines in enumerate(pages, 1):
        steps = [a.baseline - b.baseline for a, b in zip(lines, lines[1:], strict=False)]
        step = median([gap for gap in steps if gap > 0] or [0.0])
        right = max((line.right for line in lines), default=0.0)
        previous: Line | None = None
        for line in lines:
            if paragraphs and _joins(paragraphs[-1], previous, line, step, right):
                paragraphs[-1].lines.append(line)
            else:
                paragraphs.append(_Paragraph([line], number))
            previous = line
    return paragraphs


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
        return {"#"}
    seen: Counter[str] = Counter()
    for lines in pages:
        edges = {_edge_key(line) for line in lines[:2] + lines[-2:]}
        seen.update(edges)
    needed = max(3, len(pages) * _REPEAT_SHARE)
    return {key for key, count in seen.items() if count >= needed} | {"#"}


def _is_repeated(line: Line, repeated: set[str]) -> bool:
    return line.at_edge and _edge_key(line) in repeated


def _edge_key(line: Line) -> str:
    return _DIGITS.sub("#", squeeze(line.text)).strip(" -–—|")


def join_lines(lines: list[str]) -> str:
    """Join the lines of a paragraph; a word divided at a line's end becomes whole again."""
    text = ""
    for line in lines:
        part = line.strip()
        if text.endswith(("\u00ad", "\ufffe", "\x02")):
            text = text[:-1] + part
        elif len(text) > 1 and text[-1] in "-‐" and text[-2].isalpha() and part[:1].islower():
            text = text[:-1] + part
        else:
            text = f"{text} {part}" if text else part
    return re.sub("[\u00ad\ufffe\x02]", "", text)

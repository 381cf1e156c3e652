"""HTML: the page's own text, without navigation, scripts and forms; nothing is fetched."""

from __future__ import annotations

import re
import warnings as python_warnings

from bs4 import BeautifulSoup, XMLParsedAsHTMLWarning
from bs4.element import NavigableString, PreformattedString, Tag

from ingest.document import LoadedDocument
from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.loaders.builder import TextBuilder, cells_line, squeeze

SUFFIXES = {".html": "html", ".htm": "html"}


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# A form itself is no reason to skip what it holds: some systems put whole pages into one.
_SKIPPED = _names(
    "script style template noscript nav footer aside button select textarea iframe object svg "
    "canvas head video audio"
)
_BLOCKS = _names(
    "address article blockquote body center dd details dialog div dl dt fieldset figcaption figure "
    "form header hgroup hr html li main ol p pre section summary table tbody tfoot thead tr ul "
    "h1 h2 h3 h4 h5 h6 caption td th"
)
_LISTS = ["ul", "ol"]
_HIDING_STYLE = re.compile(r"(?i)display\s*:\s*none|visibility\s*:\s*hidden")
_LEVELS = {f"h{level}": level for level in range(1, 7)}


def load(data: bytes, limits: Limits) -> LoadedDocument:
    """Read an HTML file: `main` or `article` where there is one, else `body`."""
    if b"\x00" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise LoadError("The file is binary, not HTML. Give it the suffix of its real format.")
    with python_warnings.catch_warnings():
        python_warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        soup = BeautifulSoup(data, "lxml")
    builder = TextBuilder()
    root = soup.find("main") or _only(soup, "article") or soup.body or soup
    _walk(root, builder)
    if builder.title is None and soup.title is not None:
        builder.title = squeeze(soup.title.get_text()) or None
    return builder.build()


def _only(soup: BeautifulSoup, name: str) -> Tag | None:
    found = soup.find_all(name)
    return found[0] if len(found) == 1 and isinstance(found[0], Tag) else None


def _walk(tag: Tag, builder: TextBuilder) -> None:
    """Add the blocks below ``tag``; runs of inline content between them are paragraphs."""
    inline: list[str] = []

    def flush() -> None:
        builder.paragraph("".join(inline))
        inline.clear()

    for child in tag.children:
        if isinstance(child, NavigableString):
            if not isinstance(child, PreformattedString):
                inline.append(str(child))
        elif isinstance(child, Tag):
            if _is_left_out(child):
                continue
            if child.name not in _BLOCKS and not _holds_block(child):
                inline.append(" " if child.name == "br" else _text(child))
                continue
            flush()
            _block(child, builder)
    flush()


def _block(tag: Tag, builder: TextBuilder) -> None:
    if tag.name in _LEVELS:
        builder.heading(_text(tag), _LEVELS[tag.name])
    elif tag.name == "table":
        _table(tag, builder)
    elif tag.name in ("ul", "ol"):
        _list(tag, builder)
    elif tag.name == "dl":
        _definitions(tag, builder)
    elif tag.name == "pre":
        for line in _text(tag).split("\n"):
            builder.row(line)
    else:
        _walk(tag, builder)


def _list(tag: Tag, builder: TextBuilder) -> None:
    number = 0
    for item in list(tag.children):
        if isinstance(item, NavigableString) and not isinstance(item, PreformattedString):
            builder.item(str(item))
        if not isinstance(item, Tag) or _is_left_out(item):
            continue
        if item.name in _LISTS:  # a list straight inside a list, which browsers put up with
            _list(item, builder)
            continue
        number += 1
        nested = [inner for inner in item.find_all(_LISTS) if inner.find_parent(_LISTS) is tag]
        for inner in nested:
            inner.extract()
        builder.item(_text(item), f"{number}." if tag.name == "ol" else "-")
        for inner in nested:
            if not _is_left_out(inner):
                _list(inner, builder)


def _definitions(tag: Tag, builder: TextBuilder) -> None:
    """Add a definition list: each term with what follows it, on one line."""
    term, explained = "", True
    for child in tag.find_all(["dt", "dd"]):
        text = squeeze(_text(child))
        if child.name == "dt":
            if not explained:
                builder.paragraph(term)
            term, explained = text, False
        else:
            builder.paragraph(f"{term}: {text}" if term else text)
            explained = True
    if not explained:
        builder.paragraph(term)


def _table(tag: Tag, builder: TextBuilder) -> None:
    if tag.find("table") is not None:  # a layout table
        for cell in tag.find_all(["td", "th"]):
            if cell.find_parent("table") is tag and not _is_left_out(cell):
                _walk(cell, builder)
        return
    if isinstance(caption := tag.find("caption"), Tag):
        builder.paragraph(_text(caption))
    rows = [row for row in tag.find_all("tr") if not _is_left_out(row)]
    lines = [cells_line(_text(cell) for cell in row.find_all(["td", "th"])) for row in rows]
    builder.table(lines, _heading_rows(rows))


def _heading_rows(rows: list[Tag]) -> int:
    """Count the rows from the top that name the columns: `thead`, else rows of `th` alone."""
    count = 0
    for row in rows:
        if row.find_parent("thead") is None and (row.find("td") is not None or count):
            break
        count += 1
    return count if count < len(rows) else 0


def _text(tag: Tag) -> str:
    """Return the text below ``tag``, without what is left out; a block's ends are spaces."""
    parts: list[str] = []
    waiting = list(reversed(tag.contents))
    while waiting:
        node = waiting.pop()
        if isinstance(node, Tag):
            if _is_left_out(node):
                continue
            if node.name == "br":
                parts.append("\n")
            elif node.name in _BLOCKS:
                parts.append(" ")
                waiting.append(NavigableString(" "))
            waiting.extend(reversed(node.contents))
        elif not isinstance(node, PreformattedString):
            parts.append(str(node))
    return "".join(parts)


def _holds_block(tag: Tag) -> bool:
    return tag.find(lambda inner: inner.name in _BLOCKS) is not None


def _is_left_out(tag: Tag) -> bool:
    """Whether a reader of the page would not see the tag, or not as part of its text."""
    return (
        tag.name in _SKIPPED
        or tag.has_attr("hidden")
        or tag.get("aria-hidden") == "true"
        or _HIDING_STYLE.search(str(tag.get("style") or "")) is not None
    )

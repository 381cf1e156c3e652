"""HTML: the page's own text, without navigation, scripts and forms; nothing is fetched."""

from __future__ import annotations

import warnings as python_warnings

from bs4 import BeautifulSoup, Comment, Doctype, NavigableString, Tag, XMLParsedAsHTMLWarning

from ingest.document import LoadedDocument
from ingest.errors import LoadError
from ingest.loaders.builder import TextBuilder, squeeze

_SKIPPED = frozenset(
    "script style template noscript nav footer aside form button select iframe object svg canvas "
    "head video audio".split()
)
_BLOCKS = frozenset(
    "address article blockquote body center dd details dialog div dl dt fieldset figcaption figure "
    "header hgroup hr html li main ol p pre section summary table tbody tfoot thead tr ul "
    "h1 h2 h3 h4 h5 h6 caption td th".split()
)
_LEVELS = {f"h{level}": level for level in range(1, 7)}


def load(data: bytes) -> LoadedDocument:
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
            if not isinstance(child, Comment | Doctype):
                inline.append(str(child))
        elif isinstance(child, Tag):
            if child.name in _SKIPPED or _hidden(child):
                continue
            if child.name not in _BLOCKS and not _holds_block(child):
                inline.append("\n" if child.name == "br" else _text(child))
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
        for line in tag.get_text().split("\n"):
            builder.row(line)
    else:
        _walk(tag, builder)


def _list(tag: Tag, builder: TextBuilder) -> None:
    number = 0
    for item in tag.find_all("li", recursive=False):
        if not isinstance(item, Tag):
            continue
        number += 1
        nested = [child.extract() for child in item.find_all(["ul", "ol"])]
        builder.item(_text(item), f"{number}." if tag.name == "ol" else "-")
        for inner in nested:
            if isinstance(inner, Tag):
                _list(inner, builder)


def _definitions(tag: Tag, builder: TextBuilder) -> None:
    """Add a definition list: each term with what follows it, on one line."""
    term = ""
    for child in tag.find_all(["dt", "dd"]):
        text = squeeze(_text(child)) if isinstance(child, Tag) else ""
        if child.name == "dt":
            term = text
        else:
            builder.paragraph(f"{term}: {text}" if term else text)


def _table(tag: Tag, builder: TextBuilder) -> None:
    if tag.find("table") is not None:  # a layout table
        for cell in tag.find_all(["td", "th"]):
            if isinstance(cell, Tag) and cell.find("table") is None:
                _walk(cell, builder)
        return
    if isinstance(caption := tag.find("caption"), Tag):
        builder.paragraph(_text(caption))
    for row in tag.find_all("tr"):
        if isinstance(row, Tag):
            builder.cells([_text(cell) for cell in row.find_all(["td", "th"])])


def _text(tag: Tag) -> str:
    parts: list[str] = []
    for node in tag.descendants:
        if isinstance(node, NavigableString):
            skipped = any(parent.name in _SKIPPED for parent in node.parents if parent is not tag)
            if not skipped and not isinstance(node, Comment):
                parts.append(str(node))
        elif isinstance(node, Tag) and (node.name == "br" or node.name in _BLOCKS):
            parts.append(" ")
    return "".join(parts)


def _holds_block(tag: Tag) -> bool:
    return tag.find(lambda inner: inner.name in _BLOCKS) is not None


def _hidden(tag: Tag) -> bool:
    return tag.has_attr("hidden") or tag.get("aria-hidden") == "true"

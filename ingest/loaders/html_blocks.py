"""The blocks of an HTML page as lines of text, without what its reader does not see.

Pages nest as deep as they like, so nothing here calls itself, and no part of a page is looked at
more than a few times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from bs4.element import NavigableString, PageElement, PreformattedString, Tag

from ingest.loaders.common.builder import TextBuilder, cells_line, squeeze


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
_LISTS = _names("ul ol")
_CELLS = _names("td th")
_TERMS = _names("dt dd")
_HIDING_STYLE = re.compile(r"(?i)display\s*:\s*none|visibility\s*:\s*hidden")
_LEVELS = {f"h{level}": level for level in range(1, 7)}


class _Item(NamedTuple):
    """An entry of a list, with its number or bullet."""

    node: PageElement
    marker: str


class _Survey(NamedTuple):
    """What must be known of the whole before its parts: tags by their `id()`."""

    holders: set[int]  # tags with blocks in them
    layouts: set[int]  # tables with tables in them


def add_blocks(root: Tag, builder: TextBuilder) -> None:
    """Add the blocks below ``root``; runs of inline content between them are paragraphs."""
    survey = _survey(root)
    inline: list[str] = []
    waiting: list[PageElement | _Item | None] = [None, *reversed(root.contents)]

    def flush() -> None:
        builder.paragraph("".join(inline))
        inline.clear()

    while waiting:
        node = waiting.pop()
        if node is None:  # a block's end
            flush()
        elif isinstance(node, _Item):
            nested: list[Tag] = []
            builder.item(_text(node.node, nested), node.marker)
            waiting.extend(reversed(nested))
        elif isinstance(node, NavigableString):
            if not isinstance(node, PreformattedString):
                inline.append(str(node))
        elif isinstance(node, Tag) and not _is_left_out(node):
            if node.name not in _BLOCKS and id(node) not in survey.holders:
                inline.append(" " if node.name == "br" else _text(node))
                continue
            flush()
            if node.name in _LISTS:
                waiting.extend(reversed(list(_items(node))))
            elif id(node) in survey.layouts or not _leaf(node, builder):
                waiting.append(None)
                waiting.extend(reversed(node.contents))


def _survey(root: Tag) -> _Survey:
    found = _Survey(set(), set())
    waiting: list[tuple[Tag, Tag | None]] = [(root, None)]
    while waiting:
        tag, table = waiting.pop()
        if tag.name in _BLOCKS:
            parent = tag.parent
            while parent is not None and id(parent) not in found.holders:
                found.holders.add(id(parent))
                parent = parent.parent
        if tag.name == "table":
            if table is not None:
                found.layouts.add(id(table))
            table = tag
        waiting.extend((child, table) for child in tag.contents if isinstance(child, Tag))
    return found


def _leaf(tag: Tag, builder: TextBuilder) -> bool:
    """Add a block that is read as a whole; False where its contents are blocks of their own."""
    if tag.name in _LEVELS:
        builder.heading(_text(tag), _LEVELS[tag.name])
    elif tag.name == "table":
        _table(tag, builder)
    elif tag.name == "dl":
        _definitions(tag, builder)
    elif tag.name == "pre":
        for line in _text(tag).split("\n"):
            builder.row(line)
    else:
        return False
    return True


def _items(tag: Tag) -> Iterator[_Item | Tag]:
    """Yield a list's entries, and lists straight inside it, which browsers put up with."""
    number = 0
    for child in tag.children:
        if isinstance(child, NavigableString) and not isinstance(child, PreformattedString):
            yield _Item(child, "-")
        if not isinstance(child, Tag) or _is_left_out(child):
            continue
        if child.name in _LISTS:
            yield child
            continue
        number += 1
        yield _Item(child, f"{number}." if tag.name == "ol" else "-")


def _definitions(tag: Tag, builder: TextBuilder) -> None:
    """Add a definition list: each term with what follows it, on one line."""
    term, explained = "", True
    for child, _ in _first(tag, _TERMS):
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
    if isinstance(caption := tag.find("caption"), Tag):
        builder.paragraph(_text(caption))
    rows = list(_first(tag, frozenset(["tr"])))
    lines = [cells_line(_text(cell) for cell, _ in _first(row, _CELLS)) for row, _ in rows]
    builder.table(lines, _heading_rows(rows))


def _heading_rows(rows: list[tuple[Tag, bool]]) -> int:
    """Count the rows from the top that name the columns: `thead`, else rows of `th` alone."""
    count = 0
    for row, in_head in rows:
        if not in_head and (row.find("td") is not None or count):
            break
        count += 1
    return count if count < len(rows) else 0


def _first(tag: Tag, names: frozenset[str]) -> Iterator[tuple[Tag, bool]]:
    """Yield the outermost tags of these names below ``tag``, and whether in a `thead`."""
    waiting = [(child, False) for child in reversed(tag.contents)]
    while waiting:
        node, in_head = waiting.pop()
        if not isinstance(node, Tag) or _is_left_out(node):
            continue
        if node.name in names:
            yield node, in_head
            continue
        in_head = in_head or node.name == "thead"
        waiting.extend((child, in_head) for child in reversed(node.contents))


def _text(node: PageElement, nested: list[Tag] | None = None) -> str:
    """Return the text of a node, without what is left out; a block's ends are spaces.

    Args:
        node: A tag, whose own being left out is not looked at, or a string.
        nested: Takes the lists inside it, which the text then lacks.
    """
    parts: list[str] = []
    waiting = list(reversed(node.contents)) if isinstance(node, Tag) else [node]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, Tag):
            if _is_left_out(inner):
                continue
            if nested is not None and inner.name in _LISTS:
                nested.append(inner)
                continue
            if inner.name == "br":
                parts.append("\n")
            elif inner.name in _BLOCKS:
                parts.append(" ")
                waiting.append(NavigableString(" "))
            waiting.extend(reversed(inner.contents))
        elif not isinstance(inner, PreformattedString):
            parts.append(str(inner))
    return "".join(parts)


def _is_left_out(tag: Tag) -> bool:
    """Whether a reader of the page would not see the tag, or not as part of its text."""
    return (
        tag.name in _SKIPPED
        or tag.has_attr("hidden")
        or tag.get("aria-hidden") == "true"
        or _HIDING_STYLE.search(str(tag.get("style") or "")) is not None
    )

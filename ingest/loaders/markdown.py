"""Markdown: the file's own characters, marks included; structure from markdown-it-py."""

from __future__ import annotations

import re
from dataclasses import replace

from markdown_it import MarkdownIt

from ingest.document import LoadedDocument, Section, Span, Table
from ingest.limits import Limits
from ingest.loaders.common.decode import decode
from ingest.loaders.common.front_matter import front_matter
from ingest.repair import clean_lines, unwrap, wrap_width

SUFFIXES = {".md": "markdown", ".markdown": "markdown"}

_MARKS = re.compile(r"[*_`]+|\[([^\]]*)\]\([^)]*\)")
_WIKI = re.compile(r"^\s*(={1,6})\s+(?=\S)([^=]+?)\s+\1\s*$")


def load(data: bytes, limits: Limits) -> LoadedDocument:
    """Read a Markdown file; headings, table rows and front matter are recognised."""
    decoded = decode(data)
    text = clean_lines(decoded.text)
    front = front_matter(text)
    title, first_line = front.title, front.lines
    source = text.split("\n")
    blocks = _blocks(source, first_line)
    width = wrap_width(source)

    lines: list[str] = []
    sections: list[Section] = []
    headings: list[Span] = []
    rows: list[Span] = []
    tables: list[Table] = []
    path: list[tuple[int, str]] = []
    offset = 0

    def put(line: str) -> Span:
        nonlocal offset
        lines.append(line)
        span = Span(offset, offset + len(line))
        offset = span.end + 1
        return span

    position = 0
    while position < len(source):
        kind, stop, level, name = blocks.get(position, ("", position + 1, 0, ""))
        block = source[position:stop]
        if not kind and (wiki := _WIKI.match(source[position])):
            kind, level, name = "heading", len(wiki.group(1)), wiki.group(2).strip()
        if kind == "heading":
            spans = [put(line) for line in block]
            headings.extend(spans)
            if title is None and level == 1 and not sections:
                title = name
            elif name:
                path = [entry for entry in path if entry[0] < level] + [(level, name)]
                sections.append(Section(tuple(entry[1] for entry in path), spans[0].start))
        elif kind == "table":
            spans = [put(line) for line in block]
            rows.extend(spans)
            # The line below the headings only says how the columns are set.
            columns = Span(spans[0].start, spans[0].end) if len(spans) > 2 else None
            tables.append(Table(spans[0].start, spans[-1].end, columns))
        elif kind == "paragraph":
            for line in unwrap(block, width):
                put(line)
        else:
            span = put(source[position])
            if position < first_line and span.start < span.end:
                headings.append(span)
        position = stop
    return LoadedDocument(
        text="\n".join(lines),
        title=title,
        sections=tuple(sections),
        headings=tuple(headings),
        rows=tuple(rows),
        tables=tuple(tables),
        warnings=decoded.warnings,
        card=replace(front.card, encoding=decoded.encoding),
    )


def _blocks(source: list[str], first_line: int) -> dict[int, tuple[str, int, int, str]]:
    """Map a block's first line to its kind, the line after its last, heading level and name."""
    tokens = MarkdownIt("commonmark").enable("table").parse("\n".join(source[first_line:]))
    blocks: dict[int, tuple[str, int, int, str]] = {}
    for index, token in enumerate(tokens):
        if token.map is None:
            continue
        begin, stop = token.map[0] + first_line, token.map[1] + first_line
        if token.type == "heading_open" and token.level == 0:
            name = _plain(tokens[index + 1].content)
            blocks[begin] = ("heading", stop, int(token.tag[1:]), name)
        elif token.type == "table_open":
            blocks[begin] = ("table", stop, 0, "")
        elif token.type == "paragraph_open" and stop - begin > 1:
            if any(_WIKI.match(line) for line in source[begin:stop]):
                continue
            blocks[begin] = ("paragraph", stop, 0, "")
    return blocks


def _plain(heading: str) -> str:
    return _MARKS.sub(lambda mark: mark.group(1) or "", heading).strip()

"""Plain text: the file's own characters, hard-wrapped lines joined, headings recognised."""

from __future__ import annotations

import re
from dataclasses import replace

from ingest.document import LoadedDocument, Section, Span
from ingest.limits import Limits
from ingest.loaders.common.decode import decode
from ingest.loaders.common.front_matter import front_matter
from ingest.repair import clean_lines, unwrap, wrap_width

SUFFIXES = {".txt": "text", ".text": "text"}

_WIKI = re.compile(r"^\s*(={1,6})\s*(?=\S)([^=]+?)\s*\1\s*$")
_RULE = re.compile(r"^(={3,}|-{3,})$")
_LONGEST_HEADING = 80


def load(data: bytes, limits: Limits) -> LoadedDocument:
    """Read a plain text file.

    Front matter is recognised as in Markdown files, and headings as `= Title =` lines, as lines
    underlined with `===` or `---`, and as short lines that stand alone above a paragraph. The last
    kind is a guess, so those lines stay in the chunks too.
    """
    decoded = decode(data)
    text = clean_lines(decoded.text)
    front = front_matter(text)
    lines = text.split("\n")
    body = lines[front.lines :]
    lines = lines[: front.lines] + unwrap(body, wrap_width(body))
    title = front.title
    first = next((index for index, line in enumerate(body, front.lines) if line.strip()), 0)
    sections: list[Section] = []
    headings: list[Span] = []
    path: list[tuple[int, str]] = []
    offset = 0
    for index, line in enumerate(lines):
        if index < front.lines:
            if line:
                headings.append(Span(offset, offset + len(line)))
            offset += len(line) + 1
            continue
        found = _heading(lines, index)
        if found is not None:
            level, heading, certain = found
            if title is None and index == first:
                title = heading
            else:
                path = [entry for entry in path if entry[0] < level] + [(level, heading)]
                sections.append(Section(tuple(name for _, name in path), offset))
            if certain:
                headings.append(Span(offset, offset + len(line)))
        elif _RULE.match(line):
            headings.append(Span(offset, offset + len(line)))
        offset += len(line) + 1
    return LoadedDocument(
        text="\n".join(lines),
        title=title,
        sections=tuple(sections),
        headings=tuple(headings),
        warnings=decoded.warnings,
        card=replace(front.card, encoding=decoded.encoding),
    )


def _heading(lines: list[str], index: int) -> tuple[int, str, bool] | None:
    """Return level, heading and whether it is certain, or None for an ordinary line."""
    line = lines[index].strip()
    if not line or len(line) > _LONGEST_HEADING:
        return None
    wiki = _WIKI.match(line)
    if wiki:
        return len(wiki.group(1)), wiki.group(2).strip(), True
    following = lines[index + 1].strip() if index + 1 < len(lines) else ""
    blank_before = index == 0 or not lines[index - 1].strip()
    if not blank_before or _RULE.match(line):
        return None
    rule = _RULE.match(following)
    if rule:
        return (1 if rule.group()[0] == "=" else 2), line, True
    after = lines[index + 2].strip() if index + 2 < len(lines) else ""
    stands_alone = not following and len(after) > len(line)
    opens_well = line[0].isupper() or line[0].isdigit()
    if stands_alone and opens_well and line[-1] not in '.!?:;,…"”)]' and len(line.split()) <= 12:
        return 2, line, index == 0
    return None

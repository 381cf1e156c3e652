"""JSON Lines: a line is a document, as in the corpora of BEIR."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from ingest.document import LoadedDocument, Part, ReportCard
from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.loaders.common.builder import TextBuilder, squeeze
from ingest.loaders.common.decode import decode
from ingest.loaders.common.parts import failed, read_part
from ingest.loaders.json_tree import Json, card, is_card_key, parse, write
from ingest.repair import clean_lines, unwrap, wrap_width

SUFFIXES = {".jsonl": "jsonl", ".ndjson": "jsonl"}

_IDS = ("_id", "id")
_KNOWN = frozenset((*_IDS, "text", "title", "metadata"))
_LONGEST_ID = 300
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


def parts(data: bytes, limits: Limits) -> Iterator[Part]:
    """Read a JSON Lines file, line by line.

    A line with a `text`, which may have a `title` and an `_id` or `id`, is a document of that
    text; any other is one of `key: value` lines. A line that cannot be read is a part that says
    why, and the others are read all the same.

    Args:
        data: The file's bytes.
        limits: How much text a line may hold.

    Yields:
        The documents in order, named by their ids, or by their lines where they have none.
    """
    lines_of: dict[str, int] = {}
    for number, line in _lines(data):
        place = f"line {number}"
        try:
            text, encoding, warnings = _decoded(line)
            value = parse(text)
            if value is None:
                raise LoadError("It holds no value.")
        except LoadError as exc:
            yield _refused(place, str(exc), line)
            continue
        name = _doc_id(value) or place
        if name in lines_of:
            reason = f"Its id {name!r} is that of line {lines_of[name]} too. Give each its own."
            yield _refused(place, f"Line {number}: {reason}", line)
            continue
        lines_of[name] = number
        part = read_part(name, "jsonl", line, limits, partial(_load, value, limits))
        if part.document is None:
            part = replace(part, reason=f"Line {number}: {part.reason}")
        else:
            found = replace(part.document.card, encoding=encoding)
            part = replace(part, document=replace(part.document, card=found, warnings=warnings))
        yield part


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that are not blank, with their numbers from 1."""
    if data.startswith(_WIDE):
        data = decode(data).text.encode()
    start = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
    number = 0
    while start < len(data):
        stop = data.find(b"\n", start)
        stop = len(data) if stop < 0 else stop
        number += 1
        line = data[start:stop].removesuffix(b"\r")
        if line and not line.isspace():
            yield number, line
        start = stop + 1


def _decoded(line: bytes) -> tuple[str, str, tuple[str, ...]]:
    try:
        return line.decode("utf-8"), "utf-8", ()
    except UnicodeDecodeError:
        return decode(line)


def _refused(place: str, reason: str, line: bytes) -> Part:
    return replace(failed(place, reason, line), format="jsonl")


def _doc_id(value: Json) -> str:
    """Return the id that a line gives itself; none where it could not name a document."""
    if not isinstance(value, dict):
        return ""
    said = next((found for key in _IDS if isinstance(found := value.get(key), str)), "")
    return squeeze(said)[:_LONGEST_ID]


def _load(value: Json, limits: Limits) -> LoadedDocument:
    text = value.get("text") if isinstance(value, dict) else None
    if isinstance(value, dict) and isinstance(text, str):
        return _passage(value, text)
    builder = TextBuilder(limits)
    if isinstance(value, dict):
        title = value.get("title")
        builder.title = (squeeze(title) or None) if isinstance(title, str) else None
        builder.card = card(value)
        value = {key: entry for key, entry in value.items() if key not in _IDS}
    write(value, builder, headings=0)
    return builder.build()


def _passage(value: dict[str, Json], text: str) -> LoadedDocument:
    """Return the document of a line with a text; where that is empty, its title is the text."""
    lines = clean_lines(text).split("\n")
    body = "\n".join(unwrap(lines, wrap_width(lines)))
    title = value.get("title")
    title = squeeze(title) if isinstance(title, str) else ""
    return LoadedDocument(text=body or title, title=title or None, card=_card(value))


def _card(value: dict[str, Json]) -> ReportCard:
    metadata = value.get("metadata")
    told = card(value | metadata) if isinstance(metadata, dict) else card(value)
    fields = [key for key in value if key not in _KNOWN and not is_card_key(key)]
    names = squeeze(", ".join(fields))[:200]
    left = f"{len(fields)} field{'s' if len(fields) > 1 else ''} ({names})" if fields else ""
    return replace(told, skipped=(left,) if left else ())

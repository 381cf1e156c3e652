"""JSON: keys as headings, `key: value` lines, and a table for an array of flat objects."""

from __future__ import annotations

from dataclasses import replace

from ingest.document import LoadedDocument
from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.loaders.common.builder import TextBuilder, squeeze
from ingest.loaders.common.decode import decode
from ingest.loaders.json_tree import card, parse, write

SUFFIXES = {".json": "json"}

_HEADINGS = 6  # levels of keys; deeper ones stand before their values


def load(data: bytes, limits: Limits) -> LoadedDocument:
    """Read a JSON file as one document."""
    decoded = decode(data)
    try:
        value = parse(decoded.text.removeprefix("\ufeff"))
    except LoadError as exc:
        hint = (
            " A file with a JSON value a line is named .jsonl." if "Extra data" in str(exc) else ""
        )
        raise LoadError(f"{exc}{hint}") from exc
    builder = TextBuilder(limits)
    builder.warnings.extend(decoded.warnings)
    builder.card = replace(builder.card, encoding=decoded.encoding)
    if isinstance(value, dict):
        builder.card = replace(card(value), encoding=decoded.encoding)
        title = value.get("title")
        builder.title = (squeeze(title) or None) if isinstance(title, str) else None
    write(value, builder, _HEADINGS)
    return builder.build()

"""JSON values as lines of text: sections, tables and `key: value` lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from ingest.document import ReportCard
from ingest.errors import LoadError
from ingest.loaders.common.builder import TextBuilder, squeeze
from ingest.loaders.common.metadata import author_names, written_date
from ingest.loaders.table import pairs_line
from ingest.repair import clean_lines, unwrap, wrap_width

Json = None | bool | str | list["Json"] | dict[str, "Json"]

_DEEPEST = 100
_KEYS_SEPARATOR = " > "
_LONGEST_ROW = 300  # a longer value is prose, which sentences divide
_NAMES = ("title", "name", "label", "id", "_id", "key")
_AUTHORS = ("authors", "author", "creator", "creators", "by")
_DATES = ("date", "published", "datePublished", "date_published", "published_at", "publish_date",
          "publication_date", "pubdate", "created", "created_at")  # fmt: skip


def parse(text: str) -> Json:
    """Return a JSON text's value; numbers stay as they are written, since text is all they become.

    Where an object says a key twice, its values are an array.

    Raises:
        LoadError: It is no JSON, or nests too deep.
    """
    try:
        value: Json = json.loads(
            text,
            parse_int=str,
            parse_float=str,
            parse_constant=str,
            object_pairs_hook=_object,
        )
    except RecursionError as exc:
        raise _too_deep() from exc
    except ValueError as exc:
        raise LoadError(f"It is not valid JSON ({exc}). Save it again.") from exc
    return value


def write(value: Json, builder: TextBuilder, headings: int) -> None:
    """Add a value to a document: what an object says itself first, then the values it holds.

    A section ends where the next begins, so the lines that belong to an object alone must come
    before the sections of the objects and arrays in it.

    Args:
        value: The value.
        builder: The document.
        headings: How many levels of keys are headings; those below stand before their values,
            `key > key: value`.

    Raises:
        LoadError: The value nests too deep, or holds too much text.
    """
    waiting: list[Iterator[tuple[tuple[str, ...], Json]]] = [iter([((), value)])]
    while waiting:
        path, value = next(waiting[-1], ((), None))
        if value is None:
            waiting.pop()
            continue
        if len(path) > _DEEPEST:
            raise _too_deep()
        prefix = _KEYS_SEPARATOR.join(path[headings:] or path[-1:])
        if not isinstance(value, list | dict):
            _pair(prefix, value, builder)
        elif isinstance(value, list) and _is_flat(value):
            _array(prefix, value, builder)
        elif value:
            if 0 < len(path) <= headings:
                builder.heading(path[-1], len(path) + 1)  # of level 1 it would be the title
            if isinstance(value, list) and (records := _records(value)):
                _table(_KEYS_SEPARATOR.join(path[headings:]), records, builder)
            else:
                waiting.append(_children(path, value))


def card(value: Mapping[str, Json]) -> ReportCard:
    """Return what an object's own keys tell of its authors and date."""
    authors: list[str] = []
    for key in _AUTHORS:
        said = value.get(key)
        for one in said if isinstance(said, list) else [said]:
            name = one.get("name") if isinstance(one, dict) else one
            if isinstance(name, str):
                authors.append(name)
    date = next((found for key in _DATES if isinstance(found := value.get(key), str)), "")
    return ReportCard(authors=author_names(authors), date=written_date(date))


def is_card_key(key: str) -> bool:
    """Whether `card` reads this key."""
    return key in _AUTHORS or key in _DATES


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    said: dict[str, list[Json]] = {}
    for key, value in pairs:
        said.setdefault(key, []).append(value)
    return {key: values if len(values) > 1 else values[0] for key, values in said.items()}


def _children(
    path: tuple[str, ...], value: list[Json] | dict[str, Json]
) -> Iterator[tuple[tuple[str, ...], Json]]:
    entries = (
        [(key, child) for key, child in value.items()]
        if isinstance(value, dict)
        else [(_name(child) or str(number), child) for number, child in enumerate(value, 1)]
    )
    entries.sort(key=lambda entry: not _is_flat(entry[1]))  # stable: else in the file's order
    return (((*path, squeeze(key)), child) for key, child in entries if child is not None)


def _name(value: Json) -> str:
    """Return what an object in an array calls itself, or nothing."""
    if not isinstance(value, dict):
        return ""
    said = (value.get(key) for key in _NAMES)
    return next((name for name in said if isinstance(name, str) and 0 < len(name) <= 80), "")


def _is_flat(value: Json) -> bool:
    """Whether a value is one line or a list of such: nothing in it has a place of its own."""
    children: Iterator[Json] = iter(value) if isinstance(value, list) else iter([value])
    return not any(isinstance(child, list | dict) for child in children)


def _records(value: list[Json]) -> list[dict[str, Json]]:
    """Return an array's objects where it is a table: all of them flat, and more than one."""
    records = [entry for entry in value if isinstance(entry, dict)]
    flat = all(_is_flat(child) for record in records for child in record.values())
    return records if len(records) == len(value) > 1 and flat else []


def _table(prefix: str, records: list[dict[str, Json]], builder: TextBuilder) -> None:
    opening = f"{prefix}{_KEYS_SEPARATOR}" if prefix else ""
    builder.table(
        pairs_line((f"{opening}{key}", _inline(value)) for key, value in record.items())
        for record in records
    )


def _array(prefix: str, values: list[Json], builder: TextBuilder) -> None:
    line = _inline(values)
    if len(line) <= _LONGEST_ROW:
        builder.row(f"{prefix}: {line}" if prefix and line else line)
        return
    if prefix:
        builder.row(f"{prefix}:")
    for value in values:
        builder.item(_inline(value))


def _pair(prefix: str, value: Json, builder: TextBuilder) -> None:
    said = _inline(value)
    if not said:
        return
    line = f"{prefix}: {said}" if prefix else said
    if len(line) <= _LONGEST_ROW and "\n" not in said:
        builder.row(line)
        return
    lines = clean_lines(line).split("\n")
    builder.lines(unwrap(lines, wrap_width(lines)))


def _inline(value: Json) -> str:
    """Return a flat value's text."""
    if isinstance(value, list):
        return ", ".join(said for entry in value if (said := squeeze(_inline(entry))))
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.strip() if isinstance(value, str) else ""


def _too_deep() -> LoadError:
    return LoadError(
        f"Its values nest too deep to be read (more than {_DEEPEST} levels). Flatten it."
    )

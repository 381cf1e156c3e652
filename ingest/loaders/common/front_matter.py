"""The block of `key: value` lines between `---` lines above a text: title, authors, date.

It is YAML, of which only what people write there is understood: values, quoted or not, lists in
brackets or with a `- ` a line, and lists of authors with a `name` each.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingest.document import ReportCard
from ingest.loaders.common.builder import squeeze
from ingest.loaders.common.metadata import author_names, written_date

_BLOCK = re.compile(r"---[ \t]*\n((?:[^\n]*\n)*?)(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
_FIELD = re.compile(r"[\"']?([^\W\d][\w .-]{0,60}?)[\"']?\s*:(?:\s+(.*))?$")
_GOES_ON = " -]}\"'?"
_ENTRY = re.compile(r"\s*-\s+(.*)$")
_NAME = re.compile(r"(?:name|given-?name)\s*:\s+(.*)$", re.IGNORECASE)
_BLOCK_SCALAR = re.compile(r"[|>][+-]?\d?$")
_COMMENT = re.compile(r"\s#.*$")
_LISTED = re.compile(r"""\s*("[^"]*"|'[^']*'|[^,]*)\s*(?:,|$)""")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What stands above a text.

    Attributes:
        title: The title it names, or None.
        card: Authors and date.
        lines: How many lines it takes, its marks included; 0 where there is none.
    """

    title: str | None = None
    card: ReportCard = ReportCard()
    lines: int = 0


def front_matter(text: str) -> FrontMatter:
    """Return the front matter that ``text``, with its white space repaired, opens with."""
    block = _BLOCK.match(text)
    if not block:
        return FrontMatter()
    fields = _fields(block.group(1).split("\n"))
    if not fields:  # two rules with prose between them
        return FrontMatter()

    def said(*keys: str) -> list[str]:
        return next((fields[key] for key in keys if fields.get(key)), [])

    title = squeeze(" ".join(said("title")))
    date = said("date", "published", "publish_date", "pubdate", "created", "updated")
    card = ReportCard(
        authors=author_names(said("authors", "author", "creator", "by")),
        date=written_date(date[0]) if date else None,
    )
    return FrontMatter(title or None, card, block.group().rstrip("\n").count("\n") + 1)


def _fields(lines: list[str]) -> dict[str, list[str]]:
    """Return each top key's values, in lower case; empty where a line is none of YAML's."""
    fields: dict[str, list[str]] = {}
    values: list[str] = []
    for line in lines:
        field = _FIELD.match(line)
        if field:
            values = fields.setdefault(field[1].lower(), [])
            values.extend(_values(field[2] or ""))
        elif not line.strip() or line.lstrip().startswith("#"):
            continue
        elif not fields or not line.startswith(tuple(_GOES_ON)):
            return {}
        elif entry := _ENTRY.match(line):
            name = _NAME.match(entry[1])
            values.extend(_values(name[1] if name else entry[1]))
        elif name := _NAME.match(line.strip()):
            values.extend(_values(name[1]))
        elif not _FIELD.match(line.strip()):  # a value that goes on, or a block of text
            values.append(_unquoted(line))
    return fields


def _values(said: str) -> list[str]:
    said = said.strip()
    if said.startswith("[") and said.endswith("]"):
        entries = [_unquoted(entry) for entry in _LISTED.findall(said[1:-1])]
    else:
        entries = [] if _BLOCK_SCALAR.match(said) else [_unquoted(said)]
    return [entry for entry in entries if entry]


def _unquoted(said: str) -> str:
    said = said.strip()
    for quote in "\"'":
        if len(said) > 1 and said[0] == quote:
            end = said.find(quote, 1)
            if end > 0 and (said[end + 1 :].strip() + "#").startswith("#"):
                return said[1:end]
    return "" if said.startswith("#") else _COMMENT.sub("", said).rstrip()

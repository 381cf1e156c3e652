"""CSV: one line a row, as `heading: value` pairs."""

from __future__ import annotations

import csv
import io

from ingest.document import LoadedDocument
from ingest.errors import LoadError
from ingest.loaders.builder import TextBuilder, squeeze
from ingest.loaders.decode import decode

PAIR_SEPARATOR = "; "
_LONGEST_FIELD = 10_000_000


def load(data: bytes) -> LoadedDocument:
    """Read a CSV file with a heading row; the separator may be a comma, semicolon, tab or bar."""
    raw, warnings = decode(data)
    csv.field_size_limit(_LONGEST_FIELD)
    sample = raw[:65536]
    try:
        dialect: type[csv.Dialect] = csv.Sniffer().sniff(sample, delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    # The sniffer guesses quoting from few lines; doubled quotes are what the format says.
    dialect.doublequote = True
    try:
        rows = [row for row in csv.reader(io.StringIO(raw, newline=""), dialect) if any(row)]
    except csv.Error as exc:
        raise LoadError(f"The table is damaged ({exc}). Save it again as CSV.") from exc
    builder = TextBuilder()
    builder.warnings.extend(warnings)
    if not rows:
        return builder.build()
    heading, *body = rows
    names = [squeeze(cell) for cell in heading]
    if not body:
        builder.row(PAIR_SEPARATOR.join(name for name in names if name))
    for row in body:
        pairs = []
        for index, cell in enumerate(row):
            value = squeeze(cell)
            name = names[index] if index < len(names) else ""
            if value:
                pairs.append(f"{name}: {value}" if name else value)
        builder.row(PAIR_SEPARATOR.join(pairs))
    return builder.build()

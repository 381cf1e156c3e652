"""CSV: one line a row, as `heading: value` pairs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice

from ingest.document import LoadedDocument, ReportCard
from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.loaders.builder import TextBuilder, squeeze
from ingest.loaders.decode import decode

SUFFIXES = {".csv": "csv"}

PAIR_SEPARATOR = "; "
_LONGEST_FIELD = 10_000_000
_SEPARATORS = ",;\t|"
_SAMPLE_ROWS = 50


def load(data: bytes, limits: Limits) -> LoadedDocument:
    """Read a CSV file with a heading row; the separator may be a comma, semicolon, tab or bar."""
    decoded = decode(data)
    raw = decoded.text
    csv.field_size_limit(_LONGEST_FIELD)
    try:
        separator = max(_SEPARATORS, key=lambda sign: _evenness(raw, sign))
        rows = [row for row in _rows(raw, separator) if any(cell.strip() for cell in row)]
    except csv.Error as exc:
        raise LoadError(f"The table is damaged ({exc}). Save it again as CSV.") from exc
    builder = TextBuilder()
    builder.warnings.extend(decoded.warnings)
    builder.card = ReportCard(encoding=decoded.encoding)
    if not rows:
        return builder.build()
    heading, *body = rows
    names = [squeeze(cell) for cell in heading]
    lines = [] if body else [PAIR_SEPARATOR.join(name for name in names if name)]
    for row in body:
        pairs = []
        for index, cell in enumerate(row):
            value = squeeze(cell)
            name = names[index] if index < len(names) else ""
            if value:
                pairs.append(f"{name}: {value}" if name else value)
        lines.append(PAIR_SEPARATOR.join(pairs))
    builder.table(lines)
    return builder.build()


def _rows(raw: str, separator: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(raw, newline=""), delimiter=separator, skipinitialspace=True)


def _evenness(raw: str, separator: str) -> tuple[float, int]:
    """Return how well a separator fits: the share of rows as wide as the first, and that width.

    The library's own sniffer takes apostrophes for quotes, and minutes on some texts.
    """
    rows = [row for row in islice(_rows(raw, separator), _SAMPLE_ROWS) if row]
    width = len(rows[0]) if rows else 0
    if width < 2:
        return 0.0, 0
    return sum(len(row) == width for row in rows) / len(rows), width

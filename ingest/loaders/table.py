"""CSV and tab-separated tables: one line a row, as `heading: value` pairs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import islice, zip_longest

from ingest.document import LoadedDocument, ReportCard
from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.loaders.common.builder import TextBuilder, squeeze
from ingest.loaders.common.decode import decode

SUFFIXES = {".csv": "csv"}

PAIR_SEPARATOR = "; "
_LONGEST_FIELD = 10_000_000
_SEPARATORS = ",;\t|"
_SAMPLE_ROWS = 50


def load(data: bytes, limits: Limits) -> LoadedDocument:
    """Read a CSV file with a heading row; the separator may be a comma, semicolon, tab or bar."""
    return read_table(data, limits, _SEPARATORS)


def read_table(data: bytes, limits: Limits, separators: str) -> LoadedDocument:
    """Read a table with a heading row.

    Args:
        data: The file's bytes.
        limits: How much text it may hold.
        separators: The signs that may divide its cells; the one that fits best is taken.

    Raises:
        LoadError: It is damaged, not text, or holds too much of it.
    """
    decoded = decode(data)
    csv.field_size_limit(_LONGEST_FIELD)
    builder = TextBuilder(limits)
    builder.warnings.extend(decoded.warnings)
    builder.card = ReportCard(encoding=decoded.encoding)
    try:
        separator = max(separators, key=lambda sign: _evenness(decoded.text, sign))
        builder.table(_lines(_rows(decoded.text, separator)))
    except csv.Error as exc:
        raise LoadError(f"The table is damaged ({exc}). Save it again as CSV.") from exc
    return builder.build()


def pairs_line(pairs: Iterable[tuple[str, str]]) -> str:
    """Return a row's text from its headings and values; a value that is empty is left out."""
    said = ((squeeze(name), squeeze(value)) for name, value in pairs)
    return PAIR_SEPARATOR.join(
        f"{name}: {value}" if name else value for name, value in said if value
    )


def _lines(rows: Iterator[list[str]]) -> Iterator[str]:
    """Yield a line a row below the heading row, or that row where it stands alone."""
    filled = (row for row in rows if any(cell.strip() for cell in row))
    heading = next(filled, [])
    names = [squeeze(cell) for cell in heading]
    body = False
    for row in filled:
        body = True
        yield pairs_line(zip_longest(names[: len(row)], row, fillvalue=""))
    if not body:
        yield PAIR_SEPARATOR.join(name for name in names if name)


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

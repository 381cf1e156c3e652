"""Tab-separated tables: as CSV, but no other sign divides the cells."""

from __future__ import annotations

from ingest.document import LoadedDocument
from ingest.limits import Limits
from ingest.loaders.table import read_table

SUFFIXES = {".tsv": "tsv", ".tab": "tsv"}


def load(data: bytes, limits: Limits) -> LoadedDocument:
    """Read a tab-separated file with a heading row."""
    return read_table(data, limits, "\t")

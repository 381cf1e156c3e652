"""Documents to propose questions from, as the library keeps them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ingest.document import Document
from ingest.loaders.registry import load

MakeDocument = Callable[..., Document]


@pytest.fixture
def make_document() -> MakeDocument:
    """Read a text as ingest does, and return it as the library's document."""

    def make(text: str, name: str = "pump.md") -> Document:
        loaded = load(name, text.encode())
        return Document(
            doc_id=name,
            source_id=name,
            title=loaded.title or name,
            format="markdown",
            text=loaded.text,
            sha256="",
            size_bytes=len(text),
            indexed_at="",
            chunk_count=1,
            pages=loaded.pages,
            sections=loaded.sections,
            headings=loaded.headings,
            rows=loaded.rows,
            tables=loaded.tables,
        )

    return make

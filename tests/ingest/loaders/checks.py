"""What every loaded document must hold, whatever its format."""

from __future__ import annotations

from ingest.document import Document, LoadedDocument


def check_offsets(document: LoadedDocument) -> None:
    text = document.text
    for spans in (document.headings, document.rows):
        position = 0
        for span in spans:
            assert position <= span.start < span.end <= len(text)
            assert "\n" not in text[span.start : span.end]
            position = span.end
    lines = {(span.start, span.end) for span in document.rows}
    position = 0
    for table in document.tables:
        assert position <= table.start < table.end <= len(text)
        position = table.end
        inside, offset = [], table.start
        for line in text[table.start : table.end].split("\n"):
            inside.append((offset, offset + len(line)))
            offset += len(line) + 1
        assert set(inside) <= lines
        if table.columns is not None:
            assert table.start == table.columns.start < table.columns.end < table.end
            assert table.columns.end in {end for _, end in inside}
    starts = [section.start for section in document.sections]
    assert starts == sorted(set(starts))
    assert all(0 <= start < len(text) for start in starts)
    if document.pages:
        assert document.pages[0].start == 0
        assert document.pages[-1].end == len(text)
        for page, following in zip(document.pages, document.pages[1:], strict=False):
            assert page.start <= page.end == following.start
        assert [page.number for page in document.pages] == list(range(1, len(document.pages) + 1))


def placed(loaded: LoadedDocument) -> Document:
    """The loaded document as the library keeps it, which knows the page and section of a place."""
    return Document(
        doc_id="d",
        source_id="d",
        title=loaded.title or "",
        format="f",
        text=loaded.text,
        sha256="",
        size_bytes=0,
        indexed_at="",
        chunk_count=0,
        pages=loaded.pages,
        sections=loaded.sections,
    )


def section_of(loaded: LoadedDocument, words: str) -> str | None:
    return placed(loaded).section_at(loaded.text.index(words))


def page_of(loaded: LoadedDocument, words: str) -> int | None:
    return placed(loaded).page_at(loaded.text.index(words))

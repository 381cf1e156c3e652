"""Files that hold several documents, vectors that are not computed twice, libraries of old."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from ingest.errors import LibraryError
from ingest.generations import CATALOG, Generations
from ingest.library import open_library
from ingest.remove import remove
from ingest.settings import LibrarySettings
from ingest.sync import sync
from tests.ingest.fakes import QuickEmbedder


@pytest.fixture
def counting() -> QuickEmbedder:
    return QuickEmbedder()


def lines(path: Path, texts: dict[str, str], *bad: str) -> None:
    records = [
        json.dumps({"_id": name, "title": name, "text": text}) for name, text in texts.items()
    ]
    path.write_text("\n".join([*records, *bad]) + "\n", encoding="utf-8")


def held(settings: LibrarySettings) -> dict[str, str]:
    with closing(open_library(settings)) as library:
        assert library.vectors.ids() == set(library.chunks)
        return {doc_id: document.text for doc_id, document in library.documents.items()}


def test_a_line_is_a_document_with_a_life_of_its_own(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder
) -> None:
    path = folder / "x.jsonl"
    lines(path, {"a": "The river rose.", "b": "It fell.", "c": "It froze."})
    assert sync(library_settings, embedder=counting).added == [
        "x.jsonl#a",
        "x.jsonl#b",
        "x.jsonl#c",
    ]
    before = counting.embedded
    lines(path, {"b": "It fell.", "c": "It froze over.", "d": "It thawed."})
    report = sync(library_settings, embedder=counting)
    assert report.added == ["x.jsonl#d"]
    assert report.updated == ["x.jsonl#c"]
    assert report.unchanged == ["x.jsonl#b"]
    assert report.removed == ["x.jsonl#a"]
    assert counting.embedded == before + 2
    assert held(library_settings) == {
        "x.jsonl#b": "It fell.",
        "x.jsonl#c": "It froze over.",
        "x.jsonl#d": "It thawed.",
    }
    path.unlink()
    assert len(sync(library_settings, embedder=counting).removed) == 3


def test_a_bad_line_is_told_by_every_sync_until_it_is_mended(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder
) -> None:
    lines(folder / "x.jsonl", {"a": "The river rose."}, "{not json")
    for _ in range(3):
        report = sync(library_settings, embedder=counting)
        assert [name for name, _ in report.failed] == ["x.jsonl#line 2"]
        assert report.added + report.unchanged == ["x.jsonl#a"]
    assert counting.embedded == 1
    lines(folder / "x.jsonl", {"a": "The river rose."})
    assert sync(library_settings, embedder=counting).failed == []


def test_a_removed_line_stays_out_until_its_file_is_named(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder
) -> None:
    path = folder / "x.jsonl"
    lines(path, {"a": "The river rose.", "b": "It fell."})
    sync(library_settings, embedder=counting)
    remove(library_settings, ["x.jsonl#a"])
    lines(path, {"a": "The river rose.", "b": "It fell again."})
    assert sync(library_settings, embedder=counting).updated == ["x.jsonl#b"]
    assert list(held(library_settings)) == ["x.jsonl#b"]
    assert sync(library_settings, [path], embedder=counting).added == ["x.jsonl#a"]


def test_the_files_of_an_archive_are_documents(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("in/a.md", "# River\n\nIt rose.")
        archive.writestr("b.png", b"\x89PNG")
        archive.writestr("../evil.md", "Out.")
    (folder / "z.zip").write_bytes(packed.getvalue())
    report = sync(library_settings, embedder=counting)
    assert report.added == ["z.zip#in/a.md"]
    assert [name for name, _ in report.failed] == ["z.zip#../evil.md", "z.zip#b.png"]
    with closing(open_library(library_settings)) as library:
        document = library.documents["z.zip#in/a.md"]
        assert (document.format, document.title) == ("markdown", "River")


@pytest.mark.parametrize("moved", ["renamed", "moved into a folder", "copied"])
def test_a_vector_is_computed_once_wherever_its_text_goes(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder, moved: str
) -> None:
    text = "# The river\n\n" + "\n\n".join(f"Year {n}: it rose again. " * 20 for n in range(20))
    (folder / "a.md").write_text(text)
    sync(library_settings, embedder=counting)
    before = counting.embedded
    assert before > 5
    if moved == "renamed":
        (folder / "a.md").rename(folder / "b.md")
        names = ["b.md"]
    elif moved == "copied":
        (folder / "b.md").write_text(text)
        names = ["a.md", "b.md"]
    else:
        (folder / "sub").mkdir()
        (folder / "a.md").rename(folder / "sub" / "a.md")
        names = ["sub/a.md"]
    sync(library_settings, embedder=counting)
    assert counting.embedded == before
    assert list(held(library_settings)) == names
    (folder / names[-1]).write_text(text + "\n\nOne more paragraph.")
    sync(library_settings, embedder=counting)
    assert counting.embedded == before + 1


def test_a_file_named_like_another_files_document_is_told(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder
) -> None:
    lines(folder / "x.jsonl", {"a.md": "The river rose."})
    (folder / "x.jsonl#a.md").write_text("It fell.")
    report = sync(library_settings, embedder=counting)
    assert report.added == ["x.jsonl#a.md"]
    assert "Another document has the name" in dict(report.failed)["x.jsonl#a.md"]
    assert held(library_settings) == {"x.jsonl#a.md": "It fell."}


def marked(settings: LibrarySettings, version: str) -> None:
    current = Generations(settings.storage).current()
    assert current is not None
    with closing(sqlite3.connect(current / CATALOG)) as database, database:
        database.execute("UPDATE meta SET value = ? WHERE key = 'format_version'", (version,))
        if version == "1":  # which knew no files
            database.execute("DROP TABLE sources")


def test_an_older_library_is_brought_up_to_date(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder
) -> None:
    (folder / "a.md").write_text("The river rose.")
    sync(library_settings, embedder=counting)
    marked(library_settings, "1")
    with pytest.raises(LibraryError, match="up to date with `footnote ingest`"):
        open_library(library_settings)
    assert sync(library_settings, embedder=counting).added == ["a.md"]
    assert list(held(library_settings)) == ["a.md"]


def test_a_newer_library_is_left_alone(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder
) -> None:
    (folder / "a.md").write_text("The river rose.")
    sync(library_settings, embedder=counting)
    marked(library_settings, "99")
    for act in (lambda: sync(library_settings), lambda: open_library(library_settings)):
        with pytest.raises(LibraryError, match="version 99"):
            act()
    assert sync(library_settings, rebuild=True, embedder=counting).added == ["a.md"]


def test_pages_without_text_are_read_again_once_tesseract_is_there(
    library_settings: LibrarySettings,
    folder: Path,
    counting: QuickEmbedder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tests.ingest.loaders.test_pdf_scans import scanned

    (folder / "scan.pdf").write_bytes(scanned("The first page is text.", "scan"))
    path = os.environ["PATH"]
    monkeypatch.setenv("PATH", "/nowhere")
    report = sync(library_settings, embedder=counting)
    assert "Install Tesseract" in report.warnings[0][1]
    assert sync(library_settings, embedder=counting).unchanged == ["scan.pdf"]
    monkeypatch.setenv("PATH", path)
    assert sync(library_settings, embedder=counting).updated == ["scan.pdf"]
    with closing(open_library(library_settings)) as library:
        assert library.documents["scan.pdf"].card.recognised_pages == (2,)

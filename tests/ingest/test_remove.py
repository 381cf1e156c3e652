"""Removing documents: at once, for good where asked, and never more than was named."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

import ingest.remove
from ingest.errors import EmptyLibraryError, LibraryError, UnknownDocumentError
from ingest.generations import Generations
from ingest.library import open_library
from ingest.remove import remove
from ingest.settings import LibrarySettings
from ingest.sync import sync
from tests.ingest.fakes import QuickEmbedder

SECRET = "The heron keeps its ledger under the third flagstone. "


@pytest.fixture
def counting() -> QuickEmbedder:
    return QuickEmbedder()


def held(settings: LibrarySettings) -> list[str]:
    with closing(open_library(settings)) as library:
        chunks = {chunk.chunk_id for chunk in library.chunks.values()}
        assert library.vectors.ids() == chunks
        assert {chunk.doc_id for chunk in library.chunks.values()} == set(library.documents)
        return list(library.documents)


def test_a_removed_document_is_out_at_once_and_stays_out(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder
) -> None:
    (folder / "a.md").write_text(SECRET * 20)
    (folder / "b.md").write_text("Some text.")
    sync(library_settings, embedder=counting)
    report = remove(library_settings, ["a.md"])
    assert (report.removed, report.excluded, report.documents) == (["a.md"], ["a.md"], 1)
    assert held(library_settings) == ["b.md"]
    (folder / "a.md").write_text(SECRET * 21)
    again = sync(library_settings, embedder=counting)
    assert (again.added, again.unchanged, again.failed) == ([], ["b.md"], [])
    assert held(library_settings) == ["b.md"]
    assert sync(library_settings, rebuild=True, embedder=counting).added == ["b.md"]


def test_naming_its_file_takes_it_in_again(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder
) -> None:
    (folder / "a.md").write_text(SECRET)
    (folder / "b.md").write_text("Some text.")
    sync(library_settings, embedder=counting)
    remove(library_settings, ["a.md"])
    assert sync(library_settings, [folder / "a.md"], embedder=counting).added == ["a.md"]
    assert sync(library_settings, embedder=counting).unchanged == ["a.md", "b.md"]


def test_an_added_files_copy_goes_with_it(
    library_settings: LibrarySettings, counting: QuickEmbedder, tmp_path: Path
) -> None:
    (tmp_path / "note.md").write_text(SECRET)
    sync(library_settings, [tmp_path / "note.md"], embedder=counting)
    report = remove(library_settings, ["added/note.md"])
    assert (report.excluded, report.documents) == ([], 0)
    assert not (library_settings.added / "note.md").exists()
    assert (tmp_path / "note.md").exists()
    with pytest.raises(EmptyLibraryError):
        open_library(library_settings)
    report2 = sync(library_settings, [tmp_path / "note.md"], embedder=counting)
    assert report2.added == ["added/note.md"]


def test_an_unknown_name_removes_nothing(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder
) -> None:
    with pytest.raises(EmptyLibraryError):
        remove(library_settings, ["a.md"])
    (folder / "a.md").write_text(SECRET)
    sync(library_settings, embedder=counting)
    with pytest.raises(UnknownDocumentError, match=r"nobody\.md"):
        remove(library_settings, ["a.md", "nobody.md"])
    assert held(library_settings) == ["a.md"]


def traces(storage: Path) -> list[str]:
    """The files of a storage in which any piece of the secret stands."""
    words = SECRET.encode()
    pieces = [words[at : at + 16] for at in range(0, len(words) - 16, 8)]
    return [
        path.relative_to(storage).as_posix()
        for path in sorted(storage.rglob("*"))
        if path.is_file() and any(piece in path.read_bytes() for piece in pieces)
    ]


def test_a_purge_leaves_no_byte_of_the_text(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder, tmp_path: Path
) -> None:
    storage = library_settings.storage
    for number in range(30):
        (folder / f"{number}.md").write_text(f"Text {number} of the river. " * 50)
    (folder / "a.md").write_text(f"# {SECRET}\n\n" + SECRET * 300)
    (tmp_path / "note.md").write_text(SECRET * 9)
    sync(library_settings, embedder=counting)
    sync(library_settings, [tmp_path / "note.md"], embedder=counting)
    (folder / "a.md").write_text(f"# {SECRET}\n\n" + SECRET * 200 + "New.")
    sync(library_settings, embedder=counting)
    assert traces(storage)  # the search finds it while it is there
    run = storage / "runs" / "one"
    run.mkdir(parents=True)
    (run / "answers.jsonl").write_text('{"document": "a.md", "quote": "…"}\n')
    report = remove(library_settings, ["a.md", "added/note.md"], purge=True)
    assert report.quoted_in == ["runs/one/answers.jsonl"]
    assert traces(storage) == []
    assert len(held(library_settings)) == 30
    assert sync(library_settings, embedder=counting).embedded_chunks == 0


def test_a_purge_tells_of_a_reader_that_holds_the_text(
    library_settings: LibrarySettings,
    folder: Path,
    counting: QuickEmbedder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (folder / "a.md").write_text(SECRET)
    (folder / "b.md").write_text("Some text.")
    sync(library_settings, embedder=counting)
    derived = library_settings.storage / "derived"
    derived.mkdir()
    (derived / "made-from-it").touch()
    monkeypatch.setattr(ingest.remove, "_READERS_S", 0.3)
    with (
        closing(open_library(library_settings)) as reader,
        pytest.raises(LibraryError, match="reader still holds"),
    ):
        remove(library_settings, ["a.md"], purge=True)
    assert reader.name
    assert not derived.exists()
    assert held(library_settings) == ["b.md"]
    sync(library_settings, embedder=counting)
    assert traces(library_settings.storage) == []
    assert len(list(Generations(library_settings.storage).folder.glob("gen-*"))) == 1


def test_a_changed_documents_old_text_is_gone_from_the_catalog(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder
) -> None:
    (folder / "a.md").write_text(SECRET * 30)
    (folder / "b.md").write_text("Some text.")
    sync(library_settings, embedder=counting)
    (folder / "a.md").write_text("Another text.")
    sync(library_settings, embedder=counting)
    assert [name for name in traces(library_settings.storage) if name.endswith(".sqlite")] == []

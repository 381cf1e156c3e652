"""What a run that was cut short, or a file that failed halfway, leaves to the next one."""

from __future__ import annotations

import json
from contextlib import closing, suppress
from pathlib import Path

import pytest

import ingest.build
from ingest.document import IngestReport
from ingest.errors import EmbedderError
from ingest.library import open_library
from ingest.progress import Silent
from ingest.remove import remove
from ingest.settings import LibrarySettings
from ingest.sync import sync
from tests.ingest.fakes import QuickEmbedder

HOSTILE = Path(__file__).parent / "hostile"


@pytest.fixture(autouse=True)
def _small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest.build, "_WINDOW_CHUNKS", 1)


class Cut(Silent):
    """Stops the run like Ctrl-C after some files."""

    def __init__(self, after: int) -> None:
        self.left = after

    def file_done(self, doc_id: str) -> None:
        self.left -= 1
        if self.left <= 0:
            raise KeyboardInterrupt


def run(settings: LibrarySettings, *paths: Path) -> IngestReport:
    return sync(settings, paths, embedder=QuickEmbedder())


def cut(settings: LibrarySettings, after: int) -> None:
    with suppress(KeyboardInterrupt):
        sync(settings, embedder=QuickEmbedder(), progress=Cut(after))


def lines(path: Path, texts: dict[str, str], *bad: str) -> None:
    records = [json.dumps({"_id": name, "text": text}) for name, text in texts.items()]
    path.write_text("\n".join([*records, *bad]) + "\n")


def held(settings: LibrarySettings) -> dict[str, str]:
    with closing(open_library(settings)) as library:
        assert library.vectors.ids() == set(library.chunks)
        return {doc_id: document.text for doc_id, document in library.documents.items()}


def test_a_line_deleted_after_the_cut_does_not_come_in(
    library_settings: LibrarySettings, folder: Path
) -> None:
    lines(folder / "a.jsonl", {"a": "One.", "b": "Two."})
    (folder / "z.md").write_text("Last.")
    cut(library_settings, 1)
    lines(folder / "a.jsonl", {"a": "One."})
    report = run(library_settings)
    assert report.added == ["a.jsonl#a", "z.md"]
    assert held(library_settings) == {"a.jsonl#a": "One.", "z.md": "Last."}


@pytest.mark.parametrize("after", [1, 2])
def test_a_file_put_back_after_the_cut_is_what_it_was(
    library_settings: LibrarySettings, folder: Path, after: int
) -> None:
    lines(folder / "a.jsonl", {"a": "one", "b": "uno"})
    (folder / "b.md").write_text("First.")
    run(library_settings)
    before = held(library_settings)
    lines(folder / "a.jsonl", {"a": "TWO", "b": "uno"})
    (folder / "b.md").write_text("Draft.")
    (folder / "c.md").write_text("New.")
    cut(library_settings, after)
    lines(folder / "a.jsonl", {"a": "one", "b": "uno"})
    (folder / "b.md").write_text("First.")
    report = run(library_settings)
    assert report.added == ["c.md"]
    assert held(library_settings) == before | {"c.md": "New."}
    assert run(library_settings).updated == []


def test_a_resumed_run_tells_of_what_had_failed_before_the_cut(
    library_settings: LibrarySettings, folder: Path
) -> None:
    lines(folder / "a.jsonl", {"a": "One."}, "{bad")
    (folder / "latin.txt").write_bytes("Año nuevo.".encode("latin-1"))
    (folder / "z.md").write_text("Last.")
    cut(library_settings, 2)
    report = run(library_settings)
    assert [name for name, _ in report.failed] == ["a.jsonl#line 2"]
    assert [name for name, _ in report.warnings] == ["latin.txt"]


def test_a_file_that_fails_halfway_is_read_again_and_goes_with_its_file(
    library_settings: LibrarySettings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(HOSTILE))
    path = folder / "a.zip"
    pack(path, {"one.txt": "Version one.", "two.txt": "Second."})
    run(library_settings)
    pack(path, {"one.txt": "Version two.", "two.txt": "CRASH\n"})
    report = run(library_settings)
    assert [name for name, _ in report.failed] == ["a.zip"]
    assert held(library_settings)["a.zip#two.txt"] == "Second."
    assert len(run(library_settings).failed) == 1  # told until it is mended
    pack(path, {"one.txt": "Version one.", "two.txt": "Second."})
    assert run(library_settings).failed == []
    assert held(library_settings)["a.zip#one.txt"] == "Version one."
    pack(path, {"one.txt": "Version two.", "two.txt": "CRASH\n"})
    run(library_settings)
    path.unlink()
    (folder / "other.md").write_text("Other.")
    run(library_settings)
    assert list(held(library_settings)) == ["other.md"]


def pack(path: Path, members: dict[str, str]) -> None:
    import zipfile

    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)


def test_namesakes_from_elsewhere_in_one_run_are_both_added(
    library_settings: LibrarySettings, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.txt").write_text(f"Text of {name}.")
    report = run(library_settings, tmp_path / "a" / "x.txt", tmp_path / "b" / "x.txt")
    assert len(report.added) == 2
    assert sorted(held(library_settings).values()) == ["Text of a.", "Text of b."]
    again = run(library_settings, tmp_path / "a" / "x.txt", tmp_path / "b" / "x.txt")
    assert again.unchanged == report.added


def test_a_failed_update_from_elsewhere_keeps_the_good_copy(
    library_settings: LibrarySettings, tmp_path: Path
) -> None:
    (tmp_path / "x.json").write_text('{"a": "The river rose."}')
    (tmp_path / "y.txt").write_text("Other.")
    run(library_settings, tmp_path / "x.json")
    (tmp_path / "x.json").write_text("{broken")
    report = run(library_settings, tmp_path / "x.json", tmp_path / "y.txt")
    assert [name for name, _ in report.failed] == [str(tmp_path / "x.json")]
    rebuilt = sync(library_settings, rebuild=True, embedder=QuickEmbedder())
    assert rebuilt.added == ["added/x.json", "added/y.txt"]


@pytest.mark.parametrize("texts", [("Same.", "Same."), ("One.", "Two.")])
def test_names_that_are_no_unicode_and_come_out_alike_are_told(
    library_settings: LibrarySettings, folder: Path, texts: tuple[str, str]
) -> None:
    records = [f'{{"_id": "\\ud80{n}", "text": "{text}"}}' for n, text in enumerate(texts)]
    (folder / "a.jsonl").write_text("\n".join(records))
    (folder / "b.md").write_text("Other.")
    report = run(library_settings)
    assert report.added == ["a.jsonl#\ufffd", "b.md"]
    assert [name for name, _ in report.failed] == ["a.jsonl#\ufffd"]


def test_text_that_is_no_unicode_is_read_with_replacements(
    library_settings: LibrarySettings, folder: Path
) -> None:
    (folder / "a.jsonl").write_text('{"_id": "a", "title": "T\\ud800", "text": "One \\udfff."}\n')
    assert run(library_settings).failed == []
    assert held(library_settings) == {"a.jsonl#a": "One \ufffd."}


class Broken(QuickEmbedder):
    def embed_chunks(self, forms, sentences, progress=None):  # type: ignore[no-untyped-def]
        raise EmbedderError("no model today")


def test_a_removed_document_can_come_back_after_a_run_that_failed(
    library_settings: LibrarySettings, folder: Path
) -> None:
    path = folder / "a.jsonl"
    lines(path, {"a": "One.", "b": "Two."})
    run(library_settings)
    remove(library_settings, ["a.jsonl#a"])
    with pytest.raises(EmbedderError):
        sync(library_settings, [path], embedder=Broken())
    assert list(held(library_settings)) == ["a.jsonl#b"]
    assert run(library_settings, path).added == ["a.jsonl#a"]
    remove(library_settings, ["a.jsonl#a"])
    assert run(library_settings, folder).added == []  # the folder, not the file, was named


def test_deleting_a_file_needs_no_model(library_settings: LibrarySettings, folder: Path) -> None:
    (folder / "a.md").write_text("One.")
    (folder / "b.md").write_text("Two.")
    run(library_settings)
    (folder / "a.md").unlink()
    assert sync(library_settings, embedder=Broken()).removed == ["a.md"]


def test_a_linked_folder_is_told(
    library_settings: LibrarySettings, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "a.md").write_text("One.")
    (folder / "linked").symlink_to(tmp_path / "else")
    report = run(library_settings)
    assert "it is a link" in dict(report.failed)["linked"]

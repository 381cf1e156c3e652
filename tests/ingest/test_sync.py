from __future__ import annotations

import os
import shutil
import signal
import time
from contextlib import closing
from pathlib import Path

import pytest

from ingest.document import IngestReport
from ingest.errors import EmptyLibraryError, LibraryError
from ingest.generations import Generations
from ingest.library import open_library
from ingest.progress import Silent
from ingest.settings import LibrarySettings
from ingest.sync import sync
from tests.ingest.fakes import QuickEmbedder

TEXT = "The river {} rose again.\n\nIt carried the bridge away in spring {}.\n"


@pytest.fixture
def counting() -> QuickEmbedder:
    return QuickEmbedder()


def write(folder: Path, *names: str, text: str = TEXT) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.format(name, name), encoding="utf-8")


def state(settings: LibrarySettings) -> dict[str, tuple[str, tuple[str, ...], str]]:
    """What the library holds, apart from times; the vectors must agree with the catalog."""
    library = open_library(settings)
    try:
        vectors = library.vectors.vectors(list(library.chunks))
        assert set(vectors) == set(library.chunks)
        assert library.vectors.count() == len(library.chunks)
        return {
            doc_id: (
                document.sha256,
                tuple(c.chunk_id for c in library.chunks.values() if c.doc_id == doc_id),
                document.text,
            )
            for doc_id, document in library.documents.items()
        }
    finally:
        library.close()


def reasons(report: IngestReport) -> dict[str, str]:
    return dict(report.failed)


def test_files_are_added_updated_removed_and_left_alone(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder
) -> None:
    write(folder, "a.md", "b.txt", "sub/c.md")
    report = sync(library_settings, embedder=counting)
    assert (report.added, report.documents, report.chunks) == (["a.md", "b.txt", "sub/c.md"], 3, 3)
    write(folder, "b.txt", text="Another text. {}{}")
    (folder / "a.md").unlink()
    write(folder, "d.md")
    report = sync(library_settings, embedder=counting)
    assert (report.added, report.updated) == (["d.md"], ["b.txt"])
    assert (report.removed, report.unchanged) == (["a.md"], ["sub/c.md"])
    found = state(library_settings)
    assert list(found) == ["b.txt", "d.md", "sub/c.md"]
    assert found["b.txt"][2].startswith("Another")


def test_unchanged_files_embed_nothing_and_make_no_generation(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder
) -> None:
    write(folder, "a.md", "b.md")
    sync(library_settings, embedder=counting)
    before, embedded = Generations(library_settings.storage).current(), counting.embedded
    os.utime(folder / "a.md", (1, 1))
    report = sync(library_settings, embedder=counting)
    assert report.unchanged == ["a.md", "b.md"]
    assert (report.documents, report.chunks, report.embedded_chunks) == (2, 2, 0)
    assert (Generations(library_settings.storage).current(), counting.embedded) == (
        before,
        embedded,
    )


def test_a_sync_of_unchanged_files_loads_neither_chroma_nor_torch(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder, python
) -> None:
    write(folder, "a.md")
    sync(library_settings, embedder=counting)
    code = (
        "import sys; from ingest.settings import LibrarySettings; from ingest.sync import sync\n"
        "report = sync(LibrarySettings.load()); assert report.unchanged == ['a.md']\n"
        "print([name for name in ('chromadb', 'torch', 'transformers') if name in sys.modules])"
    )
    done = python(["-c", code])
    assert done.stdout == b"[]\n", done.stderr


def test_failed_files_leave_the_rest_indexed(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder
) -> None:
    write(folder, "good.md")
    (folder / "empty.md").write_bytes(b"")
    (folder / "binary.txt").write_bytes(b"\x00\x01\x02" * 100)
    (folder / "picture.png").write_bytes(b"\x89PNG")
    (folder / "cut.pdf").write_bytes(b"%PDF-1.4 cut")
    (folder / "gone.md").symlink_to(folder / "nowhere.md")
    os.mkfifo(folder / "pipe.md")
    report = sync(library_settings, embedder=counting)
    assert report.added == ["good.md"]
    why = reasons(report)
    assert sorted(why) == ["binary.txt", "cut.pdf", "empty.md", "gone.md", "picture.png", "pipe.md"]
    assert "0 bytes" in why["empty.md"]
    assert "cannot be read" in why["gone.md"]
    assert "pipe" in why["pipe.md"]
    again = sync(library_settings, embedder=counting)
    assert reasons(again) == why
    assert again.unchanged == ["good.md"]


def test_a_file_that_keeps_failing_costs_no_new_generation(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder
) -> None:
    write(folder, "good.md")
    sync(library_settings, embedder=counting)
    (folder / "cut.pdf").write_bytes(b"%PDF-1.4 cut")
    report = sync(library_settings, embedder=counting)
    assert list(reasons(report)) == ["cut.pdf"]
    assert sorted(p.name for p in (library_settings.storage / "library").glob("gen-*")) == [
        "gen-000001"
    ]


def test_a_changed_file_that_is_broken_keeps_its_earlier_version(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder
) -> None:
    write(folder, "a.md", "b.md")
    sync(library_settings, embedder=counting)
    before = state(library_settings)
    (folder / "a.md").write_bytes(b"\x00" * 100)
    write(folder, "c.md")
    report = sync(library_settings, embedder=counting)
    assert (list(reasons(report)), report.added, report.updated) == (["a.md"], ["c.md"], [])
    assert state(library_settings)["a.md"] == before["a.md"]


def test_paths_inside_the_folder_are_added_without_removing_others(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder, monkeypatch
) -> None:
    write(folder, "a.md", "sub/b.md", "sub/deep/c.md", "d.md")
    sync(library_settings, [folder / "a.md"], embedder=counting)
    (folder / "a.md").unlink()
    monkeypatch.chdir(folder)
    report = sync(library_settings, [Path("sub")], embedder=counting)
    assert (report.added, report.removed) == (["sub/b.md", "sub/deep/c.md"], [])
    assert list(state(library_settings)) == ["a.md", "sub/b.md", "sub/deep/c.md"]
    monkeypatch.chdir(folder / "sub")
    assert sync(library_settings, [Path("../d.md")], embedder=counting).added == ["d.md"]


def test_only_what_is_wrong_with_the_given_paths_is_reported(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder
) -> None:
    write(folder, "a.md")
    (folder / "other.png").write_bytes(b"x")
    (folder / "out.md").symlink_to("/etc/hostname")
    assert sync(library_settings, [folder / "a.md"], embedder=counting).failed == []


def test_a_file_from_elsewhere_is_copied_and_stays(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder, tmp_path: Path
) -> None:
    write(tmp_path / "else", "note.md")
    report = sync(library_settings, [tmp_path / "else" / "note.md"], embedder=counting)
    assert report.added == ["added/note.md"]
    shutil.rmtree(tmp_path / "else")
    report = sync(library_settings, embedder=counting)
    assert (report.unchanged, report.removed) == (["added/note.md"], [])


def test_a_file_from_the_same_place_is_an_update_and_a_namesake_gets_a_suffix(
    library_settings: LibrarySettings, counting: QuickEmbedder, tmp_path: Path
) -> None:
    one, two = tmp_path / "one" / "note.md", tmp_path / "two" / "note.md"
    write(tmp_path, "one/note.md", "two/note.md")
    sync(library_settings, [one], embedder=counting)
    (second,) = sync(library_settings, [two], embedder=counting).added
    assert second.startswith("added/note-")
    for path, doc_id in ((one, "added/note.md"), (two, second)):
        path.write_text(f"A new text of {path}.")
        report = sync(library_settings, [path], embedder=counting)
        assert (report.added, report.updated) == ([], [doc_id])
    assert sync(library_settings, [two], embedder=counting).unchanged == [second]
    assert sorted(state(library_settings)) == sorted(["added/note.md", second])


def test_the_same_file_from_two_places_is_one_document(
    library_settings: LibrarySettings, counting: QuickEmbedder, tmp_path: Path
) -> None:
    write(tmp_path, "one/note.md")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    sync(library_settings, [tmp_path / "one" / "note.md"], embedder=counting)
    report = sync(library_settings, [tmp_path / "two" / "note.md"], embedder=counting)
    assert report.unchanged == ["added/note.md"]
    (tmp_path / "one" / "note.md").write_text("A new text.")
    report = sync(library_settings, [tmp_path / "one" / "note.md"], embedder=counting)
    assert report.updated == ["added/note.md"]


def test_a_folder_from_elsewhere_keeps_its_shape(
    library_settings: LibrarySettings, counting: QuickEmbedder, tmp_path: Path
) -> None:
    write(tmp_path / "else", "x/a.md", "x/y/b.md", "x/.hidden.md", "x/c.png")
    report = sync(library_settings, [tmp_path / "else" / "x"], embedder=counting)
    assert report.added == ["added/x/a.md", "added/x/y/b.md"]
    assert [Path(name).name for name in reasons(report)] == ["c.png"]


def test_a_folder_around_the_library_is_not_copied_into_itself(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder, tmp_path: Path
) -> None:
    write(folder, "a.md")
    write(tmp_path, "b.md")
    for _ in range(2):
        report = sync(library_settings, [tmp_path], embedder=counting)
        assert report.failed == []
    assert sorted(state(library_settings)) == ["a.md", f"added/{tmp_path.name}/b.md"]


def test_a_storage_inside_the_documents_folder_is_no_document(
    folder: Path, counting: QuickEmbedder, tmp_path: Path
) -> None:
    settings = LibrarySettings(documents=folder, storage=folder / "storage")
    write(folder, "a.md")
    write(tmp_path, "b.md")
    sync(settings, [tmp_path / "b.md"], embedder=counting)
    report = sync(settings, embedder=counting)
    assert (report.added, report.failed) == (["a.md"], [])
    assert list(state(settings)) == ["a.md", "added/b.md"]


@pytest.mark.parametrize("name", ["missing.md", "~nobody/x.md", "x" * 300, "a.md/below.md"])
def test_a_missing_path_is_a_failure(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder, name: str
) -> None:
    write(folder, "a.md")
    report = sync(library_settings, [folder / "a.md", folder / name], embedder=counting)
    assert report.added == ["a.md"]
    assert "Check the path" in reasons(report)[str(folder / name)]


def test_hidden_files_are_passed_over_and_said_so_when_asked_for(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder, tmp_path: Path
) -> None:
    write(folder, ".hidden.md", ".git/x.md", "~$open.docx", "a.md")
    write(tmp_path, ".note.md")
    report = sync(library_settings, embedder=counting)
    assert (report.added, report.failed) == (["a.md"], [])
    asked = [folder / ".hidden.md", folder / ".git" / "x.md", tmp_path / ".note.md"]
    report = sync(library_settings, asked, embedder=counting)
    assert len(report.failed) == 3
    assert all("passed over" in why for _, why in report.failed)


def test_a_link_out_of_the_folder_is_refused_and_one_inside_is_read(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder, tmp_path: Path
) -> None:
    write(tmp_path, "secret.md")
    write(folder, "a.md")
    (folder / "out.md").symlink_to(tmp_path / "secret.md")
    (folder / "in.md").symlink_to("a.md")
    (folder / "loop.md").symlink_to("loop.md")
    report = sync(library_settings, embedder=counting)
    assert report.added == ["a.md", "in.md"]
    assert "link" in reasons(report)["out.md"]
    assert "loop.md" in reasons(report)


STRANGE = [
    b"with space.md", "\U0001f600 ñ.md".encode(), b"new\nline.md", b"-rf.md", b"[a]*?.md",
    b"bad-\xff\xfe.md",
]  # fmt: skip


def test_files_with_strange_names_are_documents(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder
) -> None:
    for name in STRANGE:
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_text("Some text.")
    report = sync(library_settings, embedder=counting)
    assert report.failed == []
    expected = sorted(name.decode("utf-8", "replace") for name in STRANGE)
    assert sorted(state(library_settings)) == expected
    assert len(sync(library_settings, embedder=counting).unchanged) == len(STRANGE)


def test_a_strange_name_from_elsewhere_is_added_and_updated(
    library_settings: LibrarySettings, counting: QuickEmbedder, tmp_path: Path
) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad-\xff.md"))
    path.write_text("Some text.")
    assert sync(library_settings, [path], embedder=counting).added == ["added/bad-\ufffd.md"]
    path.write_text("Another text.")
    assert sync(library_settings, [path], embedder=counting).updated == ["added/bad-\ufffd.md"]


def test_two_names_that_come_out_alike_are_told(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder
) -> None:
    for name in (b"bad-\xff.md", b"bad-\xfe.md"):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_text("Some text.")
    report = sync(library_settings, embedder=counting)
    assert len(report.added) == len(report.failed) == 1


def test_a_rebuild_starts_from_nothing_and_takes_in_everything(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder
) -> None:
    write(folder, "a.md", "b.md")
    sync(library_settings, embedder=counting)
    before = state(library_settings)
    report = sync(library_settings, [folder / "a.md"], rebuild=True, embedder=counting)
    assert report.added == ["a.md", "b.md"]
    assert state(library_settings) == before


def test_another_embedder_is_refused_with_both_names_and_the_remedy(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder
) -> None:
    write(folder, "a.md")
    sync(library_settings, embedder=counting)
    other = library_settings.model_copy(update={"embed_model": "bge-small"})
    for act in (lambda: sync(other), lambda: open_library(other)):
        with pytest.raises(LibraryError) as caught:
            act()
        for part in ("all-MiniLM-L6-v2", "bge-small", "footnote ingest --rebuild"):
            assert part in str(caught.value)
    sync(other, rebuild=True, embedder=QuickEmbedder("bge-small"))
    library = open_library(other)
    assert library.meta["embed_model"] == "bge-small"
    library.close()


def test_other_chunk_sizes_split_everything_again_whatever_the_paths(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder
) -> None:
    long = (
        " ".join(f"The river rose for the {n} time over its bridges." for n in range(40)) + "{}{}"
    )
    write(folder, "a.md", "b.md", text=long)
    before = sync(library_settings, embedder=counting).chunks
    smaller = library_settings.model_copy(update={"chunk_tokens": 64})
    report = sync(smaller, [folder / "a.md"], embedder=counting)
    assert report.documents == 2
    assert report.chunks > 2 * before
    assert len(state(smaller)) == 2


def test_a_missing_documents_folder_does_not_empty_the_library(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder
) -> None:
    write(folder, "a.md")
    sync(library_settings, embedder=counting)
    folder.rename(folder.with_name("unplugged"))
    with pytest.raises(LibraryError, match="FOOTNOTE_DOCUMENTS"):
        sync(library_settings, embedder=counting)
    assert list(state(library_settings)) == ["a.md"]
    folder.mkdir()
    assert sync(library_settings, embedder=counting).removed == ["a.md"]
    with pytest.raises(EmptyLibraryError):
        open_library(library_settings)


def test_an_unreadable_subfolder_keeps_its_documents(
    folder: Path, counting: QuickEmbedder, tmp_path: Path
) -> None:
    # A path longer than the system allows is unreadable to everyone, root included.
    deep = Path(*["d" * 200] * 17)
    outer = tmp_path / "e"
    here = folder
    for part in deep.parts:
        here = here / part
    os.makedirs(here)
    write(here, "deep.md")
    write(folder, "a.md")
    storage = tmp_path / "storage"
    sync(LibrarySettings(documents=folder, storage=storage), embedder=counting)
    longer = outer / ("x" * 250) / ("y" * 250) / ("z" * 250)
    longer.mkdir(parents=True)
    folder.rename(longer / "documents")
    moved = LibrarySettings(documents=longer / "documents", storage=storage)
    try:
        report = sync(moved, embedder=counting)
        assert report.removed == []
        assert "folder cannot be read" in report.failed[0][1]
        assert len(state(moved)) == 2
    finally:
        (longer / "documents").rename(folder)


def test_an_empty_folder_makes_an_empty_library(
    library_settings: LibrarySettings, counting: QuickEmbedder
) -> None:
    report = sync(library_settings, embedder=counting)
    assert (report.documents, report.chunks, report.failed) == (0, 0, [])
    with pytest.raises(EmptyLibraryError, match="footnote ingest"):
        open_library(library_settings)


KILLED = """
import os, signal, sys
from ingest.settings import LibrarySettings
from ingest.progress import Silent
from ingest.sync import sync
from tests.ingest.fakes import QuickEmbedder
import ingest.build
ingest.build._WINDOW_CHUNKS = 1
class Deadly(Silent):
    left = int(sys.argv[1])
    def file_done(self, doc_id):
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
sync(LibrarySettings.load(), progress=Deadly(), embedder=QuickEmbedder())
"""


def test_a_killed_run_is_finished_by_the_next_one(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder, python, tmp_path: Path
) -> None:
    write(folder, *(f"{n}.md" for n in range(6)))
    sync(library_settings, [folder / "0.md", folder / "1.md"], embedder=counting)
    before = state(library_settings)
    write(folder, "1.md", text="A new text. {}{}")
    (folder / "0.md").unlink()
    done = python(["-c", KILLED, "3"])
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert state(library_settings) == before  # readers still see the old generation whole
    (folder / "2.md").unlink()  # it may already be in the half-built generation
    report = sync(library_settings, embedder=counting)
    assert report.embedded_chunks < 5  # some of the killed run's work was kept
    assert report.removed == ["0.md"]
    assert report.updated == ["1.md"]
    assert report.added == ["3.md", "4.md", "5.md"]
    clean = library_settings.model_copy(update={"storage": tmp_path / "clean"})
    sync(clean, embedder=counting)
    assert state(library_settings) == state(clean)


def test_a_run_that_is_not_the_killed_one_does_not_take_up_its_work(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder, python
) -> None:
    write(folder, "a.md", "b.md")
    sync(library_settings, embedder=counting)
    (folder / "a.md").unlink()
    write(folder, "c.md", "d.md")
    assert python(["-c", KILLED, "1"]).returncode == -signal.SIGKILL
    write(folder, "a.md")
    sync(library_settings, [folder / "d.md"], embedder=counting)
    assert sorted(state(library_settings)) == ["a.md", "b.md", "d.md"]


@pytest.mark.parametrize("size", [10_000, 30_000, 100_000])
def test_a_full_disk_is_one_message_and_the_next_run_goes_on(
    library_settings: LibrarySettings, folder: Path, python, counting: QuickEmbedder, size: int
) -> None:
    write(folder, "a.md")
    limited = (
        "import resource, sys\n"
        "from ingest.errors import LibraryError\n"
        "from ingest.settings import LibrarySettings\n"
        "from ingest.sync import sync\n"
        "from tests.ingest.fakes import QuickEmbedder\n"
        "embedder = QuickEmbedder()\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))\n"
        "try: sync(LibrarySettings.load(), embedder=embedder)\n"
        "except LibraryError as exc: print(exc); sys.exit(2)\n"
    )
    done = python(["-c", limited])
    assert done.returncode == 2, done.stderr
    assert b"free space" in done.stdout
    assert sync(library_settings, embedder=counting).added == ["a.md"]


def test_a_reader_keeps_its_generation_while_a_sync_runs(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder
) -> None:
    write(folder, "a.md")
    sync(library_settings, embedder=counting)
    reader = open_library(library_settings)
    write(folder, "b.md")

    seen: list[int] = []

    class Looking(Silent):
        def file_done(self, doc_id: str) -> None:
            with closing(open_library(library_settings)) as library:
                seen.append(library.counts()[0])

    sync(library_settings, embedder=counting, progress=Looking())
    assert seen == [1]
    assert list(reader.documents) == ["a.md"]
    assert reader.vectors.count() == 1
    reader.close()
    assert len(state(library_settings)) == 2


def test_a_failed_sync_can_be_followed_by_another_in_the_same_process(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder
) -> None:
    class Stops(Silent):
        def file_done(self, doc_id: str) -> None:
            raise KeyboardInterrupt

    write(folder, "a.md")
    with pytest.raises(KeyboardInterrupt):
        sync(library_settings, embedder=counting, progress=Stops())
    assert sync(library_settings, embedder=counting, rebuild=True).added == ["a.md"]
    assert list(state(library_settings)) == ["a.md"]


@pytest.mark.slow
def test_many_unchanged_files_are_quick(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder
) -> None:
    for number in range(2000):
        (folder / f"{number}.md").write_text("Same text.")
    sync(library_settings, embedder=counting)
    started = time.monotonic()
    assert len(sync(library_settings, embedder=counting).unchanged) == 2000
    assert time.monotonic() - started < 5


def test_deterministic_ids_make_two_libraries_alike(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder, tmp_path: Path
) -> None:
    write(folder, "a.md", "b.md")
    sync(library_settings, embedder=counting)
    other = library_settings.model_copy(update={"storage": tmp_path / "other"})
    sync(other, [folder / "b.md"], embedder=counting)
    sync(other, embedder=counting)
    assert state(other) == state(library_settings)

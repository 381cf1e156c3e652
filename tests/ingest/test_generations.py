from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from ingest.errors import EmptyLibraryError, LibraryError, LibraryLockedError
from ingest.generations import CATALOG, VECTORS, Generations, copy_generation, hold
from ingest.library import open_library
from ingest.settings import ROOT, LibrarySettings
from ingest.sync import sync
from ingest.vectors import VectorStore
from tests.ingest.fakes import QuickEmbedder

HOLDER = """
import sys
from pathlib import Path
from ingest.generations import Generations
with Generations(Path(sys.argv[1])).writing():
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other_writer(library_settings: LibrarySettings) -> Iterator[subprocess.Popen[bytes]]:
    """A second process that holds the writer's lock until its input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(library_settings.storage)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def tree(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def test_a_second_writer_is_refused_by_name_and_leaves_no_trace(
    library_settings: LibrarySettings,
    folder: Path,
    tmp_path: Path,
    other_writer: subprocess.Popen[bytes],
) -> None:
    (tmp_path / "note.md").write_text("Some text.")
    before = tree(library_settings.storage)
    with pytest.raises(LibraryLockedError) as caught:
        sync(library_settings, [tmp_path / "note.md"], embedder=QuickEmbedder())
    assert f"process {other_writer.pid} on {socket.gethostname()}" in str(caught.value)
    assert tree(library_settings.storage) == before


def test_a_killed_writer_holds_nothing_up(
    library_settings: LibrarySettings, other_writer: subprocess.Popen[bytes]
) -> None:
    other_writer.kill()
    other_writer.wait()
    with Generations(library_settings.storage).writing():
        pass


def test_two_writers_in_one_process_are_refused_too(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    who = f"process {os.getpid()} "
    with generations.writing(), pytest.raises(LibraryLockedError, match=who):
        generations.writing().__enter__()
    with generations.writing():
        pass


def test_a_storage_that_cannot_be_made_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(LibraryError, match="FOOTNOTE_STORAGE"):
        Generations(tmp_path / "file").writing().__enter__()


def test_an_empty_storage_has_no_current_generation(tmp_path: Path) -> None:
    assert Generations(tmp_path / "nothing").current() is None
    Generations(tmp_path / "nothing").prune()
    assert not (tmp_path / "nothing").exists()


def test_an_old_generation_lives_as_long_as_its_reader(
    library_settings: LibrarySettings, folder: Path
) -> None:
    embedder = QuickEmbedder()
    library = library_settings.storage / "library"

    def change(text: str) -> None:
        (folder / "a.md").write_text(text)
        sync(library_settings, embedder=embedder)

    change("One.")
    reader = open_library(library_settings)
    change("Two.")
    change("Three.")
    names = [path.name for path in sorted(library.glob("gen-*"))]
    assert names == ["gen-000001", "gen-000003"]
    assert reader.document("a.md").text == "One."
    assert reader.vectors.count() == 1
    reader.close()
    sync(library_settings, embedder=embedder)
    assert [path.name for path in library.glob("gen-*")] == ["gen-000003"]


def test_a_generation_that_is_being_deleted_cannot_be_held(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        hold(tmp_path / "gen-000001")
    (tmp_path / "gen-000001").mkdir()
    with pytest.raises(FileNotFoundError):
        hold(tmp_path / "gen-000001")


def test_a_pointer_to_nothing_is_a_damaged_library_that_a_rebuild_mends(
    library_settings: LibrarySettings, tmp_path: Path
) -> None:
    library = library_settings.storage / "library"
    library.mkdir(parents=True)
    (library / "CURRENT").write_text("gen-000007\n")
    for act in (lambda: open_library(library_settings), lambda: sync(library_settings)):
        with pytest.raises(LibraryError, match="ingest --rebuild"):
            act()
    library_settings.documents.mkdir(exist_ok=True)
    (library_settings.documents / "a.md").write_text("One.")
    assert sync(library_settings, rebuild=True, embedder=QuickEmbedder()).added == ["a.md"]
    open_library(library_settings).close()


@pytest.mark.parametrize("pointer", ["", "nonsense"])
def test_a_pointer_that_names_no_generation_is_an_empty_library(
    library_settings: LibrarySettings, pointer: str
) -> None:
    library = library_settings.storage / "library"
    library.mkdir(parents=True)
    (library / "CURRENT").write_text(pointer)
    with pytest.raises(EmptyLibraryError):
        open_library(library_settings)
    assert sync(library_settings, rebuild=True, embedder=QuickEmbedder()).documents == 0


def test_an_interrupted_copy_is_begun_again(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    staged = generations.stage({"base": ""}, resume=True)
    (staged / "half").write_text("x")
    assert not generations.is_prepared(staged)
    assert list(generations.stage({"base": ""}, resume=True).iterdir()) == []
    generations.mark_prepared(staged, {"base": ""})
    (staged / "whole").write_text("x")
    assert (generations.stage({"base": ""}, resume=True) / "whole").exists()
    assert not (generations.stage({"base": "other"}, resume=True) / "whole").exists()


def test_a_copy_is_whole_while_a_reader_has_the_source_open(tmp_path: Path) -> None:
    source, target = tmp_path / "gen-000001", tmp_path / "gen-000002"
    source.mkdir()
    target.mkdir()
    with closing(sqlite3.connect(source / CATALOG)) as database:
        database.execute("CREATE TABLE t (x)")
    vectors = np.eye(8, dtype=np.float32)
    names = [f"c{n}" for n in range(8)]
    with closing(VectorStore.create(source / VECTORS, {"made": "so"})) as store:
        store.upsert(names, vectors, ["d"] * 8)
    (source / "read.lock").write_text("")
    with closing(VectorStore.open(source / VECTORS)) as reader:
        assert reader.nearest(vectors[3], 1)[0][0] == "c3"
        copy_generation(source, target)
        with closing(VectorStore.create(target / VECTORS, {"made": "so"})) as copy:
            copy.delete(names)
            assert (copy.count(), reader.count()) == (0, 8)
        assert reader.nearest(vectors[3], 1)[0][0] == "c3"
    assert not (target / "read.lock").exists()

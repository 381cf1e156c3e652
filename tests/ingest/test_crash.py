"""An ingest that is killed at random moments ends, when it is let, where a clean one ends."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ingest.document import Chunk, Document
from ingest.embed import Embedder
from ingest.errors import EmptyLibraryError
from ingest.library import Library, open_library
from ingest.settings import ROOT, LibrarySettings
from ingest.sync import sync

KILLS = 30
# The real command, with windows so small that a kill falls between them as well as into one.
INGEST = (
    "import ingest.build, ingest.cli, typer\n"
    "ingest.build._WINDOW_CHUNKS = 24\n"
    "cli = typer.Typer(); cli.command()(ingest.cli.ingest); cli(['--json'])\n"
)
QUESTIONS = ["remittances and GDP", "Safe Third Country Agreement", "corruption of the police"]


def contents(library: Library) -> tuple[dict[str, Document], dict[str, Chunk]]:
    documents = {
        doc_id: replace(document, indexed_at="") for doc_id, document in library.documents.items()
    }
    return documents, dict(library.chunks)


def flip(folder: Path, turn: int) -> None:
    """Bring the folder into another state: changed, renamed, removed and new files."""
    dossier = sorted((ROOT / "data" / "documents").iterdir())
    shutil.rmtree(folder)
    folder.mkdir()
    for number, path in enumerate(dossier):
        if (number + turn) % 5 == 0:
            continue  # removed in this state
        name = f"renamed-{turn}-{path.name}" if (number + turn) % 4 == 0 else path.name
        data = path.read_bytes()
        if path.suffix in (".md", ".txt") and (number + turn) % 3 == 0:
            data += f"\n\nState {turn} of the folder has one more paragraph here.\n".encode()
        (folder / name).write_bytes(data)


@pytest.mark.slow
def test_thirty_kills_at_random_moments_lose_and_double_nothing(
    library_settings: LibrarySettings,
    folder: Path,
    tmp_path: Path,
    models: Path,
    embedder: Embedder,
) -> None:
    chance = random.Random(20261124)
    storage = library_settings.storage
    storage.mkdir()
    (storage / "models").symlink_to(models)
    environ = {
        **os.environ,
        "FOOTNOTE_DOCUMENTS": str(folder),
        "FOOTNOTE_STORAGE": str(storage),
    }

    said = tmp_path / "said.txt"

    def start() -> subprocess.Popen[bytes]:
        with said.open("wb") as stderr:
            return subprocess.Popen(
                [sys.executable, "-c", INGEST],
                cwd=ROOT,
                env=environ,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
            )

    flip(folder, 0)
    began = time.monotonic()
    run = start()
    assert run.wait() == 0, said.read_text()
    longest = time.monotonic() - began
    turn, kills, finished = 1, 0, 0
    flip(folder, turn)
    with closing(open_library(library_settings)) as library:
        before = contents(library)
    while kills < KILLS:
        run = start()
        try:
            run.wait(timeout=chance.uniform(0.05, longest))
        except subprocess.TimeoutExpired:
            run.send_signal(signal.SIGKILL)
            run.wait()
            kills += 1
        else:
            assert run.returncode == 0, said.read_text()
            finished += 1
        with closing(open_library(library_settings)) as library:
            now = contents(library)
            assert library.vectors.ids() == set(now[1])
            if now != before:  # published whole, also where the kill came after that
                turn += 1
                flip(folder, turn)
                before = now
    assert turn > 2, "the kills came too early to test more than one state"
    report = sync(library_settings, embedder=embedder)
    assert report.failed == []

    clean = LibrarySettings(documents=folder, storage=tmp_path / "clean")
    sync(clean, embedder=embedder)
    compare(library_settings, clean, embedder)
    assert files(storage) == files(clean.storage)


def compare(one: LibrarySettings, other: LibrarySettings, embedder: Embedder) -> None:
    with closing(open_library(one)) as killed, closing(open_library(other)) as whole:
        documents, chunks = contents(killed)
        assert (documents, chunks) == contents(whole)
        mine, theirs = killed.vectors.vectors(list(chunks)), whole.vectors.vectors(list(chunks))
        assert mine.keys() == theirs.keys() == chunks.keys()
        assert min(float(np.dot(mine[name], theirs[name])) for name in chunks) >= 0.9999
        for question in QUESTIONS:
            vector = embedder.embed_query(question)
            found = killed.nearest(vector, 10), whole.nearest(vector, 10)
            assert [name for name, _ in found[0]] == [name for name, _ in found[1]]


def files(storage: Path) -> set[str]:
    """The files of a storage, whatever the number of its generation."""
    found = set()
    for path in storage.rglob("*"):
        place = path.relative_to(storage)
        if path.is_file() and place.parts[0] != "models":
            parts = ["gen" if part.startswith("gen-") else part for part in place.parts]
            # What Chroma keeps in its own folder depends on how the vectors came in.
            found.add("/".join(parts[: parts.index("chroma") + 1] if "chroma" in parts else parts))
    return found


def test_a_run_interrupted_from_the_keyboard_ends_quickly_and_whole(
    library_settings: LibrarySettings, folder: Path, python: Callable[..., object]
) -> None:
    for number in range(40):
        (folder / f"{number}.md").write_text(f"Text {number} of the river. " * 60)
    script = (
        "from ingest.settings import LibrarySettings\nfrom ingest.sync import sync\n"
        "from ingest.progress import Silent\nfrom tests.ingest.fakes import QuickEmbedder\n"
        "import ingest.build, signal, os\ningest.build._WINDOW_CHUNKS = 4\n"
        # What is started in the background by a script inherits that the signal is ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "class Stops(Silent):\n"
        "    left = 10\n"
        "    def file_done(self, doc_id):\n"
        "        self.left -= 1\n"
        "        if self.left == 0: os.kill(os.getpid(), signal.SIGINT)\n"
        "sync(LibrarySettings.load(), progress=Stops(), embedder=QuickEmbedder())\n"
    )
    began = time.monotonic()
    done = python(["-c", script])
    assert b"KeyboardInterrupt" in done.stderr  # type: ignore[attr-defined]
    assert time.monotonic() - began < 20
    with pytest.raises(EmptyLibraryError):
        open_library(library_settings)
    from tests.ingest.fakes import QuickEmbedder

    counting = QuickEmbedder()
    assert len(sync(library_settings, embedder=counting).added) == 40
    assert counting.embedded < 40 * 2  # some of the work was kept

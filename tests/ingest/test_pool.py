"""Whatever a file does to its reader, the other files are read and the run goes on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ingest.errors import LibraryError
from ingest.limits import MIB, Limits
from ingest.pool import ReaderPool
from ingest.reading import Done, Failed, Message, ReadPart, Request, Splitting
from ingest.settings import ROOT, LibrarySettings
from ingest.sync import sync
from tests.ingest.fakes import QuickEmbedder

HOSTILE = Path(__file__).parent / "hostile"
LIMITS = Limits(seconds=4.0, memory_bytes=1536 * MIB)


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let text files misbehave in the reading processes."""
    monkeypatch.setenv("PYTHONPATH", str(HOSTILE))


@pytest.fixture
def pool() -> Iterator[ReaderPool]:
    with closing(ReaderPool(QuickEmbedder().tokens, Splitting(256), LIMITS)) as made:
        yield made


def written(folder: Path, *texts: str) -> list[Request]:
    requests = []
    for number, text in enumerate(texts):
        path = folder / f"{number}.txt"
        path.write_text(text)
        requests.append(Request(path.name, path, {}))
    return requests


def outcome(pool: ReaderPool, requests: list[Request]) -> dict[str, list[Message]]:
    found: dict[str, list[Message]] = {request.source_id: [] for request in requests}
    for request, message in pool.read(requests):
        found[request.source_id].append(message)
    return found


@pytest.mark.parametrize(
    ("deed", "reason"),
    [
        ("HANG", "longer than 4 s"),
        ("CRASH", "reader crashed"),
        ("LEAVE", "reader crashed"),
        ("EAT", "more memory|longer than|crashed"),  # whichever comes first
        ("RECURSE", "RecursionError"),
        ("CONNECT", "socket.connect is refused"),
        ("LOOK UP", "socket.getaddrinfo is refused"),
        ("RUN", "'true' is not started"),
    ],
)
def test_a_file_that_misbehaves_fails_alone(
    hostile: None, pool: ReaderPool, tmp_path: Path, deed: str, reason: str
) -> None:
    found = outcome(pool, written(tmp_path, "Before.", f"{deed}\nor not", "After.", "And more."))
    (failed,) = found["1.txt"]
    assert isinstance(failed, Failed)
    assert re.search(reason, failed.reason)
    for name in ("0.txt", "2.txt", "3.txt"):
        assert [type(message) for message in found[name]] == [ReadPart, Done]


@pytest.mark.parametrize("deed", ["SLOW BUT ALIVE", "PRINT"])
def test_a_file_that_is_slow_or_noisy_is_read(
    hostile: None, pool: ReaderPool, tmp_path: Path, deed: str
) -> None:
    found = outcome(pool, written(tmp_path, f"{deed}\nor not"))
    assert [type(message) for message in found["0.txt"]] == [ReadPart, Done]


def test_many_files_are_read_by_several_processes(pool: ReaderPool, tmp_path: Path) -> None:
    requests = written(tmp_path, *(f"Text {number}." for number in range(60)))
    found = outcome(pool, requests)
    for request in requests:
        read, done = found[request.source_id]
        assert isinstance(read, ReadPart) and isinstance(done, Done)
        assert read.part.document is not None
        assert read.part.document.text == request.path.read_text()
        assert done.sha256 == read.part.sha256


def test_a_pool_that_is_closed_in_the_middle_leaves_no_process(
    hostile: None, tmp_path: Path
) -> None:
    pool = ReaderPool(QuickEmbedder().tokens, Splitting(256), LIMITS)
    reading = pool.read(written(tmp_path, "First.", "HANG\n", *(["More."] * 40)))
    next(reading)
    children = [process._child for process in pool._processes]
    started = time.monotonic()
    pool.close()
    assert time.monotonic() - started < 5
    assert all(child is None or child.poll() is not None for child in children)


def test_a_process_that_cannot_be_started_is_one_message(
    pool: ReaderPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text("import os; os._exit(3)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(LibraryError, match="cannot be started"):
        outcome(pool, written(tmp_path, "Text."))


def test_a_sync_lists_what_misbehaves_and_indexes_the_rest(
    hostile: None, library_settings: LibrarySettings, folder: Path
) -> None:
    (folder / "a.txt").write_text("The river rose.")
    (folder / "b.txt").write_text("HANG\n")
    (folder / "c.txt").write_text("CRASH\n")
    settings = library_settings.model_copy(update={"file_timeout_s": 1.0})
    report = sync(settings, embedder=QuickEmbedder())
    assert report.added == ["a.txt"]
    assert [name for name, _ in report.failed] == ["b.txt", "c.txt"]
    again = sync(settings, embedder=QuickEmbedder())
    assert (again.unchanged, len(again.failed)) == (["a.txt"], 2)


def test_a_killed_run_takes_its_reading_processes_along(
    hostile: None, library_settings: LibrarySettings, folder: Path
) -> None:
    (folder / "b.txt").write_text("HANG\n")
    script = (
        "from ingest.settings import LibrarySettings\nfrom ingest.sync import sync\n"
        "from tests.ingest.fakes import QuickEmbedder\n"
        "sync(LibrarySettings.load(), embedder=QuickEmbedder())\n"
    )
    environ = {
        **os.environ,
        "FOOTNOTE_DOCUMENTS": str(folder),
        "FOOTNOTE_STORAGE": str(library_settings.storage),
    }
    run = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, env=environ)
    children = Path(f"/proc/{run.pid}/task")
    found: list[int] = []
    deadline = time.monotonic() + 30
    while not found and time.monotonic() < deadline:
        time.sleep(0.1)
        found = [
            int(pid) for file in children.glob("*/children") for pid in file.read_text().split()
        ]
    assert found
    time.sleep(0.5)  # until it is past its start
    run.kill()
    run.wait()
    deadline = time.monotonic() + 10
    while any(_runs(pid) for pid in found) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(_runs(pid) for pid in found)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False

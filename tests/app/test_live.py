"""An engine that runs on while the library changes answers from whole generations only."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from app.engine import FootnoteQueryEngine
from app.records import Question
from app.settings import AppSettings
from ingest.embed import Embedder
from ingest.generations import Generations
from ingest.settings import ROOT
from ingest.sync import sync

Make = Callable[[dict[str, str | bytes]], AppSettings]
Start = Callable[[AppSettings], FootnoteQueryEngine]
OLD = "The lighthouse of Tarrafal was built in 1911."
NEW = "The lighthouse of Tarrafal was built in 1922, as the archive shows."


@pytest.fixture
def start(embedder: Embedder) -> Iterator[Start]:
    """Start engines, and close them after the test."""
    with ExitStack() as stack:
        yield lambda settings: stack.enter_context(FootnoteQueryEngine(settings, embedder))


def ingest_elsewhere(settings: AppSettings) -> subprocess.Popen[bytes]:
    environment = os.environ | {
        "FOOTNOTE_DOCUMENTS": str(settings.documents),
        "FOOTNOTE_STORAGE": str(settings.storage),
    }
    command = [sys.executable, str(ROOT / "footnote.py"), "ingest"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)


@pytest.mark.slow
def test_a_question_sees_the_old_library_or_the_new_one_never_half(
    make_settings: Make, embedder: Embedder, start: Start
) -> None:
    settings = make_settings({"tower.txt": OLD, "other.txt": "Goats live on the island."})
    sync(settings, embedder=embedder)
    engine = start(settings)
    question = Question("When was the lighthouse of Tarrafal built?")
    assert "1911" in engine.answer(question).text

    (settings.documents / "tower.txt").write_text(NEW)
    for number in range(30):
        path = settings.documents / f"filler{number}.txt"
        path.write_text(f"Filler document {number} speaks of harvest {number} and of rain.")
    process = ingest_elsewhere(settings)
    seen: list[str] = []
    while process.poll() is None:
        answer = engine.answer(question)
        assert len(answer.retrieved) in (2, 10)
        seen.append(answer.citations[0].quote)
    assert process.returncode == 0
    assert set(seen) <= {OLD, NEW}
    assert engine.answer(question).citations[0].quote == NEW


@pytest.mark.slow
def test_a_running_server_answers_from_whole_libraries_while_another_process_ingests(
    make_settings: Make, embedder: Embedder
) -> None:
    settings = make_settings({"tower.txt": OLD, "other.txt": "Goats live on the island."})
    sync(settings, embedder=embedder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "FOOTNOTE_DOCUMENTS": str(settings.documents),
        "FOOTNOTE_STORAGE": str(settings.storage),
    }
    command = [sys.executable, str(ROOT / "footnote.py"), "serve", "--port", str(port)]
    server = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            deadline = time.monotonic() + 60
            while not _is_up(client):
                assert time.monotonic() < deadline, "the server did not start"
                time.sleep(0.2)
            assert _year(client) == "1911"
            old, answers = "1911", 0
            for year in ("1922", "1933", "1944"):
                (settings.documents / "tower.txt").write_text(OLD.replace("1911", year))
                for number in range(20):
                    text = f"Filler document {number} speaks of harvest {year} and of rain."
                    (settings.documents / f"filler{number}-{year}.txt").write_text(text)
                process = ingest_elsewhere(settings)
                while process.poll() is None:
                    assert _year(client) in (old, year)
                    answers += 1
                assert process.returncode == 0
                deadline = time.monotonic() + 10
                while _year(client) != year:
                    assert time.monotonic() < deadline, "the server kept to the old library"
                old = year
            assert answers > 6
    finally:
        server.terminate()
        server.wait(30)


def _is_up(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False


def _year(client: httpx.Client) -> str:
    """Ask for the year of the lighthouse; the answer's quote must be of one whole document."""
    response = client.post(
        "/api/ask", json={"question": "When was the lighthouse of Tarrafal built?"}
    )
    assert response.status_code == 200, response.text
    (citation,) = response.json()["citations"]
    quote = str(citation["quote"])
    year = quote.rstrip(".")[-4:]
    assert quote == OLD.replace("1911", year)
    return year


def test_questions_under_way_keep_the_generation_that_they_opened(
    make_settings: Make, embedder: Embedder, start: Start
) -> None:
    settings = make_settings({"tower.txt": OLD})
    sync(settings, embedder=embedder)
    engine = start(settings)
    with engine.live.lease() as index:
        first = index.library.generation
        (settings.documents / "tower.txt").write_text(NEW)
        sync(settings, embedder=embedder)
        assert first.is_dir()
        assert index.library.documents["tower.txt"].text == OLD
        with engine.live.lease() as newer:
            assert newer.library.generation != first
        assert index.nearest(embedder.embed_query("lighthouse"), 1, None)
    (settings.documents / "more.txt").write_text("More about boats.")
    sync(settings, embedder=embedder)
    assert not first.exists()


def test_a_library_let_go_of_during_a_question_may_be_opened_again(
    make_settings: Make, embedder: Embedder, start: Start
) -> None:
    settings = make_settings({"tower.txt": OLD})
    sync(settings, embedder=embedder)
    engine = start(settings)
    with engine.live.lease() as newer, engine.live.lease():
        engine.close()
        with engine.live.lease() as again:
            assert again is not newer and again.library.name == newer.library.name
            assert newer.nearest(embedder.embed_query("lighthouse"), 1, None)
    assert "1911" in engine.answer(Question("When was the lighthouse of Tarrafal built?")).text


def test_a_library_that_fills_while_the_engine_runs_is_found(
    make_settings: Make, embedder: Embedder, start: Start
) -> None:
    settings = make_settings({})
    engine = start(settings)
    engine.refresh()
    (settings.documents / "tower.txt").write_text(OLD)
    sync(settings, embedder=embedder)
    answer = engine.answer(Question("When was the lighthouse of Tarrafal built?"))
    assert "1911" in answer.text


def test_many_threads_may_ask_while_the_library_changes(
    make_settings: Make, embedder: Embedder, start: Start
) -> None:
    settings = make_settings({"tower.txt": OLD})
    sync(settings, embedder=embedder)
    engine = start(settings)
    question = Question("When was the lighthouse of Tarrafal built?")
    failures: list[BaseException] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            try:
                assert engine.answer(question).citations[0].quote in (OLD, NEW)
            except BaseException as exc:
                failures.append(exc)
                return

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for text in (NEW, OLD, NEW):
        (settings.documents / "tower.txt").write_text(text)
        sync(settings, embedder=embedder)
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures
    generations = sorted(Generations(settings.storage).folder.glob("gen-*"))
    assert len(generations) <= 4

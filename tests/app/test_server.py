from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
from fastapi.testclient import TestClient

from app.engine import FootnoteQueryEngine
from app.server import ServerError, create_app, run
from app.settings import AppSettings
from ingest.embed import Embedder
from ingest.settings import ROOT
from ingest.sync import sync

MakeSettings = Callable[[dict[str, str | bytes]], AppSettings]
MakeEngine = Callable[[AppSettings], FootnoteQueryEngine]


@pytest.fixture(scope="module")
def client(engine: FootnoteQueryEngine, dossier: AppSettings) -> Iterator[TestClient]:
    with TestClient(create_app(engine, dossier)) as client:
        yield client


def test_health(client: TestClient) -> None:
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json() == {"status": "ok"}


def test_ask_gives_the_engine_s_record(client: TestClient, engine: FootnoteQueryEngine) -> None:
    question = "When was the Safe Third Country agreement suspended?"
    record = client.post("/api/ask", json={"question": question, "id": 7, "other": 1}).json()
    assert record["id"] == 7
    assert record["question"] == question
    assert record["sentences"]
    with engine.live.lease() as index:
        for citation in record["citations"]:
            text = index.library.documents[citation["document"]].text
            assert text[citation["start"] : citation["end"]] == citation["quote"]


def test_ask_takes_a_history_and_documents(client: TestClient) -> None:
    history = [{"role": "user", "content": "When was the Safe Third Country agreement suspended?"}]
    document = "safe-third-country-agreement.pdf"
    body = {"question": "Who signed it?", "history": history, "documents": [document]}
    record = client.post("/api/ask", json=body).json()
    assert "Safe Third Country" in record["standalone_question"]
    assert {passage["document"] for passage in record["retrieved"]} == {document}


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"{", 400, "not JSON"),
        (b"[" * 100_000, 400, "not JSON"),
        (b"[]", 400, "JSON object"),
        (b"{}", 400, "`question` is missing"),
        (b'{"question": " "}', 400, "question is empty"),
        (json.dumps({"question": "x" * 5000}).encode(), 400, "5,000 characters"),
        (b'{"question": "x", "history": 3}', 400, "`history`"),
        (b'{"question": "x", "documents": ["none.txt"]}', 404, "none.txt"),
        (b'{"question": "' + b"x" * 1_000_001, 400, "longer than 1,000,000 bytes"),
    ],
)
def test_a_bad_question_is_refused_with_one_message(
    client: TestClient, body: bytes, status: int, said: str
) -> None:
    response = client.post("/api/ask", content=body)
    assert response.status_code == status
    assert list(response.json()) == ["error"]
    assert said in response.json()["error"]


def test_search(client: TestClient) -> None:
    found = client.get("/api/search", params={"q": "remittances", "top_k": 3}).json()
    assert found["query"] == "remittances"
    assert len(found["retrieved"]) == 3
    documents = ["overview.md", "glossary.md"]
    limited = client.get("/api/search", params={"q": "remittances", "document": documents}).json()
    assert {passage["document"] for passage in limited["retrieved"]} == set(documents)


@pytest.mark.parametrize(
    ("params", "status", "said"),
    [
        ({}, 400, "`q`"),
        ({"q": "x", "top_k": 0}, 400, "`top_k`"),
        ({"q": " "}, 400, "empty"),
        ({"q": "x", "document": "none.txt"}, 404, "none.txt"),
    ],
)
def test_a_bad_search_is_refused(
    client: TestClient, params: dict[str, str | int], status: int, said: str
) -> None:
    response = client.get("/api/search", params=params)
    assert response.status_code == status
    assert said in response.json()["error"]


def test_documents(client: TestClient, engine: FootnoteQueryEngine) -> None:
    documents = client.get("/api/documents").json()["documents"]
    with engine.live.lease() as index:
        assert [one["document"] for one in documents] == list(index.library.documents)
    assert set(documents[0]) == {
        "document", "title", "format", "pages", "chunks", "bytes", "sha256", "indexed_at",
        "warnings", "authors", "date", "encoding", "sections", "tables", "textless_pages",
        "recognised_pages", "skipped",
    }  # fmt: skip


def test_nothing_else_is_open(client: TestClient) -> None:
    for path in ("/docs", "/redoc", "/gradio_api/docs"):
        assert client.get(path).status_code == 404
    assert client.get("/monitoring").status_code in (403, 404)
    assert client.get("/gradio_api/info").json()["named_endpoints"] == {}
    upload = client.post("/gradio_api/upload", files={"files": ("a.txt", b"some text")})
    assert upload.status_code == 413


def test_the_page_forbids_itself_other_hosts(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy
    assert page.headers["referrer-policy"] == "no-referrer"


def test_an_empty_library_is_said_and_found_when_it_fills(
    make_settings: MakeSettings, small_engine: MakeEngine, embedder: Embedder
) -> None:
    settings = make_settings({"reactor.txt": "The Zorblax reactor was switched on in 1987."})
    question = {"question": "When was the Zorblax reactor switched on?"}
    with TestClient(create_app(small_engine(settings), settings)) as client:
        refused = client.post("/api/ask", json=question)
        assert refused.status_code == 503
        assert "footnote ingest" in refused.json()["error"]
        assert client.get("/api/documents").json() == {"documents": []}
        assert client.get("/").status_code == 200
        sync(settings, embedder=embedder)
        record = client.post("/api/ask", json=question).json()
        assert record["retrieved"][0]["document"] == "reactor.txt"


def test_the_library_is_followed_while_the_app_runs_and_no_longer(
    engine: FootnoteQueryEngine, dossier: AppSettings
) -> None:
    def followers() -> int:
        return sum(thread.name == "footnote-refresh" for thread in threading.enumerate())

    before = followers()
    with TestClient(create_app(engine, dossier)):
        assert followers() == before + 1
    assert followers() == before


def test_a_taken_port_is_refused_before_anything_is_loaded(dossier: AppSettings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServerError, match=rf"{port}.*in use.*--port"):
            run(dossier, "127.0.0.1", port)


def test_an_address_of_another_machine_is_refused(dossier: AppSettings) -> None:
    with pytest.raises(ServerError, match="--host"):
        run(dossier, "203.0.113.7", 7860)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_serve_says_when_it_is_ready_and_stops_on_interrupt(dossier: AppSettings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, str(ROOT / "footnote.py"), "serve", "--port", str(port)]
    environ = os.environ | {"FOOTNOTE_STORAGE": str(dossier.storage)}
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        try:
            started = time.monotonic()
            assert server.stderr.readline() == f"Footnote is ready: http://127.0.0.1:{port}\n"
            assert time.monotonic() - started < 120
            assert httpx.get(f"http://127.0.0.1:{port}/healthz").json() == {"status": "ok"}
        finally:
            server.send_signal(signal.SIGINT)
        assert server.wait(30) == 0
        assert "Traceback" not in server.stderr.read()

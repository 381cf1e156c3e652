"""What the page's tests share: made-up answers, a running server, and a real browser."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
import uvicorn
from playwright.sync_api import Browser, Page

from app.engine import FootnoteQueryEngine
from app.records import Answer, AnswerSentence, Citation, Passage, Verdict
from app.server import create_app
from app.settings import AppSettings
from ingest.embed import Embedder
from ingest.sync import sync
from tests.app.harbour import FILES
from tests.browser import chromium

Serve = Callable[[FootnoteQueryEngine, AppSettings], AbstractContextManager[str]]
OpenPage = Callable[..., Page]


@pytest.fixture
def passage() -> Callable[..., Passage]:
    """Make a passage that starts at offset 100 of its document."""

    def make(text: str, chunk_id: str = "c1", **changes: object) -> Passage:
        values: dict[str, object] = {
            "chunk_id": chunk_id,
            "document": "reactor.txt",
            "title": "The reactor",
            "page": None,
            "section": None,
            "start": 100,
            "end": 100 + len(text),
            "text": text,
            "score": 0.9,
        }
        return Passage(**(values | changes))  # type: ignore[arg-type]

    return make


@pytest.fixture
def cite() -> Callable[[Passage, str, int], Citation]:
    """Make a citation of words in a passage."""

    def make(source: Passage, quote: str, marker: int) -> Citation:
        start = source.start + source.text.index(quote)
        return Citation(
            marker=marker,
            document=source.document,
            title=source.title,
            page=source.page,
            section=source.section,
            start=start,
            end=start + len(quote),
            quote=quote,
            chunk_id=source.chunk_id,
            score=0.8,
        )

    return make


@pytest.fixture
def answer() -> Callable[..., Answer]:
    """Make an answer: a sentence for each citation, its quote word for word."""

    def make(citations: tuple[Citation, ...] = (), **changes: object) -> Answer:
        sentences = tuple(
            AnswerSentence(one.quote, (one.marker,), Verdict.VERBATIM) for one in citations
        )
        values: dict[str, object] = {
            "question": "What does it cost?",
            "standalone_question": "What does it cost?",
            "text": " ".join(f"{one.quote} [{one.marker}]" for one in citations),
            "abstained": False,
            "mode": "extractive",
            "model": "footnote-extractive",
            "sentences": sentences,
            "citations": citations,
            "retrieved": (),
            "missing_terms": (),
            "notices": (),
            "timings_ms": {},
            "confidence": 0.9,
        }
        return Answer(**(values | changes))  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def harbour(
    tmp_path_factory: pytest.TempPathFactory, embedder: Embedder
) -> Iterator[FootnoteQueryEngine]:
    """An engine over the made-up archive of `tests.app.harbour`; not to be written to."""
    folder = tmp_path_factory.mktemp("harbour")
    for name, text in FILES.items():
        path = folder / "documents" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    settings = AppSettings(documents=folder / "documents", storage=folder / "storage")
    assert not sync(settings, embedder=embedder).failed
    with FootnoteQueryEngine(settings, embedder) as engine:
        yield engine


@contextmanager
def running(engine: FootnoteQueryEngine, settings: AppSettings) -> Iterator[str]:
    """Serve the page on a free port, in a thread; yield its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    app = create_app(engine, settings)
    # A page that is still open holds a stream; it is waited for no longer than a second.
    config = uvicorn.Config(app, log_level="warning", ws="none", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        assert time.monotonic() < deadline, "the server did not start within 30 s"
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)
        listener.close()


@pytest.fixture(scope="session")
def site(engine: FootnoteQueryEngine, dossier: AppSettings) -> Iterator[str]:
    """The page over the dossier."""
    with running(engine, dossier) as url:
        yield url


@pytest.fixture(scope="session")
def serve() -> Serve:
    """Serve a library of the test's own."""
    return running


@pytest.fixture
def small_engine(embedder: Embedder) -> Callable[[AppSettings], FootnoteQueryEngine]:
    """Make an engine with the session's embedder."""
    return lambda settings: FootnoteQueryEngine(settings, embedder)


@pytest.fixture(scope="module")  # while it lives, no other event loop can run in this thread
def browser() -> Iterator[Browser]:
    """Chromium, started once."""
    with chromium() as started:
        yield started


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Open the page; at the end, no request has left its origin and no script has failed."""
    contexts = []
    strays: list[str] = []
    faults: list[str] = []

    def visit(url: str, width: int = 1440, height: int = 900, **options: object) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            reduced_motion="reduce",
            **options,  # type: ignore[arg-type]
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on(
            "request",
            lambda sent: (
                None
                if sent.url.startswith((f"{url}/", "data:", "blob:"))
                else strays.append(sent.url)
            ),
        )
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.goto(url)
        page.wait_for_selector(".fn-welcome")
        return page

    yield visit
    for context in contexts:
        context.close()
    assert strays == []
    assert faults == []

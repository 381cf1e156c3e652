"""The server: the chat page and the HTTP API over one engine, on one port."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api import add_api
from app.engine import FootnoteQueryEngine
from app.settings import AppSettings
from ingest.console import notice
from ingest.errors import EmptyLibraryError, FootnoteError
from ingest.library import open_library

_LOG = logging.getLogger(__name__)
_REFRESH_S = 1.0
_GRACE_S = 30  # for answers that are under way
# Gradio's page needs inline and evaluated script; what matters is that nothing of it, and nothing
# in a document's text, can reach another host.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "media-src 'self' data: blob:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class ServerError(FootnoteError):
    """The server cannot start where it was asked to."""


def create_app(engine: FootnoteQueryEngine, settings: AppSettings) -> FastAPI:
    """Build the app: the HTTP API, and the page at the root.

    Args:
        engine: Answers the questions; shared by all requests.
        settings: What the engine was built with.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        stop = threading.Event()
        follower = threading.Thread(
            target=_follow, args=(engine, stop), name="footnote-refresh", daemon=True
        )
        follower.start()
        try:
            yield
        finally:
            stop.set()
            await run_in_threadpool(follower.join, 10 * _REFRESH_S)

    app = FastAPI(title="Footnote", docs_url=None, redoc_url=None, lifespan=lifespan)
    add_api(app, engine)

    app.state.closing = asyncio.Event()
    app.add_middleware(_Gate, closing=app.state.closing)
    # Read when Gradio is imported, so it stands before that import.
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    from app.ui.page import mount_page

    mount_page(app, engine, settings)
    return app


def run(settings: AppSettings, host: str, port: int, *, open_page: bool = False) -> None:
    """Serve until interrupted; says on stderr when the page is ready.

    Args:
        settings: The library and how to answer from it.
        host: Address to bind.
        port: Port to bind.
        open_page: Open the page in a browser, where there is one.

    Raises:
        ServerError: The address cannot be bound; found before any model is loaded.
        LibraryError: There is a library, but it cannot be opened.
    """
    listener = _listen(host, port)
    with listener:
        try:
            open_library(settings).close()
        except EmptyLibraryError as exc:
            notice(f"{exc} The page says so too, and notices when documents arrive.")
        engine = FootnoteQueryEngine(settings)
        app = create_app(engine, settings)
        engine.refresh()
        engine.embedder.embed_query("warm")
        url = f"http://{_reachable(host)}:{port}"

        server = _Server(app, lambda: _ready(url, open_page))
        try:
            server.run(sockets=[listener])
        except KeyboardInterrupt:
            notice("Footnote has stopped.")


class _Gate:
    """Adds the security headers to every response, and ends open streams when the server stops."""

    def __init__(self, app: ASGIApp, closing: asyncio.Event) -> None:
        self._app = app
        self._closing = closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def receive_until_closing() -> Message:
            received = asyncio.ensure_future(receive())
            closed = asyncio.ensure_future(self._closing.wait())
            try:
                await asyncio.wait((received, closed), return_when=asyncio.FIRST_COMPLETED)
                return received.result() if received.done() else {"type": "http.disconnect"}
            finally:
                received.cancel()
                closed.cancel()

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        await self._app(scope, receive_until_closing, send_with_headers)


class _Server(uvicorn.Server):
    """Says when it has started; when it stops, the pages that are open do not hold it up."""

    def __init__(self, app: FastAPI, started: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_level="warning",
                access_log=False,
                ws="none",
                timeout_graceful_shutdown=_GRACE_S,
            )
        )
        self._closing: asyncio.Event = app.state.closing
        self._said_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._said_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._closing.set()
        await super().shutdown(sockets)


def _follow(engine: FootnoteQueryEngine, stop: threading.Event) -> None:
    """Open each new generation of the library as it comes, until told to stop."""
    said = ""
    while True:
        try:
            engine.refresh()
        except Exception as exc:  # the next round may well succeed; a question would say why not
            if str(exc) != said:
                _LOG.exception("the library could not be refreshed")
            said = str(exc)
        if stop.wait(_REFRESH_S):
            return


def _listen(host: str, port: int) -> socket.socket:
    """Bind and listen, so that a taken port is found at once and stays ours."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as exc:
        raise ServerError(
            f"The address {host!r} cannot be used ({exc.strerror}). Choose another with `--host`."
        ) from exc
    try:
        if os.name == "posix":  # elsewhere it would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
    except OSError as exc:
        listener.close()
        if exc.errno == errno.EADDRINUSE:
            raise ServerError(
                f"Port {port} on {host!r} is in use. Stop what runs there, or choose another: "
                f"`footnote serve --port {port + 1 if port < 65535 else port - 1}`."
            ) from exc
        raise ServerError(
            f"Port {port} on {host!r} cannot be opened ({exc.strerror}). "
            "Choose others with `--host` and `--port`."
        ) from exc
    return listener


def _reachable(host: str) -> str:
    """Return the address under which this machine's browser finds the server."""
    if host in ("0.0.0.0", "::", ""):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _ready(url: str, open_page: bool) -> None:
    notice(f"Footnote is ready: {url}")
    if open_page and _has_browser():
        threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


def _has_browser() -> bool:
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))

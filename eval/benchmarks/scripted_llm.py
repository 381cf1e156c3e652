"""A scripted OpenAI-compatible server on loopback: it does what a test says, over real HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Script = Callable[["Exchange"], None]


class Exchange:
    """One request and the means to answer it."""

    def __init__(
        self, handler: BaseHTTPRequestHandler, body: dict[str, Any], stop: threading.Event
    ) -> None:
        """Answer through ``handler``, until ``stop`` is set."""
        self.body = body
        self.path = handler.path
        self.headers = dict(handler.headers.items())
        self._handler = handler
        self._stop = stop

    def head(self, status: int = 200, kind: str = "text/event-stream", **headers: str) -> None:
        """Send the status line and the headers; the connection ends with the answer."""
        self._handler.send_response(status)
        self._handler.send_header("Content-Type", kind)
        self._handler.send_header("Connection", "close")
        for name, value in headers.items():
            self._handler.send_header(name.replace("_", "-"), value)
        self._handler.end_headers()

    def raw(self, text: str) -> None:
        """Send text as it is."""
        self._handler.wfile.write(text.encode())
        self._handler.wfile.flush()

    def event(self, value: object) -> None:
        """Send a server-sent event."""
        self.raw(f"data: {json.dumps(value)}\n\n")

    def delta(self, text: str | None, finish: str | None = None, **more: Any) -> None:
        """Send a piece of an answer as OpenAI does."""
        self.event(
            {
                "id": "chatcmpl-1",
                "object": "chat.completion.chunk",
                "created": 1,
                "model": self.body.get("model"),
                "choices": [
                    {"index": 0, "delta": {"content": text, **more}, "finish_reason": finish}
                ],
            }
        )

    def complete(self, text: str | None, finish: str = "stop", **more: Any) -> None:
        """Send a whole answer as OpenAI does where no stream is asked for."""
        self.head(200, "application/json")
        body = {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": self.body.get("model"),
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": text},
                    "finish_reason": finish,
                }
            ],
        }
        self.raw(json.dumps(body | more))

    def fail(self, status: int, body: str = '{"error": {"message": "no"}}', **headers: str) -> None:
        """Send an error."""
        self.head(status, "application/json", **headers)
        self.raw(body)

    def pause(self, seconds: float) -> bool:
        """Wait; whether the server is still wanted afterwards."""
        return not self._stop.wait(seconds)

    @property
    def prompt(self) -> str:
        """The text of all messages."""
        return "\n".join(message["content"] for message in self.body["messages"])

    @property
    def key(self) -> str:
        """The key that was sent."""
        return self.headers.get("Authorization", "").removeprefix("Bearer ")


class ScriptedServer:
    """Answers each request by the next script, the last one again and again.

    Attributes:
        seen: The requests since `play`.
        scripts: How they are answered.
        stop: Set when the server is wanted no more.
        most_at_once: How many requests were under way at the same time, at most.
    """

    def __init__(self) -> None:
        """Start with no script and nothing seen."""
        self.seen: list[Exchange] = []
        self.scripts: list[Script] = []
        self.stop = threading.Event()
        self.most_at_once = 0
        self._at_once = 0
        self._counting = threading.Lock()

    def play(self, *scripts: Script) -> None:
        """Set the scripts and forget the requests so far."""
        self.scripts = list(scripts)
        self.seen = []
        self.most_at_once = 0

    def take(self, exchange: Exchange) -> None:
        """Answer a request."""
        with self._counting:
            script = self.scripts[min(len(self.seen), len(self.scripts) - 1)]
            self.seen.append(exchange)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            script(exchange)
        finally:
            with self._counting:
                self._at_once -= 1


def says(text: str, *, pieces: int = 8, finish: str = "stop") -> Script:
    """A script that streams a text as OpenAI does."""

    def script(exchange: Exchange) -> None:
        exchange.head()
        exchange.delta("", role="assistant")
        step = max(1, len(text) // pieces)
        for at in range(0, len(text), step):
            exchange.delta(text[at : at + step])
        exchange.delta(None, finish)
        exchange.event({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1,
                        "model": "m", "choices": [], "usage": {"prompt_tokens": 1,
                        "completion_tokens": 1, "total_tokens": 2}})  # fmt: skip
        exchange.raw("data: [DONE]\n\n")

    return script


def says_like_ollama(text: str) -> Script:
    """A script that streams a text as Ollama does: a role in each piece, finish with no text."""

    def script(exchange: Exchange) -> None:
        exchange.head()
        for word in text.split(" "):
            exchange.delta(f"{word} ", role="assistant")
        exchange.delta("", "stop", role="assistant")
        exchange.raw("data: [DONE]\n\n")

    return script


@contextmanager
def scripted_server() -> Iterator[tuple[ScriptedServer, str]]:
    """Run a scripted server; yield it and its base URL."""
    scripted = ScriptedServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Answer by the script."""
            length = int(self.headers.get("Content-Length", "0"))
            body = json.loads(self.rfile.read(length) or b"{}")
            # The client may have had enough, which some tests are about.
            with suppress(BrokenPipeError, ConnectionResetError):
                scripted.take(Exchange(self, body, scripted.stop))

        def log_message(self, format: str, *args: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield scripted, f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        scripted.stop.set()
        server.shutdown()
        server.server_close()
        thread.join(5)

"""What goes to the endpoint and what comes back, at the level of HTTP."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Iterator

import httpx

from app.llm.deadline import Deadline
from app.llm.faults import WebPageError

_OF_ANOTHER_ACCOUNT = ("OpenAI-Organization", "OpenAI-Project")


def is_loopback(url: str) -> bool:
    """Whether an address is this machine's own, which no proxy has to do with."""
    host = httpx.URL(url).host
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def tidy(request: httpx.Request) -> None:
    """Take out what the client library adds from the environment, which is not for this server."""
    for name in _OF_ANOTHER_ACCOUNT:
        request.headers.pop(name, None)


def watch(response: httpx.Response, stop: threading.Event, deadline: Deadline) -> None:
    """Refuse a web page, and have the response's bytes read no longer than they are wanted."""
    kind = response.headers.get("content-type", "")
    if response.is_success and kind.startswith("text/html"):
        raise WebPageError(f"content type {kind!r}")
    assert isinstance(response.stream, httpx.SyncByteStream)
    response.stream = _Watched(response.stream, stop, deadline)


class _Watched(httpx.SyncByteStream):
    """A response's bytes, which end in an error when nobody waits for them any more."""

    def __init__(
        self, stream: httpx.SyncByteStream, stop: threading.Event, deadline: Deadline
    ) -> None:
        self._stream = stream
        self._stop = stop
        self._deadline = deadline

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._stream:
            if self._stop.is_set() or self._deadline.remaining() <= 0.0:
                raise httpx.ReadTimeout("nobody waits for this answer any more")
            yield chunk

    def close(self) -> None:
        self._stream.close()

"""What goes to the judge and what comes back, at the level of HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx

from app.llm.watch import tidy
from eval.ragas.judge_errors import oversized, unreadable, web_page

_MOST_MIB = 8  # a verdict takes some kilobytes


async def tidy_request(request: httpx.Request) -> None:
    """Take out what the client library adds from the environment; ask for an answer as it is."""
    tidy(request)
    request.headers["Accept-Encoding"] = "identity"  # what is unpacked has no bound


async def watch_response(response: httpx.Response) -> None:
    """Refuse a web page and a packed answer, and read no more than an answer can be long.

    Raises:
        JudgeError: The answer is of the wrong kind.
    """
    kind = response.headers.get("content-type", "")
    if response.is_success and kind.startswith("text/html"):
        raise web_page()
    if response.headers.get("content-encoding", "identity") != "identity":
        raise unreadable()
    assert isinstance(response.stream, httpx.AsyncByteStream)
    response.stream = _Bounded(response.stream)


class _Bounded(httpx.AsyncByteStream):
    """A response's bytes, which end in an error when they grow too many."""

    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        seen = 0
        async for chunk in self._stream:
            seen += len(chunk)
            if seen > _MOST_MIB * 1024 * 1024:
                raise oversized(_MOST_MIB)
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()

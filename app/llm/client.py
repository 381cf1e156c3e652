"""The client of an OpenAI-compatible endpoint: a stream of text in bounded time, or a fault.

LlamaIndex's `OpenAILike` speaks to the endpoint, in a thread of its own. The asking thread waits
for each piece no longer than the deadline allows, whatever the other one is held up by: a name
that does not resolve, a server that sends a byte a second, a stream that never ends.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from llama_index.core.base.llms.types import ChatMessage, MessageRole

from app.llm.deadline import Deadline
from app.llm.faults import LlmError, causes, cut_off, timed_out, translate, unreadable
from app.llm.prompt import Message
from app.llm.runaway import is_looping
from app.settings import AppSettings

_LOG = logging.getLogger(__name__)
_CONNECT_S = 10.0
_STALL_S = 20.0  # between two pieces of an answer that has begun
_LONGEST_PAUSE_S = 15.0  # that a Retry-After is honoured for
_BACKOFF_S = 0.5
_PROBE_S = 60.0  # a local server may have to load the model first
_CHARS_A_TOKEN = 12  # more than any model writes; beyond it the endpoint ignores max_tokens
_NO_KEY = "none"  # the client library takes the environment's OPENAI_API_KEY for an empty one


class Delta(NamedTuple):
    """A piece of an answer; ``finish`` says why the answer ends, with its last piece."""

    text: str
    finish: str | None = None


@dataclass(frozen=True, slots=True)
class _Failed:
    error: Exception


class LlmClient:
    """Asks the endpoint of the settings; safe to share between threads."""

    def __init__(self, settings: AppSettings) -> None:
        """Take the endpoint from the settings; nothing is imported or opened yet."""
        if settings.llm_base_url is None or settings.llm_model is None:
            raise ValueError("LlmClient needs llm_base_url and llm_model")
        self.model = settings.llm_model
        self._settings = settings

    def __repr__(self) -> str:
        """Name endpoint and model, never the key."""
        return f"LlmClient(base_url={self._settings.llm_base_url!r}, model={self.model!r})"

    def stream(
        self,
        messages: Sequence[Message],
        deadline: Deadline,
        *,
        max_tokens: int | None = None,
        retries: int | None = None,
    ) -> Iterator[Delta]:
        """Ask, and yield the answer as it comes.

        A request that failed before its first piece is sent again where that may help, after the
        pause that the endpoint asks for or a growing one.

        Args:
            messages: The prompt.
            deadline: Nothing is waited for beyond it.
            max_tokens: Longest answer; the setting by default.
            retries: How often to ask again; the setting by default.

        Raises:
            LlmError: There is no whole answer; the pieces that came are not one.
        """
        most = self._settings.llm_max_tokens if max_tokens is None else max_tokens
        left = self._settings.llm_retries if retries is None else retries
        pause = _BACKOFF_S
        while True:
            begun = False
            try:
                for delta in self._ask(messages, deadline, most):
                    begun = begun or bool(delta.text)
                    yield delta
                return
            except LlmError as exc:
                wait = pause if exc.retry_after_s is None else exc.retry_after_s
                allowed = min(_LONGEST_PAUSE_S, deadline.remaining())
                if begun or not exc.retried or left <= 0 or wait >= allowed:
                    raise
                _LOG.info("asking %r again in %.1f s: the LLM %s", self.model, wait, exc.reason)
            time.sleep(wait)
            pause *= 2
            left -= 1

    def complete(self, messages: Sequence[Message], deadline: Deadline, *, max_tokens: int) -> str:
        """Ask once and return the whole answer.

        Raises:
            LlmError: There is none.
        """
        deltas = self.stream(messages, deadline, max_tokens=max_tokens, retries=0)
        return "".join(delta.text for delta in deltas)

    def probe(self) -> float:
        """Have the model say a word, and return how long that took, in seconds.

        Raises:
            LlmError: It did not, within the settings' time; no more than a minute.
        """
        began = time.perf_counter()
        deadline = Deadline(min(_PROBE_S, self._settings.llm_timeout_s))
        for _ in self.stream([Message("user", "Say OK.")], deadline, max_tokens=16, retries=0):
            pass
        return time.perf_counter() - began

    def _ask(
        self, messages: Sequence[Message], deadline: Deadline, max_tokens: int
    ) -> Iterator[Delta]:
        """Send one request and yield what comes, held to the deadline and to sanity."""
        arrived: queue.SimpleQueue[Delta | _Failed] = queue.SimpleQueue()
        stop = threading.Event()
        threading.Thread(
            target=self._read,
            args=(messages, max_tokens, deadline, arrived, stop),
            name="footnote-llm",
            daemon=True,  # a request that hangs does not hold up the end of the program
        ).start()
        text = ""
        patience = deadline.remaining()
        try:
            while True:
                try:
                    item = arrived.get(timeout=max(0.001, patience))
                except queue.Empty:
                    raise timed_out(None if text else deadline.seconds) from None
                if isinstance(item, _Failed):
                    raise self._fault(item.error, deadline) from item.error
                if item.text:
                    text += item.text
                    if is_looping(text):
                        raise LlmError("repeats itself", "Use another model.")
                    if len(text) > max_tokens * _CHARS_A_TOKEN:
                        raise LlmError("does not stop writing", "Use another model.")
                if item.text or item.finish:
                    yield item
                if item.finish is not None:
                    return
                patience = deadline.remaining()
                if text:
                    patience = min(patience, _STALL_S)
                if patience <= 0.0:
                    raise timed_out(deadline.seconds)
        finally:
            stop.set()

    def _fault(self, error: Exception, deadline: Deadline) -> Exception:
        """Return what an error means, its cause written to the log without the key."""
        fault = translate(error)
        if fault is None:
            return error
        told = " from ".join(repr(cause) for cause in causes(error))
        _LOG.warning("LLM %r: the LLM %s: %s", self.model, fault.reason, self._without_key(told))
        return timed_out(deadline.seconds) if deadline.remaining() <= 0.0 else fault

    def _without_key(self, text: str) -> str:
        key = self._key()
        return text if key == _NO_KEY else text.replace(key, "********")

    def _key(self) -> str:
        secret = self._settings.llm_api_key
        return secret.get_secret_value() if secret is not None else _NO_KEY

    def _read(
        self,
        messages: Sequence[Message],
        max_tokens: int,
        deadline: Deadline,
        arrived: queue.SimpleQueue[Delta | _Failed],
        stop: threading.Event,
    ) -> None:
        """Read one answer into the queue, in the thread; it ends in a finish or in a failure.

        The client libraries are imported here: they take a second that other answers do not wait.
        """
        try:
            import httpx
            from llama_index.llms.openai_like import OpenAILike

            from app.llm.watch import is_loopback, tidy, watch

            # A client an answer: closing it ends the request, and no idle connection goes stale.
            with httpx.Client(
                event_hooks={
                    "request": [tidy],
                    "response": [lambda response: watch(response, stop, deadline)],
                },
                follow_redirects=False,  # documents go to the configured address, no other
                trust_env=not is_loopback(self._settings.llm_base_url or ""),  # proxies
            ) as http:
                llm = OpenAILike(
                    model=self.model,
                    api_base=self._settings.llm_base_url,
                    api_key=self._key(),
                    is_chat_model=True,
                    context_window=self._settings.llm_context_tokens,
                    temperature=0.0,
                    max_retries=0,
                    http_client=http,
                )
                left = max(0.001, deadline.remaining())
                begun = False
                for response in llm.stream_chat(
                    [ChatMessage(role=MessageRole(role), content=text) for role, text in messages],
                    max_tokens=max_tokens,
                    timeout=httpx.Timeout(left, connect=min(_CONNECT_S, left)),
                ):
                    delta = Delta(response.delta or "", _finish(response.raw))
                    arrived.put(delta)
                    begun = True
                    if delta.finish is not None:
                        return
            arrived.put(_Failed(cut_off() if begun else unreadable()))
        except Exception as exc:  # handed to the asking thread, which raises it
            arrived.put(_Failed(exc))


def _finish(raw: Any) -> str | None:
    """Return why a chunk of the stream is the last, None where it is not."""
    return next((choice.finish_reason for choice in raw.choices if choice.finish_reason), None)

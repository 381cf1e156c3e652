"""The judge's endpoint: a prompt in, an answer of the right form out, in bounded time and count.

RAGAS would have the library `instructor` ask. This client does it itself, so that each request is
counted, repeated no more often than the settings say, and held to limits of time and size.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from eval.ragas.judge_errors import JudgeError, cut_at, misfit, understood, unreadable
from eval.ragas.judge_usage import Tally
from eval.settings import EvalSettings

if TYPE_CHECKING:
    from openai import AsyncOpenAI

TEMPERATURE = 0.0
_NO_KEY = "none"  # the client library takes the environment's OPENAI_API_KEY for an empty one
_CONNECT_S = 10.0
_BACKOFF_S = 0.5  # doubled by each retry
_LONGEST_PAUSE_S = 60.0  # that a Retry-After is honoured for
_REPEATED_CHARS = 4000  # of an answer that did not fit, when it is shown to the judge again
_PROBE = 'Answer in JSON, with this object: {"word": "OK"}'
T = TypeVar("T")


class MisfitError(ValueError):
    """An answer's text does not have the form that was asked for; the message says why."""


class JudgeClient:
    """Asks the judge of the settings, from inside one event loop; made by `connected`."""

    def __init__(self, settings: EvalSettings, openai: AsyncOpenAI) -> None:
        """Ask through a client of the endpoint."""
        self._settings = settings
        self._create: Callable[..., Awaitable[Any]] = openai.chat.completions.create
        self._options: Mapping[str, Any] = {
            "temperature": TEMPERATURE,
            "max_tokens": settings.judge_max_tokens,
            "response_format": {"type": "json_object"},
        }
        self._not_before = 0.0  # the endpoint wants to be left alone until then

    async def ask(self, prompt: str, read: Callable[[str], T], tally: Tally) -> T:
        """Ask, and again where that may help, until an answer has the form that is wanted.

        Args:
            prompt: What the judge is to do, with the word JSON in it, which OpenAI wants to see.
            read: Reads an answer's text; raises `MisfitError` where that has another form. The
                judge is then told so.
            tally: Counts each request.

        Raises:
            JudgeError: There is no such answer.
        """
        asked = [{"role": "user", "content": prompt}]
        messages, pause, left = asked, _BACKOFF_S, self._settings.judge_retries
        misfits = 0
        while True:
            try:
                text = await self._request(messages, tally)
            except JudgeError as exc:
                tally.fault(exc.kind)
                wait = pause if exc.retry_after_s is None else exc.retry_after_s
                if not exc.retried or left <= 0 or wait > _LONGEST_PAUSE_S:
                    raise
                if exc.retry_after_s is not None:  # it means the others as well
                    self._not_before = max(self._not_before, time.monotonic() + wait)
                else:
                    await asyncio.sleep(wait)
                    pause *= 2
            else:
                try:
                    return read(text)
                except MisfitError as exc:
                    tally.fault("malformed")
                    misfits += 1
                    if left <= 0:
                        raise misfit(misfits) from exc
                    # At temperature 0 the same question would get the same answer.
                    messages = [*asked, *_correction(text, exc)]
            left -= 1
            tally.retries += 1

    async def _request(self, messages: list[dict[str, str]], tally: Tally) -> str:
        """Send a request and return the answer's text; options that are refused are given up.

        Raises:
            JudgeError: There is none.
        """
        from openai import BadRequestError

        seconds = self._settings.judge_timeout_s
        while True:
            await asyncio.sleep(max(0.0, self._not_before - time.monotonic()))
            options = self._options
            tally.requests += 1
            try:
                async with asyncio.timeout(seconds):  # for the whole, whatever drips in
                    completion = await self._create(
                        model=self._settings.judge_model, messages=messages, **options
                    )
            except BadRequestError as exc:
                self._options = _given_up(self._options, str(exc.body))
                if self._options == options:
                    raise _fault(exc, seconds) from exc
                tally.retries += 1
            except Exception as exc:
                raise _fault(exc, seconds) from exc
            else:
                return self._text(completion, tally)

    def _text(self, completion: Any, tally: Tally) -> str:
        """Return what a completion says; the endpoint may have sent anything."""
        usage = getattr(completion, "usage", None)
        read, written = (
            getattr(usage, name, None) for name in ("prompt_tokens", "completion_tokens")
        )
        if isinstance(read, int) and isinstance(written, int) and min(read, written) >= 0:
            tally.prompt_tokens += read
            tally.completion_tokens += written
        else:
            tally.unmetered += 1
        choices = getattr(completion, "choices", None)
        if not isinstance(choices, list) or not choices:
            raise unreadable()
        text = getattr(getattr(choices[0], "message", None), "content", None)
        if getattr(choices[0], "finish_reason", None) == "length":
            raise cut_at(self._settings.judge_max_tokens)
        if not isinstance(text, str) or not text.strip():
            raise unreadable()
        return text


def probe(settings: EvalSettings) -> float:
    """Have the judge say a word, and return how long that took, in seconds.

    Raises:
        JudgeError: It did not.
    """

    async def ask() -> float:
        once = settings.model_copy(update={"judge_retries": 0})
        async with connected(once) as client:
            began = time.perf_counter()  # the client's libraries are loaded now
            await client.ask(_PROBE, str, Tally())
            return time.perf_counter() - began

    return asyncio.run(ask())


@asynccontextmanager
async def connected(settings: EvalSettings) -> AsyncIterator[JudgeClient]:
    """Connect to the judge, with our own limits on what it may send.

    Raises:
        JudgeError: The client library is not installed.
    """
    if settings.judge_base_url is None or settings.judge_model is None:
        raise ValueError("a judge needs judge_base_url and judge_model")
    try:
        import httpx
        from openai import AsyncOpenAI

        from app.llm.watch import is_loopback
        from eval.ragas.judge_watch import tidy_request, watch_response
    except ImportError as exc:
        raise JudgeError(
            "client is not installed", "Install the project's packages: `make setup`."
        ) from exc
    key = settings.judge_api_key
    jobs = settings.judge_jobs
    async with httpx.AsyncClient(
        event_hooks={"request": [tidy_request], "response": [watch_response]},
        follow_redirects=False,  # documents go to the configured address, no other
        trust_env=not is_loopback(settings.judge_base_url),  # proxies
        timeout=httpx.Timeout(settings.judge_timeout_s, connect=_CONNECT_S),
        limits=httpx.Limits(max_connections=jobs, max_keepalive_connections=jobs),
    ) as http:
        yield JudgeClient(
            settings,
            AsyncOpenAI(
                base_url=settings.judge_base_url,
                api_key=key.get_secret_value() if key is not None else _NO_KEY,
                max_retries=0,
                timeout=http.timeout,
                http_client=http,
            ),
        )


def _fault(exc: Exception, timeout_s: float) -> Exception:
    """Return what an exception means, or the exception where it is a defect of this program."""
    return understood(exc, timeout_s) or exc


def _correction(text: str, misfit: MisfitError) -> list[dict[str, str]]:
    """Return the turns that show the judge its answer and what is wrong with it."""
    told = f"That does not fit: {misfit}. Answer again, with nothing but JSON of the given schema."
    return [
        {"role": "assistant", "content": text[:_REPEATED_CHARS]},
        {"role": "user", "content": told},
    ]


def _given_up(options: Mapping[str, Any], told: str) -> Mapping[str, Any]:
    """Return the options without those that an endpoint refuses, by what it says.

    Reasoning models take no temperature and call the longest answer otherwise; some servers know
    no JSON mode. The prompts ask for JSON in any case.
    """
    kept = dict(options)
    if "max_completion_tokens" in told and "max_tokens" in kept:
        kept["max_completion_tokens"] = kept.pop("max_tokens")
    for name in ("temperature", "response_format"):
        if name in told:
            kept.pop(name, None)
    return kept

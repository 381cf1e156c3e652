"""What can go wrong between Footnote and an LLM, in words that a reader understands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ingest.errors import FootnoteError

if TYPE_CHECKING:
    from openai import APIStatusError

_CHECK_URL = "Check FOOTNOTE_LLM_BASE_URL; it often ends in /v1."
_STATUS: dict[int, tuple[str, str]] = {
    401: ("refused the key", "Set FOOTNOTE_LLM_API_KEY to a key that it accepts."),
    403: ("refused the key", "Set FOOTNOTE_LLM_API_KEY to a key that may use this model."),
    404: ("knows no such model or address", f"Check FOOTNOTE_LLM_MODEL. {_CHECK_URL}"),
    413: ("found the request too long", "Lower FOOTNOTE_LLM_CONTEXT_TOKENS."),
    429: ("takes no more requests now", "Wait, or use another endpoint or a larger quota."),
}
_RETRIED = frozenset({408, 429, 500, 502, 503, 504, 529})


class LlmError(FootnoteError):
    """The LLM gave no answer that can be used.

    Attributes:
        reason: What happened, as the end of a sentence that opens with "The LLM".
        remedy: What to do about it.
        retried: Whether asking again may help.
        retry_after_s: How long the endpoint wants to be left alone; None where it does not say.
    """

    def __init__(
        self,
        reason: str,
        remedy: str = "",
        *,
        retried: bool = False,
        retry_after_s: float | None = None,
    ) -> None:
        """Name what happened and what to do."""
        super().__init__(f"The LLM {reason}. {remedy}".strip())
        self.reason = reason
        self.remedy = remedy
        self.retried = retried
        self.retry_after_s = retry_after_s


class WebPageError(Exception):
    """The endpoint sent a web page where a completion was due."""


def translate(exc: Exception) -> LlmError | None:
    """Return what an exception of the client libraries means.

    Returns:
        The fault; None for an exception that is not about the endpoint or what it sent, which is
        a defect of this program.
    """
    if isinstance(exc, LlmError):
        return exc
    if isinstance(exc, ImportError):
        return LlmError("client is not installed", "Install the project's packages: `make setup`.")
    import httpx
    import openai

    chain = causes(exc)
    if any(isinstance(cause, WebPageError) for cause in chain):
        return LlmError("endpoint sent a web page instead of an answer", _CHECK_URL)
    if isinstance(exc, openai.APIStatusError):
        return _of_status(exc)
    if any(isinstance(cause, httpx.TimeoutException) for cause in chain):
        return timed_out()
    if isinstance(exc, openai.APIConnectionError | httpx.ConnectError | httpx.ProxyError):
        return LlmError("cannot be reached", f"Start it, or check the network. {_CHECK_URL}")
    if isinstance(exc, httpx.TransportError | httpx.StreamError):
        return cut_off()
    if isinstance(exc, openai.APIError):
        return LlmError("endpoint reported an error in place of an answer", "See its own log.")
    if isinstance(exc, json.JSONDecodeError | openai.OpenAIError | httpx.HTTPError):
        return unreadable()
    if isinstance(exc, ValueError | TypeError | AttributeError | LookupError):
        return unreadable()  # JSON of another shape than a completion's
    return None


def causes(exc: BaseException) -> list[BaseException]:
    """Return an exception and what it was raised from."""
    chain: list[BaseException] = []
    at: BaseException | None = exc
    while at is not None and at not in chain:
        chain.append(at)
        at = at.__cause__ or at.__context__
    return chain


def timed_out(seconds: float | None = None) -> LlmError:
    """Return the fault of an LLM that did not answer in time."""
    bound = "in time" if seconds is None else f"within {seconds:g} s"
    return LlmError(
        f"did not answer {bound}", "Raise FOOTNOTE_LLM_TIMEOUT_S, or use a faster model."
    )


def cut_off() -> LlmError:
    """Return the fault of an answer that ended in the middle."""
    return LlmError("broke off in the middle of its answer", "Ask again; see the endpoint's log.")


def unreadable() -> LlmError:
    """Return the fault of an answer that is no completion."""
    return LlmError("endpoint sent something that cannot be read as an answer", _CHECK_URL)


def _of_status(exc: APIStatusError) -> LlmError:
    status = exc.status_code
    reason, remedy = _STATUS.get(
        status,
        ("endpoint failed", "See its own log.")
        if status >= 500
        else ("endpoint refused the request", f"See its own log. {_CHECK_URL}"),
    )
    return LlmError(
        f"{reason} (HTTP {status})",
        remedy,
        retried=status in _RETRIED,
        retry_after_s=_seconds(exc.response.headers.get("retry-after")),
    )


def _seconds(header: str | None) -> float | None:
    """Return a Retry-After in seconds; None where there is none or it names a date."""
    try:
        seconds = float(header) if header is not None else None
    except ValueError:
        return None
    return seconds if seconds is not None and 0.0 <= seconds < float("inf") else None

"""What can go wrong between Footnote and the judge."""

from __future__ import annotations

from typing import Literal

from app.llm.faults import causes, cut_off, translate
from ingest.errors import FootnoteError

Kind = Literal["rate limit", "timeout", "connection", "server", "refused", "malformed", "other"]
_CHECK_URL = "Check FOOTNOTE_JUDGE_BASE_URL; it often ends in /v1."
_HOPELESS = frozenset({401, 402, 403, 404})  # for every request alike


class JudgeError(FootnoteError):
    """The judge gave no verdict that can be used.

    Attributes:
        reason: What happened, as the end of a sentence that opens with "The judge".
        remedy: What to do about it.
        kind: What sort of fault it is, for counting.
        retried: Whether asking again may help.
        hopeless: Whether every other request is likely to fail as well.
        retry_after_s: How long the endpoint wants to be left alone; None where it does not say.
    """

    def __init__(
        self,
        reason: str,
        remedy: str = "",
        *,
        kind: Kind = "other",
        retried: bool = False,
        hopeless: bool = False,
        retry_after_s: float | None = None,
    ) -> None:
        """Name what happened and what to do."""
        super().__init__(f"The judge {reason}. {remedy}".strip())
        self.reason = reason
        self.remedy = remedy
        self.kind: Kind = kind
        self.retried = retried
        self.hopeless = hopeless
        self.retry_after_s = retry_after_s


def understood(exc: Exception, timeout_s: float) -> JudgeError | None:
    """Return what an exception of the client library means.

    Returns:
        The fault; None for an exception that is not about the endpoint or what it sent, which is
        a defect of this program.
    """
    chain = causes(exc)
    if own := next((cause for cause in chain if isinstance(cause, JudgeError)), None):
        return own
    fault = translate(exc)
    if fault is None and not isinstance(exc, TimeoutError):
        return None
    import httpx
    import openai

    if fault is None or any(isinstance(cause, httpx.TimeoutException) for cause in chain):
        return too_slow(timeout_s)
    if any(isinstance(cause, httpx.RemoteProtocolError | httpx.ReadError) for cause in chain):
        fault = cut_off()
    # The fault speaks of the settings of the LLM that writes answers.
    remedy = fault.remedy.replace("FOOTNOTE_LLM_", "FOOTNOTE_JUDGE_")
    if not isinstance(exc, openai.APIStatusError):
        lost = isinstance(exc, openai.APIConnectionError | httpx.TransportError)
        kind: Kind = "connection" if lost else "malformed"
        # An answer that has begun is never shown twice to a reader; a verdict may be asked twice.
        return JudgeError(fault.reason, remedy, kind=kind, retried=True)
    status = exc.status_code
    return JudgeError(
        fault.reason,
        # The judge has no setting for what it reads.
        "Use a model or an endpoint that reads more." if status == 413 else remedy,
        kind="rate limit" if status == 429 else "server" if status >= 500 else "refused",
        retried=fault.retried,
        hopeless=status in _HOPELESS,
        retry_after_s=fault.retry_after_s,
    )


def no_judge() -> JudgeError:
    """Return the fault of a judge that is wanted and not set."""
    return JudgeError(
        "is not set", "Set FOOTNOTE_JUDGE_BASE_URL and FOOTNOTE_JUDGE_MODEL, or do without it."
    )


def too_slow(seconds: float) -> JudgeError:
    """Return the fault of a judge that did not answer in time."""
    return JudgeError(
        f"did not answer within {seconds:g} s",
        "Raise FOOTNOTE_JUDGE_TIMEOUT_S, or use a faster model.",
        kind="timeout",
        retried=True,
    )


def cut_at(max_tokens: int) -> JudgeError:
    """Return the fault of an answer that was cut off at its longest."""
    return JudgeError(
        f"did not come to an end in {max_tokens} tokens",
        "Raise FOOTNOTE_JUDGE_MAX_TOKENS.",
        kind="malformed",
    )


def web_page() -> JudgeError:
    """Return the fault of an endpoint that sends a web page where a completion was due."""
    return JudgeError("endpoint sent a web page instead of an answer", _CHECK_URL, kind="malformed")


def oversized(mebibytes: int) -> JudgeError:
    """Return the fault of an endpoint that does not stop sending."""
    return JudgeError(
        f"endpoint sent more than {mebibytes} MiB for one answer", _CHECK_URL, kind="malformed"
    )


def unreadable() -> JudgeError:
    """Return the fault of an answer that is no completion."""
    return JudgeError(
        "endpoint sent something that cannot be read as an answer",
        _CHECK_URL,
        kind="malformed",
        retried=True,
    )


def misfit(times: int) -> JudgeError:
    """Return the fault of a judge whose answers do not have the form that was asked for."""
    often = "once" if times == 1 else f"{times} times"
    return JudgeError(
        f"answered {often} in another form than was asked for",
        "Use a model that keeps to a JSON schema.",
        kind="malformed",
    )

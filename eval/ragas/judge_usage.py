"""What a judge was asked and what it cost."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from eval.ragas.judge_errors import Kind

_MILLION = 1_000_000
_COUNTED: dict[Kind, str] = {
    "rate limit": "rate_limited",
    "timeout": "timeouts",
    "connection": "connection_errors",
    "server": "server_errors",
    "malformed": "malformed",
}


@dataclass(slots=True)
class Tally:
    """Counts while the judge is asked.

    Attributes:
        requests: Requests that were sent, retries included.
        retries: Those of them that repeat one.
        rate_limited: Answers with status 429.
        timeouts: Requests without an answer in time.
        connection_errors: Requests whose connection failed or broke.
        server_errors: Answers with a status of 500 or above.
        malformed: Answers that are no completion, or whose text does not have the form asked for.
        unmetered: Answers that do not say how many tokens they took, which are counted as none.
        prompt_tokens: Tokens read, as the endpoint counts them.
        completion_tokens: Tokens written, as the endpoint counts them.
    """

    requests: int = 0
    retries: int = 0
    rate_limited: int = 0
    timeouts: int = 0
    connection_errors: int = 0
    server_errors: int = 0
    malformed: int = 0
    unmetered: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def fault(self, kind: Kind) -> None:
        """Count a fault; one that has no count of its own is in the failures alone."""
        if name := _COUNTED.get(kind):
            setattr(self, name, getattr(self, name) + 1)

    def add(self, other: Tally) -> None:
        """Add the counts of another."""
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


@dataclass(frozen=True, slots=True)
class Usage:
    """What judging took.

    Attributes:
        tally: Requests, faults and tokens of this time.
        asked: Scores that the judge was asked for.
        cached: Scores that had been judged before, at no cost.
        cost_usd: Price of the tokens, by the settings' prices; 0 where these are not set.
        seconds: Wall time.
    """

    tally: Tally
    asked: int
    cached: int
    cost_usd: float
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as JSON-ready values."""
        return {
            **asdict(self.tally),
            "asked": self.asked,
            "cached": self.cached,
            "cost_usd": round(self.cost_usd, 6),
            "seconds": round(self.seconds, 2),
        }


def cost_usd(tally: Tally, input_price: float, output_price: float) -> float:
    """Return ``(prompt_tokens · input_price + completion_tokens · output_price) / 10⁶``.

    Args:
        tally: The tokens.
        input_price: USD for a million tokens read.
        output_price: USD for a million tokens written.
    """
    read, written = tally.prompt_tokens, tally.completion_tokens
    return (read * input_price + written * output_price) / _MILLION

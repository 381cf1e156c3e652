"""What a reader is shown: figures with their intervals and counts, durations, lines of text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Self

from eval.figures.summary import Figure

ABSENT = "–"
# Controls and half characters, which neither XML nor a page can hold.
_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Shown(Figure):
    """A figure with the words for it."""

    __slots__ = ()

    @classmethod
    def read(cls, entry: Mapping[str, Any]) -> Self:
        """Take a figure's JSON, as a summary holds it."""
        return cls(**entry)

    @property
    def number(self) -> str:
        """The value, to three places."""
        return number(self.value)

    @property
    def ends(self) -> tuple[float, float] | None:
        """Both ends of the interval, or None where it has none."""
        return None if self.low is None or self.high is None else (self.low, self.high)

    @property
    def interval(self) -> str:
        """The interval, to two places, in brackets; empty where there is none."""
        return "" if self.ends is None else f"[{self.ends[0]:.2f}, {self.ends[1]:.2f}]"

    @property
    def counts(self) -> str:
        """How many questions were scored of how many it applies to."""
        return f"{self.n_scored}/{self.n_total}"


def number(value: float | None) -> str:
    """Return a figure's value to three places, or a dash."""
    return ABSENT if value is None else f"{value:.3f}"


def read_figures(entries: Mapping[str, Any]) -> dict[str, Shown]:
    """Take the figures of a summary or of a group of it, by key."""
    return {key: Shown.read(entry) for key, entry in entries.items()}


def milliseconds(value: float) -> str:
    """Return a duration with the places that a reader needs, and its unit."""
    if value >= 10_000:
        return f"{value / 1000:.1f} s"
    return f"{value:,.0f} ms" if value >= 10 else f"{value:.1f} ms"


def showable(text: str) -> str:
    """Replace the characters that neither XML nor a page can hold."""
    return _UNSHOWABLE.sub("\ufffd", text)


def one_line(text: str, limit: int | None = None) -> str:
    """Return text as one line that can be shown, cut to a number of characters."""
    line = " ".join(showable(text).split())
    return line if limit is None or len(line) <= limit else line[: limit - 1] + "…"


def judge_in_words(summary: Mapping[str, Any]) -> str | None:
    """Say which judge scored a run and what that took; None for a run without one."""
    judge = summary.get("judge")
    if judge is None:
        return None
    used = judge["usage"]
    told = [
        f"{summary['settings']['judge_model']}: {used['asked'] + used['cached']:,} scores",
        f"{used['cached']:,} of them known before",
        f"{used['requests']:,} requests with {used['retries']:,} retries",
        f"{used['prompt_tokens']:,} tokens read and {used['completion_tokens']:,} written",
    ]
    if used["cost_usd"]:
        told.append(f"{used['cost_usd']:.2f} USD")
    told.append(f"{len(judge['failures']):,} scores failed")
    return ", ".join(told)


def apart_in_words(summary: Mapping[str, Any]) -> str | None:
    """Say which questions the overall figures leave out; None where they leave out none."""
    counted = summary["by_language"][summary["language"]]["questions"]
    if counted == summary["questions"]:
        return None
    return (
        f"Figures are of the {counted} questions in the set's main language, "
        f"{summary['language']!r}; the other {summary['questions'] - counted} are reported apart."
    )


def went_on_in_words(summary: Mapping[str, Any]) -> str | None:
    """Say how much of a run an earlier start had done; None for one that was made in one go."""
    done = summary.get("resumed")
    return f"{done} of the questions were answered by an earlier start." if done else None

"""The part of a conversation that a follow-up may point into, bounded whatever its length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.records import Turn

_EXCHANGES = 12
_TURNS = 200  # looked through for those exchanges; empty turns count
QUESTION_CHARS = 600
_ANSWER_CHARS = 600


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what was answered to it; either may be empty."""

    question: str
    answer: str


def clipped(text: str, chars: int = QUESTION_CHARS) -> str:
    """Return the beginning of a text, white space collapsed, cut between words."""
    beginning = " ".join(text[: 4 * chars].split())
    return beginning if len(beginning) <= chars else beginning[:chars].rsplit(" ", 1)[0]


def recent(history: Sequence[Turn]) -> list[Exchange]:
    """Return the last exchanges of a conversation, oldest first.

    Args:
        history: Turns, oldest first; roles in any order, user turns alone among them.

    Returns:
        At most twelve exchanges, none of them empty, their texts clipped to 600 characters.
    """
    found: list[Exchange] = []
    answer = ""
    for turn in reversed(history[-_TURNS:]):
        text = clipped(turn.content, _ANSWER_CHARS if turn.role == "assistant" else QUESTION_CHARS)
        if not text:
            continue
        if turn.role == "assistant":
            answer = answer or text  # the last of several in a row
            continue
        found.append(Exchange(text, answer))
        answer = ""
        if len(found) == _EXCHANGES:
            break
    if answer:
        found.append(Exchange("", answer))
    return found[::-1]

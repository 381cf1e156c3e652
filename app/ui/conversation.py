"""A conversation: the answers so far, and the forms that the chat and the engine want."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from app.records import Answer, Turn
from app.ui.answer import PENDING, answer_html, question_html

_TURNS = 40  # the engine looks back no further than a few


class Message(TypedDict):
    """A message as the chat component takes it."""

    role: str
    content: str


def history(answers: Sequence[Answer]) -> tuple[Turn, ...]:
    """Return the conversation as the engine's turns, oldest first."""
    turns: list[Turn] = []
    for answer in answers:
        turns += [Turn("user", answer.question), Turn("assistant", answer.text)]
    return tuple(turns[-_TURNS:])


def messages(answers: Sequence[Answer], pending: str | None = None) -> list[Message]:
    """Return the conversation as the chat's messages.

    Args:
        answers: The answers so far.
        pending: A question that the engine is working on, shown with a waiting line.
    """
    shown: list[Message] = []
    for number, answer in enumerate(answers, 1):
        shown.append(Message(role="user", content=question_html(answer.question)))
        shown.append(Message(role="assistant", content=answer_html(answer, number)))
    if pending is not None:
        shown.append(Message(role="user", content=question_html(pending)))
        shown.append(Message(role="assistant", content=PENDING))
    return shown

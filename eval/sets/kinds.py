"""What kind of question a question is, guessed from its words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.question.asked import AnswerType, analyse
from app.records import Turn

_OF_ANSWER = {
    AnswerType.PERSON: "fact",
    AnswerType.TIME: "fact",
    AnswerType.PLACE: "fact",
    AnswerType.QUANTITY: "number",
    AnswerType.SHARE: "number",
    AnswerType.REASON: "why",
    AnswerType.DEFINITION: "definition",
}
_COMPARISON = re.compile(
    r"\b(?:compared?|difference|differs?|versus|vs|in common|more .+ than|both .+ and)\b"
    r"|\b(?:diferencia|comparad[oa]|en común)\b",
    re.IGNORECASE,
)
_LIST = re.compile(
    r"^\s*(?:list|name|enumerate)\b|^\s*(?:what|which) (?:are|were) the\b"
    r"|^\s*(?:cuáles|qué) (?:son|fueron) l[ao]s\b|^\s*¿(?:cuáles|qué) (?:son|fueron) l[ao]s\b",
    re.IGNORECASE,
)
_HOW = re.compile(r"^\s*¿?(?:how|cómo)\b", re.IGNORECASE)


def guess_kind(question: str, history: Sequence[Turn] = ()) -> str:
    """Return a kind for an answerable question, one of those of the packaged set.

    A question with turns before it is a ``follow-up``; what nothing speaks for is a ``question``.
    """
    if history:
        return "follow-up"
    if _COMPARISON.search(question):
        return "comparison"
    if _LIST.search(question):
        return "list"
    kind = _OF_ANSWER.get(analyse(question).kind)
    if kind is not None:
        return kind
    return "how" if _HOW.search(question) else "question"

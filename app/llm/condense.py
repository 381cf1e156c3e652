"""Follow-ups by an LLM: the last question of a conversation in a form that stands alone."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

from app.llm.client import LlmClient
from app.llm.deadline import Deadline
from app.llm.faults import LlmError
from app.llm.prompt import condense_prompt
from app.llm.reading import plain_text
from app.records import Turn
from app.text.terms import STOP_WORDS, numbers, term, terms, words

_LOG = logging.getLogger(__name__)
_TIMEOUT_S = 5.0
_PROMPT_TOKENS = 2048
_ANSWER_TOKENS = 256
_LONGEST_CHARS = 600
_LABEL = re.compile(r"^(?:standalone question|rewritten question|question)\s*:\s*", re.IGNORECASE)
_KEPT = 0.5  # of the question's own content terms
_QUOTES = "\"“”'‘’«» "


def condense_with_llm(
    client: LlmClient,
    question: str,
    history: Sequence[Turn],
    deadline: Deadline | None = None,
) -> str | None:
    """Ask an LLM for the question in a form that stands alone.

    Args:
        client: The LLM.
        question: The last question, as asked.
        history: The turns before it, oldest first.
        deadline: Of the whole answer; this step takes at most five seconds of it.

    Returns:
        The standalone question. None where there is no history, the LLM failed, or what it wrote
        is not plausibly that question: the caller then goes by its rules.
    """
    if not any(turn.content.strip() for turn in history):
        return None
    bound = Deadline(_TIMEOUT_S) if deadline is None else deadline.within(_TIMEOUT_S)
    try:
        prompt = condense_prompt(question, history, _PROMPT_TOKENS)
        written = client.complete(prompt.messages, bound, max_tokens=_ANSWER_TOKENS)
    except LlmError as exc:
        _LOG.warning("resolving the follow-up by rules, because the LLM %s", exc.reason)
        return None
    lines = [line.strip() for line in plain_text(written).splitlines() if line.strip()]
    found = _LABEL.sub("", lines[0]).strip(_QUOTES) if len(lines) == 1 else ""
    if not is_plausible(found, question, history):
        _LOG.warning("resolving the follow-up by rules: %r is no form of %r", written, question)
        return None
    return " ".join(found.split())


def is_plausible(found: str, question: str, history: Sequence[Turn]) -> bool:
    """Whether a text may be the standalone form of a conversation's last question.

    It keeps half of the question's content terms or more, and every number and name in it stands
    in the conversation: an LLM that answers, invents or obeys a document is not taken at its word.
    """
    if not found or len(found) > _LONGEST_CHARS + len(question):
        return False
    said = " ".join([question, *(turn.content for turn in history)])
    if not numbers(found) <= numbers(said):
        return False
    names = {
        term(word)
        for word in words(found)[1:]
        if word[0].isupper() and word.lower() not in STOP_WORDS
    }
    if not names <= {term(word) for word in words(said)}:
        return False
    asked, held = set(terms(question)), set(terms(found))
    return len(asked & held) >= _KEPT * len(asked)

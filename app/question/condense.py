"""Follow-ups: the last question of a conversation becomes one that stands alone, by rules.

What a follow-up leaves out stands in the turns before it. A fragment ("and in 2021?") completes
the earlier question; a pronoun or "the agreement" gives way to the name that it stands for. Where
nothing surely fits, the earlier question is added in brackets, which retrieval reads as well. A
question that names a topic of its own stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from app.question.followups import fragments
from app.question.followups.mentions import Mention, is_content, mentions, words
from app.question.followups.recent import QUESTION_CHARS, Exchange, recent
from app.question.followups.references import resolve_description, resolve_pronoun
from app.records import Turn
from app.text.terms import terms

_LONGEST_BRACKET = 16  # words; of a longer question its topics are given


class FollowUpKind(StrEnum):
    """How a question hangs on the turns before it."""

    STANDALONE = "standalone"
    PRONOUN = "pronoun"
    DESCRIPTION = "description"
    ELLIPSIS = "ellipsis"
    COMPARISON = "comparison"
    CORRECTION = "correction"
    REPEAT = "repeat"
    CONTEXT = "context"
    CHAT = "chat"
    TOPIC_CHANGE = "topic change"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A question as understood.

    Attributes:
        standalone: The question in a form that stands alone.
        kind: Why it has that form.
        context: Earlier questions that a retriever may use as a weaker second query: the last one
            and the one that set the topic; empty for a first question and a change of topic.
    """

    standalone: str
    kind: FollowUpKind
    context: tuple[str, ...] = ()

    @property
    def topic(self) -> tuple[str, ...]:
        """The question that set the topic, for a retriever to read beside; empty for none."""
        return self.context[-1:]


def condense(question: str, history: Sequence[Turn]) -> str:
    """Return the question in a form that stands alone; as `resolve`."""
    return resolve(question, history).standalone


def resolve(question: str, history: Sequence[Turn]) -> FollowUp:
    """Understand a question from the turns before it.

    Args:
        question: The last question, as asked.
        history: The turns before it, oldest first; user turns alone are enough, and answers help.

    Returns:
        The standalone question, why it has that form, and the context it was understood in. The
        work is bounded whatever the history: its last twelve exchanges count, and the beginning
        of each text.
    """
    talk = _Conversation()
    for exchange in recent(history):
        talk.follow(exchange)
    return talk.understand(" ".join(question.split()))


class _Conversation:
    """What has been talked about so far."""

    def __init__(self) -> None:
        self._last: Exchange | None = None  # its question stands alone
        self._root = ""  # the last question that stood alone, or was made to without brackets
        self._first = ""  # the question that set the topic
        self._older: list[str] = []  # texts said before, newest first
        self._seen: set[str] = set()  # their terms

    def follow(self, exchange: Exchange) -> None:
        """Take in an exchange."""
        found = self.understand(exchange.question) if exchange.question else None
        if found is None or found.kind is FollowUpKind.CHAT:
            if found is None:
                self._last = replace(self._last or Exchange("", ""), answer=exchange.answer)
        else:
            if found.kind is FollowUpKind.TOPIC_CHANGE or not self._first:
                self._first = found.standalone
            if not found.standalone.endswith(")"):
                self._root = found.standalone
            self._last = Exchange(found.standalone, exchange.answer)
        texts = [text for text in (exchange.question, exchange.answer) if text]
        self._older = [*reversed(texts), *self._older][:12]
        self._seen.update(part for text in texts for part in terms(text))

    def understand(self, asked: str) -> FollowUp:
        """Resolve a question against what was said."""
        last = self._last
        if last is None or not asked:
            return FollowUp(asked, FollowUpKind.STANDALONE)
        if len(asked) > QUESTION_CHARS:  # it says enough by itself
            return FollowUp(asked, FollowUpKind.STANDALONE, self._context(last, asked))
        question = fragments.without_lead(asked)
        if fragments.is_chat(asked):
            return FollowUp(asked, FollowUpKind.CHAT)
        found = self._fragment(question, last) if last.question else None
        if found is None:
            found = self._reference(question, last)
        if found is None:
            found = FollowUp(asked, self._own_topic(question))
        if found.kind is FollowUpKind.TOPIC_CHANGE:
            return found
        return replace(found, context=self._context(last, found.standalone))

    def _fragment(self, question: str, last: Exchange) -> FollowUp | None:
        if fragments.asks_again(question):
            return FollowUp(last.question, FollowUpKind.REPEAT)
        right = fragments.correction(question)
        if right is not None:
            made = fragments.put_in(right, last.question)
            return FollowUp(made or self._in_context(right), FollowUpKind.CORRECTION)
        if fragments.is_bare(question):
            return FollowUp(self._in_context(question), FollowUpKind.CONTEXT)
        if fragments.compares(question):
            return FollowUp(self._compared(question), FollowUpKind.COMPARISON)
        part = fragments.ellipsis(question)
        if part is None and fragments.is_fragment(question):
            bare = question.strip(" ?.!")
            part = bare if fragments.shares_head(bare, last.question) else None
        if part is not None and not fragments.is_question(part):
            made = fragments.put_in(part, last.question)
            return FollowUp(made or self._in_context(question), FollowUpKind.ELLIPSIS)
        return None

    def _reference(self, question: str, last: Exchange) -> FollowUp | None:
        part = fragments.ellipsis(question)
        if part is not None and fragments.is_question(part):
            question = part[0].upper() + part[1:] + "?"  # "And why did they sign it?"
        pronoun = resolve_pronoun(question, last, self._older)
        if pronoun is not None:
            return FollowUp(pronoun.text or self._in_context(question), FollowUpKind.PRONOUN)
        described = resolve_description(question, last)
        if described is not None:
            text = described.text or self._in_context(question)
            return FollowUp(text, FollowUpKind.DESCRIPTION)
        content = [word for word in words(question) if is_content(word)]
        named = any(one.is_name for one in mentions(question))
        if content and fragments.is_fragment(question) and not (named and self._is_new(question)):
            # A whole question beside a few telling words would drown them.
            return FollowUp(question, FollowUpKind.CONTEXT)
        if len(content) <= 1 and not named and not fragments.defines(question):
            return FollowUp(self._in_context(question), FollowUpKind.CONTEXT)
        if part is not None:
            return FollowUp(question, self._own_topic(question))
        return None

    def _context(self, last: Exchange, standalone: str) -> tuple[str, ...]:
        texts = [one for one in (last.question, self._first) if one and one != standalone]
        return tuple(dict.fromkeys(texts))

    def _in_context(self, question: str) -> str:
        """Return a question with the one that it follows on, where no word can take its place."""
        last = self._last.question if self._last else ""
        if last.endswith(")") and self._root:
            last = self._root
        if not last:
            names = [one.text for one in mentions(self._last.answer)] if self._last else []
            last = names[0] if names else ""
        if len(last.split()) > _LONGEST_BRACKET:
            topics = sorted(mentions(last), key=lambda one: not one.is_name)
            last = ", ".join(dict.fromkeys(one.text for one in topics[:3])) or last
        return f"{question.rstrip(' .!')} ({last})" if last else question

    def _compared(self, question: str) -> str:
        """Return a comparison with what is compared, where the last question has it."""
        pair = _pair(self._last.question if self._last else "")
        if pair is None:
            return self._in_context(question)
        left, right = pair
        bare = question.rstrip(" ?.!")
        if bare.lower().startswith(("what", "and what")):
            return f"{bare} between {left.shown} and {right.shown}?"
        return f"{bare}, {left.shown} or {right.shown}?"

    def _own_topic(self, question: str) -> FollowUpKind:
        named = any(one.is_name for one in mentions(question))
        return (
            FollowUpKind.TOPIC_CHANGE
            if named and self._is_new(question)
            else FollowUpKind.STANDALONE
        )

    def _is_new(self, question: str) -> bool:
        """Whether a question shares no content term with anything said before."""
        return not self._seen.intersection(terms(question))


def _pair(question: str) -> tuple[Mention, Mention] | None:
    """Return the two things that a question names side by side: "a lease and a loan"."""
    found = mentions(question)
    for left, right in zip(found, found[1:], strict=False):
        between = question[left.end : right.start].lower().split()
        if between and between[0] in ("and", "or", "versus", "vs", "than") and len(between) <= 2:
            return left, right
    return None

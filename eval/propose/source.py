"""What the patterns of single sentences share: the sentence, and how a proposal is made of it."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass

from eval.propose.clauses import Clause, is_clear
from eval.propose.proposal import Proposal
from eval.sets.cases import KeyFact

_UNCLEAR = 0.4  # confidence that a question loses which names something by a noun alone
_VAGUE_COST = 0.3  # "the strainer": of which of the library's devices?


@dataclass(frozen=True, slots=True)
class Source:
    """A sentence as it stands, where, and its document's words that are no names."""

    text: str
    start: int
    common: Set[str]


def made(
    source: Source,
    clause: Clause | None,
    question: str,
    kind: str,
    pattern: str,
    facts: tuple[KeyFact, ...],
    confidence: float,
    answer: str = "",
) -> Proposal:
    """Return a proposal whose gold is the sentence.

    It is less sure where the question names something that is only clear in its document.

    Args:
        source: The sentence.
        clause: What the question was made of; None where that was no clause.
        question: Its words, without the question mark.
        kind: One of the packaged set's kinds.
        pattern: What made it.
        facts: What an answer must say.
        confidence: Of the pattern, in [0, 1].
        answer: The reference answer; the sentence where it is left out.
    """
    question = question.strip(" ,")
    if not is_clear(question):
        confidence -= _UNCLEAR
    if clause is not None and clause.vague:
        confidence -= _VAGUE_COST
    return Proposal(
        question=question[:1].upper() + question[1:] + "?",
        kind=kind,
        pattern=pattern,
        answer=answer or " ".join(source.text.split()),
        key_facts=facts,
        quotes=(source.text,),
        start=source.start,
        confidence=confidence,
    )


def plain_rest(rest: str) -> bool:
    """Whether what a question would carry along is short and holds no clause or list."""
    if len(rest.split()) > 14 or "," in rest:
        return False
    before = re.split(r"\bthat\b", rest, maxsplit=1)[0]
    return not re.search(r"\b(?:which|who|where|when|after|until|before|while)\b", before)

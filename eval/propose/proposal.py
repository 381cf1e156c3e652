"""What a pattern proposes: a question with its answer and the words that hold it."""

from __future__ import annotations

from dataclasses import dataclass

from eval.sets.cases import KeyFact


@dataclass(frozen=True, slots=True)
class Proposal:
    """A question that a document answers, or, as a near miss, does not.

    Attributes:
        question: The question.
        kind: One of the packaged set's kinds.
        pattern: What made it, in a word or two, for the person who reviews it.
        answer: The reference answer, the sentence or its telling part; empty for a near miss.
        key_facts: What an answer must say, each with its accepted forms.
        quotes: The gold, ``text[start:end]`` of the document, in order.
        start: Where in the document it comes from, in code points.
        confidence: How often such questions need no edit, in [0, 1], as judged by hand.
    """

    question: str
    kind: str
    pattern: str
    answer: str
    key_facts: tuple[KeyFact, ...]
    quotes: tuple[str, ...]
    start: int
    confidence: float

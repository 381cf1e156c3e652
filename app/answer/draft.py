"""What a writer of answers is given, and what it hands back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from app.answer.abstain import partial_notices
from app.answer.evidence import Evidence
from app.answer.extract import ExtractiveSynthesizer
from app.records import AnswerSentence, Citation, Passage, Turn
from app.search.index import SearchIndex

EXTRACTIVE_MODEL = "footnote-extractive"


@dataclass(frozen=True, slots=True)
class Brief:
    """What an answer is to be written from.

    Attributes:
        question: The standalone question.
        history: The turns before it, oldest first.
        passages: Retrieved passages, best first.
        evidence: Their sentences weighed; enough to answer from.
        index: The index that they come from.
    """

    question: str
    history: tuple[Turn, ...]
    passages: tuple[Passage, ...]
    evidence: Evidence
    index: SearchIndex


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer as its writer leaves it; where it ``declines``, there is no text."""

    text: str
    sentences: tuple[AnswerSentence, ...]
    citations: tuple[Citation, ...]
    mode: Literal["extractive", "llm"]
    model: str
    notices: tuple[str, ...] = ()
    declines: bool = False


def quote(synthesizer: ExtractiveSynthesizer, brief: Brief) -> Iterator[str | Draft]:
    """Write an extractive answer: yield it sentence by sentence, then whole."""
    written = synthesizer.write(brief.index, brief.evidence)
    yield from pieces(written.text, written.sentences)
    yield Draft(
        written.text,
        written.sentences,
        written.citations,
        "extractive",
        EXTRACTIVE_MODEL,
        partial_notices(written.unanswered),
    )


def pieces(text: str, sentences: tuple[AnswerSentence, ...]) -> Iterator[str]:
    """Cut an answer's text into one piece a sentence, its markers included; joined, the text."""
    position = 0
    for sentence, after in zip(sentences, (*sentences[1:], None), strict=True):
        start = text.find(sentence.text, position)
        end = -1 if after is None else text.find(after.text, start + len(sentence.text))
        if start < 0 or end < 0:
            break
        yield text[position:end]
        position = end
    if position < len(text):
        yield text[position:]

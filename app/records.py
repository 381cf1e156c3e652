"""The values that flow through an answer, and the records that users rely on.

`to_dict` of each is the JSON form that the public interface promises.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, Literal, Self

from ingest.document import Document
from ingest.errors import FootnoteError

Role = Literal["user", "assistant"]


class QuestionError(FootnoteError):
    """A question that cannot be asked as it stands."""


class Verdict(StrEnum):
    """How well a sentence's cited passages bear it out."""

    VERBATIM = "verbatim"
    SUPPORTED = "supported"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier turn of the conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question as asked.

    Attributes:
        text: The question's words.
        history: Earlier turns, oldest first.
        documents: Only these documents may answer; None for all of them.
        question_id: The asker's own id, handed back with the answer.
    """

    text: str
    history: tuple[Turn, ...] = ()
    documents: tuple[str, ...] | None = None
    question_id: str | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A retrieved span of a document: ``text == document[start:end]``; a higher score is better."""

    chunk_id: str
    document: str
    title: str
    page: int | None
    section: str | None
    start: int
    end: int
    text: str
    score: float
    scores: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the passage as an entry of ``retrieved``."""
        return {
            "chunk_id": self.chunk_id,
            "document": self.document,
            "title": self.title,
            "page": self.page,
            "section": self.section,
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "score": round(self.score, 4),
            "scores": {name: round(value, 4) for name, value in self.scores.items()},
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """Read back what `to_dict` wrote; a missing entry is a KeyError."""
        return cls(**{name: value[name] for name in _names(cls)})


@dataclass(frozen=True, slots=True)
class Citation:
    """A footnote: ``quote == document[start:end]``, to the letter.

    ``page_label`` is what the document itself calls the page; None where that is its number.
    """

    marker: int
    document: str
    title: str
    page: int | None
    section: str | None
    start: int
    end: int
    quote: str
    chunk_id: str
    score: float
    page_label: str | None = None

    @classmethod
    def quoting(
        cls, document: Document, start: int, end: int, *, marker: int, chunk_id: str, score: float
    ) -> Citation:
        """Return the footnote to ``[start, end)`` of a document's text."""
        return cls(
            marker=marker,
            document=document.doc_id,
            title=document.title,
            page=document.page_at(start),
            page_label=document.page_label_at(start),
            section=document.section_at(start),
            start=start,
            end=end,
            quote=document.text[start:end],
            chunk_id=chunk_id,
            score=score,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the citation as an entry of ``citations``."""
        return {
            "marker": self.marker,
            "document": self.document,
            "title": self.title,
            "page": self.page,
            "page_label": self.page_label,
            "section": self.section,
            "start": self.start,
            "end": self.end,
            "quote": self.quote,
            "chunk_id": self.chunk_id,
            "score": round(self.score, 4),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """Read back what `to_dict` wrote; a missing entry is a KeyError."""
        return cls(**{name: value[name] for name in _names(cls)})


@dataclass(frozen=True, slots=True)
class AnswerSentence:
    """One sentence of an answer, without markers, with the markers of its citations."""

    text: str
    citations: tuple[int, ...]
    verdict: Verdict

    def to_dict(self) -> dict[str, Any]:
        """Return the sentence as an entry of ``sentences``."""
        return {
            "text": self.text,
            "citations": list(self.citations),
            "verdict": self.verdict.value,
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """Read back what `to_dict` wrote; a missing entry is a KeyError."""
        return cls(value["text"], tuple(value["citations"]), Verdict(value["verdict"]))


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer record."""

    question: str
    standalone_question: str
    text: str
    abstained: bool
    mode: Literal["extractive", "llm"]
    model: str
    sentences: tuple[AnswerSentence, ...]
    citations: tuple[Citation, ...]
    retrieved: tuple[Passage, ...]
    missing_terms: tuple[str, ...]
    notices: tuple[str, ...]
    timings_ms: Mapping[str, float]
    confidence: float
    question_id: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the record as `ask --json` prints it."""
        record: dict[str, Any] = {} if self.question_id is None else {"id": self.question_id}
        return record | {
            "question": self.question,
            "standalone_question": self.standalone_question,
            "answer": self.text,
            "abstained": self.abstained,
            "mode": self.mode,
            "model": self.model,
            "confidence": round(self.confidence, 4),
            "sentences": [sentence.to_dict() for sentence in self.sentences],
            "citations": [citation.to_dict() for citation in self.citations],
            "retrieved": [passage.to_dict() for passage in self.retrieved],
            "missing_terms": list(self.missing_terms),
            "notices": list(self.notices),
            "timings_ms": {step: round(ms, 1) for step, ms in self.timings_ms.items()},
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """Read back a record that `to_dict` wrote; a missing entry is a KeyError."""
        return cls(
            question=value["question"],
            standalone_question=value["standalone_question"],
            text=value["answer"],
            abstained=value["abstained"],
            mode=value["mode"],
            model=value["model"],
            sentences=tuple(AnswerSentence.from_dict(entry) for entry in value["sentences"]),
            citations=tuple(Citation.from_dict(entry) for entry in value["citations"]),
            retrieved=tuple(Passage.from_dict(entry) for entry in value["retrieved"]),
            missing_terms=tuple(value["missing_terms"]),
            notices=tuple(value["notices"]),
            timings_ms=dict(value["timings_ms"]),
            confidence=value["confidence"],
            question_id=value.get("id"),
        )


def _names(record: type[Passage] | type[Citation]) -> list[str]:
    return [entry.name for entry in fields(record)]


def failed_record(question_id: object, question: str, error: str) -> dict[str, Any]:
    """Return the record of a question that could not be answered, for `ask --batch`."""
    record: dict[str, Any] = {} if question_id is None else {"id": question_id}
    return record | {
        "question": question,
        "standalone_question": question,
        "answer": "",
        "abstained": False,
        "mode": "extractive",
        "model": "",
        "confidence": 0.0,
        "sentences": [],
        "citations": [],
        "retrieved": [],
        "missing_terms": [],
        "notices": [],
        "timings_ms": {},
        "error": error,
    }


def place(document: str, page: int | None, section: str | None) -> str:
    """Return where a passage stands, in words: document, page and section."""
    parts = [document]
    if page is not None:
        parts.append(f"page {page}")
    if section is not None:
        parts.append(section)
    return ", ".join(parts)

"""Reads questions in SQuAD's form: version 1.1, 2.0, and one object a line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel, Field, ValidationError, model_validator

from eval.sets.cases import first_fault
from eval.sets.imports import Imported, Quote, Sample

_NOT_ASKED = {"not asked": True}  # marks a passage without a question


class _Answer(BaseModel):
    text: str = Field(pattern=r"\S")
    answer_start: int = Field(ge=0)


class _Paragraph(BaseModel):
    context: str = Field(pattern=r"\S")
    qas: list[dict[str, Any]] = []


class _Article(BaseModel):
    title: str = "article"
    paragraphs: list[_Paragraph]


class _Entry(BaseModel):
    """A question; plausible answers to an impossible one are no answers and not read."""

    id: str = Field(min_length=1)
    question: str = Field(pattern=r"\S")
    is_impossible: bool = False
    answers: list[_Answer] = []

    @model_validator(mode="before")
    @classmethod
    def _from_columns(cls, value: Any) -> Any:
        """Take answers as one list a field too, ``{"text": […], "answer_start": […]}``."""
        answers = value.get("answers") if isinstance(value, dict) else None
        if not isinstance(answers, dict):
            return value
        texts, starts = answers.get("text", []), answers.get("answer_start", [])
        if not isinstance(texts, list) or not isinstance(starts, list):
            return value  # which is refused
        pairs = zip(texts, starts, strict=False)
        rows = [{"text": text, "answer_start": start} for text, start in pairs]
        # In this form an impossible question is one without answers.
        return {"is_impossible": not rows, **value, "answers": rows}


def is_squad(content: Any) -> bool:
    """Whether a parsed JSON value has SQuAD's form: a list of articles under ``data``."""
    articles = content.get("data") if isinstance(content, dict) else None
    return (
        isinstance(articles, list)
        and bool(articles)
        and all(isinstance(one, dict) and "paragraphs" in one for one in articles)
    )


def is_squad_row(row: Any) -> bool:
    """Whether a parsed line has the form of SQuAD with one question a line."""
    return isinstance(row, dict) and {"id", "context", "question", "answers"} <= row.keys()


def read_squad(content: dict[str, Any]) -> Imported:
    """Read SQuAD's JSON; an article's passages become one document, a paragraph each."""
    rows: list[dict[str, Any]] = []
    unread: list[tuple[str, str]] = []
    for number, value in enumerate(content["data"], 1):
        try:
            article = _Article.model_validate(value)
        except ValidationError as exc:
            unread.append((f"article {number}", first_fault(exc)))
            continue
        for paragraph in article.paragraphs:
            passage = {"title": article.title.replace("_", " "), "context": paragraph.context}
            rows += [{**entry, **passage} for entry in paragraph.qas] or [passage | _NOT_ASKED]
    return _read(rows, unread)


def read_squad_rows(rows: Sequence[dict[str, Any]]) -> Imported:
    """Read SQuAD's questions from one object each, with ``title`` and ``context``."""
    named = [
        {**row, "title": str(row.get("title") or "passages").replace("_", " ")} for row in rows
    ]
    return _read(named, [])


def _read(rows: Sequence[dict[str, Any]], unread: list[tuple[str, str]]) -> Imported:
    passages: dict[str, dict[str, None]] = {}
    samples: list[Sample] = []
    for number, row in enumerate(rows, 1):
        name = str(row.get("id") or f"question {number}")
        if not isinstance(row["context"], str) or not row["context"].strip():
            unread.append((name, "context: it is no text"))
            continue
        passages.setdefault(row["title"], {})[row["context"]] = None
        if row.keys() >= _NOT_ASKED.keys():
            continue
        try:
            entry = _Entry.model_validate(row)
        except ValidationError as exc:
            unread.append((name, first_fault(exc)))
            continue
        try:
            samples.append(_sample(entry, row["context"]))
        except ValueError as exc:
            unread.append((name, str(exc)))
    documents = {title: "\n\n".join(texts) for title, texts in passages.items()}
    return Imported(tuple(samples), tuple(unread), documents)


def _sample(entry: _Entry, context: str) -> Sample:
    """Return a question with its gold.

    Raises:
        ValueError: It has no answer, or one that does not stand where it is said to.
    """
    if entry.is_impossible:
        return Sample(entry.id, entry.question.strip(), answerable=False, near_miss=True)
    if not entry.answers:
        raise ValueError("it has no answer, and is not marked as impossible")
    forms = Counter(answer.text.strip() for answer in entry.answers)
    return Sample(
        query_id=entry.id,
        question=entry.question.strip(),
        reference_answer=forms.most_common(1)[0][0],
        key_facts=(tuple(forms),),
        quotes=tuple(dict.fromkeys(_quotes(entry, context))),
    )


def _quotes(entry: _Entry, context: str) -> Iterator[Quote]:
    for answer in entry.answers:
        end = answer.answer_start + len(answer.text)
        if context[answer.answer_start : end] != answer.text:
            raise ValueError(
                f"its answer {answer.text!r} does not stand at {answer.answer_start} of its context"
            )
        yield Quote(context, answer.answer_start, end)

"""Evaluation cases: questions with their gold, read from JSON Lines and found in the library."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from app.records import Question, Turn
from eval.sets.places import Gold, Place
from ingest.console import plain
from ingest.errors import FootnoteError
from ingest.library import Library
from ingest.settings import ROOT

DEFAULT_SET = ROOT / "data" / "eval" / "questions.jsonl"
_LISTED = 10


class EvaluationSetError(FootnoteError):
    """An evaluation set that cannot be used as it stands."""


class Reference(BaseModel):
    """A gold quote: words that stand in a document, white space aside."""

    model_config = ConfigDict(frozen=True, strict=True)

    document: str = Field(min_length=1)
    text: str = Field(pattern=r"\S")


Form = Annotated[str, Field(pattern=r"\S")]
KeyFact = Annotated[tuple[Form, ...], Field(min_length=1)]


class Case(BaseModel):
    """One question of an evaluation set. Keys that are not named here are ignored.

    Attributes:
        query_id: The question's own name, unique in its set.
        kind: What sort of question it is; figures are also given by kind.
        language: The language that it is asked in, an ISO 639-1 code such as ``en``.
        split: ``tune`` for choosing settings, ``test`` for reporting.
        question: The question as a user would type it.
        history: Earlier turns, oldest first.
        answerable: Whether the documents hold the answer.
        near_miss: The documents cover the topic of an unanswerable question, but not its answer.
        reference_answer: A right answer; without one, similarity is not measured.
        key_facts: What an answer must say to be complete, each with its accepted forms, such as
            ``("14 per cent", "14%")``; none where not answerable.
        references: Gold quotes; at least one where answerable, none otherwise. An answerable
            draft may lack them.
        draft: Not yet accepted by a person; runs leave it out.
        note: What a person who reviews the case should know; nothing is scored by it.
    """

    model_config = ConfigDict(frozen=True, strict=True)

    query_id: str = Field(min_length=1)
    kind: str = Field(default="question", min_length=1)
    language: str = Field(default="en", pattern=r"^[a-z]{2}$")
    split: Literal["tune", "test"] = "test"
    question: str = Field(pattern=r"\S")
    history: tuple[Turn, ...] = ()
    answerable: bool
    near_miss: bool = False
    reference_answer: str = ""
    key_facts: tuple[KeyFact, ...] = ()
    references: tuple[Reference, ...] = ()
    draft: bool = False
    note: str = ""

    @model_validator(mode="after")
    def _gold_fits(self) -> Self:
        if self.answerable and not self.references and not self.draft:
            raise ValueError("an answerable question needs at least one entry in 'references'")
        if not self.answerable and (self.references or self.reference_answer):
            raise ValueError(
                "a question that is not answerable takes no 'references' and no 'reference_answer'"
            )
        if not self.answerable and self.key_facts:
            raise ValueError("a question that is not answerable takes no 'key_facts'")
        if self.answerable and self.near_miss:
            raise ValueError("only a question that is not answerable can be a 'near_miss'")
        return self

    def to_question(self) -> Question:
        """Return the case as the engine is asked it."""
        return Question(self.question, self.history, question_id=self.query_id)


def schema() -> dict[str, Any]:
    """Return the JSON Schema of one line of an evaluation set."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Case.model_json_schema()}


def load_cases(path: Path) -> tuple[Case, ...]:
    """Read an evaluation set, as `read_set` does, and return its cases."""
    return read_set(path)[0]


def read_set(path: Path) -> tuple[tuple[Case, ...], str]:
    """Read an evaluation set: a JSON object a line, empty lines and drafts left out.

    Returns:
        The cases, and the SHA-256 of the bytes that they were read from.

    Raises:
        EvaluationSetError: The file cannot be read, a line is wrong, a ``query_id`` stands twice,
            or there is no question but drafts; the message names file and line.
    """
    entries, sha256 = read_with_drafts(path)
    cases = tuple(case for case in entries if not case.draft)
    if not cases:
        raise EvaluationSetError(
            f"The evaluation set {str(path)!r} holds drafts alone ({len(entries)}). Accept some "
            "with `footnote eval accept`."
        )
    return cases, sha256


def read_with_drafts(path: Path) -> tuple[tuple[Case, ...], str]:
    """Read an evaluation set as `read_set` does, drafts included."""
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as exc:
        raise EvaluationSetError(
            f"The evaluation set {str(path)!r} cannot be read ({exc.strerror}). Check the path, "
            "or leave out --set for the one that comes with Footnote."
        ) from exc
    except UnicodeDecodeError as exc:
        raise EvaluationSetError(
            f"The evaluation set {str(path)!r} is not UTF-8 (byte {exc.start}). Save it as UTF-8."
        ) from exc
    cases: list[Case] = []
    lines: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            case = Case.model_validate_json(line)
        except ValidationError as exc:
            raise EvaluationSetError(
                f"{str(path)!r}, line {number}: {first_fault(exc)}. Correct the line; "
                "data/README.md describes the fields."
            ) from exc
        if case.query_id in lines:
            raise EvaluationSetError(
                f"{str(path)!r}, line {number}: query_id {case.query_id!r} already stands on line "
                f"{lines[case.query_id]}. Give every question a query_id of its own."
            )
        lines[case.query_id] = number
        cases.append(case)
    if not cases:
        raise EvaluationSetError(
            f"The evaluation set {str(path)!r} holds no question. Write one JSON object a line; "
            "data/README.md describes the fields."
        )
    return tuple(cases), hashlib.sha256(content).hexdigest()


def drafts_in(path: Path) -> int:
    """Return how many drafts a set holds, which runs leave out.

    Raises:
        EvaluationSetError: As `read_set` does.
    """
    return sum(case.draft for case in read_with_drafts(path)[0])


def first_fault(error: ValidationError) -> str:
    """Return the first thing that is wrong with a line, and in which field."""
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    return f"{field}: {message}" if field else message


def locate(case: Case, library: Library) -> tuple[Gold, ...]:
    """Find where a case's gold quotes stand, runs of white space read as one.

    Returns:
        For each reference, in their order, every occurrence that neither begins nor ends inside
        a word; empty for a case without references.

    Raises:
        EvaluationSetError: A quote does not stand in its document, or the library does not hold
            that document; every such quote of the case is listed.
    """
    return locate_all([case], library)[case.query_id]


def locate_all(cases: Iterable[Case], library: Library) -> dict[str, tuple[Gold, ...]]:
    """Find the gold of every case, by query_id, as `locate` does for one.

    Raises:
        EvaluationSetError: Some quotes do not stand; the quotes of all cases are listed together.
    """
    golds: dict[str, tuple[Gold, ...]] = {}
    missing: list[str] = []
    asked_about: set[str] = set()
    for case in cases:
        asked_about.update(entry.document for entry in case.references)
        golds[case.query_id] = tuple(_occurrences(entry, library) for entry in case.references)
        missing += [
            _absence(case, entry, library)
            for entry, gold in zip(case.references, golds[case.query_id], strict=True)
            if not gold
        ]
    if missing:
        if len(asked_about) > 1 and asked_about.isdisjoint(library.documents):
            raise EvaluationSetError(
                "The library holds none of the documents that the evaluation set asks about, such "
                f"as {min(asked_about)!r}. Name the set that fits your documents with --set; the "
                "default one is of the packaged dossier."
            )
        raise EvaluationSetError(_complaint(missing))
    return golds


def _occurrences(reference: Reference, library: Library) -> Gold:
    document = library.documents.get(reference.document)
    if document is None:
        return ()
    quote = reference.text.strip()
    words = r"\s+".join(re.escape(word) for word in quote.split())
    before = r"(?<!\w)" if quote[0].isalnum() else ""
    after = r"(?!\w)" if quote[-1].isalnum() else ""
    return tuple(
        Place(document.doc_id, match.start(), match.end())
        for match in re.finditer(before + words + after, document.text)
    )


def _absence(case: Case, reference: Reference, library: Library) -> str:
    if reference.document not in library.documents:
        return f"{plain(case.query_id)}: the library holds no document {reference.document!r}"
    return f"{plain(case.query_id)}: {reference.document!r} does not hold {reference.text!r}"


def _complaint(missing: Sequence[str]) -> str:
    listed = [f"  {line}" for line in missing[:_LISTED]]
    if len(missing) > _LISTED:
        listed.append(f"  and {len(missing) - _LISTED} more")
    return (
        "Gold quotes of the evaluation set do not stand in the library "
        f"({len(missing)} of them):\n" + "\n".join(listed) + "\n"
        "Run `footnote ingest`, or correct the set: `footnote documents show DOC` prints the text "
        "that a quote must stand in."
    )

"""A retrieval set in BEIR's form: queries, judgments, corpus, and the conversations before them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.asking import parse_question
from app.records import Question, QuestionError
from ingest.errors import FootnoteError

QUERIES, CORPUS, QRELS = "queries.jsonl", "corpus.jsonl", "qrels"


class BeirError(FootnoteError):
    """A retrieval set that cannot be used."""


@dataclass(frozen=True, slots=True)
class BeirSet:
    """A set that was read whole.

    Attributes:
        corpus: The file of its documents.
        questions: The queries with a relevant document, in the order of their file, each with the
            conversation before it where there is one.
        qrels: Query id to document id to grade.
        left_out: How many queries have no relevant document and are not asked.
    """

    corpus: Path
    questions: tuple[Question, ...]
    qrels: Mapping[str, Mapping[str, int]]
    left_out: int


def read_beir(folder: Path, split: str, conversations: Path | None = None) -> BeirSet:
    """Read a BEIR folder.

    Args:
        folder: Holds ``queries.jsonl`` and ``qrels/<split>.tsv``; ``corpus.jsonl`` stands there or
            in the folder above.
        split: Which judgments to use.
        conversations: A JSON object a line, ``task_id`` and ``history``; each judged query is then
            the last turn of the conversation of its id.

    Raises:
        BeirError: A file is missing or cannot be read, a line is malformed, an id is unknown or
            stands twice, or nothing is judged; the message names file and line.
    """
    corpus = _corpus(folder)
    queries = _queries(folder / QUERIES)
    path = folder / QRELS / f"{split}.tsv"
    qrels = _qrels(path)
    _require(path, "query", qrels.keys() - queries.keys(), folder / QUERIES)
    judged = {
        query_id: text
        for query_id, text in queries.items()
        if any(grade > 0 for grade in qrels.get(query_id, {}).values())
    }
    if not judged:
        raise BeirError(
            f"{str(path)!r} names no relevant document for any query. Check the file, or choose "
            "other judgments with --split."
        )
    held = {doc_id for _, doc_id, _ in _entries(corpus)}
    _require(path, "document", {one for grades in qrels.values() for one in grades} - held, corpus)
    talks = {} if conversations is None else _conversations(conversations)
    if conversations is not None:
        _require(folder / QUERIES, "query", judged.keys() - talks.keys(), conversations)
    questions = tuple(
        _as_last_turn(query_id, text, talks.get(query_id)) for query_id, text in judged.items()
    )
    return BeirSet(corpus, questions, qrels, len(queries) - len(judged))


def _corpus(folder: Path) -> Path:
    for path in (folder / CORPUS, folder.resolve().parent / CORPUS):
        if path.is_file():
            return path
    raise BeirError(
        f"There is no {CORPUS!r} in {str(folder)!r} or in the folder above. Name the folder of a "
        "BEIR set: queries.jsonl, qrels/, and the corpus there or one folder up."
    )


def _queries(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, query_id, value in _entries(path):
        text = value.get("text")
        if not isinstance(text, str) or not text.strip():
            raise _wrong(path, number, "`text` is missing or empty")
        found[query_id] = text
    return found


def _qrels(path: Path) -> dict[str, dict[str, int]]:
    """Read judgments: query, document and grade, divided by tabs, under a heading."""
    found: dict[str, dict[str, int]] = {}
    for number, line in _lines(path):
        cells = line.split("\t")
        if number == 1 and cells[0] == "query-id":
            continue
        try:
            query_id, doc_id, grade = cells
            found.setdefault(query_id, {})[doc_id] = int(grade)
        except ValueError as exc:
            form = "query-id, corpus-id and a whole number, divided by tabs"
            raise _wrong(path, number, f"it is not {form}") from exc
    return found


def _conversations(path: Path) -> dict[str, tuple[int, dict[str, Any]]]:
    return {task_id: (number, value) for number, task_id, value in _entries(path, "task_id")}


def _as_last_turn(query_id: str, text: str, talk: tuple[int, dict[str, Any]] | None) -> Question:
    """Return a query as the engine is asked it; a history may end with the query itself."""
    history = [] if talk is None else talk[1].get("history")
    number = 0 if talk is None else talk[0]
    try:
        question = parse_question({"question": text, "history": history, "id": query_id})
    except QuestionError as exc:
        raise BeirError(
            f"The conversation of {query_id!r} on line {number} is wrong: {exc}"
        ) from exc
    turns = question.history
    if turns and turns[-1].role == "user" and turns[-1].content.strip() == text.strip():
        turns = turns[:-1]
    return Question(text, turns, question_id=query_id)


def _entries(path: Path, key: str = "_id") -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Yield line number, id and object of each line that is not blank."""
    seen: dict[str, int] = {}
    for number, line in _lines(path):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as exc:
            raise _wrong(path, number, f"it is not JSON ({exc})") from exc
        name = value.get(key) if isinstance(value, dict) else None
        if not isinstance(name, str) or not name or any(char.isspace() for char in name):
            raise _wrong(path, number, f"`{key}` is missing or no text without white space")
        if name in seen:
            raise _wrong(path, number, f"`{key}` {name!r} already stands on line {seen[name]}")
        seen[name] = number
        yield number, name, value


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="\n") as handle:
            for number, line in enumerate(handle, 1):
                if line.strip():
                    yield number, line.rstrip("\r\n")
    except OSError as exc:
        raise BeirError(
            f"{str(path)!r} cannot be read ({exc.strerror}). Check the path, and --split."
        ) from exc
    except UnicodeDecodeError as exc:
        raise BeirError(f"{str(path)!r} is not UTF-8 ({exc}). Save it as UTF-8.") from exc


def _require(path: Path, kind: str, unknown: set[str], where: Path) -> None:
    if unknown:
        raise BeirError(
            f"{str(path)!r} names {len(unknown)} {kind} id(s) that {str(where)!r} does not hold, "
            f"such as {min(unknown)!r}. Use the files of one set together."
        )


def _wrong(path: Path, number: int, fault: str) -> BeirError:
    return BeirError(f"{str(path)!r}, line {number}: {fault}. Correct the line.")

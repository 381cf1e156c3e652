"""Questions in JSON: from a line of a batch, or a request, to a `Question`."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterable, Iterator
from typing import Any

from app.engine import FootnoteQueryEngine
from app.records import Question, QuestionError, Turn, failed_record
from ingest.errors import FootnoteError

_LOG = logging.getLogger(__name__)


class NotJsonError(QuestionError):
    """Text that was to be JSON and is not; the message is the parser's."""


def load_json(text: str | bytes) -> Any:
    """Read JSON from outside.

    Raises:
        NotJsonError: It is none, or nested deeper than can be read.
    """
    try:
        return json.loads(text, parse_constant=_no_number, parse_float=_finite)
    except RecursionError as exc:
        raise NotJsonError("nested too deep") from exc
    except ValueError as exc:
        raise NotJsonError(str(exc)) from exc


def _no_number(name: str) -> float:
    """Refuse NaN and Infinity, which are no JSON and would make our own records none."""
    raise ValueError(f"{name} is no JSON number")


def _finite(number: str) -> float:
    value = float(number)
    return value if math.isfinite(value) else _no_number(number)


def parse_question(value: object) -> Question:
    """Read a question record: ``question``, and ``id``, ``history``, ``documents`` if wanted.

    Raises:
        QuestionError: The record is not of that form; the message says where.
    """
    if not isinstance(value, dict):
        raise QuestionError('A question is a JSON object such as {"question": "…"}.')
    text = value.get("question")
    if not isinstance(text, str):
        raise QuestionError("`question` is missing or not a text.")
    documents = value.get("documents")
    if documents is not None and not (
        isinstance(documents, list) and all(isinstance(name, str) for name in documents)
    ):
        raise QuestionError("`documents` is not a list of document names.")
    question_id = value.get("id")
    return Question(
        text=text,
        history=_history(value.get("history")),
        documents=tuple(documents) if documents else None,
        question_id=None if question_id is None else str(question_id),
    )


def answer_batch(
    engine: FootnoteQueryEngine, lines: Iterable[str]
) -> Iterator[tuple[dict[str, Any], bool]]:
    """Answer one question a line; yield each record and whether it was answered.

    A line that fails gives a record with its `id` and an `error`; blank lines are passed over.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        value: Any = None
        try:
            value = load_json(line)
            question = parse_question(value)
            record = engine.answer(question).to_dict()
            if "id" in record:
                record["id"] = value["id"]
            yield record, True
        except NotJsonError as exc:
            error = f"Line {number} is not JSON ({exc}). Write one JSON object a line."
            yield failed_record(None, "", error), False
        except FootnoteError as exc:
            known = value if isinstance(value, dict) else {}
            text = known.get("question")
            record = failed_record(
                known.get("id"), text if isinstance(text, str) else "", f"Line {number}: {exc}"
            )
            yield record, False
        except Exception as exc:  # a fault of ours; the lines after it are answered all the same
            _LOG.exception("line %d of the batch failed", number)
            known = value if isinstance(value, dict) else {}
            error = f"Line {number}: the answer failed ({type(exc).__name__}: {exc})."
            yield failed_record(known.get("id"), str(known.get("question", "")), error), False


def _history(value: object) -> tuple[Turn, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise QuestionError("`history` is not a list of turns.")
    turns = []
    for turn in value:
        role = turn.get("role") if isinstance(turn, dict) else None
        content = turn.get("content") if isinstance(turn, dict) else None
        if role not in ("user", "assistant") or not isinstance(content, str):
            raise QuestionError(
                'A turn of `history` is not {"role": "user" or "assistant", "content": "…"}.'
            )
        turns.append(Turn("user" if role == "user" else "assistant", content))
    return tuple(turns)

"""RAGAS' evaluation data sets: read as questions to import, and written to hand answers on."""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from app.records import Turn
from eval.ragas.quiet import without_tracking
from eval.sets.cases import first_fault
from eval.sets.imports import Imported, Quote, Sample, unique_titles

if TYPE_CHECKING:
    from ragas import MultiTurnSample, SingleTurnSample

_LISTS = ("user_input", "retrieved_contexts", "reference_contexts")
_HOP = re.compile(r"<\d+-hop>\s*")  # the test-set generator's mark on a passage of several
_ID_CHARS = 12


def is_ragas_row(row: Any) -> bool:
    """Whether a parsed line or a row of a CSV file has the form of RAGAS' samples."""
    return isinstance(row, dict) and "user_input" in row


def read_ragas(rows: Sequence[Mapping[str, Any]]) -> Imported:
    """Read RAGAS' samples, single-turn and multi-turn ones.

    A reference context is gold: where the reference answer stands in it word for word, the
    sentences that hold that, else all of it. Every context is a passage for a document. The last
    human message of a multi-turn sample is the question, what comes before it the history.

    Args:
        rows: One for each sample; lists may be written as text, as RAGAS' CSV files have them.
    """
    samples: list[Sample] = []
    unread: list[tuple[str, str]] = []
    passages: list[str] = []
    for number, row in enumerate(rows, 1):
        try:
            sample, contexts = _read(_parsed(row))
        except ValidationError as exc:
            unread.append((f"row {number}", first_fault(exc)))
            continue
        except ValueError as exc:
            unread.append((f"row {number}", str(exc)))
            continue
        samples.append(sample)
        passages += contexts
    return Imported(tuple(samples), tuple(unread), unique_titles(passages, "passage"))


def to_ragas(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as the JSON Lines of a RAGAS data set of single turns, in order.

    Args:
        rows: With the fields of a `SingleTurnSample`; those that are None are left out.
    """
    without_tracking()
    from ragas import SingleTurnSample

    samples = [SingleTurnSample.model_validate(row) for row in rows]
    return "".join(json.dumps(one.to_dict(), ensure_ascii=False) + "\n" for one in samples)


def _parsed(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with its lists as lists and without what is empty."""
    parsed = {}
    for name, value in row.items():
        if name in _LISTS and isinstance(value, str) and value.lstrip().startswith("["):
            value = _literal(name, value)
        if value not in (None, ""):
            parsed[name] = value
    return parsed


def _literal(name: str, text: str) -> Any:
    """Read a list that is written as text, in JSON or, as `to_csv` has it, in Python."""
    for read in (json.loads, ast.literal_eval):
        try:
            return read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):  # as ast has deep nesting
            continue
    if name == "user_input":  # a question may open with a bracket
        return text
    raise ValueError(f"{name}: neither JSON nor a Python list")


def _read(row: Mapping[str, Any]) -> tuple[Sample, list[str]]:
    """Return a row's question, and all its passages.

    Raises:
        ValueError: The row is no sample, or asks nothing.
    """
    without_tracking()
    from ragas import MultiTurnSample, SingleTurnSample

    sample: SingleTurnSample | MultiTurnSample
    if isinstance(row.get("user_input"), list):
        sample = MultiTurnSample.model_validate(row)
        question, history = _conversation(sample)
    else:
        sample = SingleTurnSample.model_validate(row)
        question, history = (sample.user_input or "").strip(), ()
    if not question:
        raise ValueError("user_input: it asks nothing")
    reference = _HOP.sub("", sample.reference or "").strip()
    # Multi-turn samples have no contexts of their own; some writers add them.
    gold = [_HOP.sub("", text) for text in _texts(row, "reference_contexts")]
    retrieved = [_HOP.sub("", text) for text in _texts(row, "retrieved_contexts")]
    identity = json.dumps([question, [[turn.role, turn.content] for turn in history]])
    digest = hashlib.sha256(identity.encode()).hexdigest()[:_ID_CHARS]
    imported = Sample(
        query_id=f"ragas-{digest}",
        question=question,
        history=history,
        reference_answer=reference,
        quotes=tuple(_quote(text, reference) for text in gold if text.strip()),
    )
    return imported, [text for text in (*gold, *retrieved) if text.strip()]


def _texts(row: Mapping[str, Any], name: str) -> list[str]:
    texts = row.get(name, [])
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError(f"{name}: it is no list of texts")
    return texts


def _conversation(sample: MultiTurnSample) -> tuple[str, tuple[Turn, ...]]:
    said = [
        Turn("user" if message.type == "human" else "assistant", message.content)
        for message in sample.user_input
        if message.type in ("human", "ai") and message.content.strip()
    ]
    while said and said[-1].role != "user":
        said.pop()  # the answer, which is what the sample was made to judge
    return (said[-1].content.strip(), tuple(said[:-1])) if said else ("", ())


def _quote(passage: str, reference: str) -> Quote:
    words = r"\s+".join(re.escape(word) for word in reference.split())
    found = re.search(rf"(?<!\w){words}(?!\w)", passage, re.IGNORECASE) if words else None
    return Quote(passage, *(found.span() if found else (0, len(passage))))

"""Span sets: a folder with `corpus/` and `questions.jsonl`, gold given as text in documents.

A question line is ``{"id", "question", "answerable", "references": [{"document", "text"}]}``,
the form of several open extractive question-answering sets.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.engine import FootnoteQueryEngine
from app.evidence import Evidence, weigh
from app.index import SearchIndex
from app.question import analyse
from app.records import Passage
from app.settings import AppSettings
from ingest.console import notice
from ingest.embed import Embedder
from ingest.settings import ROOT
from ingest.sync import sync

Spans = list[tuple[str, int, int]]


@dataclass(frozen=True, slots=True)
class SpanQuestion:
    """A question with its gold spans: document, start and end in the extracted text.

    ``is_tune`` tells the half that models are fitted on from the half that they are tested on.
    """

    question_id: str
    question: str
    answerable: bool
    gold: tuple[tuple[str, int, int], ...]
    is_tune: bool


@dataclass(frozen=True, slots=True)
class Weighed:
    """A question with what the engine retrieved and weighed for it."""

    question: SpanQuestion
    passages: list[Passage]
    evidence: Evidence


def open_set(folder: Path, storage: Path, embedder: Embedder) -> FootnoteQueryEngine:
    """Index a span set's corpus into ``storage`` and return an engine over it."""
    settings = AppSettings(documents=folder / "corpus", storage=storage / folder.name)
    report = sync(settings, embedder=embedder)
    notice(f"{folder.name}: {report.documents} documents, {report.chunks} chunks")
    return FootnoteQueryEngine(settings, embedder)


def own_set(scratch: Path) -> Path:
    """Lay the project's own documents and questions out as a span set, without follow-ups."""
    folder = scratch / "dossier"
    shutil.copytree(ROOT / "data" / "documents", folder / "corpus")
    with (folder / "questions.jsonl").open("w", encoding="utf-8") as out:
        for line in (ROOT / "data" / "eval" / "questions.jsonl").open(encoding="utf-8"):
            record = json.loads(line)
            if not record["history"]:
                out.write(json.dumps(record | {"id": record["query_id"]}) + "\n")
    return folder


def questions(folder: Path, index: SearchIndex) -> Iterator[SpanQuestion]:
    """Yield a set's questions, gold located in the indexed texts, blind to white space."""
    squashed: dict[str, tuple[str, list[int]]] = {}
    for line in (folder / "questions.jsonl").open(encoding="utf-8"):
        record = json.loads(line)
        gold: Spans = []
        for reference in record["references"]:
            doc_id = reference["document"]
            if doc_id not in squashed:
                squashed[doc_id] = _squash(index.library.documents[doc_id].text)
            text, places = squashed[doc_id]
            needle = "".join(reference["text"].split())
            at = text.find(needle) if needle else -1
            if at >= 0:
                gold.append((doc_id, places[at], places[at + len(needle) - 1] + 1))
        question_id = str(record["id"])
        yield SpanQuestion(
            question_id,
            record["question"],
            bool(record["answerable"]),
            tuple(gold),
            record["split"] == "tune" if "split" in record else _is_tune(question_id),
        )


def weigh_all(engine: FootnoteQueryEngine, folder: Path) -> Iterator[Weighed]:
    """Yield each question of a set with its passages and weighed sentences."""
    with engine.live.lease() as index:
        for question in questions(folder, index):
            vector = engine.embedder.embed_query(question.question)
            passages = engine.retriever.passages(index, question.question, vector=vector)
            evidence = weigh(index, analyse(question.question, index.languages), vector, passages)
            yield Weighed(question, passages, evidence)


def overlap(spans: Spans | tuple[tuple[str, int, int], ...], doc_id: str, a: int, b: int) -> int:
    """Return how many characters of ``[a, b)`` of a document lie in ``spans``."""
    return sum(max(0, min(b, end) - max(a, start)) for doc, start, end in spans if doc == doc_id)


def _is_tune(question_id: str) -> bool:
    """Halve a set that does not say itself, by a hash of the question's id."""
    return hashlib.sha256(question_id.encode()).digest()[0] % 2 == 0


def _squash(text: str) -> tuple[str, list[int]]:
    places = [at for at, char in enumerate(text) if not char.isspace()]
    return "".join(text[at] for at in places), places

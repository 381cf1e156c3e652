"""Span sets: a folder with `corpus/` and `questions.jsonl`, gold given as text in documents.

A question line is ``{"id", "question", "answerable", "references": [{"document", "text"}]}``,
the form of several open extractive question-answering sets.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from app.answer.evidence import Evidence, weigh
from app.engine import FootnoteQueryEngine
from app.question.asked import analyse
from app.records import Passage
from app.search.index import SearchIndex
from app.settings import AppSettings
from ingest.console import notice
from ingest.embed import Embedder
from ingest.settings import ROOT
from ingest.sync import sync

Place = tuple[str, int, int]
Spans = list[Place]


@dataclass(frozen=True, slots=True)
class SpanQuestion:
    """A question with its gold spans: document, start and end in the extracted text.

    Attributes:
        question_id: The set's own.
        question: Its text.
        answerable: Whether any passage answers it.
        references: For each reference all the places where it stands; a text may repeat itself.
        is_tune: Tells the half that models are fitted on from the half they are tested on.
    """

    question_id: str
    question: str
    answerable: bool
    references: tuple[tuple[Place, ...], ...]
    is_tune: bool

    def gold(self, near: Iterable[Place] = ()) -> Spans:
        """Return a place of each reference: the one that ``near`` overlaps most, else the first."""
        spans = list(near)
        return [max(places, key=lambda place: overlap(spans, *place)) for places in self.references]

    @property
    def places(self) -> Spans:
        """Every place of every reference."""
        return [place for places in self.references for place in places]


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
    """Lay the project's own documents and questions out as a span set, without follow-ups.

    The questions in other languages than English are left out: the default embedder reads English.
    """
    folder = scratch / "dossier"
    shutil.copytree(ROOT / "data" / "documents", folder / "corpus")
    with (folder / "questions.jsonl").open("w", encoding="utf-8") as out:
        for line in (ROOT / "data" / "eval" / "questions.jsonl").open(encoding="utf-8"):
            record = json.loads(line)
            if not record["history"] and record["language"] == "en":
                out.write(json.dumps(record | {"id": record["query_id"]}) + "\n")
    return folder


def questions(folder: Path, index: SearchIndex) -> Iterator[SpanQuestion]:
    """Yield a set's questions, gold located in the indexed texts, blind to white space."""
    squashed: dict[str, tuple[str, list[int]]] = {}
    for line in (folder / "questions.jsonl").open(encoding="utf-8"):
        record = json.loads(line)
        found: list[tuple[Place, ...]] = []
        for reference in record["references"]:
            doc_id = reference["document"]
            if doc_id not in squashed:
                squashed[doc_id] = _squash(index.library.documents[doc_id].text)
            places = tuple(_places(doc_id, "".join(reference["text"].split()), *squashed[doc_id]))
            if places:
                found.append(places)
        question_id = str(record["id"])
        yield SpanQuestion(
            question_id,
            record["question"],
            bool(record["answerable"]),
            tuple(found),
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


def overlap(spans: Iterable[Place], doc_id: str, a: int, b: int) -> int:
    """Return how many characters of ``[a, b)`` of a document lie in ``spans``."""
    return sum(max(0, min(b, end) - max(a, start)) for doc, start, end in spans if doc == doc_id)


def _is_tune(question_id: str) -> bool:
    """Halve a set that does not say itself, by a hash of the question's id."""
    return hashlib.sha256(question_id.encode()).digest()[0] % 2 == 0


def _squash(text: str) -> tuple[str, list[int]]:
    places = [at for at, char in enumerate(text) if not char.isspace()]
    return "".join(text[at] for at in places), places


def _places(doc_id: str, needle: str, text: str, offsets: list[int]) -> Iterator[Place]:
    """Yield where a text without white space stands in a document's own, without it too."""
    at = text.find(needle) if needle else -1
    while at >= 0:
        yield doc_id, offsets[at], offsets[at + len(needle) - 1] + 1
        at = text.find(needle, at + 1)

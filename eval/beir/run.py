"""Retrieval measured on a BEIR set, in a library of its own that later runs use again."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.engine import FootnoteQueryEngine
from app.question.condense import resolve
from app.records import Passage, Question
from app.search.index import SearchIndex
from app.settings import AppSettings
from eval.beir.sets import CORPUS, BeirError, BeirSet, read_beir
from eval.figures.ranking import RANKING_FIGURES, ranking_figures
from eval.runs.run import Progress
from ingest.document import IngestReport
from ingest.embed import Embedder
from ingest.library import FORMAT_VERSION
from ingest.limits import MIB
from ingest.progress import Progress as IngestProgress
from ingest.sync import sync

_DEPTH = 10  # documents in a ranking
_FIRST_CHUNKS = 50
_TAG = "footnote"


@dataclass(frozen=True, slots=True)
class BeirRun:
    """A finished run.

    Attributes:
        figures: The means over the queries that were asked, by name.
        scored: How many queries were asked.
        left_out: How many were not, for want of a relevant document.
        run_path: The TREC run file.
        index: The folder of the library, kept for the next run.
        failed: Documents of the corpus that could not be indexed, with the reason.
        facts: What it was made with.
    """

    figures: Mapping[str, float]
    scored: int
    left_out: int
    run_path: Path
    index: Path
    failed: tuple[tuple[str, str], ...]
    facts: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return the run as ``--json`` prints it."""
        return {
            **{name: round(value, 4) for name, value in self.figures.items()},
            "n_scored": self.scored,
            "n_total": self.scored + self.left_out,
            "run": str(self.run_path),
            "index": str(self.index),
            "failed": [{"document": name, "reason": reason} for name, reason in self.failed],
            **self.facts,
        }


def run_beir(
    settings: AppSettings,
    folder: Path,
    split: str = "test",
    conversations: Path | None = None,
    out: Path | None = None,
    *,
    progress: Progress | None = None,
    ingest_progress: IngestProgress | None = None,
    embedder: Embedder | None = None,
) -> BeirRun:
    """Index a BEIR set's corpus, ask its judged queries, and score the rankings.

    Args:
        settings: How to embed and retrieve; the index is kept under their storage.
        folder: The set's folder.
        split: Which judgments.
        conversations: The conversations that the queries end, if they do.
        out: The TREC run file; one beside the index by default.
        progress: Told of the queries.
        ingest_progress: Told of the indexing.
        embedder: A loaded embedder; one is made from the settings by default.

    Raises:
        BeirError: The set cannot be used, or the run file cannot be written.
        LibraryError: The index cannot be written.
    """
    found = read_beir(folder, split, conversations)
    embedder = embedder or Embedder.of(settings)
    own = library_settings(settings, found.corpus, embedder)
    path = out or own.storage / "runs" / f"{folder.resolve().name}-{split}.trec"
    report = index_corpus(own, found.corpus, embedder, ingest_progress)
    started = time.perf_counter()
    with closing(FootnoteQueryEngine(own, embedder)) as engine:
        rankings = _ask(engine, found, progress)
    seconds = time.perf_counter() - started
    _write(path, rankings)
    scores = [
        ranking_figures([doc_id for doc_id, _ in ranked], found.qrels[query_id])
        for query_id, ranked in rankings.items()
    ]
    return BeirRun(
        figures={name: sum(one[name] for one in scores) / len(scores) for name in RANKING_FIGURES},
        scored=len(scores),
        left_out=found.left_out,
        run_path=path,
        index=own.storage,
        failed=tuple(report.failed),
        facts={
            "split": split,
            "conversations": None if conversations is None else str(conversations),
            "documents": report.documents,
            "chunks": report.chunks,
            "embed_model": embedder.name,
            "seconds_indexing": round(report.seconds, 1),
            "ms_a_query": round(1000.0 * seconds / len(scores), 1),
        },
    )


def retrieve_for(
    engine: FootnoteQueryEngine, index: SearchIndex, question: Question, top_k: int
) -> list[Passage]:
    """Find passages as `ask` does: the question resolved against its conversation first."""
    follow_up = resolve(question.text, question.history)
    return engine.retriever.passages(
        index, follow_up.standalone, top_k=top_k, context=follow_up.topic
    )


def ranked_documents(passages: Sequence[Passage]) -> list[tuple[str, float]]:
    """Return documents with the score of their best passage, best first, at most ten.

    A corpus file's part of a document's name is left out, so that the ids are the set's own.
    """
    best: dict[str, float] = {}
    for passage in passages:
        best.setdefault(passage.document.removeprefix(f"{CORPUS}#"), passage.score)
    return list(best.items())[:_DEPTH]


def _ask(
    engine: FootnoteQueryEngine, found: BeirSet, progress: Progress | None
) -> dict[str, list[tuple[str, float]]]:
    rankings: dict[str, list[tuple[str, float]]] = {}
    if progress is not None:
        progress.questions(len(found.questions))
    with engine.live.lease() as index:
        for question in found.questions:
            query_id = question.question_id or ""
            rankings[query_id] = _ranking(engine, index, question)
            if progress is not None:
                progress.question_done(query_id)
    return rankings


def _ranking(
    engine: FootnoteQueryEngine, index: SearchIndex, question: Question
) -> list[tuple[str, float]]:
    """Rank documents; more chunks are asked for until there are ten, or no more."""
    top_k = _FIRST_CHUNKS
    while True:
        passages = retrieve_for(engine, index, question, top_k)
        ranked = ranked_documents(passages)
        if len(ranked) == _DEPTH or len(passages) < top_k:
            return ranked
        top_k *= 2


def library_settings(settings: AppSettings, corpus: Path, embedder: Embedder) -> AppSettings:
    """Return settings whose storage is known by what makes the index what it is."""
    made_of = (embedder.name, settings.chunk_tokens, settings.chunk_overlap, FORMAT_VERSION)
    try:
        with corpus.open("rb") as handle:
            digest = hashlib.file_digest(handle, "sha256")
        size = corpus.stat().st_size
    except OSError as exc:
        raise BeirError(f"The corpus {str(corpus)!r} cannot be read ({exc}).") from exc
    digest.update(repr(made_of).encode())
    storage = settings.storage / "beir" / digest.hexdigest()[:16]
    largest_mb = min(100_000, max(settings.max_file_mb, size // MIB + 1))
    changes = {
        "documents": storage / "documents",
        "storage": storage,
        "max_file_mb": largest_mb,
    }
    return settings.model_copy(update=changes)


def index_corpus(
    own: AppSettings, corpus: Path, embedder: Embedder, progress: IngestProgress | None = None
) -> IngestReport:
    """Bring the set's own library in step with the corpus; one that was cut short is finished."""
    copied = own.documents / CORPUS
    try:
        if not copied.is_file():
            own.documents.mkdir(parents=True, exist_ok=True)
            partial = own.documents / f".{CORPUS}.partial"
            shutil.copyfile(corpus, partial)
            os.replace(partial, copied)
    except OSError as exc:
        raise BeirError(
            f"The index in {str(own.storage)!r} cannot be written ({exc}). Check permissions and "
            "free space, or set FOOTNOTE_STORAGE to another folder."
        ) from exc
    return sync(own, progress=progress, embedder=embedder)


def _write(path: Path, rankings: Mapping[str, Sequence[tuple[str, float]]]) -> None:
    """Write a TREC run: query, Q0, document, rank, score, tag; scores fall with the rank.

    trec_eval orders by score and breaks ties by name, so equal scores are told apart by a
    millionth.
    """
    lines = []
    for query_id, ranked in rankings.items():
        last = float("inf")
        for rank, (doc_id, score) in enumerate(ranked, 1):
            last = min(round(score, 6), last - 1e-6)
            lines.append(f"{query_id} Q0 {doc_id} {rank} {last:.6f} {_TAG}\n")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(lines), encoding="utf-8", newline="\n")
    except OSError as exc:
        raise BeirError(
            f"The run file {str(path)!r} cannot be written ({exc}). Name another one with --out."
        ) from exc

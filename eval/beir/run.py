"""Retrieval measured on a BEIR set, in a library of its own that later runs use again."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.engine import FootnoteQueryEngine
from app.settings import AppSettings
from eval.beir.compare import scores_text
from eval.beir.index import index_corpus, library_settings
from eval.beir.rank import rank_all
from eval.beir.scores import means, score_queries
from eval.beir.sets import BeirError, read_beir
from eval.beir.trec import run_text
from eval.figures.summary import Figure
from eval.runs.run import Progress
from ingest.embed import Embedder
from ingest.progress import Progress as IngestProgress

_DIGITS = 4


@dataclass(frozen=True, slots=True)
class BeirRun:
    """A finished run.

    Attributes:
        figures: By name, the mean over the queries that were asked, with its interval.
        scores: By query id, each query's own figures.
        left_out: How many queries were not asked, for want of a relevant document.
        run_path: The TREC run file.
        scores_path: Each query's figures, a JSON object a line.
        index: The folder of the library, kept for the next run.
        failed: Documents of the corpus that could not be indexed, with the reason.
        facts: What it was made with.
    """

    figures: Mapping[str, Figure]
    scores: Mapping[str, Mapping[str, float]]
    left_out: int
    run_path: Path
    scores_path: Path
    index: Path
    failed: tuple[tuple[str, str], ...]
    facts: Mapping[str, Any]

    @property
    def scored(self) -> int:
        """How many queries were asked."""
        return len(self.scores)

    def to_dict(self) -> dict[str, Any]:
        """Return the run as ``--json`` prints it."""
        figures = {name: _rounded(asdict(figure)) for name, figure in self.figures.items()}
        return {
            **{name: figure["value"] for name, figure in figures.items()},
            "n_scored": self.scored,
            "n_total": self.scored + self.left_out,
            "figures": figures,
            "run": str(self.run_path),
            "scores": str(self.scores_path),
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
        out: The TREC run file; one beside the index by default. The queries' figures are written
            beside it, under its name with ``.scores.jsonl`` for its suffix.
        progress: Told of the queries.
        ingest_progress: Told of the indexing.
        embedder: A loaded embedder; one is made from the settings by default.

    Raises:
        BeirError: The set cannot be used, or the run cannot be written.
        LibraryError: The index cannot be written.
    """
    found = read_beir(folder, split, conversations)
    embedder = embedder or Embedder.of(settings)
    own = library_settings(settings, found.corpus, embedder)
    run_path = out or own.storage / "runs" / f"{folder.resolve().name}-{split}.trec"
    if run_path.is_dir():
        raise BeirError(f"{str(run_path)!r} is a folder. Name the run file itself with --out.")
    scores_path = run_path.with_suffix(".scores.jsonl")
    report = index_corpus(own, found.corpus, embedder, ingest_progress)
    with closing(FootnoteQueryEngine(own, embedder)) as engine:
        ranked = rank_all(engine, found.questions, progress)
    scores = score_queries(found.qrels, ranked.rankings)
    _write(run_path, run_text(ranked.rankings))
    _write(scores_path, scores_text(scores))
    return BeirRun(
        figures=means(scores),
        scores=scores,
        left_out=found.left_out,
        run_path=run_path,
        scores_path=scores_path,
        index=own.storage,
        failed=tuple(report.failed),
        facts={
            "split": split,
            "conversations": None if conversations is None else str(conversations),
            "documents": report.documents,
            "chunks": report.chunks,
            "embed_model": embedder.name,
            "seconds_indexing": round(report.seconds, 1),
            "ms_a_query": round(1000.0 * ranked.seconds / len(scores), 1),
        },
    )


def _rounded(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: round(value, _DIGITS) if isinstance(value, float) else value
        for name, value in values.items()
    }


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as exc:
        raise BeirError(
            f"The run file {str(path)!r} cannot be written ({exc}). Name another one with --out."
        ) from exc

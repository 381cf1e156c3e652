"""A run of the evaluation: every question asked and scored, and the run's folder written."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

from app.engine import FootnoteQueryEngine
from app.records import failed_record
from app.settings import AppSettings
from eval.figures.scoring import Outcome, Scorer
from eval.figures.summary import summarise
from eval.ragas.metrics import RagasMetrics
from eval.sets.cases import Case, locate_all, read_set
from eval.sets.places import Gold
from ingest.embed import Embedder
from ingest.errors import FootnoteError
from ingest.library import Library

ANSWERS, SUMMARY = "answers.jsonl", "summary.json"
_DIGITS = 4


class RunError(FootnoteError):
    """A run that cannot be made or written."""


class Progress(Protocol):
    """Is told how a run goes."""

    def questions(self, total: int) -> None:
        """Say how many questions will be asked."""

    def question_done(self, query_id: str) -> None:
        """Say that a question was answered and scored."""


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run: its folder, its summary as written there, and what became of each case."""

    folder: Path
    summary: Mapping[str, Any]
    outcomes: tuple[Outcome, ...]


def run(
    settings: AppSettings,
    set_path: Path,
    out_dir: Path | None = None,
    progress: Progress | None = None,
    *,
    embedder: Embedder | None = None,
) -> Run:
    """Ask every question of a set, score the answers, and write a run folder.

    The folder appears whole or not at all. A question that fails is recorded and counts as 0.

    Args:
        settings: Which library is asked, and how.
        set_path: The evaluation set, JSON Lines.
        out_dir: The run's folder, new or empty; by default one named for the time in UTC, in the
            storage's `runs/`.
        progress: Told about each question.
        embedder: The embedder, where one is loaded already.

    Raises:
        EvaluationSetError: The set is wrong, or its quotes do not stand in the library.
        EmptyLibraryError: Nothing is indexed yet.
        EmbedderError: The embedding model cannot be loaded.
        RunError: The folder cannot be written, or the library changed meanwhile.
    """
    started = datetime.now(UTC)
    cases, set_sha256 = read_set(set_path)
    folder = _free_folder(settings, out_dir, started)
    with FootnoteQueryEngine(settings, embedder) as engine, engine.live.lease() as index:
        library = index.library
        golds = locate_all(cases, library)
        _ = engine.embedder.dimension  # a model that cannot load fails the run, not each question
        ragas = RagasMetrics(engine.embedder)
        scorer = Scorer(library, ragas)
        if progress is not None:
            progress.questions(len(cases))
        clock = time.perf_counter()
        outcomes = []
        for case in cases:
            outcomes.append(_ask(engine, scorer, case, golds[case.query_id]))
            if progress is not None:
                progress.question_done(case.query_id)
        seconds = time.perf_counter() - clock
        with engine.live.lease() as newest:
            if newest.library.name != library.name:
                raise RunError(
                    f"The library changed during the run, from {library.name!r} to "
                    f"{newest.library.name!r}, so its answers do not compare. Run it again."
                )
        summary = {
            "started_at": started.isoformat(timespec="seconds"),
            "seconds": round(seconds, 2),
            "set": {"path": str(set_path), "sha256": set_sha256},
            "library": _library_facts(library),
            "versions": _versions(library, ragas),
            "settings": settings.model_dump(mode="json"),
        } | summarise(outcomes)
    _write(folder, summary, outcomes)
    return Run(folder, summary, tuple(outcomes))


def _ask(
    engine: FootnoteQueryEngine, scorer: Scorer, case: Case, gold: tuple[Gold, ...]
) -> Outcome:
    try:
        return scorer.score(case, gold, engine.answer(case.to_question()))
    except FootnoteError as exc:
        return Outcome(case, gold, error=str(exc))


def _library_facts(library: Library) -> dict[str, Any]:
    """Identify the library: the fingerprint is that of its documents' bytes, under their names."""
    lines = (f"{doc_id}\t{entry.sha256}\n" for doc_id, entry in sorted(library.documents.items()))
    documents, chunks = library.counts()
    return {
        "generation": library.name,
        "documents": documents,
        "chunks": chunks,
        "documents_sha256": hashlib.sha256("".join(lines).encode()).hexdigest(),
        **library.meta,
    }


def _versions(library: Library, ragas: RagasMetrics) -> dict[str, str]:
    return {
        "footnote": _installed("footnote"),
        "ragas": ragas.version,
        "embedder": library.meta.get("embed_model", ""),
        "sentence-transformers": _installed("sentence-transformers"),
    }


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _free_folder(settings: AppSettings, out_dir: Path | None, started: datetime) -> Path:
    """Choose the run's folder before any question is asked."""
    if out_dir is not None:
        folder = out_dir.expanduser().resolve()
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise RunError(
                f"The run cannot be written to {str(out_dir)!r}: it exists and is not an empty "
                "folder. Give --out a new one."
            )
        return folder
    stamp = started.strftime("%Y%m%dT%H%M%SZ")
    folder, again = settings.storage / "runs" / stamp, 1
    while folder.exists():
        again += 1
        folder = folder.with_name(f"{stamp}-{again}")
    return folder


def _write(folder: Path, summary: Mapping[str, Any], outcomes: Sequence[Outcome]) -> None:
    """Write the run beside its folder, then move it there in one step."""
    lines = [json.dumps(_rounded(_line(entry)), ensure_ascii=False) + "\n" for entry in outcomes]
    partial: str | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial = tempfile.mkdtemp(prefix=".partial-", dir=folder.parent)
        os.chmod(partial, 0o755)  # mkdtemp's folders are closed to others
        _put(Path(partial) / ANSWERS, "".join(lines))
        text = json.dumps(_rounded(summary), ensure_ascii=False, indent=2)
        _put(Path(partial) / SUMMARY, text + "\n")
        if folder.exists():
            folder.rmdir()
        os.rename(partial, folder)
    except OSError as exc:
        raise RunError(
            f"The run cannot be written to {str(folder)!r} ({exc}). Check permissions and free "
            "space, or name another folder with --out."
        ) from exc
    finally:
        if partial is not None:
            shutil.rmtree(partial, ignore_errors=True)


def _put(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())


def _line(outcome: Outcome) -> dict[str, Any]:
    case = outcome.case
    if outcome.answer is not None:
        record = outcome.answer.to_dict()
    else:
        record = failed_record(case.query_id, case.question, outcome.error or "")
    return {
        "query_id": case.query_id,
        "kind": case.kind,
        "split": case.split,
        "question": case.question,
        "history": [{"role": turn.role, "content": turn.content} for turn in case.history],
        "answerable": case.answerable,
        "reference_answer": case.reference_answer,
        "references": [
            {
                "document": reference.document,
                "text": reference.text,
                "spans": [[spot.start, spot.end] for spot in gold],
            }
            for reference, gold in zip(case.references, outcome.gold, strict=True)
        ],
        "error": outcome.error,
        "scores": dict(outcome.scores),
        "record": record,
    }


def _rounded(value: Any) -> Any:
    """Round every float of a JSON value, so that runs compare as text."""
    if isinstance(value, float):
        return round(value, _DIGITS)
    if isinstance(value, Mapping):
        return {key: _rounded(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(entry) for entry in value]
    return value

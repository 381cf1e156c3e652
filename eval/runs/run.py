"""A run of the evaluation: every question asked and scored, and the run's folder written."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

from app.engine import FootnoteQueryEngine
from app.records import Answer
from app.verify.grounding import Grounder
from eval.figures.intervals import Ratios
from eval.figures.scoring import Outcome, Scorer
from eval.figures.summary import Figure, summarise
from eval.ragas.judge import Progress as JudgeProgress
from eval.ragas.metrics import RagasMetrics
from eval.runs.begin import open_folder
from eval.runs.folder import (
    ANSWERS,
    JUDGEMENTS,
    MANIFEST,
    SUMMARY,
    Run,
    RunError,
    append_outcome,
    in_order,
    load_run,
    read_json,
    read_outcomes,
    write_json,
    write_judgements,
    write_outcomes,
)
from eval.runs.judging import judge_outcomes, require_judge
from eval.sets.cases import Case, locate_all, read_set
from eval.settings import EvalSettings
from eval.verdicts import DEFAULT_PAIRS, grounded_by, judge_all, load_pairs
from ingest.embed import Embedder
from ingest.errors import FootnoteError
from ingest.library import Library


class Progress(JudgeProgress, Protocol):
    """Is told how a run goes."""

    def questions(self, total: int, done: int = 0) -> None:
        """Say how many questions the run has, and how many an earlier start has answered."""

    def question_done(self, query_id: str) -> None:
        """Say that a question was answered and scored."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which questions of a set are asked.

    Attributes:
        sample: So many, drawn without replacement and asked in the set's order; None for all.
        seed: What the draw depends on.
        split: One half alone, ``tune`` or ``test``; None for both.
    """

    sample: int | None = None
    seed: int = 0
    split: str | None = None

    def of(self, cases: Sequence[Case]) -> list[Case]:
        """Choose among a set's cases.

        Raises:
            RunError: There are fewer than the sample wants.
        """
        chosen = [case for case in cases if self.split in (None, case.split)]
        if not chosen:
            raise RunError(f"The set has no question in its {self.split} half. Leave out --split.")
        if self.sample is None:
            return chosen
        if not 0 < self.sample <= len(chosen):
            raise RunError(
                f"A sample of {self.sample} cannot be drawn from {len(chosen)} questions. Give "
                f"--sample a number from 1 to {len(chosen)}."
            )
        drawn = sorted(random.Random(self.seed).sample(range(len(chosen)), self.sample))
        return [chosen[number] for number in drawn]


def run(
    settings: EvalSettings,
    set_path: Path,
    out_dir: Path | None = None,
    progress: Progress | None = None,
    *,
    choice: Choice | None = None,
    jobs: int = 1,
    judge: bool = False,
    pairs: Path | None = DEFAULT_PAIRS,
    embedder: Embedder | None = None,
) -> Run:
    """Ask the questions of a set, score the answers, and write a run folder.

    A run that was cut short is finished by the same call: what was answered is not asked again.
    A question that fails is recorded and counts as 0.

    Args:
        settings: Which library is asked, and how.
        set_path: The evaluation set, JSON Lines.
        out_dir: The run's folder: new, empty, or of the same run unfinished. By default the
            storage's `runs/`, in a folder named for the time in UTC.
        progress: Told about each question.
        choice: Which of the questions; all of them by default.
        jobs: How many questions are asked at a time.
        judge: Have the settings' judge score the answers too.
        pairs: The labelled pairs that the verifier is measured on; None not to measure it.
        embedder: The embedder, where one is loaded already.

    Raises:
        EvaluationSetError: The set is wrong, or its quotes do not stand in the library.
        EmptyLibraryError: Nothing is indexed yet.
        EmbedderError: The embedding model cannot be loaded.
        RunError: The folder cannot be written, is of another run, or the library changed
            meanwhile.
        JudgeError: No judge is set, or it cannot be used; what was answered and judged is kept.
    """
    if judge:
        require_judge(settings)
    started = datetime.now(UTC)
    choice = choice or Choice()
    every_case, set_sha256 = read_set(set_path)
    cases = choice.of(every_case)
    with FootnoteQueryEngine(settings, embedder) as engine, engine.live.lease() as index:
        library = index.library
        golds = locate_all(cases, library)
        _ = engine.embedder.dimension  # a model that cannot load fails the run, not each question
        ragas = RagasMetrics(engine.embedder)
        manifest = {
            "started_at": started.isoformat(timespec="seconds"),
            "jobs": jobs,
            "set": {"path": str(set_path), "sha256": set_sha256, "questions": len(every_case)},
            "choice": asdict(choice),
            "library": _library_facts(library),
            "versions": _versions(library, ragas),
            "settings": settings.model_dump(mode="json"),
        }
        with open_folder(settings, out_dir, manifest) as folder:
            outcomes = list(_resumed(folder, cases))
            done = {outcome.case.query_id for outcome in outcomes}
            if progress is not None:
                progress.questions(len(cases), len(done))
            asked = [case for case in cases if case.query_id not in done]
            _warm_up(engine, asked)
            clock = time.perf_counter()
            scorer = Scorer(library, ragas)
            for case, answer in _answers(engine, library, asked, jobs):
                gold = golds[case.query_id]
                if isinstance(answer, Answer):
                    outcome = scorer.score(case, gold, answer)
                else:
                    outcome = Outcome(case, gold, error=str(answer))
                outcomes.append(outcome)
                append_outcome(folder, outcome)
                if progress is not None:
                    progress.question_done(case.query_id)
            seconds = time.perf_counter() - clock
            write_outcomes(folder, in_order(outcomes, cases))
            answered = read_outcomes(folder)
            judging = None
            if judge:
                judging = judge_outcomes(settings, answered, engine.embedder, progress)
                write_judgements(folder, judging.lines)
                answered = list(judging.outcomes)
            else:  # an earlier start may have judged, and was cut short before its figures
                (folder / JUDGEMENTS).unlink(missing_ok=True)
            figures = summarise(answered)
            if judging is not None:
                figures["judge"] = judging.judgement.to_dict()
            if pairs is not None:
                accuracy = verdict_accuracy(pairs, engine.embedder)
                figures["overall"]["verdict_accuracy"] = asdict(accuracy)
            times = {"seconds": round(seconds, 2), "resumed": len(done)}
            write_json(folder / SUMMARY, read_json(folder / MANIFEST) | times | figures)
            return load_run(folder)


def _warm_up(engine: FootnoteQueryEngine, cases: Sequence[Case]) -> None:
    """Ask the first question once unseen, so that no answer's time is that of loading."""
    if not cases:
        return
    with suppress(FootnoteError):  # it is met again where the question counts
        if engine.settings.uses_llm:  # an answer would cost one
            engine.search(cases[0].question)
        else:
            engine.answer(cases[0].to_question())


def verdict_accuracy(path: Path, embedder: Embedder) -> Figure:
    """Return the verifier's accuracy on the test half of labelled pairs.

    Raises:
        EvaluationSetError: The file is wrong.
    """
    pairs = [pair for pair in load_pairs(path) if pair.split == "test"]
    judged = judge_all(pairs, grounded_by(Grounder(embedder.embed_sentences)))
    right = Ratios.mean([float(one.right) for one in judged], [True] * len(judged))
    return Figure.of(right, sum(one.verdict is not None for one in judged), len(judged))


def _answers(
    engine: FootnoteQueryEngine, library: Library, cases: Iterable[Case], jobs: int
) -> Iterator[tuple[Case, Answer | FootnoteError]]:
    """Ask questions, so many at a time, and yield each as it is answered."""
    pool = ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="eval")
    try:
        waiting: dict[Future[Answer], Case] = {
            pool.submit(engine.answer, case.to_question()): case for case in cases
        }
        for future in as_completed(waiting):
            case = waiting.pop(future)
            error = future.exception()
            if error is not None and not isinstance(error, FootnoteError):
                raise error
            with engine.live.lease() as newest:
                if newest.library.name != library.name:
                    raise RunError(
                        f"The library changed during the run, from {library.name!r} to "
                        f"{newest.library.name!r}, so its answers do not compare. Run it again."
                    )
            yield case, future.result() if error is None else error
    finally:
        pool.shutdown(cancel_futures=True)


def _resumed(folder: Path, cases: Sequence[Case]) -> list[Outcome]:
    """Return what an earlier start has answered, and cut off a line that it did not finish."""
    if not (folder / ANSWERS).is_file():
        return []
    wanted = {case.query_id for case in cases}
    outcomes = [outcome for outcome in read_outcomes(folder) if outcome.case.query_id in wanted]
    write_outcomes(folder, outcomes)
    return outcomes


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

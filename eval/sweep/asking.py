"""Asks the questions of a sweep under one combination after another, and none of them twice."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.figures.scoring import Outcome, Scorer
from eval.ragas.metrics import RagasMetrics
from eval.runs.folder import SUMMARY, Run, load_run
from eval.runs.run import Choice, Progress, run
from eval.settings import EvalSettings
from eval.sweep.grid import Grid, SweepError
from eval.sweep.libraries import Index, Libraries
from eval.sweep.threshold import is_told, under
from ingest.library import open_library

_THRESHOLD = "answer_threshold"
_LONGEST = 80  # characters of a folder's name, its digest aside


@dataclass(frozen=True, slots=True)
class Answered:
    """The questions answered under one combination.

    Attributes:
        outcomes: What became of them, in the set's order.
        run: The run that the answers are from.
        index: The library that was asked.
        asked: False where the outcomes are told from a run with threshold 0.
    """

    outcomes: Sequence[Outcome]
    run: Run
    index: Index
    asked: bool


class Asking:
    """Asks the questions under one combination after another, and none of them twice."""

    def __init__(
        self,
        folder: Path,
        grid: Grid,
        set_path: Path,
        choice: Choice,
        libraries: Libraries,
        progress: Progress | None = None,
    ) -> None:
        """Prepare to ask.

        Args:
            folder: Holds a run's folder for each combination that is asked.
            grid: The combinations.
            set_path: The evaluation set.
            choice: Which of its questions.
            libraries: What is asked.
            progress: Told about the questions of each run.
        """
        self._folder = folder
        self._grid = grid
        self._set_path = set_path
        self._choice = choice
        self._libraries = libraries
        self._progress = progress
        self._runs: dict[str, Run] = {}
        self._scorers: dict[Path, Scorer] = {}
        self._documents = ""

    def answered(self, at: int) -> Answered:
        """Answer the questions under a combination, by its place in the grid.

        Raises:
            SweepError: The documents are not those of the combinations before.
            RunError: The run cannot be written.
        """
        values = self._grid.combinations[at]
        index = self._libraries.of(self._grid.settings(values))
        threshold = values.get(_THRESHOLD)
        if threshold is None:
            return self._really(values, index)
        always = self._run(values | {_THRESHOLD: 0.0}, index)
        if not is_told(always.outcomes, threshold):
            return self._really(values, index)
        outcomes = under(always.outcomes, threshold, self._scorer(values, index))
        return Answered(outcomes, always, index, asked=threshold == 0.0)

    def _really(self, values: Mapping[str, Any], index: Index) -> Answered:
        made = self._run(values, index)
        return Answered(made.outcomes, made, index, asked=True)

    def _run(self, values: Mapping[str, Any], index: Index) -> Run:
        """Return the run of some values: made, finished or, where it is there already, read."""
        name = _name(values)
        if name not in self._runs:
            folder = self._folder / name
            if (folder / SUMMARY).is_file():
                made = load_run(folder)
            else:
                made = run(
                    self._settings(values, index),
                    self._set_path,
                    folder,
                    self._progress,
                    choice=self._choice,
                    pairs=None,  # the verifier depends on the embedder alone
                    embedder=index.embedder,
                )
            self._require_same_documents(made)
            self._runs[name] = made
        return self._runs[name]

    def _require_same_documents(self, made: Run) -> None:
        documents = str(made.summary["library"]["documents_sha256"])
        self._documents = self._documents or documents
        if documents != self._documents:
            raise SweepError(
                f"The run in {str(made.folder)!r} was asked of other documents than those before "
                "it. Bring the library in step with `footnote ingest`, and sweep into a new folder."
            )

    def _scorer(self, values: Mapping[str, Any], index: Index) -> Scorer:
        if index.storage not in self._scorers:
            with closing(open_library(self._settings(values, index))) as library:
                ragas = RagasMetrics(index.embedder)
                self._scorers[index.storage] = Scorer(library, ragas)
        return self._scorers[index.storage]

    def _settings(self, values: Mapping[str, Any], index: Index) -> EvalSettings:
        return self._grid.settings(values).model_copy(update={"storage": index.storage})


def _name(values: Mapping[str, Any]) -> str:
    """Return a folder's name for some values: readable, and no other values'."""
    text = " ".join(f"{name}={value}" for name, value in values.items())
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{re.sub(r'[^A-Za-z0-9=._]+', '-', text)[:_LONGEST]}-{digest}"

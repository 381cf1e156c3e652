"""A sweep: the same questions under every combination of some settings, and which does best.

A combination is asked by a run of its own, so that a sweep that is cut short goes on where it
stopped; those that differ in the threshold alone share a run. What is within noise of the best one
is not told from it by these questions. The best of many is flattered by having been chosen: its
figure is to be measured again, on questions that chose nothing.

    sweep.json     what came out; written last, so a folder without it is unfinished
    sweep.csv      the same, a row a combination
    plan.json      what is compared on what; written first
    runs/          a run's folder for each combination that was asked
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from eval.figures.summary import Figure, latency
from eval.runs.folder import rounded
from eval.runs.run import Choice, Progress
from eval.sets.cases import read_set
from eval.settings import EvalSettings
from eval.sweep.asking import Answered, Asking
from eval.sweep.folder import open_sweep, write_results
from eval.sweep.grid import SweepError, parse_grid
from eval.sweep.libraries import Index, Libraries
from eval.sweep.standing import CHOSEN_BY, SUCCESS, Standing, figures_of, standings
from ingest.embed import Embedder
from ingest.progress import Progress as IngestProgress

_RUNS = "runs"  # in the sweep's folder


@dataclass(frozen=True, slots=True)
class Combination:
    """What came out of one combination.

    Attributes:
        settings: The swept settings' values, by name.
        figures: The success and the figures of a run, by name.
        latency_ms: ``p50`` and ``p95`` of an answer's time.
        standing: How it compares with the best.
        failed: Ids of the questions that failed; they count as 0.
        index: The library that was asked.
        run: The folder of the run that its answers are from.
        asked: False where they are told from a run with threshold 0, see `eval.sweep.threshold`.
    """

    settings: Mapping[str, Any]
    figures: Mapping[str, Figure]
    latency_ms: Mapping[str, Mapping[str, Any]]
    standing: Standing
    failed: tuple[str, ...]
    index: Index
    run: Path
    asked: bool

    def to_dict(self) -> dict[str, Any]:
        """Return the combination as an entry of ``combinations`` in `sweep.json`."""
        return {
            "settings": dict(self.settings),
            "standing": asdict(self.standing),
            "figures": {name: asdict(figure) for name, figure in self.figures.items()},
            "latency_ms": self.latency_ms,
            "failed": list(self.failed),
            "index": self.index.to_dict(),
            "run": str(self.run),
            "asked": self.asked,
        }


@dataclass(frozen=True, slots=True)
class Sweep:
    """A finished sweep.

    Attributes:
        folder: Where it was written.
        by: The figure that the best was chosen by.
        plan: What was compared on what, as in `plan.json`.
        combinations: In the order of the grid.
    """

    folder: Path
    by: str
    plan: Mapping[str, Any]
    combinations: tuple[Combination, ...]

    @property
    def best(self) -> Combination:
        """The best combination."""
        return next(one for one in self.combinations if one.standing.place == "best")

    def to_dict(self) -> dict[str, Any]:
        """Return the sweep as `sweep.json` holds it."""
        return {
            "by": self.by,
            **self.plan,
            "best": dict(self.best.settings),
            "combinations": [one.to_dict() for one in self.combinations],
        }


def sweep(
    settings: EvalSettings,
    entries: Sequence[str],
    set_path: Path,
    out_dir: Path | None = None,
    *,
    choice: Choice,
    by: str = SUCCESS,
    progress: Progress | None = None,
    ingest_progress: IngestProgress | None = None,
    embedder: Embedder | None = None,
) -> Sweep:
    """Ask the same questions under every combination of some settings, and compare them.

    A sweep that was cut short is finished by the same call.

    Args:
        settings: What the combinations share, and which library is theirs where it fits.
        entries: ``NAME=V1,V2`` for each swept setting.
        set_path: The evaluation set, JSON Lines.
        out_dir: The sweep's folder: new, empty, or of the same sweep unfinished. By default one
            in the storage's `sweeps/`.
        choice: Which of the questions; settings are chosen by the ``tune`` half.
        by: The figure to choose by, one of `CHOSEN_BY`.
        progress: Told about the questions of each run.
        ingest_progress: Told about the making of libraries.
        embedder: The settings' embedder, where it is loaded already.

    Raises:
        SweepError: The grid, the figure, the questions or the folder cannot be used, or the
            documents changed meanwhile.
        EvaluationSetError: The set is wrong, or its quotes do not stand in the library.
        LibraryError: A library cannot be made.
        RunError: A run cannot be written.
    """
    if by not in CHOSEN_BY:
        raise SweepError(f"There is no figure {by!r}. Give --by one of {', '.join(CHOSEN_BY)}.")
    grid = parse_grid(settings, entries)
    cases, set_sha256 = read_set(set_path)
    if choice.split is not None and all(case.split != choice.split for case in cases):
        raise SweepError(
            f"{str(set_path)!r} has no question in its {choice.split} half. Mark some of them "
            f'`"split": "{choice.split}"`, or choose by all questions with --split all.'
        )
    plan = rounded(
        {
            "axes": grid.axes,
            "set": {"path": str(set_path), "sha256": set_sha256},
            "choice": asdict(choice),
            "shared": {
                name: value
                for name, value in settings.model_dump(mode="json").items()
                if name not in grid.axes
            },
        }
    )
    folder = open_sweep(settings, out_dir, plan)
    libraries = Libraries(settings, ingest_progress, embedder)
    asking = Asking(folder / _RUNS, grid, set_path, choice, libraries, progress)
    answered = [asking.answered(at) for at in range(len(grid.combinations))]
    placed = standings([one.outcomes for one in answered], by)
    found = Sweep(
        folder,
        by,
        plan,
        tuple(
            _combination(values, one, standing)
            for one, values, standing in zip(answered, grid.combinations, placed, strict=True)
        ),
    )
    write_results(folder, found.to_dict())
    return found


def _combination(values: Mapping[str, Any], answered: Answered, standing: Standing) -> Combination:
    outcomes = answered.outcomes
    return Combination(
        settings=values,
        figures=figures_of(outcomes),
        latency_ms=latency(outcomes),
        standing=standing,
        failed=tuple(one.case.query_id for one in outcomes if one.error is not None),
        index=answered.index,
        run=answered.run.folder,
        asked=answered.asked,
    )

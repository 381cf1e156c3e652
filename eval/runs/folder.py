"""A run's folder: what was asked of what, an answer a line, and the figures.

``run.json`` is written first and says what the run is made of; ``answers.jsonl`` gets a line as
each question is answered, so that a run that was cut short goes on where it stopped;
``judgements.jsonl`` holds what a judge gave; ``summary.json`` comes last, and a folder without it
is an unfinished run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.records import Answer, failed_record
from eval.figures.scoring import Outcome
from eval.sets.cases import Case
from eval.sets.places import Place
from ingest.errors import FootnoteError

MANIFEST, ANSWERS, JUDGEMENTS, SUMMARY = (
    "run.json",
    "answers.jsonl",
    "judgements.jsonl",
    "summary.json",
)
RUNS = "runs"  # in the storage
# What every summary holds, and readers take for granted.
_SUMMARISED = (
    *("started_at", "set", "choice", "library", "versions", "settings"),
    *("questions", "failed", "abstained", "latency_ms"),
    *("overall", "by_kind", "by_split", "near_misses", "by_language"),
)
_DIGITS = 6


class RunError(FootnoteError):
    """A run that cannot be made, read or written."""


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run: its folder, its summary as written there, and what became of each case."""

    folder: Path
    summary: Mapping[str, Any]
    outcomes: tuple[Outcome, ...]


def load_run(folder: Path) -> Run:
    """Read a finished run.

    Raises:
        RunError: The folder is no finished run, or a file of it is damaged.
    """
    if not folder.exists():
        raise RunError(f"There is no run {str(folder)!r}. Name the folder of a finished run.")
    if not (folder / SUMMARY).is_file():
        state = "an unfinished run" if (folder / MANIFEST).is_file() else "no run"
        raise RunError(
            f"{str(folder)!r} is {state}: it has no {SUMMARY}. Name the folder of a finished run, "
            "or finish this one with the command that began it."
        )
    summary = read_json(folder / SUMMARY)
    lacking = [name for name in _SUMMARISED if name not in summary]
    if lacking:
        raise RunError(
            f"{str(folder / SUMMARY)!r} is no run's summary: it has no {lacking[0]!r}. Run it "
            "again."
        )
    judged = _read_judgements(folder)
    outcomes = tuple(
        replace(outcome, judged=judged.get(outcome.case.query_id, {}))
        for outcome in read_outcomes(folder)
    )
    if len(outcomes) != summary["questions"]:
        raise RunError(
            f"{str(folder / ANSWERS)!r} holds {len(outcomes)} answers, and the run had "
            f"{summary['questions']}. Run it again."
        )
    return Run(folder, summary, outcomes)


def _read_judgements(folder: Path) -> dict[str, dict[str, float | None]]:
    path = folder / JUDGEMENTS
    judged = {}
    for number, line in enumerate(_objects(path), 1):
        try:
            scores = dict(line["scores"])
            if not all(score is None or _is_figure(score) for score in scores.values()):
                raise ValueError("a score is no number from 0 to 1")
            judged[str(line["query_id"])] = scores
        except (KeyError, TypeError, ValueError) as exc:
            raise _damaged(path, number, str(exc)) from exc
    return judged


def finished_runs(storage: Path) -> list[Path]:
    """Return the folders of the storage's finished runs, oldest first."""
    return sorted(path.parent for path in (storage / RUNS).glob(f"*/{SUMMARY}"))


def find_run(named: Path | None, storage: Path) -> Path:
    """Return the folder that is meant by a path, by a name in the storage, or by nothing.

    Args:
        named: A folder, or the name of one in the storage's `runs/`; None for the newest there.
        storage: Where runs are kept.

    Raises:
        RunError: None is named and there is none.
    """
    if named is None:
        return newest_run(storage)
    kept = storage / RUNS / named
    return kept if not named.exists() and kept.is_dir() else named


def newest_run(storage: Path) -> Path:
    """Return the folder of the storage's newest finished run.

    Raises:
        RunError: There is none.
    """
    found = finished_runs(storage)
    if not found:
        raise RunError(
            f"There is no finished run in {str(storage / RUNS)!r}. Make one with `footnote eval "
            "run`, or name a run's folder."
        )
    return found[-1]


def read_outcomes(folder: Path) -> list[Outcome]:
    """Read the answers of a run, finished or not; a last line that was cut short is left out.

    Raises:
        RunError: The file cannot be read, or another line is damaged.
    """
    path = folder / ANSWERS
    outcomes = []
    for number, line in enumerate(_objects(path), 1):
        try:
            outcomes.append(_outcome(line))
        except (KeyError, TypeError, ValueError) as exc:
            raise _damaged(path, number, str(exc)) from exc
    return outcomes


def _outcome(line: Mapping[str, Any]) -> Outcome:
    case = Case.model_validate(line, strict=False)
    gold = tuple(
        tuple(Place(entry["document"], start, end) for start, end in entry["spans"])
        for entry in line["references"]
    )
    answer = None if line["error"] is not None else Answer.from_dict(line["record"])
    scores = dict(line["scores"])
    if not all(_is_figure(score) for score in scores.values()):
        raise ValueError("a score is no number from 0 to 1")
    return Outcome(case, gold, answer, line["error"], scores)


def _is_figure(score: object) -> bool:
    """Whether a score is one: NaN, which JSON readers take, would drop out of every mean."""
    return isinstance(score, int | float) and 0.0 <= score <= 1.0


def answer_line(outcome: Outcome) -> str:
    """Return what became of a question as a line of the answers' file."""
    case = outcome.case
    if outcome.answer is not None:
        record = outcome.answer.to_dict()
    else:
        record = failed_record(case.query_id, case.question, outcome.error or "")
    value = case.model_dump(mode="json")
    for entry, gold in zip(value["references"], outcome.gold, strict=True):
        entry["spans"] = [[spot.start, spot.end] for spot in gold]
    value |= {"error": outcome.error, "scores": dict(outcome.scores), "record": record}
    return json_line(value)


def append_outcome(folder: Path, outcome: Outcome) -> None:
    """Add a question to the answers' file; it outlives the process once this returns.

    Raises:
        RunError: The file cannot be written.
    """
    try:
        with (folder / ANSWERS).open("a", encoding="utf-8", newline="\n") as handle:
            handle.write(answer_line(outcome))
    except OSError as exc:
        raise cannot_be_written(folder / ANSWERS, exc) from exc


def write_outcomes(folder: Path, outcomes: Iterable[Outcome]) -> None:
    """Write the answers' file anew, in one step."""
    put(folder / ANSWERS, "".join(answer_line(outcome) for outcome in outcomes))


def write_judgements(folder: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    """Write what a judge gave: objects with ``query_id`` and ``scores``, and what else it said."""
    put(folder / JUDGEMENTS, "".join(json_line(line) for line in lines))


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON file in one step."""
    put(path, json.dumps(rounded(value), ensure_ascii=False, indent=2) + "\n")


def json_line(value: Mapping[str, Any]) -> str:
    """Return a value as a line of JSON, floats rounded so that runs compare as text."""
    return json.dumps(rounded(value), ensure_ascii=False) + "\n"


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON file that holds an object.

    Raises:
        RunError: It cannot be read or holds something else.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise RunError(f"{str(path)!r} cannot be read ({exc}). Name another file.") from exc
    if not isinstance(value, dict):
        raise RunError(f"{str(path)!r} does not hold a JSON object. Name another file.")
    return value


def put(path: Path, text: str) -> None:
    """Write a file whole or not at all: a reader sees the old text or the new one.

    Raises:
        RunError: It cannot be written.
    """
    if path.is_dir():  # such as ".", which has no name to write a file beside it by
        raise cannot_be_written(path, IsADirectoryError("it is a folder"))
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("w", encoding="utf-8", newline="\n") as handle:
            handle.write(text)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(partial, path)
    except OSError as exc:
        partial.unlink(missing_ok=True)
        raise cannot_be_written(path, exc) from exc


def cannot_be_written(path: Path, cause: OSError) -> RunError:
    """Return the error for a file or folder of a run that cannot be written."""
    return RunError(
        f"{str(path)!r} cannot be written ({cause}). Check permissions and free space, or name "
        "another place."
    )


def _objects(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects of a file, none where it is missing."""
    try:
        lines = path.read_bytes().split(b"\n") if path.is_file() else [b""]
    except OSError as exc:
        raise RunError(f"{str(path)!r} cannot be read ({exc}). Check permissions.") from exc
    # What stands after the last line end was not written whole.
    for number, line in enumerate(lines[:-1], 1):
        try:
            value = json.loads(line)
        except ValueError as exc:
            raise _damaged(path, number, str(exc)) from exc
        yield value


def _damaged(path: Path, number: int, why: str) -> RunError:
    return RunError(
        f"{str(path)!r}, line {number} is damaged ({why}). Take the run's folder away, and run it "
        "again."
    )


def rounded(value: Any) -> Any:
    """Return a JSON value with its floats rounded, tuples as lists."""
    if isinstance(value, float):
        return round(value, _DIGITS)
    if isinstance(value, Mapping):
        return {key: rounded(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(entry) for entry in value]
    return value


def in_order(outcomes: Iterable[Outcome], cases: Sequence[Case]) -> list[Outcome]:
    """Return outcomes in the order of the set."""
    known = {outcome.case.query_id: outcome for outcome in outcomes}
    return [known[case.query_id] for case in cases]

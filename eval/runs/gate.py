"""The gate: a run held against a baseline, and refused where a figure has fallen beyond noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from eval.figures.abstention import Decision
from eval.figures.scoring import HONESTY_FIGURES, Outcome, succeeded
from eval.figures.summary import main_language
from eval.runs.compare import Difference, differences, differing, digest
from eval.runs.folder import Run, RunError, read_json, write_json
from eval.sets.cases import first_fault

SPLIT = "test"
_LISTED = 5
_HERE = ("documents", "storage", "host", "port", "path", "generation")  # true of one machine only
_EQUAL = 1e-9


class Entry(BaseModel):
    """What a baseline keeps of a question.

    Attributes:
        digest: Of the question, its conversation and its gold, so that one which was rewritten is
            not held against its old self.
        answerable: Whether the documents hold the answer.
        abstained: Whether it was abstained from; None where it failed.
        due: The figures that apply.
        scores: The figures that were computed.
    """

    model_config = ConfigDict(frozen=True)

    digest: str
    answerable: bool
    abstained: bool | None
    due: tuple[str, ...]
    scores: dict[str, Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]]

    @property
    def decision(self) -> Decision:
        """Whether it could be answered, and whether it was."""
        return Decision(self.answerable, self.abstained)

    @property
    def succeeded(self) -> bool:
        """Whether it was abstained from where it should be, or else answered and gold cited."""
        return succeeded(self.decision, self.scores)

    @property
    def judged(self) -> Mapping[str, float | None]:
        """Nothing: a judge's scores are not gated, they differ from call to call."""
        return {}


@dataclass(frozen=True, slots=True)
class Gate:
    """A run held against a baseline.

    Attributes:
        differences: By figure, over the questions of the baseline.
        fallen: The figures that fell: beyond noise, or at all where noise is no excuse.
        risen: Those that rose beyond noise.
        questions: How many questions were compared.
        added: How many questions the run has in its test half that the baseline lacks.
        gained: Ids of the questions that succeed in the run alone.
        lost: Ids of those that succeed in the baseline alone.
    """

    differences: Mapping[str, Difference]
    fallen: tuple[str, ...]
    risen: tuple[str, ...]
    questions: int
    added: int
    gained: tuple[str, ...]
    lost: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether no figure fell."""
        return not self.fallen

    def to_dict(self) -> dict[str, Any]:
        """Return the gate as ``--json`` prints it."""
        return {
            "passed": self.passed,
            "questions": self.questions,
            "added": self.added,
            "fallen": list(self.fallen),
            "risen": list(self.risen),
            "gained": list(self.gained),
            "lost": list(self.lost),
            "differences": {name: asdict(entry) for name, entry in self.differences.items()},
        }


def hold(run: Run, baseline: Mapping[str, Entry]) -> Gate:
    """Hold a run against a baseline.

    A figure has fallen where the whole 95% interval of its difference lies below 0 (paired
    bootstrap over the baseline's questions). The figures of honesty, whether quotes are exact,
    sentences verbatim and verdicts borne out, are no matter of chance where the baseline has them
    at 1: they fall with the first answer that breaks them.

    Raises:
        RunError: The run lacks questions of the baseline, or has others under their ids; or the
            baseline has other figures for them.
    """
    known = _gated(run)
    lacking = [
        query_id
        for query_id, entry in baseline.items()
        if query_id not in known or digest(known[query_id].case) != entry.digest
    ]
    if lacking:
        named = ", ".join(lacking[:_LISTED]) + (" …" if len(lacking) > _LISTED else "")
        raise RunError(
            f"The run in {str(run.folder)!r} does not hold {len(lacking)} of the baseline's "
            f"{len(baseline)} questions as they were ({named}). Name a run of the whole set that "
            "the baseline is of, or write it anew with --update where that set was meant to change."
        )
    unlike = sorted(
        {
            name
            for query_id, entry in baseline.items()
            for name in set(entry.due) ^ set(known[query_id].due)
            if name not in HONESTY_FIGURES  # these depend on what was answered
        }
    )
    if unlike:
        raise RunError(
            f"The run in {str(run.folder)!r} and the baseline differ in which figures apply to a "
            f"question ({', '.join(unlike[:_LISTED])}{' …' if len(unlike) > _LISTED else ''}), so "
            "they would go unseen. Write the baseline anew with --update."
        )
    found = differences(list(baseline.values()), [known[query_id] for query_id in baseline])
    fallen = [name for name, entry in found.items() if _fell(name, entry)]
    risen = [name for name, entry in found.items() if entry.beyond_noise == "better"]
    return Gate(
        found,
        tuple(fallen),
        tuple(risen),
        len(baseline),
        len(known) - len(baseline),
        gained=tuple(one for one in baseline if known[one].succeeded > baseline[one].succeeded),
        lost=tuple(one for one in baseline if known[one].succeeded < baseline[one].succeeded),
    )


def _fell(name: str, difference: Difference) -> bool:
    if name in HONESTY_FIGURES and difference.one > 1.0 - _EQUAL:
        return difference.value < -_EQUAL
    return difference.beyond_noise == "worse"


def _gated(run: Run) -> dict[str, Outcome]:
    """Return a run's questions of the test half, in the set's main language."""
    language = main_language(run.outcomes)
    return {
        outcome.case.query_id: outcome
        for outcome in run.outcomes
        if outcome.case.split == SPLIT and outcome.case.language == language
    }


def baseline_of(run: Run) -> dict[str, Entry]:
    """Return what a baseline keeps of a run: its test half.

    Raises:
        RunError: The run has no question of that half.
    """
    entries = {
        query_id: Entry(
            digest=digest(outcome.case),
            answerable=outcome.case.answerable,
            abstained=outcome.decision.abstained,
            due=outcome.due,
            scores=dict(outcome.scores),
        )
        for query_id, outcome in _gated(run).items()
    }
    if not entries:
        raise RunError(
            f"The run in {str(run.folder)!r} asked no question of the test half, which the gate "
            "reads. Run the whole set, or with --split test."
        )
    return entries


def write_baseline(run: Run, path: Path) -> int:
    """Write the baseline that later runs are held against, and return how many questions it has.

    Raises:
        RunError: The run has no question of the test half, or the file cannot be written.
    """
    questions = {name: entry.model_dump(mode="json") for name, entry in baseline_of(run).items()}
    facts = made_of(run.summary)
    write_json(path, {"made_of": facts, "split": SPLIT, "questions": questions})
    return len(questions)


def made_of(summary: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what a run is made of as far as it is true on other machines too."""
    return {
        fact: {
            name: value
            for name, value in (summary.get(fact) or {}).items()
            if name not in _HERE and value is not None
        }
        for fact in ("set", "library", "versions", "settings")
    }


def changes(path: Path, run: Run) -> dict[str, tuple[Any, Any]]:
    """Return what a baseline and a run are made of and differ in, by dotted names.

    Raises:
        RunError: The baseline cannot be read.
    """
    before = read_json(path).get("made_of")
    return differing(before, made_of(run.summary)) if isinstance(before, dict) else {}


def read_baseline(path: Path) -> dict[str, Entry]:
    """Read a baseline.

    Raises:
        RunError: It cannot be read, or is no baseline.
    """
    if not path.exists():
        raise RunError(
            f"There is no baseline {str(path)!r}. Write one from a run with `footnote eval gate "
            "--update`, and keep it with your documents' set."
        )
    questions = read_json(path).get("questions")
    if not isinstance(questions, dict) or not questions:
        raise RunError(
            f"{str(path)!r} is no baseline: it has no `questions`. Write one with `footnote eval "
            "gate --update`."
        )
    try:
        return {name: Entry.model_validate(entry) for name, entry in questions.items()}
    except ValidationError as exc:
        raise RunError(
            f"{str(path)!r} is no baseline ({first_fault(exc)}). Write it anew with `footnote "
            "eval gate --update`."
        ) from exc

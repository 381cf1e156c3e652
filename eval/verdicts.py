"""The verifier's evaluation: pairs of sentence and passage with the verdict that they deserve."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.records import Passage, Verdict
from app.verify.grounding import Grounder
from eval.sets.cases import EvaluationSetError, first_fault
from ingest.settings import ROOT

DEFAULT_PAIRS = ROOT / "data" / "eval" / "verdicts.jsonl"
CLASSES = (Verdict.VERBATIM, Verdict.SUPPORTED, Verdict.UNSUPPORTED)

Judge = Callable[[str, str], Verdict]


class Pair(BaseModel):
    """A sentence, a passage, and whether the passage bears the sentence out.

    Attributes:
        pair_id: The pair's own name, unique in its set.
        split: ``tune`` for fitting, ``test`` for reporting.
        kind: How the sentence was made from the passage; accuracy is also given by kind.
        sentence: What an answer might say.
        passage: What it cites.
        verdict: The right verdict.
    """

    model_config = ConfigDict(frozen=True)

    pair_id: str = Field(min_length=1)
    split: Literal["tune", "test"] = "test"
    kind: str = Field(default="pair", min_length=1)
    sentence: str = Field(pattern=r"\S")
    passage: str = Field(pattern=r"\S")
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Judged:
    """A pair with the verdict that the verifier gave; None where it failed."""

    pair: Pair
    verdict: Verdict | None

    @property
    def right(self) -> bool:
        """Whether it is the pair's own verdict; a failure never is."""
        return self.verdict is self.pair.verdict


def load_pairs(path: Path) -> tuple[Pair, ...]:
    """Read a verdict set: a JSON object a line, empty lines skipped.

    Raises:
        EvaluationSetError: The file cannot be read, a line is wrong, a ``pair_id`` stands twice,
            or there is no pair; the message names file and line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise EvaluationSetError(
            f"The verdict set {str(path)!r} cannot be read ({exc}). Check the path, or leave out "
            "--set for the one that comes with Footnote."
        ) from exc
    pairs: dict[str, Pair] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            pair = Pair.model_validate_json(line)
        except ValidationError as exc:
            raise EvaluationSetError(
                f"{str(path)!r}, line {number}: {first_fault(exc)}. Correct the line; "
                "data/README.md describes the fields."
            ) from exc
        if pair.pair_id in pairs:
            raise EvaluationSetError(
                f"{str(path)!r}, line {number}: pair_id {pair.pair_id!r} stands there a second "
                "time. Give every pair a pair_id of its own."
            )
        pairs[pair.pair_id] = pair
    if not pairs:
        raise EvaluationSetError(
            f"The verdict set {str(path)!r} holds no pair. Write one JSON object a line; "
            "data/README.md describes the fields."
        )
    return tuple(pairs.values())


def grounded_by(grounder: Grounder) -> Judge:
    """Return a judge that grounds a sentence in its passage, as an LLM's answer is."""

    def judge(sentence: str, passage: str) -> Verdict:
        cited = Passage("c", "d", "", None, None, 0, len(passage), passage, 1.0)
        return grounder.ground(sentence, [cited]).verdict

    return judge


def judge_all(pairs: Iterable[Pair], judge: Judge) -> list[Judged]:
    """Give every pair a verdict."""
    return [Judged(pair, judge(pair.sentence, pair.passage)) for pair in pairs]


def confusion(judged: Sequence[Judged]) -> list[list[int]]:
    """Count verdicts: rows are the right ones, columns those given, in the order of `CLASSES`."""
    return [
        [
            sum(one.pair.verdict is row and one.verdict is column for one in judged)
            for column in CLASSES
        ]
        for row in CLASSES
    ]


def class_figures(judged: Sequence[Judged]) -> dict[str, dict[str, float]]:
    """Return precision, recall and F1 of each verdict.

    ``precision = TP / (TP + FP)``, ``recall = TP / (TP + FN)``, ``F1 = 2 TP / (2 TP + FP + FN)``;
    each is 0 where its denominator is. A failure is an FN of its right verdict.
    """
    found = {}
    for verdict in CLASSES:
        given = sum(one.verdict is verdict for one in judged)
        due = sum(one.pair.verdict is verdict for one in judged)
        hits = sum(one.right for one in judged if one.pair.verdict is verdict)
        found[verdict.value] = {
            "precision": hits / given if given else 0.0,
            "recall": hits / due if due else 0.0,
            "f1": 2 * hits / (given + due) if given + due else 0.0,
        }
    return found


def summarise(judged: Sequence[Judged]) -> dict[str, Any]:
    """Return the figures of a set by split, JSON-ready.

    ``macro_f1`` is the mean of the three verdicts' F1; ``accuracy`` the share of right verdicts,
    failures counted as wrong.
    """
    return {
        split: _of_split([one for one in judged if one.pair.split == split])
        for split in ("tune", "test")
        if any(one.pair.split == split for one in judged)
    }


def _of_split(judged: Sequence[Judged]) -> dict[str, Any]:
    by_class = class_figures(judged)
    kinds: dict[str, list[Judged]] = {}
    for one in judged:
        kinds.setdefault(one.pair.kind, []).append(one)
    return {
        "n_scored": sum(one.verdict is not None for one in judged),
        "n_total": len(judged),
        "macro_f1": sum(figure["f1"] for figure in by_class.values()) / len(CLASSES),
        "accuracy": sum(one.right for one in judged) / len(judged),
        "classes": by_class,
        "confusion": confusion(judged),
        "by_kind": {
            kind: {"right": sum(one.right for one in group), "n_total": len(group)}
            for kind, group in sorted(kinds.items())
        },
        "wrong": [
            {"pair_id": one.pair.pair_id, "kind": one.pair.kind, "given": one.verdict}
            for one in judged
            if not one.right
        ],
    }


def render(summary: dict[str, Any]) -> str:
    """Return the figures as text for a terminal."""
    lines: list[str] = []
    for split, figures in summary.items():
        lines += [
            f"{split}: macro F1 {figures['macro_f1']:.3f}, accuracy {figures['accuracy']:.3f}, "
            f"{figures['n_scored']} scored / {figures['n_total']}",
            "",
            f"  {'right / given':<14}" + "".join(f"{one.value:>13}" for one in CLASSES),
        ]
        for verdict, row in zip(CLASSES, figures["confusion"], strict=True):
            lines.append(f"  {verdict.value:<14}" + "".join(f"{count:>13}" for count in row))
        lines += ["", f"  {'':<14}{'precision':>13}{'recall':>13}{'F1':>13}"]
        for verdict in CLASSES:
            row = figures["classes"][verdict.value]
            lines.append(
                f"  {verdict.value:<14}"
                + "".join(f"{row[name]:>13.3f}" for name in ("precision", "recall", "f1"))
            )
        lines.append("")
        for kind, counts in figures["by_kind"].items():
            lines.append(f"  {kind:<26}{counts['right']:>3} / {counts['n_total']}")
        lines.append("")
    return "\n".join(lines).rstrip()

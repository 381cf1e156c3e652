"""Two runs side by side: what differs beyond noise, and which questions were gained and lost."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from eval.figures.intervals import bounds, draws
from eval.figures.scoring import Outcome
from eval.figures.summary import Scored, main_language, ratios
from eval.ragas.judge_items import JUDGE_FIGURES
from eval.runs.folder import Run, RunError
from eval.sets.cases import Case

Pair = tuple[Outcome, Outcome]
_FACTS = ("set", "choice", "library", "versions", "settings")
# What says where things stand and not what they are.
_PLACES = ("library.generation", "settings.storage", "settings.host", "settings.port")


@dataclass(frozen=True, slots=True)
class Difference:
    """How a figure differs between two runs over the questions that both answered.

    Attributes:
        one: The figure in the first run.
        other: The figure in the second.
        value: ``other - one``.
        low: Lower end of the difference's 95% interval, by the paired bootstrap: each draw takes
            the same questions of both runs.
        high: Upper end.
        n: To how many questions it applies in either run.
    """

    one: float
    other: float
    value: float
    low: float | None
    high: float | None
    n: int

    @property
    def beyond_noise(self) -> Literal["better", "worse"] | None:
        """Whether its interval lies on one side of 0, and on which."""
        if self.low is None or self.high is None:
            return None
        return "better" if self.low > 0.0 else "worse" if self.high < 0.0 else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs, compared over the questions that stand in both and are the same in both.

    Attributes:
        one: The first run.
        other: The second.
        pairs: What became of each shared question in the two; the differences are of those in the
            main language.
        unshared: Ids of the questions that stand in one alone, or differ between them.
        differences: By figure, as far as defined in both.
        made_of: What the runs are made of and differ in: name to the two values.
    """

    one: Run
    other: Run
    pairs: tuple[Pair, ...]
    unshared: tuple[str, ...]
    differences: Mapping[str, Difference]
    made_of: Mapping[str, tuple[Any, Any]]

    @property
    def gained(self) -> list[Pair]:
        """Questions that succeed in the second run alone."""
        return [pair for pair in self.pairs if pair[1].succeeded and not pair[0].succeeded]

    @property
    def lost(self) -> list[Pair]:
        """Questions that succeed in the first run alone."""
        return [pair for pair in self.pairs if pair[0].succeeded and not pair[1].succeeded]

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as ``--json`` prints it."""
        return {
            "runs": [str(self.one.folder), str(self.other.folder)],
            "questions": len(self.pairs),
            "unshared": list(self.unshared),
            "differences": {
                name: asdict(entry) | {"beyond_noise": entry.beyond_noise}
                for name, entry in self.differences.items()
            },
            "gained": [pair[0].case.query_id for pair in self.gained],
            "lost": [pair[0].case.query_id for pair in self.lost],
            "made_of": {name: list(values) for name, values in self.made_of.items()},
        }


def compare(one: Run, other: Run) -> Comparison:
    """Compare two runs.

    Raises:
        RunError: They share no question.
    """
    known = {outcome.case.query_id: outcome for outcome in one.outcomes}
    pairs, unshared = [], list(known)
    for outcome in other.outcomes:
        query_id = outcome.case.query_id
        if query_id in known and _same(known[query_id].case, outcome.case):
            pairs.append((known[query_id], outcome))
            unshared.remove(query_id)
        elif query_id not in known:
            unshared.append(query_id)
    if not pairs:
        raise RunError(
            f"{str(one.folder)!r} and {str(other.folder)!r} share no question. Compare two runs of "
            "one set."
        )
    main = main_language([pair[0] for pair in pairs])
    counted = [pair for pair in pairs if pair[0].case.language == main]
    return Comparison(
        one,
        other,
        tuple(pairs),
        tuple(unshared),
        differences([pair[0] for pair in counted], [pair[1] for pair in counted]),
        differing(one.summary, other.summary),
    )


def differences(one: Sequence[Scored], other: Sequence[Scored]) -> dict[str, Difference]:
    """Return how the figures differ over the same questions, asked twice, in the same order.

    A score that a judge failed to give in one run is left out of both, or the two means would be
    over different questions.
    """
    weights = draws(len(one))
    before, after = ratios(one), ratios(other)
    for name in before.keys() & after.keys() & set(JUDGE_FIGURES):
        given = [
            None not in (left.judged.get(name, 0.0), right.judged.get(name, 0.0))
            for left, right in zip(one, other, strict=True)
        ]
        before[name], after[name] = before[name].only(given), after[name].only(given)
    found = {}
    for name in before.keys() & after.keys():
        first, second = before[name].value(), after[name].value()
        if first is None or second is None:
            continue
        n = len(before[name].counted() | after[name].counted())
        drawn = after[name].under(weights) - before[name].under(weights)
        low, high = bounds(drawn) if n > 1 else (None, None)
        found[name] = Difference(first, second, second - first, low, high, n)
    return {name: found[name] for name in after if name in found}


def _same(one: Case, other: Case) -> bool:
    """Whether two cases ask the same and want the same."""
    return digest(one) == digest(other)


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return what two runs are made of and differ in, by dotted names, places left out."""
    found: dict[str, tuple[Any, Any]] = {}
    for fact in _FACTS:
        left, right = one.get(fact) or {}, other.get(fact) or {}
        for name in dict.fromkeys([*left, *right]):
            values = (left.get(name), right.get(name))
            if values[0] != values[1] and f"{fact}.{name}" not in _PLACES:
                found[f"{fact}.{name}"] = values
    return found


def digest(case: Case) -> str:
    """Identify what a case asks and what it wants."""
    wanted = case.model_dump_json(
        include={
            "question",
            "history",
            "answerable",
            "reference_answer",
            "references",
            "key_facts",
        }
    )
    return hashlib.sha256(wanted.encode()).hexdigest()[:16]

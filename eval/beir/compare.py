"""Two runs over the queries of a BEIR set, compared by the figures of each query."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from eval.beir.scores import BEIR_FIGURES
from eval.beir.sets import BeirError
from eval.figures.intervals import bounds, draws
from eval.runs.compare import Difference

Scores = Mapping[str, Mapping[str, float]]
"""By query id, its figures by the names of `BEIR_FIGURES`."""


def scores_text(scores: Scores) -> str:
    """Return the figures of a run's queries as JSON Lines, unrounded, for a later comparison."""
    return "".join(
        json.dumps({"query_id": query_id, **one}, ensure_ascii=False) + "\n"
        for query_id, one in scores.items()
    )


def read_scores(path: Path) -> dict[str, dict[str, float]]:
    """Read the figures of an earlier run's queries, as `scores_text` wrote them.

    Raises:
        BeirError: The file cannot be read, or a line is none of such a file.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise BeirError(
            f"{str(path)!r} cannot be read ({exc}). Give --compare the .scores.jsonl file of an "
            "earlier run."
        ) from exc
    found = {}
    for number, line in enumerate(lines, 1):
        try:
            value = json.loads(line)
            found[str(value["query_id"])] = {name: float(value[name]) for name in BEIR_FIGURES}
        except (ValueError, KeyError, TypeError) as exc:
            raise BeirError(
                f"{str(path)!r}, line {number} does not hold a query's figures. Give --compare the "
                ".scores.jsonl file of an earlier run."
            ) from exc
    return found


def differences(one: Scores, other: Scores) -> dict[str, Difference]:
    """Return how the figures differ over the queries that stand in both, by the paired bootstrap.

    Raises:
        BeirError: They share no query.
    """
    shared = [query_id for query_id in one if query_id in other]
    if not shared:
        raise BeirError("The two runs share no query. Compare runs of one set and one split.")
    weights = draws(len(shared)) / len(shared)
    found = {}
    for name in BEIR_FIGURES:
        before, after = (sum(run[at][name] for at in shared) / len(shared) for run in (one, other))
        drawn = weights @ [other[at][name] - one[at][name] for at in shared]
        low, high = bounds(drawn) if len(shared) > 1 else (None, None)
        found[name] = Difference(before, after, after - before, low, high, len(shared))
    return found

"""A run over a BEIR set as plain text: its figures, and how they differ from an earlier run's."""

from __future__ import annotations

from collections.abc import Mapping

from eval.beir.run import BeirRun
from eval.report.text import table
from eval.runs.compare import Difference
from ingest.console import plain

_MARKS = {"better": "better", "worse": "WORSE", None: "within noise"}


def render_beir(run: BeirRun, differences: Mapping[str, Difference]) -> str:
    """Return what `footnote eval beir` prints.

    Args:
        run: The run.
        differences: By figure, how it differs from an earlier run; empty for no comparison.
    """
    asked = f"{run.scored}/{run.scored + run.left_out}"
    rows = [("figure", "value", "95% interval", "n scored/n total")]
    rows += [
        (name, f"{figure.value:.4f}", _interval(figure.low, figure.high, ""), asked)
        for name, figure in run.figures.items()
    ]
    parts = [table(rows)]
    if differences:
        changes = [("figure", "before", "now", "difference", "95% interval", "n", "")]
        changes += [
            (
                name,
                f"{entry.one:.4f}",
                f"{entry.other:.4f}",
                f"{entry.value:+.4f}",
                _interval(entry.low, entry.high, "+"),
                str(entry.n),
                _MARKS[entry.beyond_noise],
            )
            for name, entry in differences.items()
        ]
        parts.append(table(changes))
    parts.append(f"run      {plain(str(run.run_path))}\nqueries  {plain(str(run.scores_path))}")
    return "\n\n".join(parts) + "\n"


def _interval(low: float | None, high: float | None, sign: str) -> str:
    return "-" if low is None or high is None else f"[{low:{sign}.4f}, {high:{sign}.4f}]"

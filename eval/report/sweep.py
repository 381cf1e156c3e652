"""A sweep as plain text: a line a combination, and which is best."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eval.figures.summary import Figure
from eval.report.text import table
from eval.sweep.standing import SUCCESS, Standing
from eval.sweep.sweep import Combination, Sweep

SHOWN = (SUCCESS, "cited_hit", "right_decision", "citation_precision", "recall@5")
_MARKS = {"best": "BEST", "within noise": "within noise", "below": ""}


def render_sweep(sweep: Sweep) -> str:
    """Return the report that `footnote eval sweep` prints."""
    figures = list(dict.fromkeys((sweep.by, *SHOWN)))
    rows = [(*sweep.plan["axes"], *figures, "p50 ms", "p95 ms", "index s", "MB", "to the best", "")]
    rows += [_row(one, figures) for one in sweep.combinations]
    return f"{table(rows)}\n\n{_conclusion(sweep)}\n"


def named(settings: Mapping[str, Any]) -> str:
    """Return a combination in a line, as it is given on the command line."""
    return " ".join(f"{name}={_value(value)}" for name, value in settings.items())


def _row(one: Combination, figures: list[str]) -> tuple[str, ...]:
    seconds = one.index.seconds
    return (
        *(_value(value) for value in one.settings.values()),
        *(_figure(one.figures[name]) for name in figures),
        *(_ms(one.latency_ms[name]["value"]) for name in ("p50", "p95")),
        "-" if seconds is None else f"{seconds:.1f}",
        f"{one.index.size_bytes / 1e6:.1f}",
        _difference(one.standing),
        _MARKS[one.standing.place],
    )


def _conclusion(sweep: Sweep) -> str:
    """Say which is best, and how many these questions do not tell from it."""
    best = sweep.best.figures[sweep.by]
    alike = sum(one.standing.place == "within noise" for one in sweep.combinations)
    return (
        f"best by {sweep.by}: {named(sweep.best.settings)}, {_figure(best)} over "
        f"{best.n_scored}/{best.n_total} questions\n"
        f"within noise of it: {alike} of the {len(sweep.combinations) - 1} others"
    )


def _value(value: Any) -> str:
    return "none" if value is None else str(value)


def _figure(figure: Figure) -> str:
    if figure.value is None:
        return "-"
    if figure.low is None or figure.high is None:
        return f"{figure.value:.3f}"
    return f"{figure.value:.3f} [{figure.low:.2f}, {figure.high:.2f}]"


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def _difference(standing: Standing) -> str:
    if standing.place == "best":
        return ""
    if standing.low is None or standing.high is None:
        return f"{standing.difference:+.3f}"
    return f"{standing.difference:+.3f} [{standing.low:+.2f}, {standing.high:+.2f}]"

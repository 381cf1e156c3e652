"""A sweep as one HTML page: quality against latency, and every combination in a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from eval.report import plots
from eval.report.catalogue import Entry, entry_of
from eval.report.html import render_template, safe_svg
from eval.report.shown import ABSENT, Shown, milliseconds
from eval.report.sweep import SHOWN, named
from eval.runs.folder import put
from eval.sweep.standing import SUCCESS
from eval.sweep.sweep import Combination, Sweep

_SUCCESS = Entry(
    SUCCESS, "Success", "Answered with gold cited, or abstained from where it should be"
)


@dataclass(frozen=True, slots=True)
class Row:
    """A combination as its row shows it."""

    values: tuple[str, ...]
    figures: tuple[Shown, ...]
    latencies: tuple[str, ...]
    index_seconds: str
    index_size: str
    place: str
    difference: str
    interval: str

    @classmethod
    def of(cls, one: Combination, keys: list[str]) -> Row:
        """Make the row of a combination, with some of its figures."""
        standing, seconds = one.standing, one.index.seconds
        known = standing.low is not None and standing.high is not None
        return cls(
            tuple(_told(value) for value in one.settings.values()),
            tuple(Shown.read(asdict(one.figures[key])) for key in keys),
            tuple(_time(one.latency_ms[name]["value"]) for name in ("p50", "p95")),
            ABSENT if seconds is None else f"{seconds:.1f} s",
            f"{one.index.size_bytes / 1e6:.1f} MB",
            standing.place,
            "" if standing.place == "best" else f"{standing.difference:+.3f}",
            f"[{standing.low:+.2f}, {standing.high:+.2f}]" if known else "",
        )


def render_sweep_page(sweep: Sweep) -> str:
    """Return a sweep as one HTML document, made as a run's page is."""
    keys = list(dict.fromkeys((sweep.by, *SHOWN)))
    best, axes = sweep.best, list(sweep.plan["axes"])
    points = [
        plots.Point(
            " · ".join(_told(value) for value in one.settings.values()),
            one.figures[sweep.by].value or 0.0,
            one.figures[sweep.by].low,
            one.figures[sweep.by].high,
            one.latency_ms["p50"]["value"],
        )
        for one in sweep.combinations
        if one.latency_ms["p50"]["value"] is not None
    ]
    label = _entry(sweep.by).label
    return render_template(
        "sweep.html",
        title=f"Sweep of {', '.join(axes)}",
        best=named(best.settings),
        by=_entry(sweep.by),
        alike=sum(one.standing.place == "within noise" for one in sweep.combinations),
        facts=_facts(sweep),
        plot=safe_svg(plots.quality_latency("plot-sweep", points, label)),
        axes=axes,
        entries=[_entry(key) for key in keys],
        rows=[Row.of(one, keys) for one in sweep.combinations],
        shared={name: _told(value) for name, value in sweep.plan["shared"].items()},
    )


def write_sweep_page(sweep: Sweep, path: Path) -> None:
    """Write a sweep as a page.

    Raises:
        RunError: The file cannot be written.
    """
    put(path, render_sweep_page(sweep))


def _facts(sweep: Sweep) -> Mapping[str, str]:
    choice, best = sweep.plan["choice"], sweep.best.figures[sweep.by]
    chosen = "all questions" if choice["split"] is None else f"the {choice['split']} half"
    if choice["sample"] is not None:
        chosen = f"{choice['sample']} of {chosen}, drawn with seed {choice['seed']}"
    return {
        "Set": sweep.plan["set"]["path"],
        "Chosen by": chosen,
        "Scored": f"{best.n_scored}/{best.n_total} questions",
        "Combinations": str(len(sweep.combinations)),
        "Failed": str(sum(len(one.failed) for one in sweep.combinations)),
    }


def _entry(key: str) -> Entry:
    return _SUCCESS if key == SUCCESS else entry_of(key)


def _time(value: float | None) -> str:
    return ABSENT if value is None else milliseconds(value)


def _told(value: Any) -> str:
    return "none" if value is None else str(value)

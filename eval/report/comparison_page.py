"""Two runs side by side as one HTML page: what differs beyond noise, and on which questions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.figures.summary import mark
from eval.report import plots
from eval.report.catalogue import Entry, areas_of
from eval.report.html import render_template, safe_svg
from eval.report.questions import QuestionView
from eval.report.shown import number
from eval.runs.compare import Comparison, Difference, Pair
from eval.runs.folder import put

_HEADED = 4  # of what differs, in the head already
_MARKS = {"better": "better", "worse": "worse", None: "within noise"}


@dataclass(frozen=True, slots=True)
class DifferenceView:
    """A figure in two runs, and how it differs."""

    entry: Entry
    one: str
    other: str
    difference: str
    interval: str
    n: int
    verdict: str

    @classmethod
    def of(cls, entry: Entry, found: Difference) -> DifferenceView:
        """Make the view of a difference."""
        known = found.low is not None and found.high is not None
        return cls(
            entry,
            number(found.one),
            number(found.other),
            f"{found.value:+.3f}",
            f"[{found.low:+.3f}, {found.high:+.3f}]" if known else "",
            found.n,
            _MARKS[found.beyond_noise],
        )


def render_comparison_page(comparison: Comparison) -> str:
    """Return two runs' comparison as one HTML document, made as a run's page is."""
    differences = comparison.differences
    areas = areas_of(differences)
    numbers = iter(range(1, 2 * len(comparison.pairs) + 1))
    order = [entry for area in areas for entry in area.entries]
    drawing = plots.differences(
        "plot-differences", {entry.label: differences[entry.key] for entry in order}
    )
    runs = {"A": str(comparison.one.folder), "B": str(comparison.other.folder)}
    made_of = {name: (_told(a), _told(b)) for name, (a, b) in comparison.made_of.items()}
    return render_template(
        "comparison.html",
        title=f"{comparison.one.folder.name} and {comparison.other.folder.name}",
        lead=_lead(comparison),
        runs=runs | {name: f"{a} → {b}" for name, (a, b) in list(made_of.items())[:_HEADED]},
        made_of=made_of,
        areas=[
            (
                area.title,
                [DifferenceView.of(entry, differences[entry.key]) for entry in area.entries],
            )
            for area in areas
        ],
        plot=safe_svg(drawing),
        changes=[
            ("lost", _views(comparison.lost, numbers)),
            ("gained", _views(comparison.gained, numbers)),
        ],
        unshared=comparison.unshared,
    )


def write_comparison_page(comparison: Comparison, path: Path) -> None:
    """Write two runs' comparison as a page.

    Raises:
        RunError: The file cannot be written.
    """
    put(path, render_comparison_page(comparison))


def _lead(comparison: Comparison) -> str:
    marks = [entry.beyond_noise for entry in comparison.differences.values()]
    return (
        f"Over {len(comparison.pairs)} questions that stand in both. Figures better in B beyond "
        f"noise: {marks.count('better')}; worse: {marks.count('worse')}. Questions gained: "
        f"{len(comparison.gained)}; lost: {len(comparison.lost)}."
    )


def _views(
    pairs: Sequence[Pair], numbers: Iterator[int]
) -> list[tuple[QuestionView, QuestionView]]:
    return [
        (
            QuestionView.of(next(numbers), mark(one), one),
            QuestionView.of(next(numbers), mark(other), other),
        )
        for one, other in pairs
    ]


def _told(value: Any) -> str:
    return "none" if value is None else str(value)

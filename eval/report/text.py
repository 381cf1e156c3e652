"""A run as plain text: the figures, the kinds of question, and where it went wrong."""

from __future__ import annotations

from collections.abc import Sequence

from eval.figures.scoring import Outcome
from eval.figures.summary import worst
from eval.report.faults import trouble
from eval.report.groups import Group, groups_of
from eval.report.shown import (
    apart_in_words,
    judge_in_words,
    milliseconds,
    one_line,
    went_on_in_words,
)
from eval.runs.folder import Run

_COLUMNS = {
    "right_decision": "right",
    "cited_hit": "cited hit",
    "citation_precision": "cit. P",
    "citation_recall": "cit. R",
    "semantic_similarity": "similar",
    "recall@5": "R@5",
    "mrr@10": "MRR@10",
    "verbatim": "verbatim",
}
_WORST = 5
_WIDTH = 96
_TITLE = 32


def render(run: Run) -> str:
    """Return the report that `footnote eval run` prints."""
    summary = run.summary
    latency = summary["latency_ms"]
    head = (
        f"{summary['questions']} questions, {summary['abstained']} abstained from, "
        f"{len(summary['failed'])} failed; {summary['library']['documents']} documents, "
        f"{summary['versions']['embedder']}"
    )
    p50, p95 = latency["p50"]["value"], latency["p95"]["value"]
    if p50 is not None:
        head += f"; {milliseconds(p50)} an answer (p95 {milliseconds(p95)})"
    for told in (apart_in_words(summary), went_on_in_words(summary)):
        head += f"\n{told}" if told is not None else ""
    judge = judge_in_words(summary)
    if judge is not None:
        head += f"\njudged by {one_line(judge)}"
    everything, *groups = groups_of(summary)
    parts = [head, _overall(everything), _by_group(groups)]
    listed = worst(run.outcomes, _WORST)
    if listed:
        parts.append(_worst_ones(listed))
    return "\n\n".join(parts) + "\n"


def _overall(everything: Group) -> str:
    rows = [("figure", "value and 95% interval", "n scored/n total")]
    rows += [
        (name, f"{figure.number} {figure.interval:12}", figure.counts)
        for name, figure in everything.figures.items()
    ]
    return table(rows)


def _by_group(groups: Sequence[Group]) -> str:
    rows = [("kind", "n scored/n total", *_COLUMNS.values())]
    for group in groups:
        cells = [group.figures[column].number for column in _COLUMNS]
        rows.append((one_line(group.title, _TITLE), group.figures["right_decision"].counts, *cells))
    return table(rows)


def _worst_ones(listed: Sequence[tuple[float, Outcome]]) -> str:
    lines = [f"worst {len(listed)}"]
    for mark, outcome in listed:
        case = outcome.case
        named = f"{one_line(case.query_id)} ({one_line(case.kind)})"
        lines.append(f"{mark:.3f}  {named}: {one_line(case.question, _WIDTH)}")
        lines.append(f"       {one_line(trouble(outcome), _WIDTH)}")
    return "\n".join(lines)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Lay out rows as columns, the first to the left and the others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            f"{cell:<{width}}" if column == 0 else f"{cell:>{width}}"
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )

"""A run as plain text: the figures, the kinds of question, and where it went wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eval.figures.scoring import Outcome
from eval.figures.summary import worst
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
        head += f"; {p50:.0f} ms an answer (p95 {p95:.0f})"
    groups = {**summary["by_kind"]}
    groups |= {f"split: {name}": group for name, group in summary["by_split"].items()}
    parts = [head, _overall(summary["overall"]), _by_group(groups)]
    listed = worst(run.outcomes, _WORST)
    if listed:
        parts.append(_worst_ones(listed))
    return "\n\n".join(parts) + "\n"


def _overall(figures: Mapping[str, Any]) -> str:
    rows = [("figure", "value", "n scored/n total")]
    rows += [
        (name, shown(figure["value"]), f"{figure['n_scored']}/{figure['n_total']}")
        for name, figure in figures.items()
    ]
    return table(rows)


def _by_group(groups: Mapping[str, Any]) -> str:
    rows = [("kind", "n scored/n total", *_COLUMNS.values())]
    for name, group in groups.items():
        figures = group["figures"]
        scored = figures["right_decision"]
        cells = [shown(figures[column]["value"]) for column in _COLUMNS]
        rows.append((name, f"{scored['n_scored']}/{scored['n_total']}", *cells))
    return table(rows)


def _worst_ones(listed: Sequence[tuple[float, Outcome]]) -> str:
    lines = [f"worst {len(listed)}"]
    for mark, outcome in listed:
        case = outcome.case
        lines.append(f"{shown(mark)}  {case.query_id} ({case.kind}): {_clipped(case.question)}")
        lines.append(f"       {_clipped(_trouble(outcome))}")
    return "\n".join(lines)


def _trouble(outcome: Outcome) -> str:
    """Say in a few words what went wrong with a question."""
    if outcome.answer is None:
        return f"failed: {outcome.error}"
    scores = outcome.scores
    if not outcome.case.answerable:
        said = outcome.answer.sentences[0].text if outcome.answer.sentences else ""
        return f"answered, though the documents do not say: {said}"
    found = "gold retrieved" if scores["recall@10"] else "no gold among the passages"
    if outcome.answer.abstained:
        return f"not answered, though the documents say; {found}"
    if not scores["cited_hit"]:
        return f"cites other sentences; {found}"
    return (
        f"cites {scores['citation_recall']:.0%} of the gold text; "
        f"{scores['citation_precision']:.0%} of what it cites is gold"
    )


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


def shown(value: float | None) -> str:
    """Return a figure with three decimals, or a dash."""
    return "-" if value is None else f"{value:.3f}"


def _clipped(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…"

"""Two runs, or a run and its baseline, side by side as plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from eval.figures.scoring import Outcome
from eval.report.shown import number, one_line, showable
from eval.report.text import table
from eval.runs.compare import Comparison, Difference, Pair
from eval.runs.gate import Gate

_SIDE = 58  # characters of each answer's column
_MARKS = {"better": "better", "worse": "WORSE", None: ""}
_LONGEST = 60


def render_comparison(comparison: Comparison) -> str:
    """Return the report that `footnote eval compare` prints."""
    parts = [
        f"A  {showable(str(comparison.one.folder))}\nB  {showable(str(comparison.other.folder))}\n"
        f"{len(comparison.pairs)} questions stand in both"
        + (f"; left out: {len(comparison.unshared)}" if comparison.unshared else "")
    ]
    if comparison.made_of:
        rows = [("made of", "A", "B")]
        rows += [(name, _short(a), _short(b)) for name, (a, b) in comparison.made_of.items()]
        parts.append(table(rows))
    marks = {name: _MARKS[entry.beyond_noise] for name, entry in comparison.differences.items()}
    parts.append(_figures(comparison.differences, marks, ("A", "B")))
    for title, pairs in (("gained", comparison.gained), ("lost", comparison.lost)):
        parts.append(f"{title}: {len(pairs)}" + "".join(_side_by_side(pair) for pair in pairs))
    return "\n\n".join(parts) + "\n"


def render_gate(gate: Gate) -> str:
    """Return the report that `footnote eval gate` prints."""
    marks = dict.fromkeys(gate.fallen, "FELL") | dict.fromkeys(gate.risen, "rose")
    parts = [_figures(gate.differences, marks, ("baseline", "run"))]
    over = f"over {gate.questions} questions"
    if gate.added:
        over += f" ({gate.added} of the run's are not in the baseline and were not compared)"
    if gate.passed:
        parts.append(f"passed: no figure fell beyond noise, {over}")
    else:
        parts.append(f"FAILED: {', '.join(gate.fallen)} fell {over}")
    return "\n\n".join(parts) + "\n"


def _figures(
    differences: Mapping[str, Difference], marks: Mapping[str, str], names: tuple[str, str]
) -> str:
    rows = [("figure", *names, "difference", "95% interval", "n", "")]
    for name, entry in differences.items():
        interval = "-" if entry.low is None else f"[{entry.low:+.3f}, {entry.high:+.3f}]"
        rows.append(
            (
                name,
                number(entry.one),
                number(entry.other),
                f"{entry.value:+.3f}",
                interval,
                str(entry.n),
                marks.get(name, ""),
            )
        )
    return table(rows)


def _side_by_side(pair: Pair) -> str:
    case = pair[0].case
    lines = ["\n\n" + one_line(f"{case.query_id} ({case.kind}) {case.question}")]
    lines += [f"  {turn.role}: {one_line(turn.content)}" for turn in case.history]
    wanted = showable(case.reference_answer) if case.answerable else "(the documents do not say)"
    lines += textwrap.wrap(wanted, 2 * _SIDE, initial_indent="  wanted: ", subsequent_indent="  ")
    left, right = (_column(outcome) for outcome in pair)
    lines += [f"  {a:<{_SIDE}} | {b}" for a, b in zip_longest(left, right, fillvalue="")]
    return "\n".join(lines)


def _column(outcome: Outcome) -> Sequence[str]:
    if outcome.answer is None:
        return textwrap.wrap(showable(f"failed: {outcome.error}"), _SIDE)
    found: list[str] = []
    for paragraph in showable(outcome.answer.text).splitlines():
        found += textwrap.wrap(paragraph, _SIDE)
    return found


def _short(value: Any) -> str:
    return one_line(str(value), _LONGEST)

"""Two runs, or a run and its baseline, side by side as plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from eval.figures.scoring import Outcome
from eval.figures.summary import main_language
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
        + (f"; {len(comparison.unshared)} in one alone" if comparison.unshared else "")
        + _apart(comparison)
    ]
    if comparison.made_of:
        parts.append(_made_of(comparison.made_of, ("A", "B")))
    marks = {name: _MARKS[entry.beyond_noise] for name, entry in comparison.differences.items()}
    parts.append(_figures(comparison.differences, marks, ("A", "B")))
    for title, pairs in (("gained", comparison.gained), ("lost", comparison.lost)):
        parts.append(f"{title}: {len(pairs)}" + "".join(_side_by_side(pair) for pair in pairs))
    return "\n\n".join(parts) + "\n"


def _apart(comparison: Comparison) -> str:
    """Say how many questions the figures leave out, for being asked in another language."""
    main = main_language([one for one, _ in comparison.pairs])
    others = sum(one.case.language != main for one, _ in comparison.pairs)
    return f"; the figures leave out {others} in another language" if others else ""


def render_gate(gate: Gate, made_of: Mapping[str, tuple[Any, Any]] | None = None) -> str:
    """Return the report that `footnote eval gate` prints.

    Args:
        gate: The run held against its baseline.
        made_of: What the two are made of and differ in.
    """
    names = ("baseline", "run")
    marks = dict.fromkeys(gate.fallen, "FELL") | dict.fromkeys(gate.risen, "rose")
    parts = [_made_of(made_of, names)] if made_of else []
    parts.append(_figures(gate.differences, marks, names))
    for title, changed in (("gained", gate.gained), ("lost", gate.lost)):
        if changed:
            parts.append(f"{title}: {', '.join(map(one_line, changed))}")
    over = f"over {gate.questions} questions"
    if gate.added:
        over += f" ({gate.added} of the run's are not in the baseline and were not compared)"
    if gate.passed:
        parts.append(f"passed: no figure fell beyond noise, {over}")
    else:
        parts.append(f"FAILED: {', '.join(gate.fallen)} fell {over}")
    return "\n\n".join(parts) + "\n"


def _made_of(made_of: Mapping[str, tuple[Any, Any]], names: tuple[str, str]) -> str:
    rows = [("made of", *names)]
    rows += [(name, _short(one), _short(other)) for name, (one, other) in made_of.items()]
    return table(rows)


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

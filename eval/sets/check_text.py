"""The check of an evaluation set as plain text and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from eval.sets.findings import Finding, SetReport
from ingest.console import plain


def render(report: SetReport) -> str:
    """Return the report that `footnote eval check` prints."""
    parts = [f"{plain(str(report.path))}: {len(report.cases)} questions"]
    if report.cases:
        parts.append(_counted(report))
    for name, findings in (("errors", report.errors), ("warnings", report.warnings)):
        if findings:
            parts.append(_listed(name, findings))
    if report.not_made:
        rows = [f"  {check}: {plain(reason)}" for check, reason in report.not_made.items()]
        parts.append("\n".join(["not checked", *rows]))
    parts.append(_verdict(report))
    return "\n\n".join(parts) + "\n"


def to_dict(report: SetReport) -> dict[str, Any]:
    """Return the report's JSON form."""
    counts = Counter((case.kind, case.split, case.language) for case in report.cases)
    return {
        "file": str(report.path),
        "questions": len(report.cases),
        "answerable": sum(case.answerable for case in report.cases),
        "near_misses": sum(case.near_miss for case in report.cases),
        "counts": [
            {"kind": kind, "split": split, "language": language, "questions": count}
            for (kind, split, language), count in counts.items()
        ],
        "errors": [_as_json(finding) for finding in report.errors],
        "warnings": [_as_json(finding) for finding in report.warnings],
        "not_checked": {str(check): reason for check, reason in report.not_made.items()},
        "clean": report.clean,
    }


def _as_json(finding: Finding) -> dict[str, Any]:
    return {
        "check": str(finding.check),
        "lines": list(finding.lines),
        "query_ids": list(finding.query_ids),
        "message": finding.message,
    }


def _counted(report: SetReport) -> str:
    """The counts by kind, split and language, and how many are answerable."""
    cases = report.cases
    kinds = list(dict.fromkeys(case.kind for case in cases))
    columns = sorted(
        {(case.split, case.language) for case in cases},
        key=lambda column: (column[0] != "tune", column[1]),
    )
    counts = Counter((case.kind, case.split, case.language) for case in cases)
    rows = [["kind", *(f"{split} {language}" for split, language in columns), "all"]]
    for kind in kinds:
        cells = [counts[kind, *column] for column in columns]
        rows.append([plain(kind), *map(str, cells), str(sum(cells))])
    totals = [sum(counts[kind, *column] for kind in kinds) for column in columns]
    rows.append(["all", *map(str, totals), str(len(cases))])
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    answerable = sum(case.answerable for case in cases)
    near = sum(case.near_miss for case in cases)
    lines += [
        "",
        f"{answerable} answerable; {len(cases) - answerable} not, {near} of them near misses; "
        f"{sum(bool(case.history) for case in cases)} in a conversation",
    ]
    return "\n".join(lines)


def _listed(name: str, findings: Iterable[Finding]) -> str:
    return "\n".join(
        [
            name,
            *(
                f"  {finding.check}{_where(finding)}: {plain(finding.message)}"
                for finding in findings
            ),
        ]
    )


def _where(finding: Finding) -> str:
    if not finding.lines:
        return ""
    lines = "line" if len(finding.lines) == 1 else "lines"
    numbers = ", ".join(map(str, finding.lines))
    named = f" ({', '.join(map(plain, finding.query_ids))})" if finding.query_ids else ""
    return f", {lines} {numbers}{named}"


def _verdict(report: SetReport) -> str:
    """Say what it came to; clean only where every check was made and found nothing."""
    found = (
        f"{_count(len(report.errors), 'error')}, {_count(len(report.warnings), 'warning')}"
        if report.findings
        else ""
    )
    if report.not_made:
        return f"Not all of it could be checked{f'; {found} so far' if found else ''}."
    return f"{found}." if found else "Clean: every check was made and found nothing."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

"""A run as JUnit XML, for the servers that show test results.

A suite for each kind of question, a case for each question. A question that failed is an error, a
wrong one a failure. The form is the common core of what Jenkins, GitLab and the rest read: suites
with their counts, cases with at most one outcome, properties of a suite.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from eval.figures.scoring import Outcome
from eval.figures.summary import took_ms
from eval.report.faults import Fault, faults_of, trouble
from eval.report.shown import one_line, read_figures
from eval.runs.folder import Run, put

_SUITE = "footnote.eval"


def render_junit(run: Run) -> str:
    """Return a run as a JUnit XML document; characters that XML cannot hold are replaced."""
    kinds: dict[str, list[Outcome]] = {}
    for outcome in run.outcomes:
        kinds.setdefault(outcome.case.kind, []).append(outcome)
    root = Element("testsuites", {"name": _SUITE, **_counts(run.outcomes)})
    facts = _facts(run.summary)
    for kind, outcomes in kinds.items():
        group = run.summary["by_kind"].get(kind)  # a kind may be asked in another language alone
        figures = _figures(group["figures"] if group else {})
        root.append(_suite(kind, outcomes, {**facts, **figures}, run.summary["started_at"]))
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def write_junit(run: Run, path: Path) -> None:
    """Write a run as JUnit XML.

    Raises:
        RunError: The file cannot be written.
    """
    put(path, render_junit(run))


def _suite(
    kind: str, outcomes: Sequence[Outcome], properties: Mapping[str, str], started_at: str
) -> Element:
    name = f"{_SUITE}.{_part(kind)}"
    moment = datetime.fromisoformat(started_at).astimezone(UTC).replace(tzinfo=None)
    counts = {"skipped": "0", **_counts(outcomes), "timestamp": moment.isoformat()}
    suite = Element("testsuite", {"name": name, **counts})
    listed = SubElement(suite, "properties")
    for key, value in properties.items():
        SubElement(listed, "property", {"name": key, "value": one_line(value)})
    for outcome in outcomes:
        suite.append(_case(name, outcome))
    return suite


def _case(class_name: str, outcome: Outcome) -> Element:
    case = outcome.case
    found = Element(
        "testcase",
        {
            "name": one_line(f"{case.query_id}: {case.question}"),
            "classname": class_name,
            "time": _seconds([outcome]),
        },
    )
    faults = faults_of(outcome)
    if faults:
        tag = "error" if faults[0] is Fault.FAILED else "failure"
        told = {"type": faults[0].value, "message": one_line(trouble(outcome))}
        SubElement(found, tag, told).text = _details(outcome, faults)
    return found


def _details(outcome: Outcome, faults: Sequence[Fault]) -> str:
    """Return what one needs to know about a question that went wrong, a line each.

    Documents stand between quotation marks: by them a purge finds the file.
    """
    case, answer = outcome.case, outcome.answer
    lines = [f"faults: {', '.join(fault.label for fault in faults)}"]
    lines += [f"{turn.role}: {turn.content}" for turn in case.history]
    lines.append(f"question: {case.question}")
    if case.reference_answer:
        lines.append(f"reference answer: {case.reference_answer}")
    lines.append(f"error: {outcome.error}" if answer is None else f"answer: {answer.text}")
    lines += [f'gold: "{entry.document}": {entry.text}' for entry in case.references]
    lines += [
        f'[{entry.marker}] "{entry.document}": {entry.quote}'
        for entry in (answer.citations if answer else ())
    ]
    return "\n".join(one_line(line) for line in lines)


def _facts(summary: Mapping[str, Any]) -> dict[str, str]:
    """Return what the run was made of; every suite carries it, for it may be read alone."""
    return {
        "set": f"{Path(summary['set']['path']).name} {summary['set']['sha256']}",
        "library": summary["library"]["documents_sha256"],
        "footnote": summary["versions"]["footnote"],
        "embedder": summary["versions"]["embedder"],
        "llm": summary["settings"].get("llm_model") or "none",
    }


def _figures(entries: Mapping[str, Any]) -> dict[str, str]:
    return {
        key: f"{shown.number} {shown.interval} {shown.counts}"
        for key, shown in read_figures(entries).items()
        if shown.value is not None
    }


def _counts(outcomes: Sequence[Outcome]) -> dict[str, str]:
    faults = [faults_of(outcome) for outcome in outcomes]
    errors = sum(Fault.FAILED in found for found in faults)
    return {
        "tests": str(len(outcomes)),
        "failures": str(sum(bool(found) for found in faults) - errors),
        "errors": str(errors),
        "time": _seconds(outcomes),
    }


def _seconds(outcomes: Sequence[Outcome]) -> str:
    return f"{sum(took_ms(outcome) for outcome in outcomes) / 1000:.3f}"


def _part(kind: str) -> str:
    """Return a kind as one part of a dotted name."""
    return "_".join(one_line(kind).replace(".", " ").split()) or "question"

"""A run as one HTML page that asks for nothing: figures, plots, and every question in full."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eval.figures.calibration import (
    Judged,
    at_threshold,
    expected_calibration_error,
    reliability,
    trade_off,
)
from eval.figures.scoring import Outcome
from eval.figures.summary import took_ms
from eval.report import plots
from eval.report.catalogue import HEADLINE, PLOTTED, Entry, areas_of, entry_of
from eval.report.faults import Fault, first_gold_rank, ranked
from eval.report.groups import groups_of, table_of
from eval.report.html import render_template, safe_svg
from eval.report.questions import QuestionView
from eval.report.shown import Shown, apart_in_words, milliseconds, read_figures
from eval.runs.folder import Run, put

_STRIP = 5  # figures that head the page
_WORST = 10  # questions that are shown before the fold


def render_page(run: Run) -> str:
    """Return a run's report as one HTML document.

    It holds no script and lets the browser fetch nothing; whatever comes from documents,
    questions and LLMs is escaped. The same run gives the same page.
    """
    summary = run.summary
    overall = read_figures(summary["overall"])
    groups = groups_of(summary)
    areas = areas_of(key for key, shown in overall.items() if shown.n_total)
    views = [
        QuestionView.of(number, mark, outcome)
        for number, (mark, outcome) in enumerate(ranked(run.outcomes), 1)
    ]
    short = [view for view in views if view.mark < 1.0][:_WORST]
    return render_template(
        "run.html",
        title=f"Evaluation of {_name(summary['set']['path'])}",
        started=_date(summary["started_at"]),
        lead=_lead(summary),
        facts=_facts(summary),
        strip=strip_of(overall),
        overall=overall,
        areas=areas,
        tables=[table_of(area, groups) for area in areas],
        plots=[(caption, safe_svg(drawing)) for caption, drawing in _plots(run)],
        calibration=_calibration_in_words(run),
        failed=[view for view in views if view.error is not None],
        worst=short,
        others=views[len(short) :],
        views=views,
        states=_states(views),
        kinds=list(dict.fromkeys(outcome.case.kind for outcome in run.outcomes)),
        settings=_settings(summary),
    )


def write_page(run: Run, path: Path) -> None:
    """Write a run's report.

    Raises:
        RunError: The file cannot be written.
    """
    put(path, render_page(run))


def strip_of(overall: Mapping[str, Shown]) -> list[tuple[Entry, Shown]]:
    """Choose the figures that head a page: the first of `HEADLINE` that have a value."""
    known = [key for key in HEADLINE if key in overall and overall[key].value is not None]
    return [(entry_of(key), overall[key]) for key in known[:_STRIP]]


def _lead(summary: Mapping[str, Any]) -> str:
    failed = len(summary["failed"])
    answered = summary["questions"] - summary["abstained"] - failed
    return (
        f"{summary['questions']} questions: {answered} answered, {summary['abstained']} refused, "
        f"{failed} failed. {apart_in_words(summary) or ''}".rstrip()
    )


def _facts(summary: Mapping[str, Any]) -> dict[str, str]:
    """Return what was measured, of what and with what."""
    library, settings = summary["library"], summary["settings"]
    llm = settings.get("llm_model") if settings.get("llm_base_url") else None
    facts = {
        "Set": f"{_name(summary['set']['path'])} ({summary['set']['sha256'][:12]})",
        "Library": (
            f"{library['documents']} documents, {library['chunks']} chunks "
            f"({library['documents_sha256'][:12]})"
        ),
        "Embedder": summary["versions"]["embedder"],
        "Answers": f"written by {llm}" if llm else "extractive, no LLM",
        "Threshold": f"{settings['answer_threshold']:g}",
        "Footnote": summary["versions"]["footnote"],
        "Duration": f"{summary['seconds']:.1f} s",
    }
    if summary.get("resumed"):
        facts["Duration"] += f" for the last {summary['questions'] - summary['resumed']}"
    judge = summary.get("judge")
    if judge is not None:
        used, failed = judge["usage"], len(judge["failures"])
        facts["Judge"] = settings["judge_model"]
        facts["Judgements"] = f"{used['asked'] + used['cached']:,} scores, {failed:,} failed"
    choice = summary["choice"]
    if choice["split"] is not None:
        facts["Split"] = choice["split"]
    if choice["sample"] is not None:
        facts["Sample"] = f"{choice['sample']} questions, seed {choice['seed']}"
    for name, told in (("p50", "Median latency"), ("p95", "95th percentile")):
        value = summary["latency_ms"][name]["value"]
        if value is not None:
            facts[told] = milliseconds(value)
    return facts


def _settings(summary: Mapping[str, Any]) -> dict[str, str]:
    """Return versions and settings by name, those that are not set left out."""
    judge = summary.get("judge", {}).get("usage", {})
    entries = {**summary["versions"], **summary["settings"]}
    entries |= {f"judge: {name.replace('_', ' ')}": value for name, value in judge.items()}
    return {name: str(value) for name, value in entries.items() if value is not None}


def _states(views: Sequence[QuestionView]) -> list[tuple[str, str, int]]:
    """Return the states that occur: key, words and count."""
    named = [(fault.value, fault.label) for fault in Fault] + [("fine", "right")]
    counted = [(key, words, sum(view.state == key for view in views)) for key, words in named]
    return [entry for entry in counted if entry[2]]


def _plots(run: Run) -> Iterator[tuple[str, str]]:
    """Draw the plots that the run has something for, each with its caption."""
    everything, *groups = groups_of(run.summary)
    overall = everything.figures
    for at, key in enumerate(PLOTTED):
        if key in overall and overall[key].value is not None:
            title = entry_of(key).label
            parts = {group.title: group.figures[key] for group in groups if key in group.figures}
            drawing = plots.by_group(f"plot-groups-{at}", title, parts, overall[key])
            yield f"{title}, by group of questions", drawing
    judged, threshold = _judged(run), run.summary["settings"]["answer_threshold"]
    if judged:
        bins = reliability(judged)
        error = expected_calibration_error(bins)
        drawing = plots.reliability("plot-reliability", bins, threshold, error)
        yield "Confidence against what the documents answer", drawing
    curve = trade_off(judged)
    if curve:
        drawing = plots.trade_off("plot-trade-off", curve, at_threshold(judged, threshold))
        yield "What each threshold answers and refuses", drawing
    steps = _steps(run.outcomes)
    if steps:
        yield "Latency, by step", plots.latency("plot-latency", steps)
    ranks = [first_gold_rank(outcome) for outcome in _counted(run) if outcome.gold]
    if ranks:
        drawing = plots.gold_ranks("plot-ranks", ranks, run.summary["settings"]["top_k"])
        yield "Where retrieval puts the gold", drawing


def _counted(run: Run) -> list[Outcome]:
    """Return the outcomes that the overall figures rest on: those in the set's main language."""
    main = run.summary["language"]
    return [outcome for outcome in run.outcomes if outcome.case.language == main]


def _judged(run: Run) -> list[Judged]:
    return [
        (outcome.answer.confidence, outcome.case.answerable)
        for outcome in _counted(run)
        if outcome.answer is not None
    ]


def _steps(outcomes: Sequence[Outcome]) -> dict[str, list[float]]:
    """Return each step's durations in ms, and those of the whole, in the order of the steps."""
    steps: dict[str, list[float]] = {}
    for outcome in outcomes:
        if outcome.answer is not None:
            for step, took in outcome.answer.timings_ms.items():
                steps.setdefault(step, []).append(took)
    totals = [took_ms(outcome) for outcome in outcomes if outcome.answer is not None]
    return {**steps, "all steps": totals} if totals else {}


def _calibration_in_words(run: Run) -> list[str]:
    judged, threshold = _judged(run), run.summary["settings"]["answer_threshold"]
    error = expected_calibration_error(reliability(judged))
    if error is None:
        return ["No question was answered, so there is no confidence to judge."]
    told = [
        f"The confidence says how likely the documents are to answer the question. Over "
        f"{len(judged)} questions it is off by {error:.2f} on average (expected calibration "
        "error over ten bins; 0 is best).",
    ]
    sure = [answerable for confidence, answerable in judged if confidence >= threshold]
    unsure = [answerable for confidence, answerable in judged if confidence < threshold]
    told.append(
        f"At or above the threshold, {threshold:g}, the documents answer {sum(sure)} of "
        f"{len(sure)} questions; below it, {sum(unsure)} of {len(unsure)}."
    )
    if len(set(answerable for _, answerable in judged)) == 2:
        now = at_threshold(judged, threshold)
        told.append(
            f"By confidence alone, the threshold answers {now.answered:.0%} of what can be "
            f"answered and refuses {now.refused:.0%} of what cannot."
        )
    else:
        told.append("The set has questions of one class only, so the threshold's price is unknown.")
    return told


def _name(path: str) -> str:
    return Path(path).name


def _date(stamp: str) -> str:
    moment = datetime.fromisoformat(stamp).astimezone(UTC)
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"

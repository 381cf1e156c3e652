"""The commands on runs: `eval run`, `report`, `compare` and `gate`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from eval.commands.options import SampleOption, SeedOption, SetOption
from eval.sets.cases import DEFAULT_SET
from ingest.cli import JsonOption
from ingest.console import notice, plain, write, write_json

PAGE, JUNIT = "report.html", "junit.xml"  # in a run's folder


class Half(StrEnum):
    """A half of an evaluation set: one to choose settings by, one to report on."""

    tune = "tune"
    test = "test"


def register(commands: typer.Typer) -> None:
    """Add the commands to `footnote eval`."""
    commands.command("run")(run_evaluation)
    commands.command("report")(make_reports)
    commands.command("compare")(compare_runs)
    commands.command("gate")(gate_run)


def run_evaluation(
    set_path: SetOption = None,
    out_dir: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="The run's folder, new or of the same run unfinished; in the storage's runs/ "
            "by default.",
        ),
    ] = None,
    split: Annotated[
        Half | None, typer.Option("--split", help="Ask one half of the set alone.")
    ] = None,
    sample: SampleOption = None,
    seed: SeedOption = 0,
    jobs: Annotated[
        int, typer.Option("--jobs", metavar="N", min=1, max=64, help="Questions at a time.")
    ] = 1,
    judge: Annotated[
        bool, typer.Option("--judge", help="Have the LLM of FOOTNOTE_JUDGE_* score them too.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Ask the questions of the evaluation set and score the answers.

    A run that was cut short is finished by the same command.
    """
    from eval.console import EvalProgress
    from eval.report.junit import write_junit
    from eval.report.page import write_page
    from eval.report.text import render
    from eval.runs.run import Choice, run
    from eval.sets.cases import drafts_in
    from eval.settings import EvalSettings

    settings = EvalSettings.load()
    choice = Choice(sample, seed, None if split is None else split.value)
    with EvalProgress() as progress:
        result = run(
            settings,
            set_path or DEFAULT_SET,
            out_dir,
            progress,
            choice=choice,
            jobs=jobs,
            judge=judge,
        )
    if as_json:
        write_json({"folder": str(result.folder), **result.summary})
    else:
        write(render(result))
    write_page(result, result.folder / PAGE)
    write_junit(result, result.folder / JUNIT)
    notice(f"The run is in {str(result.folder)!r}; {PAGE} there shows it in full.")
    drafts = drafts_in(set_path or DEFAULT_SET)
    if drafts:
        notice(f"Drafts left out: {drafts}; `footnote eval accept` makes questions of them.")
    failed = result.summary["failed"]
    if failed:
        notice(f"{len(failed)} of the questions failed; the run's answers.jsonl says why.")
    unjudged = result.summary.get("judge", {}).get("failures", [])
    if unjudged:
        notice(f"The judge failed to give {len(unjudged)} scores; the run's summary.json says why.")
    if failed or unjudged:
        raise typer.Exit(1)


def make_reports(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="RUN", help="The folder of a finished run; by default the newest."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write the page to this file.")
    ] = None,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit XML to this file.")
    ] = None,
) -> None:
    """Make a run's page and JUnit XML again, both in its folder unless a file is named."""
    from app.settings import AppSettings
    from eval.report.junit import write_junit
    from eval.report.page import write_page
    from eval.runs.folder import find_run, load_run

    run = load_run(find_run(folder, AppSettings.load().storage))
    if html is None and junit is None:
        html, junit = run.folder / PAGE, run.folder / JUNIT
    for path, write_report in ((html, write_page), (junit, write_junit)):
        if path is not None:
            write_report(run, path)
            write(f"{plain(str(path))}\n")


def compare_runs(
    one: Annotated[Path, typer.Argument(metavar="RUN_A", help="The folder of a finished run.")],
    other: Annotated[Path, typer.Argument(metavar="RUN_B", help="That of another.")],
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write it as a page, too.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare two runs question by question, with paired 95% intervals."""
    from app.settings import AppSettings
    from eval.report.comparison import render_comparison
    from eval.report.comparison_page import write_comparison_page
    from eval.runs.compare import compare
    from eval.runs.folder import find_run, load_run

    storage = AppSettings.load().storage
    comparison = compare(load_run(find_run(one, storage)), load_run(find_run(other, storage)))
    if html is not None:
        write_comparison_page(comparison, html)
        notice(f"The page is {plain(str(html))}.")
    if as_json:
        write_json(comparison.to_dict())
    else:
        write(render_comparison(comparison))


def gate_run(
    baseline: Annotated[
        Path, typer.Option("--baseline", metavar="FILE", help="What the run is held against.")
    ],
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="RUN", help="A run's folder; the newest of the storage by default."),
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Write the run as the new baseline instead.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Hold a run's test half against a baseline; status 1 where a figure fell beyond noise."""
    from app.settings import AppSettings
    from eval.report.comparison import render_gate
    from eval.runs.folder import find_run, load_run
    from eval.runs.gate import changes, hold, read_baseline, write_baseline

    run = load_run(find_run(folder, AppSettings.load().storage))
    notice(f"The run is {plain(str(run.folder))}, of {run.summary['started_at']}.")
    if update:
        before = len(read_baseline(baseline)) if baseline.exists() else 0
        after = write_baseline(run, baseline)
        notice(f"The baseline {plain(str(baseline))} holds {after} questions now, {before} before.")
        return
    gate = hold(run, read_baseline(baseline))
    if as_json:
        write_json(gate.to_dict())
    else:
        write(render_gate(gate, changes(baseline, run)))
    if not gate.passed:
        raise typer.Exit(1)

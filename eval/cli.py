"""The evaluation's commands: `footnote eval run`, `compare`, `gate`, `report` and the rest."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from eval import grow_cli
from eval.sets.cases import DEFAULT_SET as DEFAULT_SET
from ingest.cli import JsonOption
from ingest.console import IngestProgress, notice, plain, write, write_json

PAGE, JUNIT = "report.html", "junit.xml"  # in a run's folder
SWEEP_PAGE = "sweep.html"  # in a sweep's
_SHOWN = 5  # failed documents that are named


class Half(StrEnum):
    """A half of an evaluation set: one to choose settings by, one to report on."""

    tune = "tune"
    test = "test"


class Part(StrEnum):
    """The questions that settings are chosen by."""

    tune = "tune"
    test = "test"
    all = "all"


def register(app: typer.Typer) -> None:
    """Add this floor's commands to the `footnote` command."""
    commands = typer.Typer(no_args_is_help=True, help="Measure how good the answers are.")
    commands.command("run")(run_evaluation)
    commands.command("compare")(compare_runs)
    commands.command("gate")(gate_run)
    commands.command("check")(check_evaluation_set)
    commands.command("report")(make_reports)
    commands.command("beir")(run_retrieval)
    commands.command("sweep")(sweep_settings)
    commands.command("verdicts")(run_verdicts)
    grow_cli.register(commands)
    app.add_typer(commands, name="eval")


def run_evaluation(
    set_path: Annotated[
        Path | None,
        typer.Option(
            "--set",
            metavar="FILE",
            help="The evaluation set, JSON Lines; the dossier's questions by default.",
        ),
    ] = None,
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
    sample: Annotated[
        int | None, typer.Option("--sample", metavar="N", min=1, help="Ask N questions, drawn.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="What the draw depends on.")] = 0,
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


def compare_runs(
    one: Annotated[Path, typer.Argument(metavar="RUN_A", help="The folder of a finished run.")],
    other: Annotated[Path, typer.Argument(metavar="RUN_B", help="That of another.")],
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write it as a page, too.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare two runs question by question, with paired 95% intervals."""
    from eval.report.comparison import render_comparison
    from eval.report.comparison_page import write_comparison_page
    from eval.runs.compare import compare
    from eval.runs.folder import load_run

    comparison = compare(load_run(one), load_run(other))
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
    from eval.runs.folder import load_run, newest_run
    from eval.runs.gate import hold, read_baseline, write_baseline

    folder = folder or newest_run(AppSettings.load().storage)
    run = load_run(folder)
    notice(f"The run is {plain(str(folder))}, of {run.summary['started_at']}.")
    if update:
        write_baseline(run, baseline)
        notice(f"The baseline is written to {plain(str(baseline))}.")
        return
    gate = hold(run, read_baseline(baseline))
    if as_json:
        write_json(gate.to_dict())
    else:
        write(render_gate(gate))
    if not gate.passed:
        raise typer.Exit(1)


def check_evaluation_set(
    set_path: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            show_default=False,
            help="The evaluation set, JSON Lines; the dossier's questions by default.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Find what is broken in an evaluation set.

    Exit status: 0 for nothing broken, 1 for something broken, 2 for what could not be checked.
    """
    from app.settings import AppSettings
    from eval.sets.check import check_set
    from eval.sets.check_text import render, to_dict

    report = check_set(set_path or DEFAULT_SET, AppSettings.load())
    if as_json:
        write_json(to_dict(report))
    else:
        write(render(report))
    if report.not_made:
        raise typer.Exit(2)
    if report.errors:
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
    from eval.runs.folder import load_run, newest_run

    run = load_run(folder or newest_run(AppSettings.load().storage))
    if html is None and junit is None:
        html, junit = run.folder / PAGE, run.folder / JUNIT
    for path, write_report in ((html, write_page), (junit, write_junit)):
        if path is not None:
            write_report(run, path)
            write(f"{plain(str(path))}\n")


def run_retrieval(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="A BEIR set: queries.jsonl, qrels/, corpus.jsonl there or one folder up.",
        ),
    ],
    split: Annotated[str, typer.Option("--split", help="Which judgments: qrels/SPLIT.tsv.")] = (
        "test"
    ),
    conversations: Annotated[
        Path | None,
        typer.Option(
            "--conversations",
            metavar="FILE",
            help="JSON Lines with `task_id` and `history`: each query ends that conversation.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="The TREC run file; by the index by default."),
    ] = None,
    compared: Annotated[
        Path | None,
        typer.Option(
            "--compare",
            metavar="FILE",
            help="An earlier run's queries (.scores.jsonl): also say what differs from it.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure retrieval on a BEIR set, in an index of its own that is kept for the next run."""
    from app.settings import AppSettings
    from eval.beir.compare import differences, read_scores
    from eval.beir.run import run_beir
    from eval.console import EvalProgress
    from eval.report.beir import render_beir

    earlier = None if compared is None else read_scores(compared)
    with IngestProgress() as indexing, EvalProgress() as progress:
        result = run_beir(
            AppSettings.load(),
            folder,
            split,
            conversations,
            out,
            progress=progress,
            ingest_progress=indexing,
        )
    differing = {} if earlier is None else differences(earlier, result.scores)
    if as_json:
        named = {name: asdict(entry) for name, entry in differing.items()}
        write_json(result.to_dict() | ({"differences": named} if named else {}))
    else:
        write(render_beir(result, differing))
    if result.left_out:
        notice(f"{result.left_out} of the queries have no relevant document and were left out.")
    notice(f"The index is kept in {str(result.index)!r} for the next run of this corpus.")
    if result.failed:
        for name, reason in result.failed[:_SHOWN]:
            notice(f"{plain(name)}: {plain(reason)}")
        notice(f"{len(result.failed)} of the documents could not be indexed; they count as missed.")
        raise typer.Exit(1)


def sweep_settings(
    grid: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME=V1,V2…",
            help="A setting by its name in lower case, and the values to try: top_k=5,10,20.",
        ),
    ],
    set_path: Annotated[
        Path | None,
        typer.Option(
            "--set",
            metavar="FILE",
            help="The evaluation set, JSON Lines; the dossier's questions by default.",
        ),
    ] = None,
    split: Annotated[Part, typer.Option("--split", help="The questions to choose by.")] = Part.tune,
    by: Annotated[
        str,
        typer.Option("--by", metavar="FIGURE", help="The figure that the best is chosen by."),
    ] = "success",
    out_dir: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="The sweep's folder, new or of the same sweep unfinished; in the storage's "
            "sweeps/ by default.",
        ),
    ] = None,
    sample: Annotated[
        int | None, typer.Option("--sample", metavar="N", min=1, help="Ask N questions, drawn.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="What the draw depends on.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Ask the same questions under every combination of some settings, and name the best.

    A sweep that was cut short is finished by the same command.
    """
    from eval.console import EvalProgress
    from eval.report.sweep import render_sweep
    from eval.report.sweep_page import write_sweep_page
    from eval.runs.run import Choice
    from eval.settings import EvalSettings
    from eval.sweep.sweep import sweep

    half = None if split is Part.all else split.value
    with IngestProgress() as indexing, EvalProgress() as progress:
        result = sweep(
            EvalSettings.load(),
            grid,
            set_path or DEFAULT_SET,
            out_dir,
            choice=Choice(sample, seed, half),
            by=by,
            progress=progress,
            ingest_progress=indexing,
        )
    write_sweep_page(result, result.folder / SWEEP_PAGE)
    if as_json:
        write_json({"folder": str(result.folder), **result.to_dict()})
    else:
        write(render_sweep(result))
    if split is not Part.tune:
        notice(
            "Settings were chosen by questions of the test half: figures of that half flatter "
            "them. Measure on questions that chose nothing."
        )
    notice(f"The sweep is in {str(result.folder)!r}.")
    failed = sum(len(one.failed) for one in result.combinations)
    if failed:
        notice(f"{failed} questions failed; the answers.jsonl of their runs say why.")
        raise typer.Exit(1)


def run_verdicts(
    set_path: Annotated[
        Path | None,
        typer.Option(
            "--set",
            metavar="FILE",
            help="Pairs of sentence and passage, JSON Lines; those of data/eval by default.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Judge sentences against passages and score the verdicts."""
    from app.settings import AppSettings
    from app.verify.grounding import Grounder
    from eval.verdicts import DEFAULT_PAIRS, grounded_by, judge_all, load_pairs, render, summarise
    from ingest.embed import Embedder

    pairs = load_pairs(set_path or DEFAULT_PAIRS)
    grounder = Grounder(Embedder.of(AppSettings.load()).embed_sentences)
    summary = summarise(judge_all(pairs, grounded_by(grounder)))
    if as_json:
        write_json(summary)
    else:
        write(render(summary))

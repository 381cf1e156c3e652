"""The evaluation's commands: `footnote eval run` and `footnote eval verdicts`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ingest.cli import JsonOption
from ingest.console import notice, write, write_json
from ingest.settings import ROOT

DEFAULT_SET = ROOT / "data" / "eval" / "questions.jsonl"


def register(app: typer.Typer) -> None:
    """Add this floor's commands to the `footnote` command."""
    commands = typer.Typer(no_args_is_help=True, help="Measure how good the answers are.")
    commands.callback()(_group)  # keeps `run` a command of its own while it is the only one
    commands.command("run")(run_evaluation)
    commands.command("verdicts")(run_verdicts)
    app.add_typer(commands, name="eval")


def _group() -> None:
    pass


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
            help="The run's folder, new or empty; one in the storage's runs/ by default.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Ask every question of the evaluation set and score the answers."""
    from app.settings import AppSettings
    from eval.console import EvalProgress
    from eval.report import render
    from eval.run import run

    settings = AppSettings.load()
    with EvalProgress() as progress:
        result = run(settings, set_path or DEFAULT_SET, out_dir, progress)
    if as_json:
        write_json({"folder": str(result.folder), **result.summary})
    else:
        write(render(result))
    notice(f"The run is in {str(result.folder)!r}.")
    failed = result.summary["failed"]
    if failed:
        notice(f"{len(failed)} of the questions failed; the run's answers.jsonl says why.")
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
    from app.grounding import Grounder
    from app.settings import AppSettings
    from eval.verdicts import DEFAULT_PAIRS, grounded_by, judge_all, load_pairs, render, summarise
    from ingest.embed import Embedder

    pairs = load_pairs(set_path or DEFAULT_PAIRS)
    grounder = Grounder(Embedder.of(AppSettings.load()).embed_sentences)
    summary = summarise(judge_all(pairs, grounded_by(grounder)))
    if as_json:
        write_json(summary)
    else:
        write(render(summary))

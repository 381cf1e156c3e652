"""The commands that measure a part: `eval beir`, `verdicts` and `sweep`."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from eval.commands.options import SampleOption, SeedOption, SetOption
from eval.sets.cases import DEFAULT_SET
from ingest.cli import JsonOption
from ingest.console import IngestProgress, notice, plain, write, write_json

SWEEP_PAGE = "sweep.html"  # in a sweep's folder
_SHOWN = 5  # failed documents that are named


class Part(StrEnum):
    """The questions that settings are chosen by."""

    tune = "tune"
    test = "test"
    all = "all"


def register(commands: typer.Typer) -> None:
    """Add the commands to `footnote eval`."""
    commands.command("sweep")(sweep_settings)
    commands.command("beir")(run_retrieval)
    commands.command("verdicts")(run_verdicts)


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
    set_path: SetOption = None,
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
    sample: SampleOption = None,
    seed: SeedOption = 0,
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

"""The command that checks a set: `eval check`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eval.sets.cases import DEFAULT_SET
from ingest.cli import JsonOption
from ingest.console import write, write_json


def register(commands: typer.Typer) -> None:
    """Add the commands to `footnote eval`."""
    commands.command("check")(check_evaluation_set)


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

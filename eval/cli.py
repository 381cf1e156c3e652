"""The evaluation's commands: `footnote eval run` and the rest, put together."""

from __future__ import annotations

import typer

from eval.commands import benchmarks, checking, grow, runs
from eval.sets.cases import DEFAULT_SET as DEFAULT_SET


def register(app: typer.Typer) -> None:
    """Add this floor's commands to the `footnote` command."""
    commands = typer.Typer(no_args_is_help=True, help="Measure how good the answers are.")
    for part in (runs, checking, grow, benchmarks):
        part.register(commands)
    app.add_typer(commands, name="eval")

"""The front door: puts the `footnote` command together from the three floors."""

from __future__ import annotations

import atexit
import gc
import sys

import typer

import app.cli
import eval.cli
import eval.doctor
import ingest.cli
from eval.settings import EvalSettings
from ingest.errors import FootnoteError

cli = typer.Typer(
    name="footnote",
    help="Ask your documents; every sentence of the answer carries its footnote.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
ingest.cli.register(cli)
app.cli.register(cli, EvalSettings, eval.doctor.CHECKS)
eval.cli.register(cli)


def main() -> None:
    """Run the command; what a user can mend is one message and exit status 2."""
    # What is alive at the end goes with the process. Else the interpreter would walk through all of
    # it several times on its way out, which takes longer than an answer.
    atexit.register(gc.freeze)
    try:
        cli()
    except FootnoteError as exc:
        sys.stderr.write(f"footnote: {exc}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()

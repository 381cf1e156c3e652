"""The front door: puts the `footnote` command together from the three floors."""

from __future__ import annotations

import sys

import typer

import app.cli
import eval.cli
import ingest.cli
from ingest.errors import FootnoteError

cli = typer.Typer(
    name="footnote",
    help="Ask your documents; every sentence of the answer carries its footnote.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for floor in (ingest.cli, app.cli, eval.cli):
    floor.register(cli)


def main() -> None:
    """Run the command; what a user can mend is one message and exit status 2."""
    try:
        cli()
    except FootnoteError as exc:
        sys.stderr.write(f"footnote: {exc}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()

"""The options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

SetOption = Annotated[
    Path | None,
    typer.Option(
        "--set",
        metavar="FILE",
        help="The evaluation set, JSON Lines; the dossier's questions by default.",
    ),
]
SampleOption = Annotated[
    int | None, typer.Option("--sample", metavar="N", min=1, help="Ask N questions, drawn.")
]
SeedOption = Annotated[int, typer.Option("--seed", metavar="S", help="What the draw depends on.")]

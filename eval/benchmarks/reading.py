"""What the loaders make of a folder of files: a line a document.

usage: python -m eval.benchmarks.reading FOLDER

Prints a Markdown table of format, pages, characters, pages without text, sections, tables and
what was left out, to be held against the files themselves.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from ingest.document import Part
from ingest.errors import LoadError
from ingest.loaders import read


def main(argv: Sequence[str]) -> None:
    """Read every file below a folder and print the table."""
    if len(argv) != 1:
        sys.exit(__doc__)
    root = Path(argv[0])
    print(
        "| document | format | pages | characters | textless | sections | tables | left out | s |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        name = path.relative_to(root).as_posix()
        began = time.perf_counter()
        try:
            for part in read(path.name, path.read_bytes()):
                print(_row(name, part, time.perf_counter() - began))
                began = time.perf_counter()
        except LoadError as exc:
            print(f"| {name} | refused: {exc} | | | | | | | |")


def _row(name: str, part: Part, seconds: float) -> str:
    shown = f"{name}#{part.name}" if part.name else name
    document = part.document
    if document is None:
        return f"| {shown} | refused: {part.reason} | | | | | | | |"
    cells = [
        shown,
        part.format,
        len(document.pages) or "",
        f"{len(document.text):,}",
        len(document.card.textless_pages) or "",
        len(document.sections),
        len(document.tables),
        ", ".join(document.card.skipped),
        f"{seconds:.2f}",
    ]
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    main(sys.argv[1:])

"""What the loaders make of a folder of files: a line a document.

usage: python -m eval.benchmarks.reading FOLDER [SOURCES]

Prints a Markdown table of format, pages, characters, pages without text, sections, tables and
what was left out, to be held against the files themselves. Where FOLDER's files were made of
those in SOURCES by another program, with the same stems, each line ends with the share of its
source's words that came out (recall) and of the words that came out that are its source's
(precision).
"""

from __future__ import annotations

import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ingest.document import Part
from ingest.errors import LoadError
from ingest.loaders import read, supported_suffixes


def main(argv: Sequence[str]) -> None:
    """Read every file below a folder and print the table."""
    if len(argv) not in (1, 2):
        sys.exit(__doc__)
    root = Path(argv[0])
    sources = _sources(Path(argv[1])) if len(argv) == 2 else {}
    heads = ["document", "format", "pages", "characters", "textless", "sections", "tables"]
    heads += ["left out", "seconds", *(["recall", "precision"] if sources else [])]
    print(f"| {' | '.join(heads)} |")
    print("|" + " --- |" * len(heads))
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        name = path.relative_to(root).as_posix()
        began = time.perf_counter()
        try:
            for part in read(path.name, path.read_bytes()):
                print(_row(name, part, time.perf_counter() - began, sources.get(path.stem)))
                began = time.perf_counter()
        except LoadError as exc:
            print(f"| {name} | refused: {exc} |" + " |" * (len(heads) - 2))


def _sources(folder: Path) -> dict[str, Counter[str]]:
    """Return the words of each file of a folder, by its stem; the first of a stem counts."""
    found: dict[str, Counter[str]] = {}
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        if path.suffix in supported_suffixes() and path.stem not in found:
            parts = read(path.name, path.read_bytes())
            texts = [part.document.text for part in parts if part.document is not None]
            found[path.stem] = _words(" ".join(texts))
    return found


def _words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.lower()))


def _row(name: str, part: Part, seconds: float, source: Counter[str] | None) -> str:
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
    if source:
        words = _words(document.text)
        shared = (words & source).total()
        cells += [f"{shared / source.total():.3f}", f"{shared / max(words.total(), 1):.3f}"]
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    main(sys.argv[1:])

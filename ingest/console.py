"""What the commands share: plain output on stdout, everything else on stderr."""

from __future__ import annotations

import json
import re
import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")


def write(text: str) -> None:
    """Write text to stdout as UTF-8 with LF line ends, whatever the locale."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()


def plain(text: str) -> str:
    """Return text on one line without control characters, which would steer a terminal."""
    return _CONTROL.sub(" ", text)


def write_json(value: object, *, indent: int | None = 2) -> None:
    """Write a JSON value and a line end to stdout."""
    write(json.dumps(value, ensure_ascii=False, indent=indent) + "\n")


def notice(text: str) -> None:
    """Write a line for the person to stderr."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


class IngestProgress:
    """Draws an ingest's progress on a terminal; silent where stderr is none."""

    def __init__(self) -> None:
        """Prepare the bars; nothing is drawn yet."""
        console = Console(stderr=True)
        self._bars = Progress(
            TextColumn("{task.description:<10}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._files: TaskID | None = None
        self._chunks: TaskID | None = None

    def __enter__(self) -> Self:
        """Begin to draw."""
        if not self._bars.disable:  # a disabled one still ends with an empty line
            self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop drawing."""
        if not self._bars.disable:
            self._bars.stop()

    def files(self, total: int) -> None:
        """Say how many files will be read."""
        if total:
            self._files = self._bars.add_task("Reading", total=total, note="")
            self._chunks = self._bars.add_task("Embedding", total=0, note="")

    def file_done(self, doc_id: str) -> None:
        """Say that a file was read and split."""
        if self._files is not None:
            self._bars.update(self._files, advance=1, note=escape(plain(doc_id)[-48:]))

    def chunks(self, added: int) -> None:
        """Say that more chunks wait to be embedded."""
        if self._chunks is not None:
            total = self._bars.tasks[self._chunks].total or 0
            self._bars.update(self._chunks, total=total + added)

    def chunks_done(self, count: int) -> None:
        """Say that chunks were embedded."""
        if self._chunks is not None:
            self._bars.update(self._chunks, advance=count)

"""The evaluation's progress on a terminal."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from ingest.console import plain


class EvalProgress:
    """Draws a run's progress on stderr; silent where that is no terminal."""

    def __init__(self, console: Console | None = None) -> None:
        """Prepare the bar; nothing is drawn yet."""
        console = console or Console(stderr=True)
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
        self._task = self._bars.add_task("Opening", total=None, note="")

    def __enter__(self) -> Self:
        """Begin to draw."""
        if not self._bars.disable:
            self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop drawing."""
        if not self._bars.disable:  # to stop what was never drawn prints an empty line
            self._bars.stop()

    def questions(self, total: int, done: int = 0) -> None:
        """Say how many questions there are, and how many are answered already."""
        self._bars.update(self._task, description="Answering", total=total, completed=done)

    def question_done(self, query_id: str) -> None:
        """Say that a question was answered and scored."""
        self._bars.update(self._task, advance=1, note=_note(query_id))

    def judgements(self, total: int) -> None:
        """Say how many scores the judge is asked for."""
        self._bars.update(self._task, description="Judging", total=total, completed=0, note="")

    def judgement_done(self, query_id: str) -> None:
        """Say that a score was given, found among the earlier ones, or failed."""
        self._bars.update(self._task, advance=1, note=_note(query_id))


def _note(query_id: str) -> str:
    return escape(plain(query_id)[-24:])

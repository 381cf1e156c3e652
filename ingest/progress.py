"""What a sync tells of its work while it goes on."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told of a sync's work, from the thread that called it; the CLI draws it."""

    def files(self, total: int) -> None:
        """Say how many files will be read."""

    def file_done(self, doc_id: str) -> None:
        """Say that a file was read and split."""

    def chunks(self, added: int) -> None:
        """Say that more chunks wait to be embedded."""

    def chunks_done(self, count: int) -> None:
        """Say that chunks have their vectors."""


class Silent:
    """Progress that goes nowhere."""

    def files(self, total: int) -> None:
        """Ignore."""

    def file_done(self, doc_id: str) -> None:
        """Ignore."""

    def chunks(self, added: int) -> None:
        """Ignore."""

    def chunks_done(self, count: int) -> None:
        """Ignore."""

"""What one file may cost: size, pages, unpacked size, time and memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

MIB = 1024 * 1024


def _silent() -> None:
    """Say nothing."""


@dataclass(slots=True)
class Unpacking:
    """What a file with files in it may still unpack to; one account for all its levels.

    Attributes:
        bytes_left: Bytes that archives may still unpack to.
        members_left: Files that archives may still hold.
    """

    bytes_left: int
    members_left: int


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that keep one file from taking the whole run down.

    Attributes:
        file_bytes: Most bytes of a file, or of a file inside an archive.
        pages: Most pages of a document.
        text_chars: Most code points of a document's text.
        unpacked_bytes: Most bytes that an archive, office files included, unpacks to.
        unpacked_ratio: Most bytes that one byte of an archive unpacks to.
        members: Most files in an archive.
        nesting: How deep archives may stand in archives.
        seconds: Longest time without a sign of progress while a file is read.
        memory_bytes: Most memory that the reading process may take.
        recognised_pages: Most scanned pages of a document whose text is recognised.
        tick: To be called by a loader that works for long, as a sign of progress.
        unpacking: What is left of `unpacked_bytes` and `members` for the archives inside the
            file; None outside of one.
    """

    file_bytes: int = 200 * MIB
    pages: int = 20_000
    text_chars: int = 50_000_000
    unpacked_bytes: int = 1024 * MIB
    unpacked_ratio: int = 200
    members: int = 20_000
    nesting: int = 3
    seconds: float = 120.0
    memory_bytes: int = 4096 * MIB
    recognised_pages: int = 500
    tick: Callable[[], None] = _silent
    unpacking: Unpacking | None = None

    def inside(self) -> Limits:
        """Return the bounds for the files inside a file: one level less, and one account."""
        account = self.unpacking or Unpacking(self.unpacked_bytes, self.members)
        return replace(self, nesting=self.nesting - 1, unpacking=account)

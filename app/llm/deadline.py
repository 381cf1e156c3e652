"""One deadline for everything that an answer waits for."""

from __future__ import annotations

import time
from typing import Self


class Deadline:
    """A moment that nothing waits beyond."""

    def __init__(self, seconds: float) -> None:
        """Set it ``seconds`` from now."""
        self.seconds = seconds
        self._at = time.monotonic() + seconds

    def remaining(self) -> float:
        """Return the seconds that are left, 0.0 once it has passed."""
        return max(0.0, self._at - time.monotonic())

    def within(self, seconds: float) -> Self:
        """Return a deadline ``seconds`` from now, or this one's moment where that comes first."""
        return type(self)(min(seconds, self.remaining()))

"""Answers that never end: a model caught in a loop says the same over and over."""

from __future__ import annotations

_LONGEST_PERIOD = 200  # code points; a whole sentence
_SHORTEST_LOOP = 80
_TIMES = 6


def is_looping(text: str) -> bool:
    """Whether a text ends in the same words, six times or more in a row.

    Args:
        text: What has been written so far; only its end is looked at.

    Returns:
        True where the last ``n`` code points, for some ``n`` up to 200, stand there six times in
        a row and fill at least 80 of them.
    """
    for period in range(1, min(_LONGEST_PERIOD, len(text) // _TIMES) + 1):
        times = max(_TIMES, -(-_SHORTEST_LOOP // period))
        if text.endswith(text[-period:] * times):
            return True
    return False

"""RAGAS without its usage tracking."""

from __future__ import annotations

import os


def without_tracking() -> None:
    """Turn off RAGAS' usage tracking, also where something else imported it earlier.

    To be called before anything of RAGAS is imported or used.
    """
    os.environ["RAGAS_DO_NOT_TRACK"] = "true"
    from ragas import _analytics

    if not _analytics.do_not_track():  # it remembers the answer of its first call
        _analytics.do_not_track.cache_clear()

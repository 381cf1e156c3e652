"""The parts of a question: what it asks one after the other, and what it compares."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ASKS = (
    "who|whom|whose|what|when|where|why|how|which|did|does|do|is|are|was|were|has|have|had|can|"
    "could|should|will|would|(?:in|by|for|from|to|at|on|since|under) (?:what|whom|which|when|how)"
)
_SPLIT = re.compile(
    rf"(?<=\?)\s+(?=\S)|;\s+|,?\s+(?:and|or)(?: also)?\s+(?=(?:{_ASKS})\b)", re.IGNORECASE
)
_OPENS = re.compile(rf"(?:{_ASKS})\b", re.IGNORECASE)
# All of these read questions whose white space is single spaces. Sides, names and what stands
# between them are bounded, so that no question makes them try every way of cutting it.
_SIDE = r"[^,?;]{1,200}?"
_NAME = r"[A-Z][\w’'-]*+(?: [A-Z][\w’'-]*+){0,7}+"
_BETWEEN = re.compile(
    rf"\b(?:between|compare[sd]?|contrast) (?P<one>{_SIDE}) (?:and|with|to|against) "
    r"(?P<other>[^,?;.]+)",
    re.IGNORECASE,
)
_AGAINST = re.compile(
    rf"(?P<one>{_SIDE}) (?:versus|vs\.?|compared (?:to|with)|(?:rather )?than) "
    r"(?P<other>[^,?;.]+)",
    re.IGNORECASE,
)
_BOTH = re.compile(
    rf"\b(?:differ\w*|both|each)\b.{{0,300}}?\b(?P<one>{_NAME}) and (?P<other>{_NAME})"
    rf"|\b(?P<first>{_NAME}) and (?P<second>{_NAME}).{{0,300}}?"
    r"\b(?:differ\w*|have in common|alike)\b"
)
_FEWEST_LETTERS = 3


def parts(question: str) -> list[str]:
    """Return what a question asks, one part after the other; the whole where it asks one thing.

    "When was it signed and by whom?" has two parts; "When did A and B sign it?" has one.
    """
    found = [part.strip(" ,;") for part in _SPLIT.split(question)]
    found = [part for part in found if sum(char.isalpha() for char in part) >= _FEWEST_LETTERS]
    if len(found) < 2 or not any(_OPENS.match(part) for part in found[1:]):
        return [question]
    return found


def compared(question: str) -> Sequence[str]:
    """Return the two sides that a question compares, as they stand; empty where it does not."""
    spaced = " ".join(question.split())
    for pattern in (_BETWEEN, _AGAINST, _BOTH):
        match = pattern.search(spaced)
        if match is not None:
            sides = [side for side in match.groups() if side]
            return sides[:2] if len(sides) > 1 else ()
    return ()

"""Verification: does what an answer's sentence says stand in the passages that it cites?

By rules, with no model: a sentence is verbatim when it is its quote; it is supported when every
number and name in it, and most of its other words, stand in the quotes, with no negation more or
less; else it is unsupported.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.records import Verdict
from app.terms import STOP_WORDS, numbers, term, terms, words

_MARK = re.compile(r"\s?\[\d+(?:\s*[,;–-]\s*\d+)*\]")
_SPACE = re.compile(r"\s+")
_NEGATION = re.compile(
    r"\b(?:no|not|never|none|neither|nor|without|cannot)\b|n['’]t\b", re.IGNORECASE
)
_COVERAGE = 0.7


def plain(text: str) -> str:
    """Return a quote as an answer shows it: reference marks out, white space collapsed."""
    return _SPACE.sub(" ", _MARK.sub("", text)).strip()


def verify(sentence: str, quotes: Sequence[str]) -> Verdict:
    """Judge one sentence against the quotes that it cites.

    Args:
        sentence: The sentence without its markers.
        quotes: The documents' own words that it cites.

    Returns:
        ``verbatim``, ``supported`` or ``unsupported``; unsupported where nothing is cited.
    """
    shown = plain(sentence)
    if any(plain(quote) == shown for quote in quotes):
        return Verdict.VERBATIM
    evidence = " ".join(quotes)
    known = set(terms(evidence))
    claimed = terms(shown)
    if not claimed or not quotes:
        return Verdict.UNSUPPORTED
    if not numbers(shown) <= numbers(evidence):
        return Verdict.UNSUPPORTED
    if not _names(shown) <= known:
        return Verdict.UNSUPPORTED
    if bool(_NEGATION.search(shown)) != bool(_NEGATION.search(evidence)):
        return Verdict.UNSUPPORTED
    covered = sum(word in known for word in claimed) / len(claimed)
    return Verdict.SUPPORTED if covered >= _COVERAGE else Verdict.UNSUPPORTED


def _names(sentence: str) -> set[str]:
    """Return the terms of capitalised words, the first word of the sentence left out."""
    return {
        term(word)
        for word in words(sentence)[1:]
        if word[0].isupper() and word.lower() not in STOP_WORDS
    }

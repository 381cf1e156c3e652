"""Verification: does what an answer's sentence says stand in the passages that it cites?

No language model: a sentence is verbatim when it is its quote. Else every number, date and name
in it must stand in the quotes, no rule may speak against it (`app.verify.conflicts`), and what it
says must be covered by them, in words and, where an embedder is given, in meaning
(`app.verify.support`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.records import Verdict
from app.verify.support import SUPPORTED_FROM, Embed, weigh_claim
from ingest.sentences import split_sentences

_MARK = re.compile(r"\s?\[\d+(?:\s*[,;–-]\s*\d+)*\]")
_SPACE = re.compile(r"\s+")


def plain(text: str) -> str:
    """Return a quote as an answer shows it: reference marks out, white space collapsed."""
    return _SPACE.sub(" ", _MARK.sub("", text)).strip()


def verify(sentence: str, quotes: Sequence[str], embed: Embed | None = None) -> Verdict:
    """Judge one sentence against the quotes that it cites.

    Args:
        sentence: The sentence without its markers.
        quotes: The documents' own words that it cites.
        embed: Texts to unit vectors ``(n, dim)`` float32; without it, a sentence in other words
            than its quotes' is unsupported more often. Not called for a verbatim sentence.

    Returns:
        ``verbatim``, ``supported`` or ``unsupported``; unsupported where nothing is cited.
    """
    shown = plain(sentence)
    if not shown:
        return Verdict.UNSUPPORTED
    if any(plain(quote) == shown for quote in quotes):
        return Verdict.VERBATIM
    sentences = sentences_of(quotes)
    if any(
        weigh_claim(shown[start:end], sentences, embed).probability < SUPPORTED_FROM
        for start, end in split_sentences(shown)
    ):
        return Verdict.UNSUPPORTED
    return Verdict.SUPPORTED


def sentences_of(quotes: Sequence[str]) -> list[str]:
    """Return the sentences of some quotes in order, each once, as `plain` shows them."""
    shown = [plain(quote[start:end]) for quote in quotes for start, end in split_sentences(quote)]
    return list(dict.fromkeys(sentence for sentence in shown if sentence))

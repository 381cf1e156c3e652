"""Grounding: which words of which passages bear out a sentence that somebody else has written.

A writer cites passages; here each citation is checked, narrowed to the words that bear the
sentence out, dropped where there are none, and moved where another passage has them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.records import Passage, Verdict
from app.verify.statement import clauses, read
from app.verify.support import SUPPORTED_FROM, Embed, holds, weigh_claim
from app.verify.verdict import plain
from ingest.sentences import split_sentences

_OTHERS_TRIED = 3
_OTHERS_HOLD = 0.4  # of a sentence's words, for a citation to move there


@dataclass(frozen=True, slots=True)
class Support:
    """Words of a document that bear a sentence out.

    Attributes:
        passage: The passage that they stand in.
        start: First code point in the passage's document.
        end: One past the last.
    """

    passage: Passage
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Grounded:
    """A sentence with what bears it out.

    Attributes:
        verdict: ``verbatim`` only where the sentence is its one support, reference marks aside.
        supports: In the order of the passages given; empty where unsupported.
        moved: Whether they stand in another passage than those that were cited.
    """

    verdict: Verdict
    supports: tuple[Support, ...]
    moved: bool


_UNSUPPORTED = Grounded(Verdict.UNSUPPORTED, (), False)


class Grounder:
    """Finds the words that bear a sentence out; safe to share between threads."""

    def __init__(self, embed: Callable[[Sequence[str]], NDArray[np.float32]]) -> None:
        """Use ``embed``: texts to unit vectors of shape ``(n, dim)`` float32."""
        self._embed = embed

    def ground(
        self, sentence: str, cited: Sequence[Passage], others: Sequence[Passage] = ()
    ) -> Grounded:
        """Check the citations of one sentence.

        Args:
            sentence: The sentence without its markers.
            cited: The passages that it cites.
            others: Passages that it might have cited, best first.

        Returns:
            The verdict and the words that it rests on. Cited passages that support nothing are
            dropped; where none does, alone or with the others cited, one of ``others`` may.
        """
        shown = plain(sentence)
        if not shown:
            return _UNSUPPORTED
        embed = _remembering(self._embed)
        for passage in cited:
            same = _same_words(shown, passage)
            if same is not None:
                return Grounded(Verdict.VERBATIM, (same,), False)
        supports = [one for passage in cited for one in _supports(shown, [passage], embed)]
        if not supports and len(cited) > 1:
            supports = _supports(shown, cited, embed)
        if supports:
            return Grounded(Verdict.SUPPORTED, tuple(supports), False)
        rest = [passage for passage in others if passage not in cited]
        for passage in rest:
            same = _same_words(shown, passage)
            if same is not None:
                return Grounded(Verdict.VERBATIM, (same,), True)
        for passage in _likeliest(shown, rest):
            supports = _supports(shown, [passage], embed)
            if supports:
                return Grounded(Verdict.SUPPORTED, tuple(supports), True)
        return _UNSUPPORTED


def _remembering(embed: Embed) -> Embed:
    """Return ``embed`` with what it has been asked kept."""
    known: dict[str, NDArray[np.float32]] = {}

    def embedded(texts: Sequence[str]) -> NDArray[np.float32]:
        fresh = [text for text in dict.fromkeys(texts) if text not in known]
        if fresh:
            known.update(zip(fresh, embed(fresh), strict=True))
        return np.stack([known[text] for text in texts])

    return embedded


def _same_words(shown: str, passage: Passage) -> Support | None:
    """Return the sentence of a passage that is this one, None where there is none."""
    if plain(passage.text) == shown:
        return _trimmed(passage, 0, len(passage.text))
    for start, end in split_sentences(passage.text):
        if plain(passage.text[start:end]) == shown:
            return _trimmed(passage, start, end)
    return None


def _supports(shown: str, passages: Sequence[Passage], embed: Embed) -> list[Support]:
    """Return the narrowest words of some passages that together bear a sentence out."""
    places = [
        (passage, start, end)
        for passage in passages
        for start, end in split_sentences(passage.text)
    ]
    sentences = [plain(passage.text[start:end]) for passage, start, end in places]
    context = " ".join(f"{passage.title} {passage.section or ''}" for passage in passages)
    used: set[int] = set()
    for start, end in split_sentences(shown):
        weighed = weigh_claim(shown[start:end], sentences, embed, context)
        if weighed.probability < SUPPORTED_FROM:
            return []
        used.update(weighed.used)
    return [_narrowed(shown, *places[at]) for at in sorted(used)]


def _narrowed(shown: str, passage: Passage, start: int, end: int) -> Support:
    """Return the shortest run of a sentence's clauses that holds all that it has of the claim."""
    text = passage.text[start:end]
    claim = read(shown)
    whole = holds(claim, read(text))
    cut = list(clauses(text))
    for side in (0, -1):
        while len(cut) > 1:
            shorter = cut[1:] if side == 0 else cut[:-1]
            if holds(claim, read(text[shorter[0][0] : shorter[-1][1]])) < whole:
                break
            cut = shorter
    return _trimmed(passage, start + cut[0][0], start + cut[-1][1])


def _trimmed(passage: Passage, start: int, end: int) -> Support:
    while start < end and passage.text[start].isspace():
        start += 1
    while end > start and passage.text[end - 1].isspace():
        end -= 1
    return Support(passage, passage.start + start, passage.start + end)


def _likeliest(shown: str, passages: Sequence[Passage]) -> list[Passage]:
    """Return the passages that hold most of a sentence's words, most first."""
    claim = read(shown)
    covers = [holds(claim, read(passage.text)) for passage in passages]
    order = sorted(range(len(passages)), key=lambda at: -covers[at])
    return [passages[at] for at in order[:_OTHERS_TRIED] if covers[at] >= _OTHERS_HOLD]

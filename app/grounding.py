"""Grounding: the narrowest words of the passages that bear a sentence out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.records import Passage, Verdict
from app.verify import verify
from ingest.sentences import split_sentences


@dataclass(frozen=True, slots=True)
class Support:
    """Words of a passage; ``start`` and ``end`` are code points of its document."""

    passage: Passage
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Grounded:
    """A verdict with its supports; ``moved``: one is not among the cited passages."""

    verdict: Verdict
    supports: tuple[Support, ...]
    moved: bool


class Grounder:
    """Grounds sentences in passages."""

    def __init__(self, embed: Callable[[Sequence[str]], NDArray[np.float32]]) -> None:
        """Use ``embed`` for unit vectors of sentences."""
        self._embed = embed

    def ground(
        self, sentence: str, cited: Sequence[Passage], others: Sequence[Passage] = ()
    ) -> Grounded:
        """Find the words that bear a sentence out, in the cited passages first."""
        for passages, moved in ((cited, False), (others, True)):
            found: list[tuple[Verdict, Support]] = []
            for passage in passages:
                for start, end in split_sentences(passage.text):
                    verdict = verify(sentence, [passage.text[start:end]])
                    support = Support(passage, passage.start + start, passage.start + end)
                    if verdict is not Verdict.UNSUPPORTED:
                        found.append((verdict, support))
            found.sort(key=lambda one: one[0] is not Verdict.VERBATIM)
            if found:
                return Grounded(found[0][0], (found[0][1],), moved)
        return Grounded(Verdict.UNSUPPORTED, (), False)

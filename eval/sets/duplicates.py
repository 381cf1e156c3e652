"""Near-duplicates in an evaluation set: two questions that say nearly the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.sets.cases import Case
from ingest.embed import Embedder

# Set by the dossier's questions and rewordings of a dozen of them. No two questions that ask for
# different things came to a cosine of 0.88; most rewordings lie above 0.92. Equal words in another
# order or with some added are found by their tokens, also where the embedder knows the language
# badly; the cosine is still asked, because a short question's words may all stand in a long one.
COSINE = 0.9
TOKEN_SET_RATIO = 90.0
COSINE_OF_EQUAL_TOKENS = 0.75

_NUMBER = re.compile(r"[^\W_]*\d[\w.,-]*")


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Two questions that say nearly the same.

    Attributes:
        first: The place of the earlier one in the cases given.
        second: The place of the later one.
        cosine: Of their vectors, higher is more alike.
        token_set_ratio: rapidfuzz's, 0 to 100, higher is more alike.
    """

    first: int
    second: int
    cosine: float
    token_set_ratio: float


def near_duplicates(cases: Sequence[Case], embedder: Embedder) -> Iterator[Duplicate]:
    """Find the pairs of questions that say nearly the same, in the order of the cases.

    A question in a conversation is compared twice, by itself and together with the user's earlier
    turns, and the lesser likeness counts: "And in 2017?" may follow many conversations, and one
    conversation may lead to many questions. Questions that differ in their numbers or years
    are never duplicates.

    Raises:
        EmbedderError: The model failed.
    """
    if len(cases) < 2:
        return
    alone = [case.question for case in cases]
    whole = [_conversation(case) for case in cases]
    cosines = np.minimum(_cosines(alone, embedder), _cosines(whole, embedder))
    ratios = np.minimum(_token_set_ratios(alone), _token_set_ratios(whole))
    alike = cosines >= COSINE
    alike |= (ratios >= TOKEN_SET_RATIO) & (cosines >= COSINE_OF_EQUAL_TOKENS)
    for first, second in np.argwhere(np.triu(alike, k=1)).tolist():
        if not _differ_in_numbers(whole[first], whole[second]):
            yield Duplicate(
                first, second, float(cosines[first, second]), float(ratios[first, second])
            )


def _conversation(case: Case) -> str:
    earlier = [turn.content for turn in case.history if turn.role == "user"]
    return " ".join([*earlier, case.question])


def _cosines(texts: Sequence[str], embedder: Embedder) -> NDArray[np.float32]:
    """Cosine of every text with every other, ``(n, n) float32``; the vectors are unit length."""
    vectors = embedder.embed_sentences(texts)
    return vectors @ vectors.T


def _token_set_ratios(texts: Sequence[str]) -> NDArray[np.float32]:
    """Token set ratio of every text with every other, ``(n, n) float32``."""
    from rapidfuzz.fuzz import token_set_ratio
    from rapidfuzz.process import cdist
    from rapidfuzz.utils import default_process

    return cdist(texts, texts, scorer=token_set_ratio, processor=default_process, dtype=np.float32)


def _differ_in_numbers(one: str, other: str) -> bool:
    """Whether each text has a number, year or name with a digit that the other lacks."""
    first, second = _numbers(one), _numbers(other)
    return bool(first - second and second - first)


def _numbers(text: str) -> set[str]:
    return {found.rstrip(".,-") for found in _NUMBER.findall(text.casefold())}

"""Evidence: every sentence of the retrieved passages, weighed against the question.

A sentence's probability of being part of the answer is a logistic function of a few features,
fitted by ``eval/benchmarks/calibrate.py`` on open question sets; so is the confidence that the
passages hold an answer at all. The coefficients stand in ``calibration.json``.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from app.answer.names import strange_names, untold_names
from app.question.asked import STRICT_KINDS, AnswerType, Asked
from app.records import Passage
from app.search.index import SearchIndex
from app.search.sections import is_bibliography
from app.text.terms import numbers, terms

SENTENCE_FEATURES = (
    "bias", "cosine", "behind", "beside", "coverage", "context", "passage", "fits",
    "short", "asks", "source", "unended",
)  # fmt: skip
ANSWER_FEATURES = ("bias", "sentence", "cosine", "dense", "coverage")
_ALONE = 5  # of the best sentences, embedded by themselves
_FOR_KIND = 12  # sentences among which the kind of answer must be
_WORD = re.compile(r"[^\W_]{2,}")
_LINK = re.compile(r"https?://|\bwww\.", re.IGNORECASE)
_STATES = re.compile(r"[.!…:;]\W*$")
_ENDED = re.compile(r"[.!?…:;][\"'”’»)\]*_]*(?:\s?\[[\d,;\s–-]+\])*$")

Terms = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may be part of the answer.

    Attributes:
        passage: The passage it stands in.
        start: First code point in the document.
        end: One past the last.
        text: The document's own words.
        vector: Its embedding, ``(dim,)`` float32.
        features: In the order of `SENTENCE_FEATURES`.
        probability: That it is part of the answer, in [0, 1].
    """

    passage: Passage
    start: int
    end: int
    text: str
    vector: NDArray[np.float32]
    features: tuple[float, ...]
    probability: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the retrieved passages offer for a question.

    Attributes:
        asked: The question.
        candidates: Sentences, most probable first.
        features: Of the question as a whole, in the order of `ANSWER_FEATURES`.
        confidence: That the passages hold an answer, in [0, 1].
        weights: The question's terms with their idf, those of untold names left out.
        unknown: Terms of the question that no document holds.
        untold: Names of persons, unknown too, whom the passages may mean without naming them.
        kind_is_missing: Whether a figure or a time is asked for and no good sentence has one.
    """

    asked: Asked
    candidates: tuple[Candidate, ...]
    features: tuple[float, ...]
    confidence: float
    weights: Mapping[Terms, float]
    unknown: tuple[Terms, ...]
    untold: tuple[str, ...] = ()
    kind_is_missing: bool = False


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence of a passage with what stands around it."""

    passage: Passage
    start: int
    end: int
    text: str
    vector: NDArray[np.float32]
    cosine: float
    behind: float  # the best cosine of its passage, less its own
    beside: float  # the better cosine of its neighbours
    own: frozenset[str]
    context: frozenset[str]  # title, headings, columns and the sentence before


def weigh(
    index: SearchIndex,
    asked: Asked,
    question_vector: NDArray[np.float32],
    passages: Sequence[Passage],
) -> Evidence:
    """Weigh the sentences of passages against a question.

    Args:
        index: The index that the passages come from.
        asked: The question, taken apart.
        question_vector: Its embedding, ``(dim,)`` float32.
        passages: Retrieved chunks, best first.

    Returns:
        The sentences with their probabilities and the confidence in them as a whole. A passage
        that lacks a number of the question (in its text, title and heading path) offers none; a
        question with a name that no document holds gets no confidence.
    """
    unknown = tuple(forms for forms in asked.terms if forms not in index.lexical)
    strange = strange_names(index, asked, passages)
    untold = untold_names(strange, asked, passages)
    weights = {forms: index.lexical.idf(forms) for forms in asked.terms if untold.isdisjoint(forms)}
    total = sum(weights.values())
    found: list[Candidate] = []
    for one in _sentences(index, asked, question_vector, passages):
        features = (
            1.0,
            one.cosine,
            one.behind,
            one.beside,
            _covered(weights, total, one.own),
            _covered(weights, total, one.own | one.context),
            one.passage.score,
            _fit(asked, one.text),
            float(len(one.text.split()) < 5),
            float(one.text.rstrip().endswith("?")),
            float(bool(_LINK.search(one.text)) or _in_bibliography(index, one)),
            float(not (_ENDED.search(one.text) or index.is_row(one.passage.document, one.start))),
        )
        probability = _logistic(features, coefficients("sentence"))
        found.append(
            Candidate(one.passage, one.start, one.end, one.text, one.vector, features, probability)
        )
    found.sort(key=lambda candidate: (-candidate.probability, candidate.start))
    overall = _answer_features(index, question_vector, weights, passages, found)
    kind_is_missing = asked.kind in STRICT_KINDS and not any(
        asked.fits(candidate.text) for candidate in found[:_FOR_KIND]
    )
    certain = bool(found) and strange == untold and not kind_is_missing
    return Evidence(
        asked=asked,
        candidates=tuple(found),
        features=overall,
        confidence=_logistic(overall, coefficients("answer")) if certain else 0.0,
        weights=weights,
        unknown=unknown,
        untold=tuple(sorted(untold)),
        kind_is_missing=kind_is_missing and bool(found),
    )


def _sentences(
    index: SearchIndex,
    asked: Asked,
    question_vector: NDArray[np.float32],
    passages: Sequence[Passage],
) -> Iterator[_Sentence]:
    stored = index.sentences([passage.chunk_id for passage in passages])
    for passage in passages:
        own = stored.get(passage.chunk_id)
        frame = f"{passage.title} {passage.section or ''}"
        if own is None or not asked.numbers <= numbers(f"{frame} {passage.text}"):
            continue
        document = index.library.documents[passage.document]
        language = index.language(passage.document)
        chunk = index.chunks[index.positions[passage.chunk_id]]
        vectors = own.unit()
        cosines = vectors @ question_vector
        highest = float(cosines.max(initial=-1.0))
        framed = frozenset(terms(frame, language))
        before: frozenset[str] = frozenset()
        for at, (first, last) in enumerate(own.spans + chunk.start):
            start, end = int(first), int(last)
            text = document.text[start:end]
            if not _WORD.search(text):
                continue  # such as the rule below a table's heading
            held = frozenset(terms(text, language))
            if held and held <= framed and not _STATES.search(text):
                continue  # it says no more than the title and the headings
            context = framed | before
            columns = index.columns(passage.document, start)
            if columns is not None:
                context |= set(terms(document.text[columns.start : columns.end], language))
            beside = [float(cosines[by]) for by in (at - 1, at + 1) if 0 <= by < len(cosines)]
            yield _Sentence(
                passage=passage,
                start=start,
                end=end,
                text=text,
                vector=vectors[at],
                cosine=float(cosines[at]),
                behind=highest - float(cosines[at]),
                beside=max(beside, default=float(cosines[at])),
                own=held,
                context=context,
            )
            before = held


def _in_bibliography(index: SearchIndex, one: _Sentence) -> bool:
    """Whether a sentence stands under a heading such as "Sources"."""
    return is_bibliography(index.library.documents[one.passage.document].section_at(one.start))


def _answer_features(
    index: SearchIndex,
    question_vector: NDArray[np.float32],
    weights: Mapping[Terms, float],
    passages: Sequence[Passage],
    found: Sequence[Candidate],
) -> tuple[float, ...]:
    best = found[0].passage if found else None
    held: set[str] = set()
    if best is not None:
        text = f"{best.title} {best.section or ''} {best.text}"
        held = set(terms(text, index.language(best.document)))
    # By itself a sentence resembles the question only where it answers; inside its passage it
    # has something of all that the passage speaks of.
    alone = index.embedder.embed_sentences([one.text for one in found[:_ALONE]]) @ question_vector
    return (
        1.0,
        found[0].probability if found else 0.0,
        float(alone.max(initial=0.0)),
        max((passage.scores.get("dense", 0.0) for passage in passages), default=0.0),
        _covered(weights, sum(weights.values()), held),
    )


def _fit(asked: Asked, sentence: str) -> float:
    """Return 1 or -1 where a kind of answer is asked for and there or not, 0 for any kind."""
    if asked.kind is AnswerType.OTHER:
        return 0.0
    return 1.0 if asked.fits(sentence) else -1.0


def _covered(
    weights: Mapping[Terms, float], total: float, held: set[str] | frozenset[str]
) -> float:
    """Return the share of the question's terms, by idf, that ``held`` has; 1.0 for no terms."""
    if not total:
        return 1.0
    return sum(weight for forms, weight in weights.items() if not held.isdisjoint(forms)) / total


def _logistic(features: Sequence[float], weights: Sequence[float]) -> float:
    score = sum(value * weight for value, weight in zip(features, weights, strict=True))
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, score))))


@cache
def coefficients(model: str) -> tuple[float, ...]:
    """Return the fitted coefficients of ``sentence`` or ``answer``, in their features' order."""
    path = files("app.answer").joinpath("calibration.json")
    fitted = json.loads(path.read_text(encoding="utf-8"))
    names = SENTENCE_FEATURES if model == "sentence" else ANSWER_FEATURES
    return tuple(float(fitted[model].get(name, 0.0)) for name in names)

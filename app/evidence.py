"""Evidence: every sentence of the retrieved passages, weighed against the question.

A sentence's probability of being part of the answer is a logistic function of a few features,
fitted by ``eval/benchmarks/calibrate.py`` on open question sets; so is the confidence that the
passages hold an answer at all. The coefficients stand in ``calibration.json``.
"""

from __future__ import annotations

import json
import math
import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from app.index import SearchIndex
from app.question import STRICT_KINDS, AnswerType, Asked
from app.records import Passage
from app.sections import is_bibliography
from app.terms import numbers, terms, words

SENTENCE_FEATURES = (
    "bias", "cosine", "coverage", "context", "passage", "fits",
    "short", "asks", "source", "unended",
)  # fmt: skip
ANSWER_FEATURES = ("bias", "sentence", "cosine", "dense", "coverage")
_PASSAGES = 8
_CACHE_SIZE = 50_000
_FOR_KIND = 12  # sentences among which the kind of answer must be
_FOR_NAMES = 3  # passages in which another holder of a title speaks against the one asked for
_WORD = re.compile(r"[^\W_]{2,}")
_LINK = re.compile(r"https?://|\bwww\.", re.IGNORECASE)
_ENDED = re.compile(r"[.!?…:;][\"'”’»)\]*_]*(?:\s?\[[\d,;\s–-]+\])*$")


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
        unknown: Terms of the question that no document holds.
        untold: Of those, names of persons whom the passages may mean without naming them.
    """

    asked: Asked
    candidates: tuple[Candidate, ...]
    features: tuple[float, ...]
    confidence: float
    unknown: tuple[str, ...]
    untold: tuple[str, ...] = ()


class SentenceVectors:
    """Embeddings of sentences, the most recently used ones kept; safe between threads."""

    def __init__(self, size: int = _CACHE_SIZE) -> None:
        """Keep at most ``size`` vectors."""
        self._size = size
        self._kept: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, index: SearchIndex, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors of shape ``(len(texts), dim)`` float32."""
        with self._lock:
            missing = list(dict.fromkeys(text for text in texts if text not in self._kept))
        fresh = dict(zip(missing, index.embedder.embed_sentences(missing), strict=True))
        vectors = []
        with self._lock:
            for text in texts:
                vector = fresh.get(text)
                if vector is None:
                    vector = self._kept.get(text)
                if vector is None:  # dropped by another thread meanwhile
                    vector = index.embedder.embed_sentences([text])[0]
                self._kept[text] = vector
                self._kept.move_to_end(text)
                vectors.append(vector)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        if not vectors:
            return np.empty((0, index.embedder.dimension), dtype=np.float32)
        return np.stack(vectors)


def weigh(
    index: SearchIndex,
    asked: Asked,
    question_vector: NDArray[np.float32],
    passages: Sequence[Passage],
    vectors: SentenceVectors,
) -> Evidence:
    """Weigh the sentences of the best passages against a question.

    Args:
        index: The index that the passages come from.
        asked: The question, taken apart.
        question_vector: Its embedding, ``(dim,)`` float32.
        passages: Retrieved passages, best first.
        vectors: Where embeddings of sentences are kept.

    Returns:
        The sentences with their probabilities and the confidence in them as a whole. A passage
        that lacks a number of the question (in its text, title and heading path) offers none; a
        question with a name that no document holds gets no confidence.
    """
    unknown = tuple(part for part in asked.terms if part not in index.lexical)
    strange = _strange_names(index, asked, passages)
    untold = {name for name in strange if _may_be_untold(name, asked, passages)}
    weights = {part: index.lexical.idf(part) for part in asked.terms if part not in untold}
    total = sum(weights.values())
    spans: list[tuple[Passage, int, int, str, set[str]]] = []
    for passage in passages[:_PASSAGES]:
        frame = f"{passage.title} {passage.section or ''}"
        if not asked.numbers <= numbers(f"{frame} {passage.text}"):
            continue
        before: set[str] = set()
        text = index.library.documents[passage.document].text
        framed = set(terms(frame))
        for start, end in index.sentences(passage.document, passage.start, passage.end):
            sentence = text[start:end]
            if not _WORD.search(sentence):
                continue  # such as the rule below a table's heading
            spans.append((passage, start, end, sentence, framed | before))
            before = set(terms(sentence))
    embedded = vectors.get(index, [span[3] for span in spans])
    cosines = embedded @ question_vector
    found: list[Candidate] = []
    for (passage, start, end, sentence, context), vector, cosine in zip(
        spans, embedded, cosines, strict=True
    ):
        own = set(terms(sentence))
        features = (
            1.0,
            float(cosine),
            _covered(weights, total, own),
            _covered(weights, total, own | context),
            passage.score,
            _fit(asked, sentence),
            float(len(sentence.split()) < 5),
            float(sentence.rstrip().endswith("?")),
            float(bool(_LINK.search(sentence)) or _in_bibliography(index, passage, start)),
            float(not (_ENDED.search(sentence) or index.is_row(passage.document, start))),
        )
        probability = _logistic(features, coefficients("sentence"))
        found.append(Candidate(passage, start, end, sentence, vector, features, probability))
    found.sort(key=lambda candidate: (-candidate.probability, candidate.start))
    overall = _answer_features(asked, weights, total, passages, found)
    certain = bool(found) and strange == untold and _holds_kind(asked, found)
    confidence = _logistic(overall, coefficients("answer")) if certain else 0.0
    return Evidence(asked, tuple(found), overall, confidence, unknown, tuple(sorted(untold)))


def _in_bibliography(index: SearchIndex, passage: Passage, start: int) -> bool:
    """Whether a sentence stands under a heading such as "Sources"."""
    return is_bibliography(index.library.documents[passage.document].section_at(start))


def _answer_features(
    asked: Asked,
    weights: dict[str, float],
    total: float,
    passages: Sequence[Passage],
    found: Sequence[Candidate],
) -> tuple[float, ...]:
    best = found[0].passage if found else None
    held: set[str] = set()
    if best is not None:
        held = set(terms(f"{best.title} {best.section or ''} {best.text}"))
    return (
        1.0,
        found[0].probability if found else 0.0,
        max((candidate.features[1] for candidate in found), default=0.0),
        max((passage.scores.get("dense", 0.0) for passage in passages), default=0.0),
        _covered(weights, total, held),
    )


def _strange_names(index: SearchIndex, asked: Asked, passages: Sequence[Passage]) -> set[str]:
    """Return the names in the question that no document holds, in full or as an abbreviation.

    A question about one of them is about something that the documents do not speak of.
    """
    unknown = {name for name in asked.names if name not in index.lexical}
    if not unknown:
        return unknown
    initials = ["".join(word[0] for word in words(passage.text)).lower() for passage in passages]
    return {name for name in unknown if not any(name in letters for letters in initials)}


def _may_be_untold(name: str, asked: Asked, passages: Sequence[Passage]) -> bool:
    """Whether the passages may mean a person without the name.

    A speech never names who gives it. So "President X" is let pass where the best passages have
    no other president; the reader is told that no document holds the name.
    """
    title = asked.titled.get(name)
    if title is None:
        return False
    other = re.compile(rf"\b{title}\.?\s+(?:[A-Z]\w+)")
    return not any(other.search(passage.text) for passage in passages[:_FOR_NAMES])


def _holds_kind(asked: Asked, found: Sequence[Candidate]) -> bool:
    """Whether any of the best sentences holds the figure or the time that is asked for."""
    if asked.kind not in STRICT_KINDS:
        return True
    return any(asked.fits(candidate.text) for candidate in found[:_FOR_KIND])


def _fit(asked: Asked, sentence: str) -> float:
    """Return 1 or -1 where a kind of answer is asked for and there or not, 0 for any kind."""
    if asked.kind is AnswerType.OTHER:
        return 0.0
    return 1.0 if asked.fits(sentence) else -1.0


def _covered(weights: dict[str, float], total: float, held: set[str]) -> float:
    """Return the share of the question's terms, by idf, that ``held`` has; 1.0 for no terms."""
    if not total:
        return 1.0
    return sum(weight for part, weight in weights.items() if part in held) / total


def _logistic(features: Sequence[float], weights: Sequence[float]) -> float:
    score = sum(value * weight for value, weight in zip(features, weights, strict=True))
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, score))))


@cache
def coefficients(model: str) -> tuple[float, ...]:
    """Return the fitted coefficients of ``sentence`` or ``answer``, in their features' order."""
    fitted = json.loads(files("app").joinpath("calibration.json").read_text(encoding="utf-8"))
    names = SENTENCE_FEATURES if model == "sentence" else ANSWER_FEATURES
    return tuple(float(fitted[model][name]) for name in names)

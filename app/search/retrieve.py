"""Retrieval: dense, BM25 and sentence scores of chunks, fused by a weighted min-max sum.

Reciprocal rank fusion throws the scores away and can lose to dense retrieval alone; a weighted
sum of min-max normalised scores (Bruch, Gai and Ingber 2023) keeps them. All scores are computed
for every candidate of either side. BM25 counts for more the more words a question has: with one
or two, every passage that names them scores alike.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.callbacks.base import CallbackManager
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from numpy.typing import NDArray

from app.records import Passage
from app.search.index import LiveIndex, SearchIndex
from app.search.lexical import best
from app.search.rerank import Reranker, RerankError
from app.search.sections import is_bibliography
from app.settings import AppSettings
from app.text.terms import question_terms
from ingest.errors import UnknownDocumentError

_LOG = logging.getLogger(__name__)

_CANDIDATES = 50
_BIBLIOGRAPHY_SHARE = 0.6  # lists of titles resemble every question about their subject
Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Fusion:
    """How the scores of a chunk become one; the defaults were tuned on open sets.

    Attributes:
        usual_terms: A question of so many terms has the dense weight of the settings.
        shift_per_term: What each term less adds to it, and each one more takes away.
        least_shift: The most that is taken away, as a negative number.
        most_shift: The most that is added.
        sentence_weight: Of a chunk's best sentence, beside 1.0 for the chunk itself, where a
            question has the usual number of terms.
        sentence_per_shift: What it gains with each 1.0 that the dense weight gains.
        context_dense: Of what a conversation was about, beside 1.0 for the question, in the
            question's vector.
        context_bm25: The same in its words.
    """

    usual_terms: float = 7.5
    shift_per_term: float = 0.04
    least_shift: float = -0.1
    most_shift: float = 0.3
    sentence_weight: float = 0.2
    sentence_per_shift: float = 2.5
    context_dense: float = 0.2
    context_bm25: float = 0.2

    def dense_weight(self, given: float, n_terms: int) -> float:
        """Return the weight of the dense score for a question; 0 and 1 stay what they are."""
        if given in (0.0, 1.0):
            return given
        return min(1.0, max(0.0, given + self._shift(n_terms)))

    def sentence_share(self, given: float, n_terms: int) -> float:
        """Return the weight of a chunk's best sentence; none where one side alone is wanted."""
        if given in (0.0, 1.0):
            return 0.0
        return max(0.0, self.sentence_weight + self.sentence_per_shift * self._shift(n_terms))

    def _shift(self, n_terms: int) -> float:
        shift = self.shift_per_term * (self.usual_terms - n_terms)
        return min(self.most_shift, max(self.least_shift, shift))


class HybridRetriever(BaseRetriever):
    """A LlamaIndex retriever over the library's current generation."""

    def __init__(
        self, live: LiveIndex, settings: AppSettings, fusion: Fusion | None = None
    ) -> None:
        """Use the live index; ``settings`` give top_k, the fusion's weight and the reranker."""
        super().__init__(callback_manager=CallbackManager([]))
        self._live = live
        self._settings = settings
        self._fusion = fusion or Fusion()
        name = settings.rerank_model
        self._reranker = None if name is None else Reranker(name)
        self._warned = threading.Event()

    def passages(
        self,
        index: SearchIndex,
        question: str,
        *,
        top_k: int | None = None,
        documents: Sequence[str] | None = None,
        vector: Vector | None = None,
        context: Sequence[str] = (),
    ) -> list[Passage]:
        """Find the chunks that may answer a question, best first.

        Args:
            index: The index to search.
            question: A standalone question, not empty.
            top_k: How many at most; the setting by default.
            documents: Only passages of these documents, filtered before ranking.
            vector: The question's embedding where it is known already, ``(dim,)`` float32.
            context: What the conversation was about, read as a weaker second question.

        Returns:
            At most top_k whole chunks; scores are similarities in [0, 1] that never rise.

        Raises:
            UnknownDocumentError: ``documents`` names one that the library does not hold.
        """
        _check_documents(index, documents)
        wanted = max(_CANDIDATES, top_k or self._settings.top_k)
        if vector is None:
            vector = index.embedder.embed_query(question)
        asked = question_terms(question, index.languages)
        lexical = index.lexical.scores(asked)
        if context:
            vector = _towards(vector, index, context, self._fusion.context_dense)
            also = question_terms(" ".join(context), index.languages)
            lexical = lexical + self._fusion.context_bm25 * index.lexical.scores(also)
        dense = dict(index.nearest(vector, wanted, documents))
        allowed = None if documents is None else index.mask(documents)
        candidates = list(dense)
        for at in best(lexical, wanted, allowed):
            if index.chunks[at].chunk_id not in dense:
                candidates.append(index.chunks[at].chunk_id)
        missing = [chunk_id for chunk_id in candidates if chunk_id not in dense]
        for chunk_id, stored in index.library.vectors.vectors(missing).items():
            dense[chunk_id] = float(stored @ vector)
        if not candidates:
            return []
        semantic = np.array([dense[chunk_id] for chunk_id in candidates])
        keyword = np.array([lexical[index.positions[chunk_id]] for chunk_id in candidates])
        closest = _best_sentences(index, candidates, vector)
        weight = self._fusion.dense_weight(self._settings.dense_weight, len(asked))
        fused = weight * _min_max(semantic) + (1.0 - weight) * _min_max(keyword)
        share = self._fusion.sentence_share(self._settings.dense_weight, len(asked))
        fused = (fused + share * _min_max(closest)) / (1.0 + share)
        parts = {"dense": semantic, "bm25": keyword, "sentence": closest}
        ranked = self._reranked(question, _ranked(index, candidates, fused, parts))
        return ranked[: top_k or self._settings.top_k]

    def _reranked(self, question: str, passages: list[Passage]) -> list[Passage]:
        """Return the passages in the reranker's order; in theirs where it is none or fails."""
        if self._reranker is None:
            return passages
        try:
            return self._reranker.rerank(question, passages, self._settings.rerank_top_n)
        except RerankError as exc:
            if not self._warned.is_set():
                self._warned.set()
                _LOG.warning("passages keep the order of the fusion: %s", exc)
            return passages

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        with self._live.lease() as index:
            return [to_node(found) for found in self.passages(index, query_bundle.query_str)]


def _towards(vector: Vector, index: SearchIndex, context: Sequence[str], share: float) -> Vector:
    """Return a question's vector, drawn towards what the conversation was about."""
    moved: Vector = vector + share * index.embedder.embed_query(" ".join(context))
    moved /= np.linalg.norm(moved)
    return moved


def _best_sentences(
    index: SearchIndex, candidates: Sequence[str], vector: Vector
) -> NDArray[np.float64]:
    """Return the cosine of each chunk's best sentence, ``(n,)``; the least for one without any."""
    stored = index.sentences(candidates)
    best_of = {
        chunk_id: float((own.unit() @ vector).max())
        for chunk_id, own in stored.items()
        if len(own.spans)
    }
    least = min(best_of.values(), default=0.0)
    return np.array([best_of.get(chunk_id, least) for chunk_id in candidates])


def _ranked(
    index: SearchIndex,
    candidates: Sequence[str],
    fused: NDArray[np.float64],
    parts: dict[str, NDArray[np.float64]],
) -> list[Passage]:
    """Return the candidates as passages, best first; of equal ones the lower id first."""
    for at, chunk_id in enumerate(candidates):
        if is_bibliography(index.chunks[index.positions[chunk_id]].section):
            fused[at] *= _BIBLIOGRAPHY_SHARE
    passages = []
    for at in sorted(range(len(candidates)), key=lambda at: (-fused[at], candidates[at])):
        chunk = index.chunks[index.positions[candidates[at]]]
        passages.append(
            Passage(
                chunk_id=chunk.chunk_id,
                document=chunk.doc_id,
                title=index.library.documents[chunk.doc_id].title,
                page=chunk.page,
                section=chunk.section,
                start=chunk.start,
                end=chunk.end,
                text=index.library.text(chunk),
                score=float(fused[at]),
                scores={name: float(values[at]) for name, values in parts.items()},
            )
        )
    return passages


def to_node(passage: Passage) -> NodeWithScore:
    """Return a passage as LlamaIndex hands it on."""
    metadata = {
        "document": passage.document,
        "title": passage.title,
        "page": passage.page,
        "section": passage.section,
        "start": passage.start,
        "end": passage.end,
        "scores": dict(passage.scores),
    }
    node = TextNode(
        id_=passage.chunk_id,
        text=passage.text,
        metadata=metadata,
        start_char_idx=passage.start,
        end_char_idx=passage.end,
    )
    return NodeWithScore(node=node, score=passage.score)


def from_node(node: NodeWithScore) -> Passage:
    """Return the passage that a LlamaIndex node of ours stands for."""
    data = node.node.metadata
    return Passage(
        chunk_id=node.node.node_id,
        document=data["document"],
        title=data["title"],
        page=data["page"],
        section=data["section"],
        start=data["start"],
        end=data["end"],
        text=node.node.get_content(),
        score=float(node.score or 0.0),
        scores=data.get("scores", {}),
    )


def _min_max(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scale to [0, 1]; all zeros where every value is the same."""
    low, high = float(values.min()), float(values.max())
    if high - low < 1e-9:
        return np.zeros_like(values, dtype=np.float64)
    return (values.astype(np.float64) - low) / (high - low)


def _check_documents(index: SearchIndex, documents: Sequence[str] | None) -> None:
    for doc_id in documents or ():
        if doc_id not in index.library.documents:
            raise UnknownDocumentError(
                f"The library holds no document {doc_id!r}. "
                "`footnote documents` lists the names that it knows."
            )

"""Retrieval: dense and BM25 candidates, fused by weighted min-max sum.

Reciprocal rank fusion throws the scores away and can lose to dense retrieval alone; a weighted
sum of min-max normalised scores (Bruch, Gai and Ingber 2023) keeps them. Both scores are
computed for every candidate of either side.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.callbacks.base import CallbackManager
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from numpy.typing import NDArray

from app.index import LiveIndex, SearchIndex
from app.records import Passage
from app.sections import is_bibliography
from app.settings import AppSettings
from app.terms import terms
from ingest.errors import UnknownDocumentError

_CANDIDATES = 50
_BIBLIOGRAPHY_SHARE = 0.6  # lists of titles resemble every question about their subject


class HybridRetriever(BaseRetriever):
    """A LlamaIndex retriever over the library's current generation."""

    def __init__(self, live: LiveIndex, settings: AppSettings) -> None:
        """Use the live index; ``settings`` give top_k and the fusion's weight."""
        super().__init__(callback_manager=CallbackManager([]))
        self._live = live
        self._settings = settings

    def passages(
        self,
        index: SearchIndex,
        question: str,
        *,
        top_k: int | None = None,
        documents: Sequence[str] | None = None,
        vector: NDArray[np.float32] | None = None,
    ) -> list[Passage]:
        """Find the passages that may answer a question, best first.

        Args:
            index: The index to search.
            question: A standalone question, not empty.
            top_k: How many at most; the setting by default.
            documents: Only passages of these documents, filtered before ranking.
            vector: The question's embedding where it is known already, ``(dim,)`` float32.

        Returns:
            At most top_k passages; scores are similarities in [0, 1] that never rise.

        Raises:
            UnknownDocumentError: ``documents`` names one that the library does not hold.
        """
        _check_documents(index, documents)
        if vector is None:
            vector = index.embedder.embed_query(question)
        wanted = max(_CANDIDATES, top_k or self._settings.top_k)
        dense = dict(index.nearest(vector, wanted, documents))
        lexical = index.lexical.scores(terms(question))
        allowed = None if documents is None else set(documents)
        candidates = list(dense)
        for at in _best(lexical, index, wanted, allowed):
            if index.chunks[at].chunk_id not in dense:
                candidates.append(index.chunks[at].chunk_id)
        missing = [chunk_id for chunk_id in candidates if chunk_id not in dense]
        for chunk_id, stored in index.library.vectors.vectors(missing).items():
            dense[chunk_id] = float(stored @ vector)
        return self._fuse(index, candidates, dense, lexical)[: top_k or self._settings.top_k]

    def _fuse(
        self,
        index: SearchIndex,
        candidates: list[str],
        dense: dict[str, float],
        lexical: NDArray[np.float32],
    ) -> list[Passage]:
        if not candidates:
            return []
        semantic = np.array([dense[chunk_id] for chunk_id in candidates])
        keyword = np.array([lexical[index.positions[chunk_id]] for chunk_id in candidates])
        weight = self._settings.dense_weight
        fused = weight * _min_max(semantic) + (1.0 - weight) * _min_max(keyword)
        for at, chunk_id in enumerate(candidates):
            if is_bibliography(index.chunks[index.positions[chunk_id]].section):
                fused[at] *= _BIBLIOGRAPHY_SHARE
        order = sorted(range(len(candidates)), key=lambda at: (-fused[at], candidates[at]))
        passages = []
        for at in order:
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
                    scores={"dense": float(semantic[at]), "bm25": float(keyword[at])},
                )
            )
        return passages

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        with self._live.lease() as index:
            return [to_node(found) for found in self.passages(index, query_bundle.query_str)]


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


def _best(
    scores: NDArray[np.float32], index: SearchIndex, top_k: int, allowed: set[str] | None
) -> list[int]:
    """Return the positions of the highest scores above zero, of allowed documents, best first."""
    order = np.argsort(-scores, kind="stable")
    found: list[int] = []
    for at in order:
        if scores[at] <= 0.0 or len(found) >= top_k:
            break
        if allowed is None or index.chunks[at].doc_id in allowed:
            found.append(int(at))
    return found


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

"""The figures that RAGAS computes without a language model.

RAGAS is loaded on first use, with its usage tracking off, and nothing here opens a connection.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Collection
from functools import cached_property
from typing import TYPE_CHECKING

from eval.ragas.embedding import library_embedding
from eval.ragas.quiet import without_tracking
from ingest.embed import Embedder

if TYPE_CHECKING:
    from ragas.metrics.base import SingleTurnMetric
    from ragas.metrics.collections import SemanticSimilarity


class RagasMetrics:
    """Scores one answer at a time; not to be called from inside a running event loop."""

    def __init__(self, embedder: Embedder) -> None:
        """Name the embedder for the similarity; RAGAS is loaded by the first score."""
        self._embedder = embedder

    @cached_property
    def version(self) -> str:
        """The version of RAGAS."""
        without_tracking()
        import ragas

        return str(ragas.__version__)

    def context_precision(self, retrieved: Collection[str], reference: Collection[str]) -> float:
        """ID-based context precision: the share of retrieved chunks that hold gold.

        ``|retrieved ∩ reference| / |retrieved|`` over sets of ids. 0 where nothing was retrieved;
        RAGAS itself would give NaN.
        """
        return self._id_based(self._id_metrics[0], retrieved, reference)

    def context_recall(self, retrieved: Collection[str], reference: Collection[str]) -> float:
        """ID-based context recall: the share of chunks that hold gold which were retrieved.

        ``|retrieved ∩ reference| / |reference|`` over sets of ids. 0 where no chunk holds gold;
        RAGAS itself would give NaN.
        """
        return self._id_based(self._id_metrics[1], retrieved, reference)

    def similarity(self, response: str, reference: str) -> float:
        """Semantic similarity: cosine of the vectors of the answer and the reference answer.

        0 for an empty answer. A negative cosine counts as 0, so that saying nothing is never
        better than saying something.
        """
        if not response.strip() or not reference.strip():
            return 0.0
        result = asyncio.run(self._similarity.ascore(reference=reference, response=response))
        return min(1.0, max(0.0, float(result.value)))

    def _id_based(
        self, metric: SingleTurnMetric, retrieved: Collection[str], reference: Collection[str]
    ) -> float:
        from ragas import SingleTurnSample

        if not retrieved or not reference:
            return 0.0
        sample = SingleTurnSample(
            retrieved_context_ids=list(retrieved), reference_context_ids=list(reference)
        )
        # The public wrappers queue a tracking event, and that writes a user id into the home
        # folder even where tracking is off; this is the method that they wrap.
        return float(asyncio.run(metric._single_turn_ascore(sample, [])))

    @cached_property
    def _id_metrics(self) -> tuple[SingleTurnMetric, SingleTurnMetric]:
        without_tracking()
        with warnings.catch_warnings():
            # RAGAS points to `ragas.metrics.collections`, which does not have these two.
            warnings.filterwarnings("ignore", "Importing IDBased", DeprecationWarning)
            from ragas.metrics import IDBasedContextPrecision, IDBasedContextRecall

        return IDBasedContextPrecision(), IDBasedContextRecall()

    @cached_property
    def _similarity(self) -> SemanticSimilarity:
        without_tracking()
        from ragas.metrics.collections import SemanticSimilarity

        return SemanticSimilarity(embeddings=library_embedding(self._embedder))

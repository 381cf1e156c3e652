"""The figures that RAGAS computes without a language model; the only module that imports it.

RAGAS is loaded on first use, with its usage tracking off, and nothing here opens a connection.
"""

from __future__ import annotations

import asyncio
import os
import warnings
from collections.abc import Collection
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ingest.embed import Embedder

if TYPE_CHECKING:
    from ragas.embeddings.base import BaseRagasEmbedding
    from ragas.metrics.base import SingleTurnMetric
    from ragas.metrics.collections import SemanticSimilarity


def _without_tracking() -> None:
    """Turn off RAGAS' usage tracking, also where something else imported it earlier."""
    os.environ["RAGAS_DO_NOT_TRACK"] = "true"
    from ragas import _analytics

    if not _analytics.do_not_track():  # it remembers the answer of its first call
        _analytics.do_not_track.cache_clear()


class RagasMetrics:
    """Scores one answer at a time; not to be called from inside a running event loop."""

    def __init__(self, embedder: Embedder) -> None:
        """Name the embedder for the similarity; RAGAS is loaded by the first score."""
        self._embedder = embedder

    @cached_property
    def version(self) -> str:
        """The version of RAGAS."""
        _without_tracking()
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
        _without_tracking()
        with warnings.catch_warnings():
            # RAGAS points to `ragas.metrics.collections`, which does not have these two.
            warnings.filterwarnings("ignore", "Importing IDBased", DeprecationWarning)
            from ragas.metrics import IDBasedContextPrecision, IDBasedContextRecall

        return IDBasedContextPrecision(), IDBasedContextRecall()

    @cached_property
    def _similarity(self) -> SemanticSimilarity:
        _without_tracking()
        from ragas.metrics.collections import SemanticSimilarity

        return SemanticSimilarity(embeddings=_ragas_embedding(self._embedder))


def _ragas_embedding(embedder: Embedder) -> BaseRagasEmbedding:
    """Wrap the library's embedder for RAGAS."""
    from ragas.embeddings.base import BaseRagasEmbedding

    class LibraryEmbedding(BaseRagasEmbedding):
        """The embedder that also made the library's vectors."""

        def embed_text(self, text: str, **kwargs: Any) -> list[float]:
            """Embed a text; one beyond the model's window is the mean of its parts."""
            mean = embedder.embed_sentences(_parts(text, embedder)).mean(axis=0)
            return [float(value) for value in mean]

        async def aembed_text(self, text: str, **kwargs: Any) -> list[float]:
            """As `embed_text`."""
            return self.embed_text(text, **kwargs)

    return LibraryEmbedding()


def _parts(text: str, embedder: Embedder) -> list[str]:
    """Cut a text into parts that the embedder reads whole."""
    starts = embedder.token_starts(text)
    room = embedder.window - embedder.special_tokens
    cuts = [0, *starts[room::room], len(text)]
    return [text[begin:end] for begin, end in zip(cuts, cuts[1:], strict=False)]

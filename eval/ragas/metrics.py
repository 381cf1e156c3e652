"""The figures that RAGAS computes without a language model.

RAGAS is loaded on first use, with its usage tracking off, and nothing here opens a connection.
"""

from __future__ import annotations

import asyncio
import json
import math
import warnings
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from eval.ragas.embedding import library_embedding
from eval.ragas.quiet import without_tracking
from eval.sets.places import COVER, Gold, Place, overlap
from ingest.embed import Embedder

if TYPE_CHECKING:
    from ragas import SingleTurnSample
    from ragas.metrics.base import SingleTurnMetric
    from ragas.metrics.collections import RougeScore, SemanticSimilarity


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

    def context_precision(self, retrieved: Sequence[Place], golds: Sequence[Gold]) -> float:
        """Context precision: the average precision of the passages, best first.

        RAGAS' non-LLM metric with reference, on places instead of strings: a passage is relevant
        where it holds at least half of some gold quote (`eval.sets.places.covers`). With v_r = 1
        for a relevant passage at rank r, ``Σ_r v_r · (Σ_{s≤r} v_s / r) / Σ_r v_r``. 0 where
        nothing was retrieved or nothing is relevant.
        """
        return self._on_places(self._context_metrics[0], retrieved, golds)

    def context_recall(self, retrieved: Sequence[Place], golds: Sequence[Gold]) -> float:
        """Context recall: the share of gold quotes of which some passage holds at least half.

        RAGAS' non-LLM metric on places instead of strings, over all passages. 0 where nothing was
        retrieved or there is no gold.
        """
        return self._on_places(self._context_metrics[1], retrieved, golds)

    def rouge_l(self, response: str, reference: str) -> float:
        """ROUGE-L of Lin (2004): F1 of the longest common subsequence of words.

        With LCS its length, P = LCS / words of the answer and R = LCS / words of the reference
        answer, ``2PR / (P + R)``; words are lower-cased runs of ASCII letters and digits. 0 for
        an empty answer.
        """
        result = asyncio.run(self._rouge.ascore(reference=reference, response=response))
        return float(result.value)

    def similarity(self, response: str, reference: str) -> float:
        """Semantic similarity: cosine of the vectors of the answer and the reference answer.

        0 for an empty answer. A negative cosine counts as 0, so that saying nothing is never
        better than saying something.
        """
        if not response.strip() or not reference.strip():
            return 0.0
        result = asyncio.run(self._similarity.ascore(reference=reference, response=response))
        return min(1.0, max(0.0, float(result.value)))

    def _on_places(
        self, metric: SingleTurnMetric, retrieved: Sequence[Place], golds: Sequence[Gold]
    ) -> float:
        from ragas import SingleTurnSample

        if not retrieved or not golds:
            return 0.0
        sample = SingleTurnSample(
            retrieved_contexts=[json.dumps([place]) for place in retrieved],
            reference_contexts=[json.dumps(gold) for gold in golds],
        )
        # The public wrappers queue a tracking event, and that writes a user id into the home
        # folder even where tracking is off; this is the method that they wrap.
        return float(asyncio.run(metric._single_turn_ascore(sample, [])))

    @cached_property
    def _context_metrics(self) -> tuple[SingleTurnMetric, SingleTurnMetric]:
        without_tracking()
        with warnings.catch_warnings():
            # RAGAS points to `ragas.metrics.collections`, which does not have these two.
            warnings.filterwarnings("ignore", "Importing NonLLM", DeprecationWarning)
            from ragas.metrics import NonLLMContextPrecisionWithReference, NonLLMContextRecall

        measure: Any = _Coverage()
        return (
            NonLLMContextPrecisionWithReference(distance_measure=measure, threshold=COVER),
            # Its recall wants more than the threshold where its precision wants as much.
            NonLLMContextRecall(_distance_measure=measure, threshold=math.nextafter(COVER, 0.0)),
        )

    @cached_property
    def _rouge(self) -> RougeScore:
        without_tracking()
        from ragas.metrics.collections import RougeScore

        return RougeScore(rouge_type="rougeL", mode="fmeasure")

    @cached_property
    def _similarity(self) -> SemanticSimilarity:
        without_tracking()
        from ragas.metrics.collections import SemanticSimilarity

        return SemanticSimilarity(embeddings=library_embedding(self._embedder))


class _Coverage:
    """How much of a gold quote a passage holds, in the place of RAGAS' distance of two strings."""

    async def single_turn_ascore(self, sample: SingleTurnSample, callbacks: object) -> float:
        """Return the largest share of an occurrence of the gold that the passage holds."""
        (place,) = (Place(*entry) for entry in json.loads(sample.reference or ""))
        spots = [Place(*entry) for entry in json.loads(sample.response or "")]
        shares = (overlap(place, spot) / spot.length for spot in spots if spot.length)
        return max(shares, default=0.0)

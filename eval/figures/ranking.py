"""The figures of a ranked list of documents against graded judgments, as trec_eval has them.

Higher is better, each lies between 0 and 1, and the order given is the ranking. A grade above 0
is relevant; a document without a judgment is not. Without a relevant document every figure is 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

Grades = Mapping[str, int]
RANKING_FIGURES = ("ndcg@10", "recall@5", "recall@10", "mrr@10")


def ranking_figures(ranked: Sequence[str], grades: Grades) -> dict[str, float]:
    """Return the figures of one query, by the names of `RANKING_FIGURES`."""
    return {
        "ndcg@10": ndcg(ranked, grades, 10),
        "recall@5": recall(ranked, grades, 5),
        "recall@10": recall(ranked, grades, 10),
        "mrr@10": reciprocal_rank(ranked, grades, 10),
    }


def ndcg(ranked: Sequence[str], grades: Grades, k: int) -> float:
    """nDCG@k with linear gain: ``DCG@k = Σ_r grade(r) / log2(r + 1)``, over that of the best order.

    Järvelin and Kekäläinen (2002), in the form of trec_eval's ``ndcg_cut``. A grade below 0 gains
    nothing.
    """
    gains = [max(0, grades.get(doc_id, 0)) for doc_id in ranked[:k]]
    ideal = _dcg(sorted((max(0, grade) for grade in grades.values()), reverse=True)[:k])
    return _dcg(gains) / ideal if ideal else 0.0


def recall(ranked: Sequence[str], grades: Grades, k: int) -> float:
    """Recall@k: the share of the relevant documents that are among the first k."""
    relevant = {doc_id for doc_id, grade in grades.items() if grade > 0}
    return len(relevant.intersection(ranked[:k])) / len(relevant) if relevant else 0.0


def reciprocal_rank(ranked: Sequence[str], grades: Grades, k: int) -> float:
    """1 / rank of the first relevant document of the first k; 0 where there is none."""
    ranks = (rank for rank, doc_id in enumerate(ranked[:k], 1) if grades.get(doc_id, 0) > 0)
    return 1.0 / next(ranks, math.inf)


def _dcg(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))

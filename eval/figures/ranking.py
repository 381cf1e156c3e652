"""nDCG of a ranked list against graded judgments, as trec_eval has it.

For rankings that are no documents of a set, such as passages against gold spans; those are scored
by trec_eval itself (`eval.beir.scores`), with which a test compares this.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

Grades = Mapping[str, int]


def ndcg(ranked: Sequence[str], grades: Grades, k: int) -> float:
    """nDCG@k with linear gain: ``DCG@k = Σ_r grade(r) / log2(r + 1)``, over that of the best order.

    Järvelin and Kekäläinen (2002), in the form of trec_eval's ``ndcg_cut``. The order given is the
    ranking. A grade below 0 and a missing one gain nothing; without a grade above 0 it is 0.
    """
    gains = [max(0, grades.get(doc_id, 0)) for doc_id in ranked[:k]]
    ideal = _dcg(sorted((max(0, grade) for grade in grades.values()), reverse=True)[:k])
    return _dcg(gains) / ideal if ideal else 0.0


def _dcg(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))

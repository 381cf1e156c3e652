"""The figures of ranked documents against graded judgments, by trec_eval through pytrec_eval.

nDCG@10 has linear gains and a logarithmic discount (Järvelin and Kekäläinen 2002), as the figures
of BEIR have. Recall@k is the share of a query's relevant documents among the first k, MAP@10 the
mean of its precisions at their ranks up to 10, and MRR@10 the mean of 1 / rank of the first one up
to 10. A grade above 0 is relevant, a document without a judgment is not. Higher is better, and
each lies between 0 and 1.
"""

from __future__ import annotations

from collections.abc import Mapping

from eval.beir.trec import Ranking
from eval.figures.intervals import Ratios
from eval.figures.summary import Figure

Qrels = Mapping[str, Mapping[str, int]]
"""Query id to document id to grade."""

_TREC_NAMES = {
    "ndcg@10": "ndcg_cut_10",
    "recall@5": "recall_5",
    "recall@10": "recall_10",
    "recall@100": "recall_100",
    "map@10": "map_cut_10",
}
_MRR, _MRR_CUT = "mrr@10", 10
_RECIPROCAL_RANK = "recip_rank"
BEIR_FIGURES = ("ndcg@10", "recall@5", "recall@10", "recall@100", _MRR, "map@10")


def score_queries(qrels: Qrels, rankings: Mapping[str, Ranking]) -> dict[str, dict[str, float]]:
    """Score each query's ranking.

    Args:
        qrels: The judgments; every ranked query has some.
        rankings: By query id, settled: trec_eval reads the scores, not the order.

    Returns:
        By query id, in the order of the rankings, the figures by the names of `BEIR_FIGURES`. A
        query for which nothing was found has zeros.
    """
    import pytrec_eval

    measures = {"ndcg_cut.10", "recall.5,10,100", "map_cut.10"}
    whole = pytrec_eval.RelevanceEvaluator(qrels, measures).evaluate(
        {query_id: dict(ranked) for query_id, ranked in rankings.items()}
    )
    # trec_eval's reciprocal rank has no cut of its own, so the run is cut.
    head = pytrec_eval.RelevanceEvaluator(qrels, {_RECIPROCAL_RANK}).evaluate(
        {query_id: dict(ranked[:_MRR_CUT]) for query_id, ranked in rankings.items()}
    )
    scores = {}
    for query_id in rankings:
        found = {name: whole[query_id][theirs] for name, theirs in _TREC_NAMES.items()}
        found[_MRR] = head[query_id][_RECIPROCAL_RANK]
        scores[query_id] = {name: float(found[name]) for name in BEIR_FIGURES}
    return scores


def means(scores: Mapping[str, Mapping[str, float]]) -> dict[str, Figure]:
    """Return the figures over all queries, by the names of `BEIR_FIGURES`, with their intervals.

    Args:
        scores: By query id, as `score_queries` returns them.
    """
    found = {}
    for name in BEIR_FIGURES:
        values = [one[name] for one in scores.values()]
        ratios = Ratios.mean(values, [True] * len(values))
        found[name] = Figure.of(ratios, len(values), len(values))
    return found

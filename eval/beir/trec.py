"""A run of ranked documents in trec_eval's form: query, Q0, document, rank, score, tag.

trec_eval does not read the rank. It sorts a query's documents by score, in single precision, and
of equal scores it puts the greater document id first. So scores that are equal, or that would be
once they are written, are set apart here, and the order that is written is the order it sees.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

Ranking = Sequence[tuple[str, float]]
"""Document ids with their scores, best first; higher is better."""

_TAG = "footnote"
_DIGITS = 6
_STEP = 10.0**-_DIGITS  # between single-precision neighbours far below it up to scores of 4


def settled(ranked: Iterable[tuple[str, float]]) -> list[tuple[str, float]]:
    """Return a ranking whose scores, as they are written, fall from each rank to the next.

    Args:
        ranked: Best first, with similarities in [0, 1]; the order given is the ranking, whatever
            the scores say.

    Returns:
        The same documents in the same order. A score is the given one to six decimals, or
        0.000001 below the one before it where it would not be lower.
    """
    last = float("inf")
    found = []
    for doc_id, score in ranked:
        last = round(min(score, last - _STEP), _DIGITS)
        found.append((doc_id, last))
    return found


def run_text(rankings: Mapping[str, Ranking]) -> str:
    """Return settled rankings, by query id, as a TREC run file."""
    return "".join(
        f"{query_id} Q0 {doc_id} {rank} {score:.{_DIGITS}f} {_TAG}\n"
        for query_id, ranked in rankings.items()
        for rank, (doc_id, score) in enumerate(ranked, 1)
    )

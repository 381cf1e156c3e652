"""Documents ranked for the queries of a BEIR set, as far down as Recall@100 looks."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.engine import FootnoteQueryEngine
from app.question.condense import resolve
from app.records import Passage, Question
from app.search.index import SearchIndex
from eval.beir.sets import CORPUS
from eval.beir.trec import settled
from eval.runs.run import Progress

DEPTH = 100  # documents in a ranking
_HEAD = 50  # chunks that the retriever looks through for a question, see `rank`
_DEEPER = 4  # times as many, where they are of too few documents


@dataclass(frozen=True, slots=True)
class Ranked:
    """What was found for the queries of a set.

    Attributes:
        rankings: By query id, the documents with their scores, settled, best first.
        seconds: How long the retrieval took that a question would have had to wait for: that of
            the heads of the rankings.
    """

    rankings: dict[str, list[tuple[str, float]]]
    seconds: float


def rank_all(
    engine: FootnoteQueryEngine, questions: Sequence[Question], progress: Progress | None = None
) -> Ranked:
    """Rank the documents of a library for each question."""
    rankings: dict[str, list[tuple[str, float]]] = {}
    seconds = 0.0
    if progress is not None:
        progress.questions(len(questions))
    with engine.live.lease() as index:
        for question in questions:
            query_id = question.question_id or ""
            started = time.perf_counter()
            head = retrieve_for(engine, index, question, _HEAD)
            seconds += time.perf_counter() - started
            rankings[query_id] = settled(rank(engine, index, question, head))
            if progress is not None:
                progress.question_done(query_id)
    return Ranked(rankings, seconds)


def rank(
    engine: FootnoteQueryEngine, index: SearchIndex, question: Question, head: Sequence[Passage]
) -> list[tuple[str, float]]:
    """Rank documents for a question, at most `DEPTH`, each with its best passage's score.

    The head is what answers are made from, and stays as it is. More chunks only lengthen it: the
    fusion scales its scores over the chunks that it looks at, so that a wider look would also
    change the order at the top, and nDCG@10 would be that of a search which nobody is served.

    Args:
        engine: Retrieves the rest.
        index: What is searched.
        question: With the conversation before it.
        head: The first passages found for it.
    """
    ranked = ranked_documents(head)
    asked, found = _HEAD, len(head)
    while len(ranked) < DEPTH and found == asked:
        asked *= _DEEPER
        passages = retrieve_for(engine, index, question, asked)
        found = len(passages)
        for doc_id, score in ranked_documents(passages).items():
            ranked.setdefault(doc_id, score)
    return list(ranked.items())[:DEPTH]


def retrieve_for(
    engine: FootnoteQueryEngine, index: SearchIndex, question: Question, top_k: int
) -> list[Passage]:
    """Find passages as `ask` does: the question resolved against its conversation first."""
    follow_up = resolve(question.text, question.history)
    return engine.retriever.passages(
        index, follow_up.standalone, top_k=top_k, context=follow_up.topic
    )


def ranked_documents(passages: Iterable[Passage]) -> dict[str, float]:
    """Return documents with the score of their best passage, best first.

    A corpus file's part of a document's name is left out, so that the ids are the set's own.
    """
    best: dict[str, float] = {}
    for passage in passages:
        best.setdefault(passage.document.removeprefix(f"{CORPUS}#"), passage.score)
    return best

"""What each part of retrieval adds, on span sets and on BEIR sets with their conversations.

usage: python -m eval.benchmarks.ablation [--span SET_DIR]... [--beir QUERIES_DIR:TASKS]...
           [--storage DIR]

Each set is indexed once, as `footnote ingest` and `footnote eval beir` do it, and asked once a
variant, parts added one after the other. A span set (see `spansets`) gives hit@5, recall@5 and
iou@5 of its gold characters, a BEIR set nDCG@10 and Recall@5 of documents.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import mean

from app.answer.evidence import weigh
from app.answer.narrow import narrow
from app.engine import FootnoteQueryEngine
from app.question.asked import analyse
from app.question.condense import resolve
from app.records import Passage, Question
from app.search.index import SearchIndex
from app.search.retrieve import Fusion, HybridRetriever
from app.settings import AppSettings
from eval.beir.index import index_corpus, library_settings
from eval.beir.rank import ranked_documents
from eval.beir.scores import score_queries
from eval.beir.sets import BeirSet, read_beir
from eval.beir.trec import settled
from eval.benchmarks.chunks import overlaps, union
from eval.benchmarks.spansets import SpanQuestion, open_set, questions
from ingest.embed import Embedder

_EVEN = Fusion(
    shift_per_term=0.0,
    sentence_weight=0.0,
    sentence_per_shift=0.0,
    context_dense=0.0,
    context_bm25=0.0,
)  # an even sum of the whole chunks' scores
_DEEP = 60  # chunks looked at for ten documents
_TOP = 5


@dataclass(frozen=True, slots=True)
class Variant:
    """A way to retrieve: how scores are fused, and what is done before and after."""

    name: str
    fusion: Fusion
    dense_weight: float = 0.5
    resolves: bool = False
    narrows: bool = False


VARIANTS = (
    Variant("BM25", _EVEN, dense_weight=0.0),
    Variant("dense", _EVEN, dense_weight=1.0),
    Variant("even min-max sum", _EVEN),
    Variant(
        "+ weight by the question's length", replace(_EVEN, shift_per_term=Fusion().shift_per_term)
    ),
    Variant("+ best sentence", replace(Fusion(), context_dense=0.0, context_bm25=0.0)),
    Variant(
        "+ follow-ups resolved",
        replace(Fusion(), context_dense=0.0, context_bm25=0.0),
        resolves=True,
    ),
    Variant("+ the conversation's topic", Fusion(), resolves=True),
    Variant("+ passages narrowed", Fusion(), resolves=True, narrows=True),
)


def main(argv: Sequence[str]) -> None:
    """Print a table row a variant and set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--span", action="append", type=Path, default=[])
    parser.add_argument("--beir", action="append", default=[], metavar="DIR:TASKS")
    parser.add_argument("--storage", type=Path, help="keeps the indexes for the next run")
    options = parser.parse_args(argv)
    embedder = Embedder()
    with tempfile.TemporaryDirectory() as scratch:
        storage = options.storage or Path(scratch)
        for folder in options.span:
            engine = open_set(folder, storage, embedder)
            _rows(folder.name, engine, partial(_spans, folder))
        for pair in options.beir:
            folder, _, tasks = pair.partition(":")
            found = read_beir(Path(folder), "test", Path(tasks) if tasks else None)
            settings = library_settings(AppSettings(storage=storage), found.corpus, embedder)
            index_corpus(settings, found.corpus, embedder)
            engine = FootnoteQueryEngine(settings, embedder)
            name = f"{Path(folder).parent.name}/{Path(folder).name}"
            _rows(name, engine, partial(_passages, found))


Measure = Callable[[FootnoteQueryEngine, SearchIndex, Variant], dict[str, float]]


def _rows(name: str, engine: FootnoteQueryEngine, measure: Measure) -> None:
    with engine, engine.live.lease() as index:
        for variant in VARIANTS:
            figures = measure(engine, index, variant)
            shown = " | ".join(f"{key} {value:.3f}" for key, value in figures.items())
            print(f"| {name} | {variant.name} | {shown} |", flush=True)


def _retrieved(
    engine: FootnoteQueryEngine,
    index: SearchIndex,
    variant: Variant,
    question: Question,
    top_k: int,
) -> list[Passage]:
    settings = engine.settings.model_copy(update={"dense_weight": variant.dense_weight})
    retriever = HybridRetriever(engine.live, settings, variant.fusion)
    text = question.text
    topic: tuple[str, ...] = ()
    if variant.resolves:
        follow_up = resolve(question.text, question.history)
        text, topic = follow_up.standalone, follow_up.topic
    vector = engine.embedder.embed_query(text)
    found = retriever.passages(index, text, top_k=top_k, vector=vector, context=topic)
    if variant.narrows:
        evidence = weigh(index, analyse(text, index.languages), vector, found)
        found = narrow(index, found, evidence.candidates)
    return found


def _spans(
    folder: Path, engine: FootnoteQueryEngine, index: SearchIndex, variant: Variant
) -> dict[str, float]:
    scores = []
    for one in questions(folder, index):
        if one.references:
            asked = Question(one.question)
            found = _retrieved(engine, index, variant, asked, engine.settings.top_k)
            scores.append(_overlap(one, found[:_TOP]))
    return _means(scores)


def _overlap(question: SpanQuestion, found: Sequence[Passage]) -> dict[str, float]:
    return overlaps(question, union((one.document, one.start, one.end) for one in found))


def _passages(
    found: BeirSet, engine: FootnoteQueryEngine, index: SearchIndex, variant: Variant
) -> dict[str, float]:
    rankings = {}
    for question in found.questions:
        passages = _retrieved(engine, index, variant, question, _DEEP)
        rankings[question.question_id or ""] = settled(ranked_documents(passages).items())
    scores = score_queries(found.qrels, rankings)
    return _means(
        [{name: one[name] for name in ("ndcg@10", "recall@5")} for one in scores.values()]
    )


def _means(scores: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: mean(one[name] for one in scores) for name in scores[0]}


if __name__ == "__main__":
    main(sys.argv[1:])

"""Which size and overlap of chunks find best: a sweep over span sets and passage sets.

usage: python -m eval.benchmarks.chunks [--span SET_DIR]... [--beir QUERIES_DIR]...
           [--sizes 128,256] [--overlaps 0,32] [--pool N]

For each size and overlap, in the embedder's tokens, each set's documents are indexed as
`footnote ingest` does it, and asked as the engine retrieves. A span set (see `spansets`) gives
hit@5, recall@5 and iou@5 of its gold characters. A passage set is a BEIR folder (queries.jsonl,
qrels/test.tsv, corpus.jsonl there or in its parent) of which the judged passages and others up to
N are indexed, each a document; it gives nDCG@10 and Recall@5 of documents, each at the rank of its
best chunk.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from app.engine import FootnoteQueryEngine
from app.settings import AppSettings
from eval.beir.rank import ranked_documents
from eval.beir.scores import score_queries
from eval.beir.sets import read_beir
from eval.beir.trec import settled
from eval.benchmarks.spansets import SpanQuestion, questions
from ingest.embed import Embedder
from ingest.sync import sync

_DEEP = 50  # chunks looked at for ten documents


@dataclass(frozen=True, slots=True)
class Chunking:
    """Longest embedded form and overlap, in tokens."""

    size: int
    overlap: int


def main(argv: Sequence[str]) -> None:
    """Print a row of figures a chunking."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--span", action="append", type=Path, default=[])
    parser.add_argument("--beir", action="append", type=Path, default=[])
    parser.add_argument("--sizes", default="96,128,192,256")
    parser.add_argument("--overlaps", default="0")
    parser.add_argument("--pool", type=int, default=2500)
    options = parser.parse_args(argv)
    embedder = Embedder()
    for size in map(int, options.sizes.split(",")):
        for overlap in map(int, options.overlaps.split(",")):
            chunking = Chunking(size, overlap)
            for folder in options.span:
                with tempfile.TemporaryDirectory() as scratch:
                    engine, chunks = _index(folder / "corpus", Path(scratch), chunking, embedder)
                    _print(chunking, folder.name, chunks, _spans(engine, folder))
            for folder in options.beir:
                with tempfile.TemporaryDirectory() as scratch:
                    corpus = _pooled(folder, Path(scratch) / "corpus", options.pool)
                    engine, chunks = _index(corpus, Path(scratch), chunking, embedder)
                    name = f"{folder.parent.name}/{folder.name}"
                    _print(chunking, name, chunks, _passages(engine, folder))


def _index(
    corpus: Path, scratch: Path, chunking: Chunking, embedder: Embedder
) -> tuple[FootnoteQueryEngine, int]:
    settings = AppSettings(
        documents=corpus,
        storage=scratch / "storage",
        chunk_tokens=chunking.size,
        chunk_overlap=chunking.overlap,
    )
    report = sync(settings, embedder=embedder)
    if report.failed:
        sys.exit(f"{corpus} was not read whole: {report.failed[0]}")
    return FootnoteQueryEngine(settings, embedder), report.chunks


def _spans(engine: FootnoteQueryEngine, folder: Path) -> dict[str, float]:
    found: dict[str, list[float]] = {"hit@5": [], "recall@5": [], "iou@5": []}
    with engine, engine.live.lease() as index:
        for question in questions(folder, index):
            if not question.references:
                continue
            top = engine.retriever.passages(index, question.question, top_k=5)
            places = union((one.document, one.start, one.end) for one in top)
            for name, value in overlaps(question, places).items():
                found[name].append(value)
    return {name: mean(values) for name, values in found.items()}


def overlaps(question: SpanQuestion, got: list[tuple[str, int, int]]) -> dict[str, float]:
    """Return hit, recall and intersection over union of spans with a question's gold ones."""
    references = question.gold(got)
    gold = union(references)
    shared, length = _shared(gold, got), _length(gold)
    hits = [_shared([span], got) >= 0.5 * _length([span]) for span in references]
    return {
        "hit@5": float(any(hits)),
        "recall@5": shared / length,
        "iou@5": shared / (length + _length(got) - shared),
    }


def union(spans: Iterable[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """Return spans of documents, ordered, those that overlap joined."""
    merged: list[tuple[str, int, int]] = []
    for doc_id, start, end in sorted(spans):
        if merged and merged[-1][0] == doc_id and start <= merged[-1][2]:
            merged[-1] = (doc_id, merged[-1][1], max(end, merged[-1][2]))
        else:
            merged.append((doc_id, start, end))
    return merged


def _length(spans: Iterable[tuple[str, int, int]]) -> int:
    return sum(end - start for _, start, end in spans)


def _shared(one: Iterable[tuple[str, int, int]], other: list[tuple[str, int, int]]) -> int:
    return sum(
        max(0, min(end, stop) - max(start, begin))
        for doc_id, start, end in one
        for name, begin, stop in other
        if name == doc_id
    )


def _passages(engine: FootnoteQueryEngine, folder: Path) -> dict[str, float]:
    found = read_beir(folder, "test")
    with engine, engine.live.lease() as index:
        rankings = {
            question.question_id or "": settled(
                ranked_documents(
                    engine.retriever.passages(index, question.text, top_k=_DEEP)
                ).items()
            )
            for question in found.questions
        }
    scores = score_queries(found.qrels, rankings).values()
    return {name: mean(one[name] for one in scores) for name in ("ndcg@10", "recall@5")}


def _pooled(folder: Path, target: Path, pool: int) -> Path:
    """Write the judged passages, and others in the corpus's order, as one JSON Lines file."""
    source = folder / "corpus.jsonl"
    if not source.is_file():
        source = folder.parent / "corpus.jsonl"
    qrels = read_beir(folder, "test").qrels
    judged = {name for grades in qrels.values() for name, grade in grades.items() if grade > 0}
    lines = source.read_text(encoding="utf-8").splitlines()
    ids = [str(json.loads(line)["_id"]) for line in lines]
    others = [at for at, name in enumerate(ids) if name not in judged]
    step = max(1, len(others) // max(1, pool - len(judged)))
    kept = {at for at, name in enumerate(ids) if name in judged} | set(others[::step])
    target.mkdir()
    with (target / "corpus.jsonl").open("w", encoding="utf-8") as out:
        for at in sorted(kept):
            out.write(lines[at] + "\n")
    return target


def _print(chunking: Chunking, name: str, chunks: int, figures: dict[str, float]) -> None:
    shown = "  ".join(f"{key} {value:.3f}" for key, value in figures.items())
    print(f"{chunking.size:>4}/{chunking.overlap:<3} {name:<18} {chunks:>6} chunks  {shown}")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])

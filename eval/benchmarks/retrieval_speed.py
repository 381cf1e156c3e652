"""How long a library takes to open and a question to find its passages, by parts.

usage: python -m eval.benchmarks.retrieval_speed [--chunks N] [--documents N] [--questions N]

A library of made-up chunks is written as ingest writes one: words drawn by Zipf's law, English
stop words the most frequent of them, and random unit vectors, which give Chroma nothing to hold on
to. It is opened with nothing kept, with the lexical index as it was kept, and after one document in
a hundred has changed; each time in a process of its own. Then questions are asked whose words
stand together in some chunk. The one real part that is not timed on made-up data is the embedding
of a question.
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.search.index import LiveIndex, SearchIndex
from app.search.lexical import best
from app.search.lexical_library import open_lexicon
from app.search.retrieve import HybridRetriever
from app.settings import AppSettings
from app.text.language import STOP_WORDS
from app.text.terms import question_terms
from ingest.catalog import Catalog
from ingest.document import Chunk, ChunkSentences, Document
from ingest.embed import PACKAGED_MODEL, Embedder
from ingest.generations import CATALOG, DERIVED, VECTORS, Generations, copy_generation
from ingest.library import FORMAT_VERSION, open_library
from ingest.vectors import VectorStore

_DIMENSION = 384
_WORDS_A_CHUNK = 120
_VOCABULARY = 60_000
_WINDOW = 50  # documents written at a time
_CANDIDATES = 50
_SYLLABLES = [a + b for a in "b br d f g gl k l m n p r s st t v".split() for b in "aeiou"]

Figures = dict[str, float]


def main(argv: Sequence[str]) -> None:
    """Build the library, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--documents", type=int, default=5000)
    parser.add_argument("--questions", type=int, default=200)
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        settings = AppSettings(documents=folder / "documents", storage=folder / "storage")
        n_documents = options.documents
        each = max(options.chunks // n_documents, 1)
        seconds = _timed(lambda: _write(settings, range(n_documents), each, seed=1))
        print(f"{n_documents * each:,} chunks in {n_documents:,} documents, {seconds:.0f} s")
        _print("opened, nothing kept", _alone(_opening, settings))
        _print("opened, index kept", _alone(_opening, settings))
        _print("questions, ms", _alone(_asking, settings, options.questions))
        _write(settings, range(0, n_documents, 100), each, seed=2)
        _print("opened, 1% changed", _alone(_opening, settings))
        shutil.rmtree(settings.storage / DERIVED)
        _print("opened, nothing kept, after that", _alone(_opening, settings))


def _alone(measure: Callable[..., Figures], *arguments: object) -> Figures:
    """Measure in a fresh process, whose memory is its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measure, *arguments).result()


def _opening(settings: AppSettings) -> Figures:
    """Return the seconds that the steps of opening a library take."""
    library = open_library(settings)
    with closing(library):
        figures = {
            "documents s": _timed(lambda: library.documents),
            "chunks s": _timed(lambda: library.chunks),
            "lexical s": _timed(lambda: open_lexicon(library, library.derived)),
        }
    library = open_library(settings)
    with closing(library):
        figures["whole s"] = _timed(lambda: SearchIndex(library, Embedder.of(settings)))
        figures["index MB"] = sum(f.stat().st_size for f in library.derived.iterdir()) / 1e6
    return {**figures, "memory MB": _memory_mb()}


def _asking(settings: AppSettings, n_questions: int) -> Figures:
    """Return the milliseconds that the parts of a retrieval take, median and 95th percentile."""
    rng = np.random.default_rng(5)
    embedder = Embedder.of(settings)
    index = SearchIndex(open_library(settings), embedder)
    retriever = HybridRetriever(LiveIndex(settings, embedder), settings)
    laps: dict[str, list[float]] = {}

    def lap(name: str, work: Callable[..., object], *arguments: object, **options: object) -> None:
        laps.setdefault(name, []).append(_timed(lambda: work(*arguments, **options)) * 1000)

    with closing(index.library):
        for vector in _unit_vectors(rng, n_questions):
            text = index.library.text(index.chunks[rng.integers(len(index.chunks))])
            question = " ".join(["What is the", *rng.choice(text.split(), 10)])
            asked = question_terms(question, index.languages)
            one = [index.chunks[rng.integers(len(index.chunks))].doc_id]
            lap("Chroma", index.nearest, vector, _CANDIDATES, None)
            lap("BM25 scores", index.lexical.scores, asked)
            lap("BM25 best", best, index.lexical.scores(asked), _CANDIDATES)
            find = partial(retriever.passages, index, question, vector=vector)
            lap("all but embedding", find)
            lap("all, in one document", find, documents=one)
            lap("question's embedding", embedder.embed_query, question)
    warm = {name: values[n_questions // 10 :] for name, values in laps.items()}
    return {
        f"{name} p{share}": float(np.percentile(values, share))
        for name, values in warm.items()
        for share in (50, 95)
    } | {"memory MB": _memory_mb()}


def _write(settings: AppSettings, numbers: Sequence[int], each: int, seed: int) -> None:
    """Write documents into the next generation of the library, in place of earlier versions."""
    rng = np.random.default_rng(seed)
    generations = Generations(settings.storage)
    meta = {
        "embed_model": PACKAGED_MODEL,
        "dimension": str(_DIMENSION),
        "format_version": FORMAT_VERSION,
    }
    with generations.writing():
        current = generations.current()
        staged = generations.stage({}, resume=False)
        if current is not None:
            copy_generation(current, staged)
        with (
            closing(Catalog(staged / CATALOG, create=True)) as catalog,
            closing(VectorStore.create(staged / VECTORS, meta)) as vectors,
        ):
            catalog.set_meta(meta)
            made = _documents(rng, numbers, each)
            while window := [found for found, _ in zip(made, range(_WINDOW), strict=False)]:
                old = [c.chunk_id for d, _ in window for c in catalog.chunks(d.doc_id)]
                chunks = [chunk for _, own in window for chunk in own]
                vectors.upsert(
                    [chunk.chunk_id for chunk in chunks],
                    _unit_vectors(rng, len(chunks)),
                    [chunk.doc_id for chunk in chunks],
                )
                catalog.put(window, sentences=_sentences(rng, window))
                vectors.delete(old)
        generations.publish(staged)
        generations.prune()


def _documents(
    rng: np.random.Generator, numbers: Sequence[int], each: int
) -> Iterator[tuple[Document, list[Chunk]]]:
    """Yield made-up documents of ``each`` chunks, a line a chunk."""
    words = np.array(_vocabulary())
    shares = 1.0 / np.arange(1, len(words) + 1)
    bounds = np.cumsum(shares / shares.sum())
    for number in numbers:
        drawn = words[np.searchsorted(bounds, rng.random((each, _WORDS_A_CHUNK)))]
        lines = [" ".join(line) for line in drawn]
        doc_id, start = f"made/{number:06d}.txt", 0
        chunks = []
        for line in lines:
            digest = hashlib.blake2b(f"{doc_id}\n{start}\n{line}".encode(), digest_size=16).digest()
            end = start + len(line)
            chunks.append(Chunk(digest[:12].hex(), doc_id, start, end, None, None, digest))
            start = end + 1
        text = "\n".join(lines)
        document = Document(
            doc_id=doc_id,
            source_id=doc_id,
            title=" ".join(drawn[0, :4]),
            format="text",
            text=text,
            sha256=hashlib.sha256(text.encode()).hexdigest(),
            size_bytes=len(text),
            indexed_at="2026-01-01T00:00:00+00:00",
            chunk_count=len(chunks),
        )
        yield document, chunks


def _vocabulary() -> list[str]:
    """Return words by falling frequency: the stop words, then made-up ones."""
    words = sorted(STOP_WORDS["en"])
    base = len(_SYLLABLES)
    for number in range(_VOCABULARY):
        parts = [number % base, number // base % base, number // base**2 % base]
        words.append("".join(_SYLLABLES[part] for part in parts))
    return words


def _sentences(
    rng: np.random.Generator, documents: Sequence[tuple[Document, list[Chunk]]]
) -> dict[str, ChunkSentences]:
    """Return three sentences a chunk, each a third of it, with vectors that say nothing."""
    return {
        chunk.chunk_id: ChunkSentences(
            np.linspace(0, chunk.end - chunk.start, 4).astype(np.int32)[[[0, 1], [1, 2], [2, 3]]],
            rng.integers(-127, 128, (3, _DIMENSION), dtype=np.int8),
        )
        for _, chunks in documents
        for chunk in chunks
    }


def _unit_vectors(rng: np.random.Generator, count: int) -> NDArray[np.float32]:
    """Return vectors of shape ``(count, _DIMENSION)`` float32."""
    drawn = rng.standard_normal((count, _DIMENSION), dtype=np.float32)
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    return drawn


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _memory_mb() -> float:
    """Return the most memory that this process took."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1e6 if sys.platform == "darwin" else 1024)


def _print(title: str, figures: Figures) -> None:
    print(title)
    for name, value in figures.items():
        print(f"  {name:<28}{value:>10.1f}" if value >= 10 else f"  {name:<28}{value:>10.3f}")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])

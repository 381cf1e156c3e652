"""Draft questions that a language model proposes from a document, their gold found back in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.settings import AppSettings
from app.text.terms import terms
from eval.ragas.dataset import read_ragas
from eval.ragas.testset import generate
from eval.sets.cases import Case, EvaluationSetError
from eval.sets.duplicates import near_duplicates
from eval.sets.imports import Imported, Quote, Sample, place_all
from ingest.embed import Embedder
from ingest.library import Library
from ingest.sentences import split_sentences

_LEAST_SHARE = 0.5  # of an answer's words that its sentences hold; else the whole passage is gold
_MOST_SENTENCES = 4  # of one passage


@dataclass(frozen=True, slots=True)
class LlmDrafts:
    """The drafts of a model, and what was dropped: its questions with the reason for each."""

    cases: tuple[Case, ...]
    dropped: tuple[tuple[str, str], ...]


def draft_with_llm(
    settings: AppSettings,
    library: Library,
    doc_id: str,
    size: int,
    embedder: Embedder,
    known: Sequence[Case] = (),
) -> LlmDrafts:
    """Have the configured model propose questions from a document.

    A proposal's gold are the sentences of its passages that hold the words of its answer. One
    whose passages do not stand in the document is dropped, and one that asks nearly the same as
    another or as a known question.

    Args:
        settings: With an LLM.
        library: Which holds the document.
        doc_id: The document.
        size: How many questions, >= 1.
        embedder: The library's.
        known: Questions that there are already.

    Raises:
        EvaluationSetError: No LLM is configured, the document holds no text, or nothing came of
            what the model answered.
        LlmError: The model failed.
        UnknownDocumentError: The library does not hold the document.
    """
    if not settings.uses_llm:
        raise EvaluationSetError(
            "No LLM is configured to propose questions. Set FOOTNOTE_LLM_BASE_URL and "
            "FOOTNOTE_LLM_MODEL, or leave out --llm."
        )
    document = library.document(doc_id)
    own = [chunk for chunk in library.chunks.values() if chunk.doc_id == doc_id]
    chunks = [document.text[chunk.start : chunk.end] for chunk in own]
    if not any(chunk.strip() for chunk in chunks):
        raise EvaluationSetError(f"{doc_id!r} holds no text to ask about. Name another document.")
    rows = generate(settings, embedder, chunks, size)[:size]  # it rounds up for each sort
    read = read_ragas(rows)
    narrowed = tuple(map(_narrowed, read.samples))
    placed = place_all(Imported(narrowed, read.unread, {}), {doc_id: document.text})
    how = f"Proposed from {doc_id!r} by {settings.llm_model!r} through RAGAS."
    cases = [case.model_copy(update=_as_draft(case, how)) for case in placed.cases]
    everything = [*known, *cases]
    again = {
        pair.second: f"it asks nearly the same as {everything[pair.first].question!r}"
        for pair in near_duplicates(everything, embedder)
    }
    kept = [case for at, case in enumerate(cases, len(known)) if at not in again]
    asked = {sample.query_id: sample.question for sample in read.samples}
    dropped = [(asked.get(name, name), why) for name, why in placed.unplaced]
    dropped += [
        (case.question, again[at]) for at, case in enumerate(cases, len(known)) if at in again
    ]
    return LlmDrafts(tuple(kept), tuple(dropped))


def _as_draft(case: Case, how: str) -> dict[str, Any]:
    query_id = f"draft-{case.query_id.removeprefix('ragas-')}"
    return {"query_id": query_id, "draft": True, "note": how}


def _narrowed(sample: Sample) -> Sample:
    quotes = (part for quote in sample.quotes for part in _telling(quote, sample.reference_answer))
    return replace(sample, quotes=tuple(dict.fromkeys(quotes)))


def _telling(quote: Quote, answer: str) -> list[Quote]:
    """Return the few sentences of a passage that hold an answer's words, best first taken.

    Sentences are taken as long as each adds words of the answer; where they hold less than half
    of its words together, the passage stays whole, for a person to narrow.
    """
    wanted = set(terms(answer))
    spans = split_sentences(quote.passage)
    held = {span: wanted & set(terms(quote.passage[span[0] : span[1]])) for span in spans}
    chosen: list[tuple[int, int]] = []
    covered: set[str] = set()
    while len(chosen) < _MOST_SENTENCES:
        best = max(spans, key=lambda span: len(held[span] - covered), default=None)
        if best is None or not held[best] - covered:
            break
        chosen.append(best)
        covered |= held[best]
    if not wanted or len(covered) < _LEAST_SHARE * len(wanted):
        return [quote]
    return [Quote(quote.passage, start, end) for start, end in sorted(chosen)]

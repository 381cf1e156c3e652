"""One question's scores: which figures apply to it, and what they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from app.records import Answer
from eval.figures.metrics import (
    Decision,
    citation_precision,
    citation_recall,
    cited_hit,
    exact_quotes,
    hit,
    overlapping,
    recall,
    reciprocal_rank,
    verbatim_rate,
)
from eval.ragas.metrics import RagasMetrics
from eval.sets.cases import Case
from eval.sets.places import Gold, Place
from ingest.library import Library

DECISION = "right_decision"
SIMILARITY = "semantic_similarity"
CITATION_FIGURES = ("citation_precision", "citation_recall", "cited_hit")
RETRIEVAL_FIGURES = (
    "hit@1",
    "hit@5",
    "recall@5",
    "recall@10",
    "mrr@10",
    "id_based_context_precision",
    "id_based_context_recall",
)
WORDING_FIGURES = ("exact_quotes", "verbatim")
FIGURES = (DECISION, *CITATION_FIGURES, SIMILARITY, *RETRIEVAL_FIGURES, *WORDING_FIGURES)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one question.

    Attributes:
        case: The question and its gold quotes.
        gold: Where the gold quotes stand.
        answer: The answer, or None where the question failed.
        error: Why it failed, or None.
        scores: The figures that were computed.
    """

    case: Case
    gold: tuple[Gold, ...]
    answer: Answer | None = None
    error: str | None = None
    scores: Mapping[str, float] = field(default_factory=dict)

    @property
    def decision(self) -> Decision:
        """Whether it could be answered, and whether it was."""
        return Decision(
            self.case.answerable, None if self.answer is None else self.answer.abstained
        )

    @property
    def due(self) -> tuple[str, ...]:
        """The figures that apply; one that applies and has no score counts as 0.

        Citations, similarity and retrieval apply to every answerable question, answered or not;
        wording applies to whatever was answered, and to an answerable question that failed.
        """
        return tuple(_due(self.case, self.answer))


def _due(case: Case, answer: Answer | None) -> Iterator[str]:
    yield DECISION
    if case.answerable:
        yield from CITATION_FIGURES
        if case.reference_answer.strip():
            yield SIMILARITY
        yield from RETRIEVAL_FIGURES
    if case.answerable if answer is None else not answer.abstained:
        yield from WORDING_FIGURES


class Scorer:
    """Scores answers that were given from one generation of the library."""

    def __init__(self, library: Library, ragas: RagasMetrics) -> None:
        """Take the texts and chunks that the answers point into."""
        self._ragas = ragas
        self._texts = {doc_id: document.text for doc_id, document in library.documents.items()}
        self._chunks = {
            chunk.chunk_id: Place(chunk.doc_id, chunk.start, chunk.end)
            for chunk in library.chunks.values()
        }

    def score(self, case: Case, gold: tuple[Gold, ...], answer: Answer) -> Outcome:
        """Score one answer; every figure that is due gets a value.

        Raises:
            EmbedderError: The similarity could not be computed.
        """
        values: dict[str, float] = {}
        if case.answerable:
            values |= self._citations(gold, answer)
            if case.reference_answer.strip():
                said = " ".join(sentence.text for sentence in answer.sentences)
                values[SIMILARITY] = self._ragas.similarity(said, case.reference_answer)
            values |= self._retrieval(gold, answer)
        if not answer.abstained:
            values["exact_quotes"] = exact_quotes(answer.citations, self._texts)
            values["verbatim"] = verbatim_rate(answer.sentences, answer.citations, self._texts)
        outcome = Outcome(case, gold, answer)
        values[DECISION] = float(outcome.decision.right)
        scores = {name: values[name] for name in outcome.due}
        return Outcome(case, gold, answer, scores=scores)

    def _citations(self, gold: Sequence[Gold], answer: Answer) -> dict[str, float]:
        cited = [Place(entry.document, entry.start, entry.end) for entry in answer.citations]
        return {
            "citation_precision": citation_precision(cited, gold),
            "citation_recall": citation_recall(cited, gold),
            "cited_hit": cited_hit(cited, gold),
        }

    def _retrieval(self, gold: Sequence[Gold], answer: Answer) -> dict[str, float]:
        ranked = [Place(entry.document, entry.start, entry.end) for entry in answer.retrieved]
        chunk_ids = [passage.chunk_id for passage in answer.retrieved]
        holders = overlapping(gold, self._chunks)
        return {
            "hit@1": hit(ranked, gold, 1),
            "hit@5": hit(ranked, gold, 5),
            "recall@5": recall(ranked, gold, 5),
            "recall@10": recall(ranked, gold, 10),
            "mrr@10": reciprocal_rank(ranked, gold, 10),
            "id_based_context_precision": self._ragas.context_precision(chunk_ids, holders),
            "id_based_context_recall": self._ragas.context_recall(chunk_ids, holders),
        }

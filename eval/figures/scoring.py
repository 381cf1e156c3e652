"""One question's scores: which figures apply to it, and what they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from app.records import Answer
from eval.figures.abstention import Decision
from eval.figures.metrics import (
    citation_precision,
    citation_recall,
    cited_hit,
    exact_quotes,
    hit,
    holders,
    key_fact_recall,
    ndcg,
    recall,
    reciprocal_rank,
    verbatim_rate,
    verdicts_hold,
)
from eval.ragas.metrics import RagasMetrics
from eval.sets.cases import Case
from eval.sets.places import Gold, Place
from ingest.library import Library

DECISION = "right_decision"
CITATION_FIGURES = ("cited_hit", "citation_precision", "citation_recall")
WORDING_FIGURES = ("semantic_similarity", "rouge_l")
KEY_FACTS = "key_fact_recall"
FOLLOW_UP = "follow_up_success"
RETRIEVAL_FIGURES = (
    "hit@1",
    "hit@5",
    "recall@5",
    "recall@10",
    "mrr@10",
    "ndcg@10",
    "context_precision",
    "context_recall",
)
HONESTY_FIGURES = ("exact_quotes", "verbatim", "verdicts_hold")
FIGURES = (
    DECISION,
    *CITATION_FIGURES,
    KEY_FACTS,
    *WORDING_FIGURES,
    FOLLOW_UP,
    *RETRIEVAL_FIGURES,
    *HONESTY_FIGURES,
)
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one question.

    Attributes:
        case: The question and its gold quotes.
        gold: Where the gold quotes stand.
        answer: The answer, or None where the question failed.
        error: Why it failed, or None.
        scores: The figures that were computed.
        judged: What the judge gave, by figure; None where it failed. 0 where an answer was due
            and none came, which no judge is asked about. A figure that does not stand here does
            not apply.
    """

    case: Case
    gold: tuple[Gold, ...]
    answer: Answer | None = None
    error: str | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    judged: Mapping[str, float | None] = field(default_factory=dict)

    @property
    def decision(self) -> Decision:
        """Whether it could be answered, and whether it was."""
        return Decision(
            self.case.answerable, None if self.answer is None else self.answer.abstained
        )

    @property
    def succeeded(self) -> bool:
        """Whether it was abstained from where it should be, or else answered and gold cited."""
        return succeeded(self.decision, self.scores)

    @property
    def due(self) -> tuple[str, ...]:
        """The figures that apply; one that applies and has no score counts as 0.

        Citations, facts, wording and retrieval apply to every answerable question, answered or
        not; honesty applies to whatever was answered, and to an answerable question that failed.
        """
        return tuple(_due(self.case, self.answer))


def succeeded(decision: Decision, scores: Mapping[str, float]) -> bool:
    """Whether a question was rightly abstained from, or answered with gold cited."""
    return decision.right and (not decision.answerable or scores.get("cited_hit", 0.0) == 1.0)


def _due(case: Case, answer: Answer | None) -> Iterator[str]:
    yield DECISION
    if case.answerable:
        yield from CITATION_FIGURES
        if case.key_facts:
            yield KEY_FACTS
        if case.reference_answer.strip():
            yield from WORDING_FIGURES
    if case.history:
        yield FOLLOW_UP
    if case.answerable:
        yield from RETRIEVAL_FIGURES
    if case.answerable if answer is None else not answer.abstained:
        yield from HONESTY_FIGURES


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
        said = " ".join(sentence.text for sentence in answer.sentences)
        outcome = Outcome(case, gold, answer)
        values = {DECISION: float(outcome.decision.right)}
        if case.answerable:
            values |= self._citations(gold, answer) | self._retrieval(gold, answer)
            values[KEY_FACTS] = key_fact_recall(said, case.key_facts)
            if case.reference_answer.strip():
                values["semantic_similarity"] = self._ragas.similarity(said, case.reference_answer)
                values["rouge_l"] = self._ragas.rouge_l(said, case.reference_answer)
        values[FOLLOW_UP] = values["cited_hit"] if case.answerable else values[DECISION]
        if not answer.abstained:
            values["exact_quotes"] = exact_quotes(answer.citations, self._texts)
            shown = (answer.sentences, answer.citations, self._texts)
            values["verbatim"] = verbatim_rate(*shown)
            values["verdicts_hold"] = verdicts_hold(*shown)
        scores = {name: round(values[name], _DIGITS) for name in outcome.due}
        return Outcome(case, gold, answer, scores=scores)

    def _citations(self, gold: Sequence[Gold], answer: Answer) -> dict[str, float]:
        cited = [Place(entry.document, entry.start, entry.end) for entry in answer.citations]
        return {
            "citation_precision": citation_precision(cited, gold),
            "citation_recall": citation_recall(cited, gold),
            "cited_hit": cited_hit(cited, gold),
        }

    def _retrieval(self, gold: Sequence[Gold], answer: Answer) -> dict[str, float]:
        passages = answer.retrieved
        ranked = [Place(entry.document, entry.start, entry.end) for entry in passages]
        named = [(entry.chunk_id, place) for entry, place in zip(passages, ranked, strict=True)]
        return {
            "hit@1": hit(ranked, gold, 1),
            "hit@5": hit(ranked, gold, 5),
            "recall@5": recall(ranked, gold, 5),
            "recall@10": recall(ranked, gold, 10),
            "mrr@10": reciprocal_rank(ranked, gold, 10),
            "ndcg@10": ndcg(named, gold, holders(gold, self._chunks), 10),
            "context_precision": self._ragas.context_precision(ranked, gold),
            "context_recall": self._ragas.context_recall(ranked, gold),
        }

"""A question of a run as the page shows it: what was asked, said, cited, found, and wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from app.records import Answer, Citation, Passage
from app.records import place as place_of
from eval.figures.metrics import key_fact_recall
from eval.figures.scoring import Outcome
from eval.figures.summary import took_ms
from eval.report.faults import Fault, faults_of, first_gold_rank, trouble
from eval.report.html import Piece, pieces
from eval.report.shown import milliseconds
from eval.sets.cases import Case
from eval.sets.places import Place, covers


@dataclass(frozen=True, slots=True)
class PassageView:
    """A retrieved passage: where it stands, its stretches, and whether it finds a gold quote."""

    rank: int
    document: str
    where: str
    score: float
    pieces: tuple[Piece, ...]
    holds_gold: bool


@dataclass(frozen=True, slots=True)
class QuoteView:
    """A gold quote, and whether the answer cites half of it or more."""

    document: str
    text: str
    cited: bool


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question with its outcome, ready to be shown.

    Attributes:
        number: Its place on the page, from 1; links go by it.
        case: What was asked, with its gold.
        answer: The answer, or None where the question failed.
        error: Why it failed, or None.
        mark: Its mean over the figures that it is ranked by, in [0, 1].
        faults: What is wrong, gravest first.
        trouble: The same in a few words.
        rank: Rank of the first passage with gold, or None.
        took: How long the answer took, with its unit; empty for a failure.
        scores: Its figures, the judge's as well; None where the judge failed.
        quotes: The gold quotes.
        key_facts: What the answer should tell, its forms joined, and whether it does.
        citations: Where each citation's quote stands, in words, with the quote.
        passages: The retrieved passages, best first.
    """

    number: int
    case: Case
    answer: Answer | None
    error: str | None
    mark: float
    faults: tuple[Fault, ...]
    trouble: str
    rank: int | None
    took: str
    scores: Mapping[str, float | None]
    quotes: tuple[QuoteView, ...]
    key_facts: tuple[tuple[str, bool], ...]
    citations: tuple[tuple[Citation, str], ...]
    passages: tuple[PassageView, ...]

    @classmethod
    def of(cls, number: int, mark: float, outcome: Outcome) -> Self:
        """Make the view of an outcome with its mark."""
        answer = outcome.answer
        citations = answer.citations if answer else ()
        said = " ".join(sentence.text for sentence in (answer.sentences if answer else ()))
        cited = [Place(entry.document, entry.start, entry.end) for entry in citations]
        return cls(
            number=number,
            case=outcome.case,
            answer=answer,
            error=outcome.error,
            mark=mark,
            faults=faults_of(outcome),
            trouble=trouble(outcome),
            rank=first_gold_rank(outcome),
            took=milliseconds(took_ms(outcome)) if answer else "",
            scores={**outcome.scores, **outcome.judged},
            quotes=tuple(
                QuoteView(
                    reference.document, reference.text, any(covers(place, gold) for place in cited)
                )
                for reference, gold in zip(outcome.case.references, outcome.gold, strict=True)
            ),
            key_facts=tuple(
                (" / ".join(forms), key_fact_recall(said, (forms,)) == 1.0)
                for forms in outcome.case.key_facts
            ),
            citations=tuple((entry, _where(entry)) for entry in citations),
            passages=tuple(
                PassageView(
                    rank,
                    passage.document,
                    _where(passage),
                    passage.score,
                    pieces(passage, outcome.gold, cited),
                    any(
                        covers(Place(passage.document, passage.start, passage.end), gold)
                        for gold in outcome.gold
                    ),
                )
                for rank, passage in enumerate(answer.retrieved if answer else (), 1)
            ),
        )

    @property
    def decision(self) -> str:
        """What was done: answered, refused or failed."""
        if self.answer is None:
            return "failed"
        return "refused" if self.answer.abstained else "answered"

    @property
    def state(self) -> str:
        """The gravest fault as a key, or ``fine``."""
        return self.faults[0].value if self.faults else "fine"


def _where(source: Citation | Passage) -> str:
    return place_of(source.document, source.page, source.section)

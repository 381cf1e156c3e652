"""What is wrong with an outcome: its kind for machines, and a few words for readers."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from eval.figures.scoring import Outcome
from eval.figures.summary import mark
from eval.sets.places import Place, covers


class Fault(StrEnum):
    """What can be wrong with an outcome, gravest first."""

    FAILED = "failed"
    WRONG_DECISION = "wrong-decision"
    GOLD_NOT_CITED = "gold-not-cited"
    NOT_VERBATIM = "not-verbatim"

    @property
    def label(self) -> str:
        """The fault in words."""
        return self.value.replace("-", " ")


def faults_of(outcome: Outcome) -> tuple[Fault, ...]:
    """Return what is wrong with an outcome, gravest first; nothing where all is well.

    A failed question has that one fault. Of an extractive answer every sentence must be the
    documents' own; an LLM's may be in its own words.
    """
    answer, scores = outcome.answer, outcome.scores
    if answer is None:
        return (Fault.FAILED,)
    found = []
    if not outcome.decision.right:
        found.append(Fault.WRONG_DECISION)
    if not answer.abstained:
        if scores.get("cited_hit", 1.0) < 1.0:
            found.append(Fault.GOLD_NOT_CITED)
        if answer.mode == "extractive" and scores.get("verbatim", 1.0) < 1.0:
            found.append(Fault.NOT_VERBATIM)
    return tuple(found)


def trouble(outcome: Outcome) -> str:
    """Say in a few words how an outcome falls short, and whether retrieval was to blame."""
    if outcome.answer is None:
        return f"failed: {outcome.error}"
    if not outcome.case.answerable:
        if outcome.answer.abstained:
            return "refused, as it should be"
        said = outcome.answer.sentences[0].text if outcome.answer.sentences else ""
        return f"answered, though the documents do not say: {said}"
    rank = first_gold_rank(outcome)
    found = f"gold retrieved at rank {rank}" if rank else "no gold among the passages"
    if outcome.answer.abstained:
        return f"not answered, though the documents say; {found}"
    scores = outcome.scores
    if not scores.get("cited_hit"):
        return f"cites other sentences; {found}"
    return (
        f"cites {scores.get('citation_recall', 0.0):.0%} of the gold text; "
        f"{scores.get('citation_precision', 0.0):.0%} of what it cites is gold"
    )


def first_gold_rank(outcome: Outcome) -> int | None:
    """Return the rank, from 1, of the first passage that holds half of a gold quote or more."""
    if outcome.answer is None:
        return None
    for rank, passage in enumerate(outcome.answer.retrieved, 1):
        place = Place(passage.document, passage.start, passage.end)
        if any(covers(place, gold) for gold in outcome.gold):
            return rank
    return None


def ranked(outcomes: Sequence[Outcome]) -> list[tuple[float, Outcome]]:
    """Return outcomes with their marks: failures first, then from the worst to the best.

    Equals keep the set's order.
    """
    marked = [(mark(outcome), outcome) for outcome in outcomes]
    return sorted(marked, key=lambda pair: (pair[1].answer is not None, pair[0]))

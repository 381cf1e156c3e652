"""Faults planted into the answers of a finished run: which figures move, and does the gate see it.

    python -m eval.benchmarks.planted_faults [RUN]

RUN is the folder of a finished run of the library in the settings; the newest one by default. Its
own test half is the baseline. A fault is planted into every answer of that half that it can be
planted into, the answers are scored again, and the gate holds them against the baseline.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.records import Answer
from app.settings import AppSettings
from eval.figures.scoring import Scorer
from eval.ragas.metrics import RagasMetrics
from eval.report.text import table
from eval.runs.folder import Run, load_run, newest_run
from eval.runs.gate import Gate, baseline_of, hold
from ingest.embed import Embedder
from ingest.library import open_library

SEED = 5
_DIGIT = re.compile(r"\d")

Change = Callable[[list[Answer], random.Random], list[Answer]]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault to plant.

    Attributes:
        name: What is done to the answers.
        moves: The figures that watch for it: each has to fall.
        plant: Does it.
    """

    name: str
    moves: tuple[str, ...]
    plant: Change


def shuffled_retrieval(answers: list[Answer], rng: random.Random) -> list[Answer]:
    """Put the passages of every answer into an order of chance."""
    return [
        replace(answer, retrieved=tuple(rng.sample(answer.retrieved, len(answer.retrieved))))
        for answer in answers
    ]


def retrieval_of_another(answers: list[Answer], rng: random.Random) -> list[Answer]:
    """Give every answer the passages that were found for another question."""
    return [
        replace(answer, retrieved=answers[number - 1].retrieved)
        for number, answer in enumerate(answers)
    ]


def swapped_citations(answers: list[Answer], rng: random.Random) -> list[Answer]:
    """Give every answer the citations of another, under its own sentences."""
    given = [number for number, answer in enumerate(answers) if not answer.abstained]
    changed = list(answers)
    for place, number in enumerate(given):
        other = answers[given[place - 1]]
        changed[number] = replace(answers[number], citations=other.citations)
    return changed


def always_abstain(answers: list[Answer], rng: random.Random) -> list[Answer]:
    """Answer nothing."""
    return [replace(answer, abstained=True, sentences=(), citations=()) for answer in answers]


def never_abstain(answers: list[Answer], rng: random.Random) -> list[Answer]:
    """Answer everything: what was abstained from gets the sentences of another question."""
    given = [answer for answer in answers if not answer.abstained]
    return [
        replace(other, question=answer.question, retrieved=answer.retrieved)
        if answer.abstained and (other := given[number % len(given)])
        else answer
        for number, answer in enumerate(answers)
    ]


def altered_digit(answers: list[Answer], rng: random.Random) -> list[Answer]:
    """Alter one digit of one sentence in every answer that holds a digit."""
    return [_with_altered_digit(answer) for answer in answers]


def one_altered_digit(answers: list[Answer], rng: random.Random) -> list[Answer]:
    """Alter one digit of one answer alone."""
    changed = list(answers)
    for number, answer in enumerate(answers):
        changed[number] = _with_altered_digit(answer)
        if changed[number] != answer:
            break
    return changed


def _with_altered_digit(answer: Answer) -> Answer:
    sentences = list(answer.sentences)
    for number, sentence in enumerate(sentences):
        found = _DIGIT.search(sentence.text)
        if found:
            digit = str((int(found[0]) + 1) % 10)
            text = sentence.text[: found.start()] + digit + sentence.text[found.end() :]
            sentences[number] = replace(sentence, text=text)
            break
    return replace(answer, sentences=tuple(sentences))


def dropped_sentences(answers: list[Answer], rng: random.Random) -> list[Answer]:
    """Drop one sentence of chance, with its citations, from every answer of more than one."""
    changed = []
    for answer in answers:
        kept = list(answer.sentences)
        if len(kept) > 1:
            kept.pop(rng.randrange(len(kept)))
        markers = {marker for sentence in kept for marker in sentence.citations}
        cited = tuple(one for one in answer.citations if one.marker in markers)
        changed.append(replace(answer, sentences=tuple(kept), citations=cited))
    return changed


def moved_quotes(answers: list[Answer], rng: random.Random) -> list[Answer]:
    """Move every citation's place by one character."""
    return [
        replace(
            answer, citations=tuple(replace(one, start=one.start + 1) for one in answer.citations)
        )
        for answer in answers
    ]


FAULTS = (
    Fault(
        "shuffled retrieval",
        ("hit@1", "recall@5", "mrr@10", "ndcg@10", "context_precision"),
        shuffled_retrieval,
    ),
    Fault(
        "retrieval of another question",
        ("hit@1", "recall@10", "mrr@10", "ndcg@10", "context_precision", "context_recall"),
        retrieval_of_another,
    ),
    Fault(
        "swapped citations",
        ("cited_hit", "citation_precision", "citation_recall", "verbatim", "verdicts_hold"),
        swapped_citations,
    ),
    Fault(
        "always abstain",
        ("right_decision", "cited_hit", "key_fact_recall", "abstention_precision"),
        always_abstain,
    ),
    Fault(
        "never abstain",
        ("abstention_recall", "abstention_f1", "abstention_balanced_accuracy"),
        never_abstain,
    ),
    Fault("a digit altered in each answer", ("verbatim", "verdicts_hold"), altered_digit),
    Fault("a digit altered in one answer", ("verbatim", "verdicts_hold"), one_altered_digit),
    Fault("dropped sentences", ("key_fact_recall", "citation_recall"), dropped_sentences),
    Fault("quotes moved by one character", ("exact_quotes", "verbatim"), moved_quotes),
)


def planted(run: Run, fault: Fault, scorer: Scorer) -> Run:
    """Return a run as it would be with a fault in its test half; failed questions stay failed."""
    test = [one for one in run.outcomes if one.case.split == "test" and one.answer is not None]
    answers = [one.answer for one in test if one.answer is not None]
    changed = fault.plant(answers, random.Random(SEED))
    rescored = {
        outcome.case.query_id: scorer.score(outcome.case, outcome.gold, answer)
        for outcome, answer in zip(test, changed, strict=True)
    }
    outcomes = tuple(rescored.get(one.case.query_id, one) for one in run.outcomes)
    return replace(run, outcomes=outcomes)


class RememberingRagas(RagasMetrics):
    """Computes each similarity once, since most faults leave most answers as they are."""

    def __init__(self, embedder: Embedder) -> None:
        """Remember nothing yet."""
        super().__init__(embedder)
        self._known: dict[tuple[str, str], float] = {}

    def similarity(self, response: str, reference: str) -> float:
        """As RAGAS has it."""
        if (response, reference) not in self._known:
            self._known[response, reference] = super().similarity(response, reference)
        return self._known[response, reference]


def rows(gates: Mapping[str, Gate], faults: Sequence[Fault]) -> list[tuple[str, ...]]:
    """Return the table: fault, each figure that has to fall, and what the gate said."""
    found: list[tuple[str, ...]] = [("fault", "figure", "sound", "planted", "difference", "gate")]
    for fault in faults:
        gate = gates[fault.name]
        for place, name in enumerate(fault.moves):
            entry = gate.differences.get(name)
            cells = ("-", "-", "-")
            if entry is not None:
                cells = (f"{entry.one:.3f}", f"{entry.other:.3f}", f"{entry.value:+.3f}")
            seen = "falls" if name in gate.fallen else "NOT SEEN"
            found.append(("" if place else fault.name, name, *cells, seen))
        verdict = "FAILS" if not gate.passed else "PASSES"
        found.append(("", f"the gate {verdict}", "", "", "", f"{len(gate.fallen)} figures fall"))
    return found


def main(arguments: Sequence[str]) -> int:
    """Print the table; status 1 where a fault went unseen."""
    settings = AppSettings.load()
    folder = Path(arguments[0]) if arguments else newest_run(settings.storage)
    run = load_run(folder)
    baseline = baseline_of(run)
    embedder = Embedder.of(settings)
    scorer = Scorer(open_library(settings), RememberingRagas(embedder))
    gates = {fault.name: hold(planted(run, fault, scorer), baseline) for fault in FAULTS}
    print(table(rows(gates, FAULTS)))
    missed = [
        fault.name for fault in FAULTS if not set(fault.moves) <= set(gates[fault.name].fallen)
    ]
    print(f"\n{len(baseline)} questions; faults not seen: {', '.join(missed) or 'none'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

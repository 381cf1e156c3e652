"""Each fault that is planted into real answers must move the figure that watches for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from app.records import Answer
from eval.figures.scoring import Outcome
from eval.figures.summary import Figure, figures
from tests.eval.conftest import Answered


def value(found: dict[str, Figure], name: str) -> float:
    figure = found[name].value
    assert figure is not None
    return figure


def rescored(answered: Answered, change: Callable[[int, Answer], Answer]) -> dict[str, Figure]:
    outcomes = []
    for index, outcome in enumerate(answered.outcomes):
        assert outcome.answer is not None
        changed = change(index, outcome.answer)
        outcomes.append(answered.scorer.score(outcome.case, outcome.gold, changed))
    return figures(outcomes)


@pytest.fixture(scope="module")
def sound(answered: Answered) -> dict[str, Figure]:
    return figures(answered.outcomes)


def test_the_sound_answers_are_good_enough_to_be_spoilt(sound: dict[str, Figure]) -> None:
    assert value(sound, "citation_precision") > 0.3
    assert value(sound, "recall@5") > 0.6
    assert value(sound, "mrr@10") > 0.6
    assert value(sound, "abstention_balanced_accuracy") > 0.7
    assert value(sound, "verbatim") == value(sound, "exact_quotes") == 1.0


def test_swapped_citations(answered: Answered, sound: dict[str, Figure]) -> None:
    answers = [outcome.answer for outcome in answered.outcomes]

    def swap(index: int, answer: Answer) -> Answer:
        other = answers[(index + 1) % len(answers)]
        assert other is not None
        return replace(answer, citations=other.citations)

    spoilt = rescored(answered, swap)
    for name in ("citation_precision", "citation_recall", "cited_hit"):
        assert value(spoilt, name) < value(sound, name) / 2
    assert value(spoilt, "verbatim") < 1.0
    assert value(spoilt, "recall@5") == value(sound, "recall@5")


def test_always_to_abstain(answered: Answered, sound: dict[str, Figure]) -> None:
    spoilt = rescored(
        answered, lambda _, answer: replace(answer, abstained=True, sentences=(), citations=())
    )
    assert value(spoilt, "abstention_balanced_accuracy") == 0.5
    assert value(spoilt, "abstention_recall") == 1.0
    for name in ("citation_precision", "citation_recall", "cited_hit", "semantic_similarity"):
        assert spoilt[name] == Figure(0.0, 0.0, 0.0, 6, 6)
    assert spoilt["verbatim"] == Figure(None, None, None, 0, 0)
    assert value(spoilt, "recall@5") == value(sound, "recall@5")


def test_never_to_abstain(answered: Answered) -> None:
    spoilt = rescored(answered, lambda _, answer: replace(answer, abstained=False))
    assert value(spoilt, "abstention_balanced_accuracy") == 0.5
    assert value(spoilt, "abstention_precision") == 0.0


def test_reversed_retrieval(answered: Answered, sound: dict[str, Figure]) -> None:
    spoilt = rescored(answered, lambda _, answer: replace(answer, retrieved=answer.retrieved[::-1]))
    for name in ("hit@1", "recall@5", "mrr@10", "ndcg@10", "context_precision"):
        assert value(spoilt, name) < value(sound, name)
    for name in ("recall@10", "context_recall"):
        assert value(spoilt, name) == pytest.approx(value(sound, name))


def test_retrieval_for_another_question(answered: Answered, sound: dict[str, Figure]) -> None:
    answers = [outcome.answer for outcome in answered.outcomes]

    def swap(index: int, answer: Answer) -> Answer:
        other = answers[index - 1]
        assert other is not None
        return replace(answer, retrieved=other.retrieved)

    spoilt = rescored(answered, swap)
    for name in ("recall@10", "context_recall", "context_precision"):
        assert value(spoilt, name) < value(sound, name)


def test_quotes_off_by_one(answered: Answered) -> None:
    def shift(_: int, answer: Answer) -> Answer:
        moved = tuple(replace(entry, start=entry.start + 1) for entry in answer.citations)
        return replace(answer, citations=moved)

    spoilt = rescored(answered, shift)
    assert value(spoilt, "exact_quotes") == 0.0
    assert value(spoilt, "verbatim") == 0.0


def test_one_word_changed_in_every_sentence(answered: Answered) -> None:
    def reword(_: int, answer: Answer) -> Answer:
        said = tuple(replace(entry, text="Allegedly, " + entry.text) for entry in answer.sentences)
        return replace(answer, sentences=said)

    spoilt = rescored(answered, reword)
    assert value(spoilt, "exact_quotes") == 1.0
    assert value(spoilt, "verbatim") == 0.0


def test_answers_to_another_question(answered: Answered, sound: dict[str, Figure]) -> None:
    answers = [outcome.answer for outcome in answered.outcomes[:6]]

    def swap(index: int, answer: Answer) -> Answer:
        if index >= len(answers):
            return answer
        other = answers[index - 1]
        assert other is not None
        return replace(answer, sentences=other.sentences)

    spoilt = rescored(answered, swap)
    assert value(spoilt, "semantic_similarity") < value(sound, "semantic_similarity") - 0.1


def test_a_failed_question_counts_as_nothing_and_is_not_left_out(
    answered: Answered, sound: dict[str, Figure]
) -> None:
    first = answered.outcomes[0]
    failed = Outcome(first.case, first.gold, error="the model fell over")
    spoilt = figures([failed, *answered.outcomes[1:]])
    for name in ("cited_hit", "recall@5", "semantic_similarity", "mrr@10"):
        assert (spoilt[name].n_scored, spoilt[name].n_total) == (5, 6)
        expected = value(sound, name) - first.scores[name] / 6
        assert value(spoilt, name) == pytest.approx(expected)
    decided = spoilt["right_decision"]
    assert (decided.n_scored, decided.n_total) == (8, 9)
    assert value(spoilt, "verbatim") < 1.0
    # Recall rests on the three that have no answer, the balanced accuracy on all.
    assert (spoilt["abstention_recall"].n_scored, spoilt["abstention_recall"].n_total) == (3, 3)
    whole = spoilt["abstention_balanced_accuracy"]
    assert (whole.n_scored, whole.n_total) == (8, 9)
    balanced = "abstention_balanced_accuracy"
    assert value(spoilt, balanced) == pytest.approx(value(sound, balanced) - 1 / 12)

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, f1_score, precision_score, recall_score

from eval.figures.abstention import Decision, abstention


def values(decisions: Iterable[Decision]) -> dict[str, float | None]:
    return {name: ratios.value() for name, ratios in abstention(decisions).items()}


def test_abstention_by_hand() -> None:
    # 3 unanswerable: 2 abstained from, 1 answered; 4 answerable: 1 abstained from, 1 failed.
    decisions = [Decision(False, True)] * 2 + [Decision(False, False)]
    decisions += [Decision(True, False)] * 2 + [Decision(True, True), Decision(True, None)]
    figures = values(decisions)
    assert figures["abstention_precision"] == 2 / 4
    assert figures["abstention_recall"] == 2 / 3
    assert figures["abstention_f1"] == 4 / 7
    assert figures["abstention_balanced_accuracy"] == pytest.approx((2 / 3 + 2 / 4) / 2)


def test_a_failed_unanswerable_question_is_not_abstained_from() -> None:
    figures = values([Decision(False, None), Decision(True, False)])
    assert figures["abstention_recall"] == 0.0
    assert figures["abstention_balanced_accuracy"] == 0.5


def test_abstention_is_not_defined_for_one_class() -> None:
    for decisions in ([], [Decision(True, False)], [Decision(False, True)]):
        assert abstention(decisions) == {}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=12))
def test_abstention_agrees_with_scikit_learn(pairs: list[tuple[bool, bool]]) -> None:
    answerable = [pair[0] for pair in pairs]
    if len(set(answerable)) < 2:
        return
    truth, said = [not entry for entry in answerable], [pair[1] for pair in pairs]
    figures = values(Decision(*pair) for pair in pairs)
    for name, reference in (
        ("precision", precision_score(truth, said, zero_division=0)),
        ("recall", recall_score(truth, said)),
        ("f1", f1_score(truth, said, zero_division=0)),
        ("balanced_accuracy", balanced_accuracy_score(truth, said)),
    ):
        assert figures[f"abstention_{name}"] == pytest.approx(reference)

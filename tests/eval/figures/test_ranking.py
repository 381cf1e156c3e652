"""nDCG of a ranked list, derived by hand and checked against scikit-learn."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from eval.figures.ranking import ndcg


def test_ndcg_is_as_derived_by_hand() -> None:
    # Gains 0, 2, 1 at ranks 1 to 3; the best order is 2, 1.
    dcg = 2 / math.log2(3) + 1 / math.log2(4)
    ideal = 2 / math.log2(2) + 1 / math.log2(3)
    assert ndcg(["x", "a", "b"], {"a": 2, "b": 1}, 10) == pytest.approx(dcg / ideal)


@pytest.mark.parametrize("grades", [{}, {"a": 0}, {"a": -1}])
def test_without_a_relevant_document_it_is_0(grades: dict[str, int]) -> None:
    assert ndcg(["a"], grades, 10) == 0.0


def test_an_empty_ranking_scores_0_and_a_perfect_one_1() -> None:
    assert ndcg([], {"a": 1}, 10) == 0.0
    assert ndcg(["a", "b"], {"a": 1, "b": 1}, 10) == 1.0


def test_ndcg_agrees_with_scikit_learn() -> None:
    chance = random.Random(7)
    for _ in range(60):
        count = chance.randint(2, 30)
        names = [f"d{at}" for at in range(count)]
        grades = {name: chance.choice([0, 0, 1, 2, 3]) for name in names}
        if not any(grades.values()):
            continue
        ranked = names[:]
        chance.shuffle(ranked)
        truth = np.array([[grades[name] for name in names]])
        scores = np.array([[-ranked.index(name) for name in names]])
        assert ndcg(ranked, grades, 10) == pytest.approx(ndcg_score(truth, scores, k=10))

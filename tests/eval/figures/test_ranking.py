"""The figures of ranked documents, derived by hand and checked against scikit-learn."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from sklearn.metrics import ndcg_score, recall_score

from eval.figures.ranking import RANKING_FIGURES, ndcg, ranking_figures, recall, reciprocal_rank


def test_ndcg_is_as_derived_by_hand() -> None:
    # Gains 0, 2, 1 at ranks 1 to 3; the best order is 2, 1.
    dcg = 2 / math.log2(3) + 1 / math.log2(4)
    ideal = 2 / math.log2(2) + 1 / math.log2(3)
    assert ndcg(["x", "a", "b"], {"a": 2, "b": 1}, 10) == pytest.approx(dcg / ideal)


def test_recall_counts_the_relevant_documents_of_the_first_k() -> None:
    grades = {"a": 1, "b": 1, "c": 0, "d": 3}
    assert recall(["a", "c", "b"], grades, 2) == pytest.approx(1 / 3)
    assert recall(["a", "c", "b"], grades, 3) == pytest.approx(2 / 3)


def test_the_reciprocal_rank_is_that_of_the_first_relevant_document() -> None:
    assert reciprocal_rank(["x", "c", "a"], {"a": 1, "c": 0}, 10) == pytest.approx(1 / 3)
    assert reciprocal_rank(["x", "y", "a"], {"a": 1}, 2) == 0.0


@pytest.mark.parametrize("grades", [{}, {"a": 0}, {"a": -1}])
def test_without_a_relevant_document_every_figure_is_0(grades: dict[str, int]) -> None:
    assert set(ranking_figures(["a"], grades).values()) == {0.0}


def test_an_empty_ranking_scores_0_and_a_perfect_one_1() -> None:
    assert set(ranking_figures([], {"a": 1}).values()) == {0.0}
    assert ranking_figures(["a", "b"], {"a": 1, "b": 1}) == dict.fromkeys(RANKING_FIGURES, 1.0)


def test_ndcg_and_recall_agree_with_scikit_learn() -> None:
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
        first = set(ranked[:5])
        expected = recall_score(truth[0] > 0, [name in first for name in names])
        assert recall(ranked, grades, 5) == pytest.approx(expected)

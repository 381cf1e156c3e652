"""Two runs over a set's queries: what differs beyond noise."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.beir.compare import differences, read_scores, scores_text
from eval.beir.scores import BEIR_FIGURES
from eval.beir.sets import BeirError


def scores(values: str) -> dict[str, dict[str, float]]:
    return {f"q{at}": dict.fromkeys(BEIR_FIGURES, float(one)) for at, one in enumerate(values)}


def test_a_difference_is_paired_over_the_queries_of_both() -> None:
    one, other = scores("10" * 20), scores("11" * 5 + "10" * 15 + "1111")
    found = differences(one, other)["ndcg@10"]
    assert (found.one, found.other, found.n) == (0.5, 0.625, 40)
    assert found.value == pytest.approx(0.125)
    assert found.beyond_noise == "better"
    back = differences(other, one)["ndcg@10"]
    assert back.beyond_noise == "worse" and back.value == pytest.approx(-0.125)
    assert differences(one, one)["mrr@10"].beyond_noise is None


def test_what_is_written_is_read_back_to_the_last_digit(tmp_path: Path) -> None:
    thirds = {"q1": dict.fromkeys(BEIR_FIGURES, 1 / 3), "q2": dict.fromkeys(BEIR_FIGURES, 2 / 3)}
    path = tmp_path / "x.scores.jsonl"
    path.write_text(scores_text(thirds))
    assert read_scores(path) == thirds


def test_a_single_query_tells_nothing() -> None:
    found = differences(scores("0"), scores("1"))["recall@5"]
    assert (found.value, found.low, found.high, found.beyond_noise) == (1.0, None, None, None)


def test_runs_without_a_shared_query_are_not_compared() -> None:
    with pytest.raises(BeirError, match="share no query"):
        differences(scores("1"), {"other": dict.fromkeys(BEIR_FIGURES, 1.0)})


@pytest.mark.parametrize("line", ["{", "[]", '{"query_id": "q1"}', '{"ndcg@10": 1.0}'])
def test_a_file_of_something_else_is_refused(line: str, tmp_path: Path) -> None:
    path = tmp_path / "x.scores.jsonl"
    path.write_text(json.dumps({"query_id": "q0", **scores("1")["q0"]}) + "\n" + line + "\n")
    with pytest.raises(BeirError, match="line 2"):
        read_scores(path)
    with pytest.raises(BeirError, match="cannot be read"):
        read_scores(tmp_path / "absent")

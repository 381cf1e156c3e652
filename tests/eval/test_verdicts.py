"""The verdict set is sound, its figures are right, and a worse verifier lowers them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
import typer
from sklearn.metrics import confusion_matrix, f1_score
from typer.testing import CliRunner

import eval.cli
from app.records import Verdict
from app.verify.grounding import Grounder
from app.verify.verdict import plain
from eval.sets.cases import EvaluationSetError
from eval.verdicts import (
    CLASSES,
    DEFAULT_PAIRS,
    Judged,
    Pair,
    class_figures,
    grounded_by,
    judge_all,
    load_pairs,
    summarise,
)
from ingest.embed import Embedder
from ingest.sentences import split_sentences

V, S, U = CLASSES
GIVEN: list[tuple[Verdict, Verdict | None]] = [
    (V, V), (V, S), (S, S), (S, S), (S, U), (U, U), (U, U), (U, S), (U, None),
]  # fmt: skip


def judged(given: list[tuple[Verdict, Verdict | None]]) -> list[Judged]:
    return [
        Judged(Pair(pair_id=str(at), sentence="s", passage="p", verdict=right), verdict)
        for at, (right, verdict) in enumerate(given)
    ]


@pytest.fixture(scope="module")
def pairs() -> tuple[Pair, ...]:
    return load_pairs(DEFAULT_PAIRS)


@pytest.fixture(scope="module")
def macro_f1(embedder: Embedder, pairs: tuple[Pair, ...]) -> float:
    """Macro F1 of the shipped verifier on the half that nothing was fitted on."""
    test = [pair for pair in pairs if pair.split == "test"]
    return macro(judge_all(test, grounded_by(Grounder(embedder.embed_sentences))))


def macro(given: list[Judged]) -> float:
    value = summarise(given)["test"]["macro_f1"]
    assert isinstance(value, float)
    return value


def test_the_set_is_sound(pairs: tuple[Pair, ...]) -> None:
    assert len(pairs) >= 180
    assert len({(plain(pair.sentence), pair.passage) for pair in pairs}) == len(pairs)
    halves = Counter(pair.split for pair in pairs)
    assert abs(halves["tune"] - halves["test"]) <= 0.15 * len(pairs)
    passages = {pair.passage: set[str]() for pair in pairs}
    for pair in pairs:
        passages[pair.passage].add(pair.split)
        assert 2 <= len(split_sentences(pair.passage)) <= 5, pair.pair_id
    assert all(len(splits) == 1 for splits in passages.values()), "a passage is in both halves"
    kinds = {split: {pair.kind for pair in pairs if pair.split == split} for split in halves}
    assert kinds["tune"] == kinds["test"]
    assert sum(pair.verdict is V for pair in pairs) <= 0.15 * len(pairs)


def test_what_is_called_verbatim_stands_there_and_nothing_else_does(
    pairs: tuple[Pair, ...],
) -> None:
    for pair in pairs:
        sentences = {plain(pair.passage[start:end]) for start, end in split_sentences(pair.passage)}
        assert (plain(pair.sentence) in sentences) == (pair.verdict is V), pair.pair_id
        assert (pair.kind == "verbatim") == (pair.verdict is V), pair.pair_id


def test_the_figures_by_hand() -> None:
    figures = class_figures(judged(GIVEN))
    assert figures["verbatim"] == {"precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3)}
    assert figures["supported"] == {
        "precision": 0.5,
        "recall": pytest.approx(2 / 3),
        "f1": pytest.approx(4 / 7),
    }
    assert figures["unsupported"]["precision"] == pytest.approx(2 / 3)
    assert figures["unsupported"]["recall"] == 0.5
    summary = summarise(judged(GIVEN))["test"]
    assert (summary["n_scored"], summary["n_total"]) == (8, 9)
    assert summary["accuracy"] == pytest.approx(5 / 9)
    assert summary["macro_f1"] == pytest.approx((2 / 3 + 4 / 7 + 4 / 7) / 3)


def test_the_figures_agree_with_scikit_learn() -> None:
    given = [(right, verdict) for right, verdict in GIVEN if verdict is not None]
    right = [one.value for one, _ in given]
    said = [one.value for _, one in given if one is not None]
    labels = [one.value for one in CLASSES]
    summary = summarise(judged(list(given)))["test"]
    assert summary["macro_f1"] == pytest.approx(f1_score(right, said, average="macro"))
    assert summary["confusion"] == confusion_matrix(right, said, labels=labels).tolist()


def test_a_class_that_is_neither_due_nor_given_scores_0() -> None:
    figures = class_figures(judged([(S, S)]))
    assert figures["verbatim"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0}


def test_the_verifier_is_good_on_the_half_that_nothing_was_fitted_on(macro_f1: float) -> None:
    assert macro_f1 >= 0.80


def test_a_verifier_that_believes_everything_lowers_the_figure(
    pairs: tuple[Pair, ...], macro_f1: float
) -> None:
    test = [pair for pair in pairs if pair.split == "test"]
    assert macro(judge_all(test, lambda sentence, passage: S)) < macro_f1 - 0.5


def test_a_verifier_that_is_blind_to_numbers_lowers_the_figure(
    embedder: Embedder, pairs: tuple[Pair, ...], macro_f1: float
) -> None:
    sighted = grounded_by(Grounder(embedder.embed_sentences))

    def blind(sentence: str, passage: str) -> Verdict:
        if plain(sentence) in passage:
            return sighted(sentence, passage)
        hidden = str.maketrans("", "", "0123456789")
        return sighted(sentence.translate(hidden), passage.translate(hidden))

    test = [pair for pair in pairs if pair.split == "test"]
    assert macro(judge_all(test, blind)) < macro_f1 - 0.02


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "holds no pair"),
        ('{"pair_id": "a"}', "line 1"),
        ('{"pair_id": "a", "sentence": "s", "passage": "p", "verdict": "maybe"}', "verdict"),
        (
            '{"pair_id": "a", "sentence": "s", "passage": "p", "verdict": "supported"}\n' * 2,
            "second",
        ),
    ],
)
def test_a_set_that_cannot_be_used_is_refused(content: str, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(EvaluationSetError, match=expected):
        load_pairs(path)
    with pytest.raises(EvaluationSetError, match="cannot be read"):
        load_pairs(tmp_path / "absent.jsonl")


def test_the_command_prints_the_figures(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    pair = {"pair_id": "a", "sentence": "It rained.", "passage": "It rained. It was cold.",
            "verdict": "verbatim"}  # fmt: skip
    path.write_text(json.dumps(pair) + "\n", encoding="utf-8")
    app = typer.Typer()
    eval.cli.register(app)
    result = CliRunner().invoke(app, ["eval", "verdicts", "--set", str(path)])
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("test: macro F1 0.333, accuracy 1.000, 1 scored / 1")
    result = CliRunner().invoke(app, ["eval", "verdicts", "--set", str(path), "--json"])
    assert json.loads(result.stdout)["test"]["confusion"] == [[1, 0, 0], [0, 0, 0], [0, 0, 0]]

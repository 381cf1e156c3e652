from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from eval.ragas.embedding import parts
from eval.ragas.metrics import RagasMetrics
from eval.sets.places import Gold, Place
from ingest.embed import Embedder
from ingest.settings import ROOT


@pytest.fixture(scope="module")
def ragas(embedder: Embedder) -> RagasMetrics:
    return RagasMetrics(embedder)


def test_ragas_is_loaded_late_and_importing_us_leaves_the_environment_alone() -> None:
    code = (
        "import os, sys; before = dict(os.environ)\n"
        "import footnote, eval.ragas.metrics\n"
        "assert dict(os.environ) == before\n"
        "heavy = {'ragas', 'torch', 'llama_index'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    environ = {name: value for name, value in os.environ.items() if name != "RAGAS_DO_NOT_TRACK"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environ, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 9), max_size=10, unique=True), st.sets(st.integers(0, 9)))
def test_context_metrics_agree_with_average_precision_and_recall(
    ragas: RagasMetrics, ranked: list[int], relevant: set[int]
) -> None:
    places = [Place("d", 10 * one, 10 * one + 10) for one in ranked]
    golds = [(Place("d", 10 * one, 10 * one + 10),) for one in sorted(relevant)]
    hits = [float(one in relevant) for one in ranked]
    precision, recall = 0.0, len(relevant & set(ranked)) / len(relevant) if relevant else 0.0
    if any(hits):
        precision = average_precision_score(hits, [-rank for rank in range(len(ranked))])
    assert ragas.context_precision(places, golds) == pytest.approx(precision)
    assert ragas.context_recall(places, golds) == pytest.approx(recall)


def test_context_metrics_by_hand(ragas: RagasMetrics) -> None:
    gold: Gold = (Place("d", 0, 10), Place("d", 100, 110))
    half, less = Place("d", 105, 200), Place("d", 6, 50)
    # Relevant at ranks 2 and 3 of 3: (1/2 + 2/3) / 2.
    assert ragas.context_precision([less, half, gold[0]], [gold]) == pytest.approx(7 / 12)
    assert ragas.context_recall([less, half], [gold, (Place("x", 0, 4),)]) == 0.5
    assert ragas.context_recall([less], [gold]) == 0.0
    assert ragas.context_precision([], [gold]) == ragas.context_recall([half], []) == 0.0


def test_rouge_l_by_hand_and_as_the_formula_has_it(ragas: RagasMetrics) -> None:
    # The longest common subsequence is "the ferry leaves nine": 4 of 5 words and 4 of 6.
    said, meant = "The ferry leaves nine sharp", "the ferry leaves Skerry at nine"
    assert ragas.rouge_l(said, meant) == pytest.approx(2 * 0.8 * (4 / 6) / (0.8 + 4 / 6))
    words = ["a", "b", "c", "d"]
    rng = np.random.default_rng(2)
    for _ in range(40):
        one, other = (rng.choice(words, size=rng.integers(1, 9)).tolist() for _ in range(2))
        common = subsequence(one, other)
        expected = 2 * common / (len(one) + len(other))
        assert ragas.rouge_l(" ".join(one), " ".join(other)) == pytest.approx(expected)
    assert ragas.rouge_l("", "a b") == 0.0


def subsequence(one: list[str], other: list[str]) -> int:
    """The length of the longest common subsequence, by its definition."""
    if not one or not other:
        return 0
    if one[-1] == other[-1]:
        return subsequence(one[:-1], other[:-1]) + 1
    return max(subsequence(one[:-1], other), subsequence(one, other[:-1]))


def test_similarity_is_the_cosine_of_our_own_vectors(
    ragas: RagasMetrics, embedder: Embedder
) -> None:
    said, meant = "The ferry leaves at nine.", "At nine the ferry departs."
    one, other = embedder.embed_sentences([said, meant])
    assert ragas.similarity(said, meant) == pytest.approx(float(one @ other), abs=1e-5)
    assert ragas.similarity(meant, meant) == pytest.approx(1.0, abs=1e-5)


def test_saying_nothing_is_worth_nothing(ragas: RagasMetrics) -> None:
    assert ragas.similarity("", "At nine.") == 0.0
    assert ragas.similarity(" \n", "At nine.") == 0.0
    assert ragas.similarity("At nine.", "") == 0.0


def test_the_end_of_a_long_answer_counts(ragas: RagasMetrics, embedder: Embedder) -> None:
    filler = "The committee met again and discussed the agenda of the day. " * 40
    assert embedder.count_tokens([filler])[0] > embedder.window
    meant = "Bread dough rests for two hours before it is shaped."
    with_end = ragas.similarity(filler + meant * 12, meant)
    assert with_end > ragas.similarity(filler, meant) + 0.1


def test_no_connection_is_opened_and_no_user_id_is_kept(
    ragas: RagasMetrics, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError(f"a connection was tried: {args}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    place = Place("d", 0, 9)
    ragas.context_precision([place], [(place,)])
    ragas.context_recall([place], [(place,)])
    ragas.rouge_l("One.", "Two.")
    ragas.similarity("One.", "Two.")
    from ragas import _analytics

    assert _analytics.do_not_track()
    assert _analytics._analytics_batcher.buffer == []
    assert _analytics.get_userid.cache_info().currsize == 0


def test_parts_of_a_long_text_lose_nothing(embedder: Embedder) -> None:
    text = "Word by word the text goes on, " * 100
    cut = parts(text, embedder)
    assert "".join(cut) == text
    assert len(cut) > 1
    assert max(embedder.count_tokens(cut)) <= embedder.window
    assert parts("Short.", embedder) == ["Short."]
    assert np.isfinite(embedder.embed_sentences(cut)).all()

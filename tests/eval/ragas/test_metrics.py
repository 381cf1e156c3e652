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

from eval.ragas.embedding import parts
from eval.ragas.metrics import RagasMetrics
from ingest.embed import Embedder
from ingest.settings import ROOT

ids = st.lists(st.sampled_from("abcdef"), max_size=6)


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
@given(retrieved=ids, reference=ids)
def test_id_based_metrics_agree_with_the_formula(
    ragas: RagasMetrics, retrieved: list[str], reference: list[str]
) -> None:
    both = set(retrieved) & set(reference)
    defined = bool(retrieved and reference)
    precision = len(both) / len(set(retrieved)) if defined else 0.0
    recall = len(both) / len(set(reference)) if defined else 0.0
    assert ragas.context_precision(retrieved, reference) == pytest.approx(precision)
    assert ragas.context_recall(retrieved, reference) == pytest.approx(recall)


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
    ragas.context_precision(["a"], ["a"])
    ragas.context_recall(["a"], ["b"])
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

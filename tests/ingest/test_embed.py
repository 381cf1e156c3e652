from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ingest.embed import Embedder
from ingest.encoders.base import Encoder
from ingest.errors import EmbedderError
from ingest.sentences import split_sentences
from tests.ingest.fakes import QuickEmbedder

TEXTS = [
    "river",
    "The river rose again over the old bridge. " * 9,
    "migration policy",
    "a b c",
    "",
] * 5


def test_vectors_are_unit_length_and_keep_the_order_of_the_texts(embedder: Embedder) -> None:
    done: list[int] = []
    vectors = embedder.embed_documents(TEXTS, done.append)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), embedder.dimension) == (25, 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert sum(done) == len(TEXTS)
    for index in (0, 1, 2, 7):
        alone = embedder.embed_documents([TEXTS[index]])[0]
        assert float(vectors[index] @ alone) == pytest.approx(1, abs=1e-4)


def test_like_meanings_are_nearer_than_unlike_ones(embedder: Embedder) -> None:
    question = embedder.embed_query("Where do migrants go?")
    near, far = embedder.embed_sentences(["People migrate to the north.", "The soup needs salt."])
    assert question.shape == (384,)
    assert float(question @ near) > float(question @ far) + 0.2


def test_no_texts_are_no_vectors(embedder: Embedder) -> None:
    assert embedder.embed_sentences([]).shape == (0, 384)
    assert embedder.embed_documents([]).shape == (0, 384)


def test_tokens_are_counted_beyond_the_window(embedder: Embedder) -> None:
    assert embedder.window == 256
    assert embedder.special_tokens == 2
    assert embedder.count_tokens(["", "river", "river " * 1000]) == [2, 3, 1002]


def test_token_starts_are_offsets_of_the_text(embedder: Embedder) -> None:
    text = "Ñandú \U0001f600 unbelievability."
    starts = embedder.token_starts(text)
    assert starts == sorted(starts)
    assert {0, text.index("\U0001f600"), text.index("unb")} <= set(starts)
    assert len(starts) == embedder.count_tokens([text])[0] - 2


def test_the_quick_embedder_of_these_tests_has_the_real_ones_tokenizer(embedder: Embedder) -> None:
    assert QuickEmbedder().count_tokens(TEXTS) == embedder.count_tokens(TEXTS)
    assert QuickEmbedder().window == embedder.window


@pytest.mark.parametrize("name", ["all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"])
def test_both_names_of_the_packaged_model_are_one(name: str) -> None:
    assert Embedder(name).name == "all-MiniLM-L6-v2"


def test_a_folder_that_holds_no_model_is_one_message(tmp_path: Path) -> None:
    with pytest.raises(EmbedderError) as caught:
        Embedder(str(tmp_path)).embed_query("x")
    assert str(tmp_path) in str(caught.value)
    assert "FOOTNOTE_EMBED_MODEL" in str(caught.value)


def test_a_converted_model_is_loaded_ahead(embedder: Embedder, models: Path) -> None:
    class LoadedAhead(Embedder):
        def _load(self) -> Encoder:
            raise AssertionError("there was nothing left to load")

    ahead = LoadedAhead(cache=models)
    ahead.load_ahead().join()
    same = float(ahead.embed_query("river") @ embedder.embed_query("river"))
    assert same == pytest.approx(1, abs=1e-5)


def test_what_cannot_be_loaded_ahead_is_told_when_it_is_used(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    missing = Embedder(str(tmp_path / "model"), cache=tmp_path / "cache")
    missing.load_ahead().join()
    with pytest.raises(EmbedderError, match="could not be loaded"):
        missing.embed_query("river")


CHUNK = "Tides\n\nThe harbour freezes in January. Ships wait at Norvik. Tea is served at four."
LONG = "The keeper wrote down every ship that passed. " * 60  # far beyond the window


def test_a_chunks_vector_is_the_same_with_its_sentences_as_without(embedder: Embedder) -> None:
    forms = [CHUNK, "river", LONG, ""]
    done: list[int] = []
    vectors, inside = embedder.embed_chunks(forms, [split_sentences(f) for f in forms], done.append)
    assert np.allclose(vectors, embedder.embed_documents(forms), atol=1e-5)
    assert [len(own) for own in inside] == [4, 1, 60, 0]
    assert all(own.dtype == np.float32 and own.shape[1] == 384 for own in inside)
    for own in inside:
        assert np.allclose(np.linalg.norm(own, axis=1), 1, atol=1e-5)
    assert sum(done) == len(forms)


def test_a_sentence_inside_its_chunk_still_answers_its_own_question(embedder: Embedder) -> None:
    spans = split_sentences(CHUNK)
    _, (inside,) = embedder.embed_chunks([CHUNK], [spans])
    for question, place in [("When is tea served?", 3), ("When is there ice in the port?", 1)]:
        assert int((inside @ embedder.embed_query(question)).argmax()) == place


def test_a_sentence_without_a_token_of_its_own_has_its_chunks_vector(embedder: Embedder) -> None:
    beyond, blank = (len(LONG) - 46, len(LONG) - 1), (10, 11)
    assert LONG[slice(*blank)] == " "
    vectors, (inside,) = embedder.embed_chunks([LONG], [[(0, 45), beyond, blank]])
    # The mean over all tokens, which the model's own vector is.
    assert float(inside[1] @ vectors[0]) > 0.999
    assert float(inside[2] @ vectors[0]) > 0.999
    assert float(inside[0] @ vectors[0]) < 0.999


def test_a_sentence_across_the_windows_edge_has_the_tokens_that_were_read(
    embedder: Embedder,
) -> None:
    spans = split_sentences(LONG)
    whole = (0, len(LONG))
    vectors, (inside,) = embedder.embed_chunks([LONG], [[*spans, whole]])
    assert inside.shape == (61, 384)
    assert np.isfinite(inside).all()
    assert float(inside[-1] @ vectors[0]) > 0.99  # all but the special tokens


def test_no_chunks_have_no_sentences(embedder: Embedder) -> None:
    vectors, inside = embedder.embed_chunks([], [])
    assert vectors.shape == (0, 384) and inside == []


@pytest.mark.parametrize("count", [1, 63, 64, 65, 130])
def test_sentences_stay_with_their_chunk_across_groups(count: int) -> None:
    embedder = QuickEmbedder()
    forms = [f"{'word ' * (at % 7)}number {at}." for at in range(count)]
    spans = [[(0, len(form))] * (at % 3) for at, form in enumerate(forms)]
    _, inside = embedder.embed_chunks(forms, spans)
    for at, own in enumerate(inside):
        _, (alone,) = embedder.embed_chunks([forms[at]], [spans[at]])
        assert own.shape == (at % 3, 8)
        assert np.array_equal(own, alone)

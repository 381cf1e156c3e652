from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from ingest.errors import LibraryError
from ingest.vectors import VectorStore

DIM = 6


@pytest.fixture
def vectors() -> np.ndarray:
    rows = np.random.default_rng(0).normal(size=(40, DIM)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def store(tmp_path: Path, vectors: np.ndarray) -> Iterator[VectorStore]:
    with closing(VectorStore.create(tmp_path / "chroma", {"embed_model": "m"})) as made:
        made.upsert([f"c{n}" for n in range(40)], vectors, [f"d{n % 4}" for n in range(40)])
        yield made


def test_the_nearest_come_first_with_their_cosine(store: VectorStore, vectors: np.ndarray) -> None:
    query = vectors[7]
    found = store.nearest(query, 5)
    cosines = vectors @ query
    expected = np.argsort(-cosines)[:5]
    assert [name for name, _ in found] == [f"c{n}" for n in expected]
    assert [score for _, score in found] == pytest.approx(cosines[expected].tolist(), abs=1e-5)


def test_only_the_named_documents_are_searched(store: VectorStore, vectors: np.ndarray) -> None:
    found = store.nearest(vectors[0], 40, ["d1", "d2"])
    assert len(found) == 20
    assert {int(name[1:]) % 4 for name, _ in found} == {1, 2}
    assert store.nearest(vectors[0], 5, []) == []
    assert store.nearest(vectors[0], 5, ["nobody"]) == []


def test_more_than_there_are_may_be_asked_for(store: VectorStore, vectors: np.ndarray) -> None:
    assert len(store.nearest(vectors[0], 1000)) == 40


def test_an_empty_store_finds_nothing(tmp_path: Path) -> None:
    with closing(VectorStore.create(tmp_path / "c", {"m": "x"})) as empty:
        assert empty.nearest(np.ones(DIM, dtype=np.float32), 5) == []
        empty.delete(["c0"])
        assert empty.ids() == set()


def test_an_upsert_takes_the_place_of_the_earlier_vector(
    store: VectorStore, vectors: np.ndarray
) -> None:
    store.upsert(["c0"], -vectors[:1], ["d0"])
    assert store.count() == 40
    assert np.allclose(store.vectors(["c0"])["c0"], -vectors[0])


def test_a_document_goes_with_all_its_vectors(store: VectorStore, vectors: np.ndarray) -> None:
    store.delete([f"c{n}" for n in range(40) if n % 4 == 0] + ["unknown"])
    assert store.count() == 30
    assert store.vectors(["c0", "c1"]).keys() == {"c1"}
    assert len(store.nearest(vectors[0], 40)) == 30


def test_more_rows_than_chroma_takes_at_once(tmp_path: Path) -> None:
    rows = np.random.default_rng(1).normal(size=(6000, 2)).astype(np.float32)
    names = [f"c{n}" for n in range(6000)]
    with closing(VectorStore.create(tmp_path / "c", {"m": "x"})) as store:
        store.upsert(names, rows, ["d"] * 6000)
        assert store.count() == 6000
        assert len(store.vectors(names)) == 6000
        assert store.ids() == set(names)
        store.delete(names)
        assert store.count() == 0


def test_the_store_opens_again_with_what_it_remembers(tmp_path: Path, vectors: np.ndarray) -> None:
    with closing(VectorStore.create(tmp_path / "c", {"embed_model": "m"})) as store:
        store.upsert(["c0"], vectors[:1], ["d"])
    with closing(VectorStore.open(tmp_path / "c")) as store:
        assert (store.count(), store.metadata["embed_model"]) == (1, "m")


def test_a_missing_or_damaged_store_is_one_message(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="--rebuild"):
        VectorStore.open(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()
    (tmp_path / "empty").mkdir()
    with pytest.raises(LibraryError, match="--rebuild"):
        VectorStore.open(tmp_path / "empty")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "chroma.sqlite3").write_bytes(b"no database" * 1000)
    with pytest.raises(LibraryError, match="--rebuild"):
        VectorStore.open(tmp_path / "bad")

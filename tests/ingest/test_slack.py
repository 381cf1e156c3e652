from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import ingest.vectors
from ingest.slack import wipe_slack
from ingest.vectors import VectorStore

META = {"embed_model": "m", "dimension": "8"}


def filled(folder: Path, rows: int) -> NDArray[np.float32]:
    vectors = np.random.default_rng(1).normal(size=(rows, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    with closing(VectorStore.create(folder, META)) as store:
        for begin in range(0, rows, 400):
            names = [str(one) for one in range(begin, min(rows, begin + 400))]
            store.upsert(names, vectors[begin : begin + 400], ["d"] * len(names))
    return vectors


def data_file(folder: Path) -> Path:
    (path,) = folder.glob("*/data_level0.bin")
    return path


def plant(folder: Path) -> None:
    """Write into the unused room of a small index, all of which is unused."""
    path = data_file(folder)
    path.write_bytes((b"a purged secret. " * path.stat().st_size)[: path.stat().st_size])


def test_the_unused_room_is_wiped_and_the_vectors_stay(tmp_path: Path) -> None:
    vectors = filled(tmp_path, 3)
    size = data_file(tmp_path).stat().st_size
    with closing(VectorStore.open(tmp_path)) as store:
        before = store.nearest(vectors[2], 3)
        plant(tmp_path)
    assert data_file(tmp_path).read_bytes() == bytes(size)
    with closing(VectorStore.open(tmp_path)) as store:
        assert store.nearest(vectors[2], 3) == before


def test_a_writer_wipes_it_as_well(tmp_path: Path) -> None:
    filled(tmp_path, 3)
    with closing(VectorStore.create(tmp_path, META)) as store:
        store.upsert(["new"], np.eye(8, dtype=np.float32)[:1], ["d"])
        plant(tmp_path)
    assert b"secret" not in data_file(tmp_path).read_bytes()


def test_a_reader_wipes_it_as_soon_as_the_index_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = filled(tmp_path, 3)
    wiped: list[Path] = []
    monkeypatch.setattr(ingest.vectors, "wipe_slack", wiped.append)
    with closing(VectorStore.open(tmp_path)) as store:
        store.nearest(vectors[0], 1)
        store.nearest(vectors[0], 1)
        assert wiped == [tmp_path]


def test_an_index_that_is_filled_is_left_as_it_is(tmp_path: Path) -> None:
    vectors = filled(tmp_path, 2300)
    before = data_file(tmp_path).read_bytes()
    wipe_slack(tmp_path)
    assert data_file(tmp_path).read_bytes() == before
    with closing(VectorStore.open(tmp_path)) as store:
        ((found, cosine),) = store.nearest(vectors[7], 1)
    assert (found, cosine) == ("7", pytest.approx(1.0, abs=1e-5))


def test_what_is_in_another_form_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "segment"
    folder.mkdir()
    data = folder / "data_level0.bin"
    data.write_bytes(b"kept")
    for header in (b"", b"\x02" + bytes(40), b"\x01" + bytes(40)):
        (folder / "header.bin").write_bytes(header)
        wipe_slack(tmp_path)
        assert data.read_bytes() == b"kept"

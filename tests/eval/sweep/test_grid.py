"""The grid of a sweep: which settings, which values, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval.settings import EvalSettings
from eval.sweep.grid import SweepError, parse_grid, sweepable


def test_values_are_read_as_their_setting_has_them() -> None:
    grid = parse_grid(
        EvalSettings(), ["top_k=5,10", "rerank_model=none,/models/one", "strict=true"]
    )
    assert grid.axes == {"top_k": (5, 10), "rerank_model": (None, "/models/one"), "strict": (True,)}
    assert grid.combinations[1] == {"top_k": 5, "rerank_model": "/models/one", "strict": True}
    assert len(grid.combinations) == 4
    assert grid.settings(grid.combinations[2]).top_k == 10


def test_what_is_not_swept_stays_as_it_is(tmp_path: Path) -> None:
    base = EvalSettings(storage=tmp_path, max_sentences=2)
    grid = parse_grid(base, ["dense_weight=0.3"])
    assert grid.settings(grid.combinations[0]) == base.model_copy(update={"dense_weight": 0.3})


def test_what_decides_on_the_documents_and_what_is_secret_is_not_swept() -> None:
    assert {"chunk_tokens", "chunk_overlap", "dense_weight", "top_k", "rerank_model"} <= set(
        sweepable()
    )
    kept = {"documents", "storage", "max_pages", "max_file_mb", "host", "port", "llm_api_key"}
    assert not (kept | {"judge_model", "judge_api_key"}) & set(sweepable())


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ([], "no setting to sweep"),
        (["top_k"], "no setting with its values"),
        (["top_k="], "no setting with its values"),
        (["FOOTNOTE_TOP_K=5"], "no setting that can be swept"),
        (["llm_api_key=one"], "no setting that can be swept"),
        (["top_k=5", "top_k=10"], "given twice"),
        (["top_k=5,5"], "a value twice"),
        (["top_k=0"], "top_k=0 cannot be used"),
        (["chunk_tokens=none"], "chunk_tokens=none cannot be used"),
        (["dense_weight=0.3,,0.5"], "dense_weight= cannot be used"),
    ],
)
def test_what_cannot_be_swept_is_refused(entries: list[str], says: str) -> None:
    with pytest.raises(SweepError, match=says):
        parse_grid(EvalSettings(), entries)

from __future__ import annotations

from pathlib import Path

import pytest

from eval.runs.folder import RunError, find_run, load_run


def test_a_run_is_meant_by_its_path_its_name_or_by_nothing(tmp_path: Path) -> None:
    kept = tmp_path / "runs" / "20260101T000000Z"
    kept.mkdir(parents=True)
    (kept / "summary.json").write_text("{}")
    assert find_run(Path("20260101T000000Z"), tmp_path) == kept
    assert find_run(kept, tmp_path) == kept
    assert find_run(None, tmp_path) == kept
    with pytest.raises(RunError, match="There is no run 'elsewhere'"):
        load_run(find_run(Path("elsewhere"), tmp_path))

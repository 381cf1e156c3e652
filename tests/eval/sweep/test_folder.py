from __future__ import annotations

from pathlib import Path

from app.settings import AppSettings
from eval.sweep.folder import open_sweep


def test_a_damaged_folder_beside_it_keeps_no_sweep_from_being_made(tmp_path: Path) -> None:
    settings = AppSettings(storage=tmp_path)
    damaged = tmp_path / "sweeps" / "20200101T000000Z"
    damaged.mkdir(parents=True)
    (damaged / "plan.json").write_text("{")
    folder = open_sweep(settings, None, {"axes": {}})
    assert folder != damaged
    assert open_sweep(settings, None, {"axes": {}}) == folder  # this one is gone on with

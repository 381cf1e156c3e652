"""Where a sweep is written: its plan first, its results last."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.settings import AppSettings
from eval.runs.folder import RunError, put, read_json, rounded, write_json
from eval.sweep.grid import SweepError

PLAN, RESULTS, TABLE = "plan.json", "sweep.json", "sweep.csv"
_SWEEPS = "sweeps"  # in the storage


def open_sweep(settings: AppSettings, out_dir: Path | None, plan: Mapping[str, Any]) -> Path:
    """Return the sweep's folder, its plan written: a new one, or this sweep's unfinished one.

    Args:
        settings: Their storage's `sweeps/` holds the folder where none is named.
        out_dir: The folder: new, empty, or of the same sweep unfinished.
        plan: What is compared on what.

    Raises:
        SweepError: The folder holds something else, or cannot be written.
    """
    if out_dir is not None:
        folder = out_dir.expanduser().resolve()
        if folder.exists() and not _is_free(folder) and not _is_unfinished(folder, plan):
            raise SweepError(
                f"{str(out_dir)!r} holds something else than this sweep, unfinished. Give --out a "
                "new folder."
            )
    else:
        done = settings.storage / _SWEEPS
        begun = sorted((path.parent for path in done.glob(f"*/{PLAN}")), reverse=True)
        unfinished = [folder for folder in begun if _is_unfinished(folder, plan)]
        folder = unfinished[0] if unfinished else _new(done)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise SweepError(
            f"The sweep cannot be written to {str(folder)!r} ({exc}). Name another folder with "
            "--out."
        ) from exc
    write_json(folder / PLAN, plan)
    return folder


def _is_free(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())


def _is_unfinished(folder: Path, plan: Mapping[str, Any]) -> bool:
    plan_path = folder / PLAN
    if not plan_path.is_file() or (folder / RESULTS).is_file():
        return False
    try:
        return read_json(plan_path) == plan
    except RunError:
        return False


def _new(done: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    folder, again = done / stamp, 1
    while folder.exists():
        again += 1
        folder = folder.with_name(f"{stamp}-{again}")
    return folder


def write_results(folder: Path, results: Mapping[str, Any]) -> None:
    """Write what came out as `sweep.csv` and then as `sweep.json`, which ends the sweep.

    Args:
        folder: The sweep's.
        results: With ``combinations``, each with settings, standing, figures, latency and index.

    Raises:
        RunError: They cannot be written.
    """
    put(folder / TABLE, _csv(rounded(results)["combinations"]))
    write_json(folder / RESULTS, results)


def _csv(combinations: Sequence[Mapping[str, Any]]) -> str:
    """Return a row a combination; of each figure the value and the ends of its interval."""
    rows = [_row(one) for one in combinations]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _row(one: Mapping[str, Any]) -> dict[str, Any]:
    latency = {f"latency_ms_{name}": figure for name, figure in one["latency_ms"].items()}
    row = {**one["settings"], "standing": one["standing"]["place"]}
    for name, figure in {**one["figures"], **latency}.items():
        row |= {name: figure["value"], f"{name}_low": figure["low"], f"{name}_high": figure["high"]}
    index = one["index"]
    return row | {
        "failed": len(one["failed"]),
        "index_chunks": index["chunks"],
        "index_bytes": index["size_bytes"],
        "index_seconds": index["seconds"],
    }

"""Where a run is written: in a folder of its own, which one process writes at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import portalocker

from app.settings import AppSettings
from eval.runs.folder import (
    MANIFEST,
    RUNS,
    SUMMARY,
    RunError,
    cannot_be_written,
    read_json,
    rounded,
    write_json,
)

_LOCK = ".lock"
_EXCLUSIVE = portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING
# Of a manifest: what does not make another run of it.
_INCIDENTAL = ("started_at", "jobs")


@contextmanager
def open_folder(
    settings: AppSettings, out_dir: Path | None, manifest: Mapping[str, Any]
) -> Iterator[Path]:
    """Open a run's folder for this process alone: a new one, or this run's unfinished one.

    Args:
        settings: Their storage's `runs/` holds the folder where none is named.
        out_dir: The folder: new, empty, or of the same run unfinished.
        manifest: What the run is made of; `run.json` of a new folder.

    Raises:
        RunError: The folder holds something else, another process writes to it, or it cannot be
            written.
    """
    manifest = rounded(manifest)
    if out_dir is not None:
        folder = out_dir.expanduser().resolve()
        try:
            _require_own(folder, manifest)
        except OSError as exc:  # such as a name that is too long, or a folder that is closed to us
            raise cannot_be_written(folder, exc) from exc
    else:
        folder = _unfinished(settings, manifest) or _new_folder(settings, manifest)
    lock = portalocker.Lock(folder / _LOCK, timeout=0, flags=_EXCLUSIVE)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except portalocker.LockException as exc:
        raise RunError(
            f"Another process is making the run in {str(folder)!r}. Wait for it, or name another "
            "folder with --out."
        ) from exc
    except OSError as exc:
        raise cannot_be_written(folder, exc) from exc
    try:
        if not (folder / MANIFEST).is_file():
            write_json(folder / MANIFEST, manifest)
        yield folder
        (folder / _LOCK).unlink(missing_ok=True)
    finally:
        lock.release()


def _require_own(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Refuse a folder that holds something else than this run, unfinished."""
    if not folder.exists():
        return
    ours = folder.is_dir() and (
        (folder / MANIFEST).is_file() or {path.name for path in folder.iterdir()} <= {_LOCK}
    )
    if not ours:
        raise RunError(
            f"The run cannot be written to {str(folder)!r}: it exists and is not an empty folder. "
            "Give --out a new one."
        )
    if (folder / SUMMARY).is_file():
        raise RunError(f"{str(folder)!r} is a finished run. Give --out a new folder.")
    if (folder / MANIFEST).is_file():
        differing = _differing(read_json(folder / MANIFEST), manifest)
        if differing:
            raise RunError(
                f"{str(folder)!r} is an unfinished run of something else: {', '.join(differing)} "
                "differ. Finish it as it was begun, or give --out a new folder."
            )


def _unfinished(settings: AppSettings, manifest: Mapping[str, Any]) -> Path | None:
    """Return the newest unfinished run of the same thing that no other process is making."""
    for path in sorted((settings.storage / RUNS).glob(f"*/{MANIFEST}"), reverse=True):
        folder = path.parent
        try:
            if (folder / SUMMARY).is_file() or _differing(read_json(path), manifest):
                continue
            with portalocker.Lock(folder / _LOCK, timeout=0, flags=_EXCLUSIVE):
                return folder
        except (portalocker.LockException, RunError, OSError):
            continue  # another process has it, or it cannot be gone on with
    return None


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    names = sorted((one.keys() | other.keys()) - set(_INCIDENTAL))
    return [name for name in names if one.get(name) != other.get(name)]


def _new_folder(settings: AppSettings, manifest: Mapping[str, Any]) -> Path:
    started = datetime.fromisoformat(manifest["started_at"])
    stamp = started.strftime("%Y%m%dT%H%M%SZ")
    folder, again = settings.storage / RUNS / stamp, 1
    while folder.exists():
        again += 1
        folder = folder.with_name(f"{stamp}-{again}")
    return folder

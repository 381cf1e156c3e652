"""The files that a set grows in: written whole or not at all, by one process at a time."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import portalocker

from eval.sets.cases import Case, EvaluationSetError

FOLDER = "eval"  # in the storage
_WAIT_S = 10.0


def to_line(case: Case) -> str:
    """Return a case as a line of a set, without its line end and what only drafts have."""
    fields = case.model_dump(mode="json")
    for name in ("draft", "note"):
        if not fields[name]:
            del fields[name]
    return json.dumps(fields, ensure_ascii=False)


@contextmanager
def growing(storage: Path) -> Iterator[None]:
    """Be the only process that changes sets and drafts of a storage.

    Raises:
        EvaluationSetError: Another process holds on to them, or the storage cannot be written.
    """
    folder = storage / FOLDER
    lock = folder / ".lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with portalocker.Lock(lock, "a", timeout=_WAIT_S, check_interval=0.05):
            yield
    except portalocker.LockException as exc:
        raise EvaluationSetError(
            f"Another process is changing the drafts of {str(storage)!r}. Wait until it is done, "
            "and run this again."
        ) from exc
    except OSError as exc:
        raise EvaluationSetError(
            f"{str(folder)!r} cannot be written ({exc}). Check permissions and free space."
        ) from exc


def write_whole(path: Path, text: str) -> None:
    """Write a file in one step, as UTF-8: a reader finds the old one or the new one.

    Raises:
        EvaluationSetError: It cannot be written; the old one stands.
    """
    path = path.resolve()  # a link stays one
    partial: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        # mkstemp's files are closed to others.
        os.chmod(partial, path.stat().st_mode & 0o777 if path.exists() else 0o644)
        os.replace(partial, path)
        partial = None
    except OSError as exc:
        raise EvaluationSetError(
            f"{str(path)!r} cannot be written ({exc}). Check permissions and free space."
        ) from exc
    finally:
        if partial is not None:
            with suppress(OSError):
                os.unlink(partial)

"""Generations: whole, immutable versions of the library, one of which is current.

Each sync that changes anything builds a new folder beside the current one and then moves a
one-line pointer file. A reader keeps the generation that it opened, under a shared lock, and
finds the new one by the pointer; a folder that nobody holds any more is deleted by the next
writer. So no process ever writes into a Chroma folder that another one has open.

    library/
        CURRENT          the name of the current generation
        write.lock       held by the process that writes
        gen-000007/      catalog.sqlite  chroma/  read.lock
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

import portalocker

from ingest.errors import LibraryError, LibraryLockedError

_POINTER = "CURRENT"
_PREFIX = "gen-"
CATALOG = "catalog.sqlite"
DERIVED = "derived"  # in the storage; whatever is made from the library and can be made again
VECTORS = "chroma"
_READ_LOCK = "read.lock"
_TICKET = "ticket.json"
_SIDE_FILES = ("-wal", "-shm", "-journal")


class Generations:
    """The folder of generations below a storage folder."""

    def __init__(self, storage: Path) -> None:
        """Name the storage folder; nothing is touched until something is asked."""
        self.folder = storage / "library"

    def current(self) -> Path | None:
        """Return the folder of the current generation, or None where nothing is indexed."""
        try:
            name = (self.folder / _POINTER).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise LibraryError(
                f"The library in {str(self.folder)!r} cannot be read ({exc}). "
                "Check the folder's permissions, or set FOOTNOTE_STORAGE to another one."
            ) from exc
        return self.folder / name if name.startswith(_PREFIX) else None

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the one writer's lock.

        Raises:
            LibraryLockedError: Another process holds it; the message names that process.
            LibraryError: The storage folder cannot be written.
        """
        path = self.folder / "write.lock"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle = path.open("a+", encoding="utf-8")
        except OSError as exc:
            raise LibraryError(
                f"The storage folder {str(self.folder)!r} cannot be written ({exc}). "
                "Check its permissions and free space, or set FOOTNOTE_STORAGE to another folder."
            ) from exc
        with handle:
            try:
                portalocker.lock(handle, portalocker.LOCK_EX | portalocker.LOCK_NB)
            except portalocker.AlreadyLocked as exc:
                raise LibraryLockedError(_locked_by(path, self.folder)) from exc
            except portalocker.LockException as exc:
                raise LibraryError(
                    f"The storage folder {str(self.folder)!r} cannot be locked ({exc}). "
                    "Set FOOTNOTE_STORAGE to a folder on a disk that knows file locks."
                ) from exc
            handle.truncate(0)
            started = time.strftime("%Y-%m-%d %H:%M:%S")
            holder = {"pid": os.getpid(), "host": socket.gethostname(), "since": started}
            handle.write(json.dumps(holder))
            handle.flush()
            try:
                yield
            finally:
                handle.truncate(0)
                handle.flush()

    def is_resumable(self, ticket: dict[str, str], resume: bool) -> bool:
        """Whether `stage` would go on with the work of a run that was cut short."""
        return resume and self._ticket(self._next()) == ticket

    def _next(self) -> Path:
        """Return the folder of the generation after the current one."""
        current = self.current()
        number = int(current.name.removeprefix(_PREFIX)) if current else 0
        return self.folder / f"{_PREFIX}{number + 1:06d}"

    def stage(self, ticket: dict[str, str], *, resume: bool) -> Path:
        """Return the folder of the generation to be built, made when it is missing.

        Args:
            ticket: What the generation is built from and how.
            resume: Go on with the unpublished generation of a run that was cut short, if its
                ticket is the same; else it is thrown away.
        """
        staged = self._next()
        if staged.exists() and not (resume and self._ticket(staged) == ticket):
            shutil.rmtree(staged)
        staged.mkdir(parents=True, exist_ok=True)
        return staged

    def is_prepared(self, staged: Path) -> bool:
        """Whether a generation to be built already holds all of its base."""
        return self._ticket(staged) is not None

    def mark_prepared(self, staged: Path, ticket: dict[str, str]) -> None:
        """Note that a generation to be built holds all of its base."""
        (staged / _TICKET).write_text(json.dumps(ticket), encoding="utf-8")

    @staticmethod
    def _ticket(staged: Path) -> dict[str, str] | None:
        try:
            found = json.loads((staged / _TICKET).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return {str(key): str(value) for key, value in found.items()}

    def publish(self, generation: Path) -> None:
        """Make a finished generation the current one, in one step."""
        pointer = self.folder / _POINTER
        fresh = pointer.with_suffix(".new")
        with fresh.open("w", encoding="utf-8") as handle:
            handle.write(generation.name + "\n")
            handle.flush()
            os.fsync(handle.fileno())
        fresh.replace(pointer)

    def prune(self) -> None:
        """Delete generations that are older than the current one and that no reader holds."""
        for folder in self.earlier():
            if not _is_read(folder):
                shutil.rmtree(folder, ignore_errors=True)

    def earlier(self) -> list[Path]:
        """Return the folders of generations before the current one, which a reader may hold."""
        current = self.current()
        found = sorted(self.folder.glob(f"{_PREFIX}*"))
        return [folder for folder in found if current is not None and folder.name < current.name]

    def discard_unpublished(self) -> None:
        """Delete what a run that was cut short had begun to build."""
        shutil.rmtree(self._next(), ignore_errors=True)


def copy_generation(source: Path, target: Path) -> None:
    """Copy a finished generation's files, readers of ``source`` not minding.

    A reader of Chroma touches a bookkeeping row of the SQLite file when it opens it, so that
    file is copied through SQLite's own backup; the vectors' files are never touched.
    """
    for path in sorted(source.rglob("*")):
        goal = target / path.relative_to(source)
        if path.is_dir():
            goal.mkdir(parents=True, exist_ok=True)
        elif path.suffix in (".sqlite", ".sqlite3"):
            uri = f"{path.absolute().as_uri()}?mode=ro"
            with (
                closing(sqlite3.connect(uri, uri=True)) as original,
                closing(sqlite3.connect(goal)) as copy,
            ):
                original.backup(copy)
        elif path.name not in (_READ_LOCK, _TICKET) and not path.name.endswith(_SIDE_FILES):
            shutil.copy2(path, goal)


def hold(generation: Path) -> IO[str] | None:
    """Take the reader's lock on a generation; None where the folder cannot be written.

    Raises:
        FileNotFoundError: The generation was deleted meanwhile; look for the current one again.
    """
    if not generation.is_dir():
        raise FileNotFoundError(generation)
    try:
        handle = (generation / _READ_LOCK).open("a+", encoding="utf-8")
    except PermissionError:
        return None
    except OSError as exc:
        if not generation.is_dir():
            raise FileNotFoundError(generation) from exc
        return None  # a read-only file system; nobody can delete the folder either
    try:
        portalocker.lock(handle, portalocker.LOCK_SH | portalocker.LOCK_NB)
    except portalocker.LockException as exc:
        handle.close()
        raise FileNotFoundError(generation) from exc
    if not generation.is_dir() or not (generation / CATALOG).exists():
        handle.close()
        raise FileNotFoundError(generation)
    return handle


def _is_read(generation: Path) -> bool:
    """Whether a reader holds the generation; where nobody does, it is about to be deleted."""
    try:
        with (generation / _READ_LOCK).open("a+", encoding="utf-8") as handle:
            portalocker.lock(handle, portalocker.LOCK_EX | portalocker.LOCK_NB)
            # Deleted under the lock, so that no reader takes hold in between.
            (generation / CATALOG).unlink(missing_ok=True)
    except portalocker.LockException:
        return True
    except OSError:
        return False
    return False


def _locked_by(path: Path, folder: Path) -> str:
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        who = f"process {holder['pid']} on {holder['host']}, since {holder['since']}"
    except (OSError, ValueError, KeyError):
        who = "another process"
    return (
        f"The library in {str(folder)!r} is being written by {who}. "
        "Wait until it has finished, or stop it, and run the command again."
    )

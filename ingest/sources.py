"""Which files make up the library: the documents folder, and files added from elsewhere."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.document import IngestReport
from ingest.errors import LibraryError, LoadError
from ingest.loaders import require_format
from ingest.loaders.registry import too_large
from ingest.settings import LibrarySettings

ADDED = "added"
_ORIGINS = ".origins.json"


@dataclass(frozen=True, slots=True)
class Source:
    """A file and the id it has in the library.

    Attributes:
        source_id: The file's id, which is its document's where it holds one.
        path: Where it is read from.
        shown: What it is called in the report when it fails.
        goal: For a file from elsewhere, where its copy goes once it has been read; else None.
        origin: For a file from elsewhere, where it came from.
    """

    source_id: str
    path: Path
    shown: str
    goal: Path | None = None
    origin: str = ""


def find_sources(settings: LibrarySettings, report: IngestReport) -> dict[str, Source]:
    """Return the files of the documents folder and the added ones, by document id.

    Hidden files and the lock files of office programs are passed over. A link that leads out of
    the folder and a folder that cannot be read are listed as failed in ``report``.

    Raises:
        LibraryError: The documents folder itself cannot be read.
    """
    sources: dict[str, Source] = {}
    for folder, prefix in ((settings.documents, ""), (settings.added, f"{ADDED}/")):
        if not folder.is_dir():
            continue
        root = os.path.realpath(folder)
        unread: list[OSError] = []
        for path in _files(folder, settings, unread.append):
            doc_id = prefix + _name(path.relative_to(folder))
            if path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(root):
                reason = (
                    "It is a link to a file outside the documents folder. "
                    "Copy the file itself into the folder."
                )
                report.failed.append((doc_id, reason))
            elif not path.is_file() and path.exists():  # reading a pipe would never end
                reason = "It is no ordinary file but a pipe, socket or device. Remove it."
                report.failed.append((doc_id, reason))
            elif doc_id in sources:
                reason = f"Another document has the name {doc_id!r} too. Rename one of the files."
                report.failed.append((doc_id, reason))
            else:
                sources[doc_id] = Source(doc_id, path, doc_id)
        for error in unread:
            if error.filename == str(folder):
                raise LibraryError(
                    f"The folder {str(folder)!r} cannot be read ({error.strerror}), so nothing "
                    "was changed. Check its permissions."
                ) from error
            name = prefix + _name(Path(error.filename).relative_to(folder))
            reason = f"The folder cannot be read ({error.strerror}). Check its permissions."
            report.failed.append((name, reason))
    return sources


def choose(
    settings: LibrarySettings, paths: Sequence[Path], report: IngestReport
) -> tuple[set[str], dict[str, Source]]:
    """Return the ids of the files that ``paths`` name, and those of them that come from elsewhere.

    A file outside the documents folder is copied into a waiting room of the storage; `keep` moves
    it to its place once it has been read. Added again from the same place it takes its earlier
    copy's name; a namesake from another place gets its content's hash as a suffix. What is missing
    or unreadable is listed as failed in ``report``.

    Raises:
        LibraryError: A file could not be copied.
    """
    chosen: set[str] = set()
    fresh: dict[str, Source] = {}
    shutil.rmtree(_waiting_room(settings), ignore_errors=True)  # of a run that was cut short
    for given in paths:
        path = Path(os.path.abspath(given))
        try:
            path.lstat()
        except OSError as exc:
            missing = isinstance(exc, FileNotFoundError | NotADirectoryError)
            why = "There is no such file or folder" if missing else f"It cannot be read ({exc})"
            report.failed.append((str(given), f"{why}. Check the path."))
            continue
        if _is_passed_over(path.name) and path != settings.documents:
            reason = "Hidden files and folders are passed over. Give it a name without the dot."
            report.failed.append((str(given), reason))
            continue
        unread: list[OSError] = []
        # Listed before anything is copied, since the copies may go to a folder below it.
        files = list(_files(path, settings, unread.append)) if path.is_dir() else [path]
        for file in files:
            source_id = _source_id(file, settings)
            if source_id is None:
                added = _add(settings, file, _name(file.relative_to(path.parent)), report)
                if added is None:
                    continue
                source_id = added.source_id
                if added.goal is not None:
                    fresh[source_id] = added
            chosen.add(source_id)
        for error in unread:
            reason = f"The folder cannot be read ({error.strerror}). Check its permissions."
            report.failed.append((str(error.filename), reason))
    return chosen, fresh


def keep(settings: LibrarySettings, source: Source) -> None:
    """Move a copied file from the waiting room to its place among the added ones.

    Raises:
        LibraryError: It could not be moved.
    """
    if source.goal is None:
        return
    origins = _origins(settings)
    origins[_name(source.goal.relative_to(settings.added))] = source.origin
    try:
        source.goal.parent.mkdir(parents=True, exist_ok=True)
        source.path.replace(source.goal)
        _write(settings.added / _ORIGINS, json.dumps(origins, indent=1).encode())
    except OSError as exc:
        raise _not_copied(source.origin, settings, exc) from exc


def forget_copies(settings: LibrarySettings, source_ids: Sequence[str]) -> None:
    """Delete the copies of files that came from elsewhere, and where they came from."""
    origins = _origins(settings)
    for source_id in source_ids:
        name = source_id.removeprefix(f"{ADDED}/")
        if name != source_id:
            (settings.added / name).unlink(missing_ok=True)
            origins.pop(name, None)
    if settings.added.is_dir():
        _write(settings.added / _ORIGINS, json.dumps(origins, indent=1).encode())


def leave_waiting_room(settings: LibrarySettings) -> None:
    """Delete the copies of files that could not be read."""
    shutil.rmtree(_waiting_room(settings), ignore_errors=True)


def _source_id(file: Path, settings: LibrarySettings) -> str | None:
    """Return the id of a file that the library holds in place; None for one from elsewhere."""
    place = file.parent.resolve() / file.name
    for root, prefix in ((settings.added, f"{ADDED}/"), (settings.documents, "")):
        if place.is_relative_to(root.resolve()):
            return prefix + _name(place.relative_to(root.resolve()))
    return None


def _add(settings: LibrarySettings, file: Path, name: str, report: IngestReport) -> Source | None:
    """Copy a file into the waiting room; None where it cannot be read.

    A file of which the very copy is there already is that copy, without a goal.
    """
    try:
        if file.exists() and not file.is_file():
            raise LoadError("It is no ordinary file but a pipe, socket or device. Remove it.")
        require_format(file.name)
        size = file.stat().st_size
        limits = settings.limits()
        if size > limits.file_bytes:
            raise too_large(size, limits)
        data = file.read_bytes()
    except OSError as exc:
        reason = f"The file cannot be read ({exc.strerror}). Check its permissions."
        report.failed.append((str(file), reason))
        return None
    except LoadError as exc:
        report.failed.append((str(file), str(exc)))
        return None
    origins = _origins(settings)
    earlier = next((known for known, origin in origins.items() if origin == str(file)), name)
    goal = settings.added / earlier
    try:
        if goal.is_file() and goal.read_bytes() == data:
            source_id = f"{ADDED}/{earlier}"
            return Source(source_id, goal, source_id)
        if goal.exists() and origins.get(earlier) != str(file):
            suffix = hashlib.sha256(data).hexdigest()[:8]
            goal = goal.with_name(f"{goal.stem}-{suffix}{goal.suffix}")
        added = _name(goal.relative_to(settings.added))
        waiting = _waiting_room(settings) / goal.relative_to(settings.added)
        waiting.parent.mkdir(parents=True, exist_ok=True)
        waiting.write_bytes(data)
    except OSError as exc:
        raise _not_copied(str(file), settings, exc) from exc
    return Source(f"{ADDED}/{added}", waiting, str(file), goal, str(file))


def _waiting_room(settings: LibrarySettings) -> Path:
    return settings.storage / "incoming"


def _not_copied(origin: str, settings: LibrarySettings, exc: OSError) -> LibraryError:
    return LibraryError(
        f"The file {origin!r} could not be copied into {str(settings.added)!r} ({exc}). "
        "Check the folder's permissions and free space."
    )


def _origins(settings: LibrarySettings) -> dict[str, str]:
    try:
        found = json.loads((settings.added / _ORIGINS).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return {str(name): str(origin) for name, origin in found.items()}


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    fresh = path.with_name(".incoming")  # one writer at a time, so one name will do
    fresh.write_bytes(data)
    fresh.replace(path)


def _files(
    folder: Path, settings: LibrarySettings, unread: Callable[[OSError], None]
) -> Iterator[Path]:
    """Yield the files below a folder, but what the storage keeps for itself."""
    storage = settings.storage
    for here, folders, names in os.walk(folder, onerror=unread):
        folders[:] = sorted(
            name
            for name in folders
            if not _is_passed_over(name)
            and not (name == storage.name and Path(here, name).resolve() == storage)
        )
        for name in sorted(names):
            if not _is_passed_over(name):
                yield Path(here) / name


def _is_passed_over(name: str) -> bool:
    return name.startswith((".", "~$"))


def _name(path: Path) -> str:
    """Return a relative path as a document id: forward slashes, valid Unicode."""
    return os.fsencode(path.as_posix()).decode("utf-8", "replace")

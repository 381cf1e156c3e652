"""Which files make up the library: the documents folder, and files added from elsewhere."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.document import IngestReport
from ingest.errors import LibraryError, LoadError
from ingest.loaders import load
from ingest.settings import LibrarySettings

ADDED = "added"
_ORIGINS = ".origins.json"


@dataclass(frozen=True, slots=True)
class Source:
    """A file and the document id it has in the library."""

    doc_id: str
    path: Path


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
                sources[doc_id] = Source(doc_id, path)
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


def choose(settings: LibrarySettings, paths: Sequence[Path], report: IngestReport) -> set[str]:
    """Return the document ids that ``paths`` name, after copying files from elsewhere.

    A file outside the documents folder is read first and, if it is a document, copied into the
    storage. Added again from the same place it takes its earlier copy's name; a namesake from
    another place gets its content's hash as a suffix. What is missing or unreadable is listed as
    failed in ``report``.
    """
    chosen: set[str] = set()
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
            doc_id = _doc_id(file, settings)
            if doc_id is None:
                doc_id = _add(settings, file, _name(file.relative_to(path.parent)), report)
            if doc_id is not None:
                chosen.add(doc_id)
        for error in unread:
            reason = f"The folder cannot be read ({error.strerror}). Check its permissions."
            report.failed.append((str(error.filename), reason))
    return chosen


def _doc_id(file: Path, settings: LibrarySettings) -> str | None:
    """Return the id of a file that the library holds in place; None for one from elsewhere."""
    place = file.parent.resolve() / file.name
    for root, prefix in ((settings.added, f"{ADDED}/"), (settings.documents, "")):
        if place.is_relative_to(root.resolve()):
            return prefix + _name(place.relative_to(root.resolve()))
    return None


def _add(settings: LibrarySettings, file: Path, name: str, report: IngestReport) -> str | None:
    """Copy a file into the storage and return its document id; None where it failed."""
    try:
        if file.exists() and not file.is_file():
            raise LoadError("It is no ordinary file but a pipe, socket or device. Remove it.")
        data = file.read_bytes()
        origins = _origins(settings)
        earlier = next((known for known, origin in origins.items() if origin == str(file)), name)
        goal = settings.added / earlier
        if goal.is_file() and goal.read_bytes() == data:
            return f"{ADDED}/{earlier}"
        load(file.name, data)
    except OSError as exc:
        reason = f"The file cannot be read ({exc.strerror}). Check its permissions."
        report.failed.append((str(file), reason))
        return None
    except LoadError as exc:
        report.failed.append((str(file), str(exc)))
        return None
    try:
        if goal.exists() and origins.get(earlier) != str(file):
            suffix = hashlib.sha256(data).hexdigest()[:8]
            goal = goal.with_name(f"{goal.stem}-{suffix}{goal.suffix}")
        added = _name(goal.relative_to(settings.added))
        goal.parent.mkdir(parents=True, exist_ok=True)
        _write(goal, data)
        origins[added] = str(file)
        _write(settings.added / _ORIGINS, json.dumps(origins, indent=1).encode())
    except OSError as exc:
        raise LibraryError(
            f"The file {str(file)!r} could not be copied into {str(settings.added)!r} ({exc}). "
            "Check the folder's permissions and free space."
        ) from exc
    return f"{ADDED}/{added}"


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

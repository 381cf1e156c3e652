"""Which files make up the library: the documents folder, and files added from elsewhere."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
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


@dataclass(slots=True)
class Chosen:
    """The files that a run was given.

    Attributes:
        source_ids: Their ids.
        named: Those that were named one by one, not by a folder above them.
        fresh: Those that come from elsewhere.
    """

    source_ids: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)
    fresh: dict[str, Source] = field(default_factory=dict)


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


def choose(settings: LibrarySettings, paths: Sequence[Path], report: IngestReport) -> Chosen:
    """Return the files that ``paths`` name.

    A file outside the documents folder is copied into a waiting room of the storage; `keep` moves
    it to its place once it has been read. Added again from the same place it takes its earlier
    copy's name; a namesake from another place gets its content's hash as a suffix. What is missing
    or unreadable is listed as failed in ``report``.

    Raises:
        LibraryError: A file could not be copied.
    """
    chosen = Chosen()
    origins = _origins(settings)
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
                name = _name(file.relative_to(path.parent))
                added = _add(settings, file, name, origins, report)
                if added is None:
                    continue
                source_id = added.source_id
                if added.goal is not None:
                    chosen.fresh[source_id] = added
            chosen.source_ids.add(source_id)
            if file == path:
                chosen.named.add(source_id)
        for error in unread:
            reason = f"The folder cannot be read ({error.strerror}). Check its permissions."
            report.failed.append((str(error.filename), reason))
    return chosen


def keep(settings: LibrarySettings, sources: Sequence[Source]) -> None:
    """Move copied files from the waiting room to their places among the added ones.

    Args:
        settings: Where the added files stand.
        sources: Files of any kind; those in the documents folder stay where they are.

    Raises:
        LibraryError: One could not be moved.
    """
    goals = {source: source.goal for source in sources if source.goal is not None}
    if not goals:
        return
    origins = _origins(settings)
    for source, goal in goals.items():
        origins[_name(goal.relative_to(settings.added))] = source.origin
    try:
        settings.added.mkdir(parents=True, exist_ok=True)
        _write(settings.added / _ORIGINS, json.dumps(origins, indent=1).encode())
    except OSError as exc:
        raise _not_copied(str(settings.added / _ORIGINS), settings, exc) from exc
    for source, goal in goals.items():
        try:
            goal.parent.mkdir(parents=True, exist_ok=True)
            source.path.replace(goal)
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


def _add(
    settings: LibrarySettings,
    file: Path,
    name: str,
    origins: dict[str, str],
    report: IngestReport,
) -> Source | None:
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
    known = [taken for taken, origin in origins.items() if origin == str(file)]
    earlier = name if name in known or not known else known[0]
    goal = settings.added / earlier
    try:
        if goal.is_file() and goal.read_bytes() == data:
            source_id = f"{ADDED}/{earlier}"
            return Source(source_id, goal, source_id)
        # Taken by an earlier copy, or by another file of this very run.
        taken = goal.exists() or earlier in origins
        if taken and origins.get(earlier) != str(file):
            suffix = hashlib.sha256(data).hexdigest()[:8]
            goal = goal.with_name(f"{goal.stem}-{suffix}{goal.suffix}")
        added = _name(goal.relative_to(settings.added))
        if goal.is_dir() or any(above.is_file() for above in goal.parents):
            reason = "A file and a folder of this name were added. Rename one, and add it again."
            report.failed.append((str(file), reason))
            return None
        origins[added] = str(file)
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
        for name in folders:
            if os.path.islink(os.path.join(here, name)) and not _is_passed_over(name):
                # It may lead anywhere, round in a circle included.
                error = OSError(errno.ELOOP, "it is a link; put the folder itself there")
                error.filename = str(Path(here, name))
                unread(error)
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

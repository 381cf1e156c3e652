"""Which files make up the library: the documents folder, and files added from elsewhere."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
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
    the folder is listed as failed in ``report``.
    """
    sources: dict[str, Source] = {}
    for folder, prefix in ((settings.documents, ""), (settings.added, f"{ADDED}/")):
        root = folder.resolve()
        for path in _files(folder):
            doc_id = prefix + _name(path.relative_to(folder))
            if path.is_symlink() and not path.resolve().is_relative_to(root):
                reason = (
                    "It is a link to a file outside the documents folder. "
                    "Copy the file itself into the folder."
                )
                report.failed.append((doc_id, reason))
            elif doc_id in sources:
                reason = f"Another document has the name {doc_id!r} too. Rename one of the files."
                report.failed.append((doc_id, reason))
            else:
                sources[doc_id] = Source(doc_id, path)
    return sources


def choose(
    settings: LibrarySettings, paths: Sequence[Path], report: IngestReport
) -> set[str]:
    """Return the document ids that ``paths`` name, after copying files from elsewhere.

    A file outside the documents folder is read first and, if it is a document, copied into the
    storage. Added again from the same place it takes its earlier copy's name; a namesake from
    another place gets its content's hash as a suffix. What is missing or unreadable is listed as
    failed in ``report``.
    """
    chosen: set[str] = set()
    for given in paths:
        path = given.expanduser().absolute()
        if not path.exists():
            reason = "There is no such file or folder. Check the path."
            report.failed.append((str(given), reason))
            continue
        inside = _inside(path, settings)
        if inside is not None:
            root, prefix = inside
            files = _files(path) if path.is_dir() else iter([path])
            resolved_root = root.resolve()
            for file in files:
                parent = file.parent.resolve()
                chosen.add(prefix + _name((parent / file.name).relative_to(resolved_root)))
        else:
            files = _files(path) if path.is_dir() else iter([path])
            base = path.parent
            for file in files:
                doc_id = _add(settings, file, _name(file.relative_to(base)), report)
                if doc_id is not None:
                    chosen.add(doc_id)
    return chosen


def _inside(path: Path, settings: LibrarySettings) -> tuple[Path, str] | None:
    place = path.parent.resolve() / path.name
    for root, prefix in ((settings.documents, ""), (settings.added, f"{ADDED}/")):
        if place == root.resolve() or place.is_relative_to(root.resolve()):
            return root, prefix
    return None


def _add(settings: LibrarySettings, file: Path, name: str, report: IngestReport) -> str | None:
    """Copy a file into the storage and return its document id; None where it failed."""
    try:
        data = file.read_bytes()
        load(file.name, data)
    except OSError as exc:
        reason = f"The file cannot be read ({exc.strerror}). Check its permissions."
        report.failed.append((str(file), reason))
        return None
    except LoadError as exc:
        report.failed.append((str(file), str(exc)))
        return None
    try:
        settings.added.mkdir(parents=True, exist_ok=True)
        origins = _origins(settings)
        goal = settings.added / name
        if goal.exists() and origins.get(name) != str(file) and goal.read_bytes() != data:
            suffix = hashlib.sha256(data).hexdigest()[:8]
            goal = goal.with_name(f"{goal.stem}-{suffix}{goal.suffix}")
            name = _name(goal.relative_to(settings.added))
        goal.parent.mkdir(parents=True, exist_ok=True)
        _write(goal, data)
        origins[name] = str(file)
        _write(settings.added / _ORIGINS, json.dumps(origins, indent=1).encode())
    except OSError as exc:
        raise LibraryError(
            f"The file {str(file)!r} could not be copied into {str(settings.added)!r} ({exc}). "
            "Check the folder's permissions and free space."
        ) from exc
    return f"{ADDED}/{name}"


def _origins(settings: LibrarySettings) -> dict[str, str]:
    try:
        found = json.loads((settings.added / _ORIGINS).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return {str(name): str(origin) for name, origin in found.items()}


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_bytes(data)
    fresh.replace(path)


def _files(folder: Path) -> Iterator[Path]:
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith((".", "~$")):
                yield Path(here) / name


def _name(path: Path) -> str:
    """Return a relative path as a document id: forward slashes, valid Unicode."""
    return os.fsencode(path.as_posix()).decode("utf-8", "replace")

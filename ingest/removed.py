"""Documents that a person took out of the library while their files stayed in the folder."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from ingest.errors import LibraryError
from ingest.reading import PART_SEPARATOR

REMOVED = "removed.json"  # in the storage


class RemovedDocuments:
    """Ids that a sync passes over until their file is named to `footnote ingest`."""

    def __init__(self, storage: Path) -> None:
        """Read the list in a storage folder; there is none at first.

        Raises:
            LibraryError: The list is there and cannot be read.
        """
        self._path = storage / REMOVED
        self._restored: dict[str, set[str]] = {}
        try:
            self._ids = set(map(str, json.loads(self._path.read_text(encoding="utf-8"))))
        except FileNotFoundError:
            self._ids = set()
        except (OSError, ValueError, TypeError) as exc:
            raise LibraryError(
                f"The list of removed documents {str(self._path)!r} cannot be read ({exc}). "
                "Delete it to take all documents in again."
            ) from exc

    def __contains__(self, doc_id: object) -> bool:
        """Whether a document, or the file that it is a part of, was removed."""
        return doc_id in self._ids

    def add(self, doc_ids: Iterable[str]) -> None:
        """Put documents on the list."""
        self._ids.update(doc_ids)
        self._save()

    def restore(self, source_ids: Iterable[str]) -> set[str]:
        """Take files and all their documents off the list; return the files it concerned.

        It holds for this run; `save_restored` makes it last.
        """
        for source_id in source_ids:
            own = {
                doc_id
                for doc_id in self._ids
                if doc_id == source_id or doc_id.startswith(source_id + PART_SEPARATOR)
            }
            if own:
                self._ids -= own
                self._restored[source_id] = own
        return set(self._restored)

    def save_restored(self, failed: Iterable[str]) -> None:
        """Make what was restored last, but for the files that could not be read."""
        for source_id in failed:
            self._ids |= self._restored.pop(source_id, set())
        if self._restored:
            self._save()

    def _save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(sorted(self._ids), ensure_ascii=False, indent=1), "utf-8")
        fresh.replace(self._path)

"""The documents of a file that holds several: how each is read, named, and refused."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import PurePath

from ingest.document import LoadedDocument, Part
from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.loaders.registry import check_text, read, require_format, supported_suffixes

INSIDE = "#"  # stands between a file inside a file and what that holds


def read_part(
    name: str, form: str, data: bytes, limits: Limits, load: Callable[[], LoadedDocument]
) -> Part:
    """Return a part with its document, or with the reason why it could not be read.

    Args:
        name: The part's name.
        form: Its format.
        data: Its own bytes.
        limits: How much text it may hold.
        load: Reads it; raises LoadError where that fails.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        document = load()
        check_text(document, limits)
    except LoadError as exc:
        return Part(name, form, sha256, len(data), None, str(exc))
    return Part(name, form, sha256, len(data), document)


def failed(name: str, reason: str, data: bytes = b"", size_bytes: int | None = None) -> Part:
    """Return a part that is refused.

    Args:
        name: The part's name.
        reason: Why, and what to do.
        data: Its bytes, where they were read; the hash is empty where they were not.
        size_bytes: Its length, where that is known without its bytes.
    """
    size = len(data) if size_bytes is None else size_bytes
    sha256 = hashlib.sha256(data).hexdigest() if data else ""
    return Part(name, format_of(name), sha256, size, None, reason)


def is_known(name: str) -> bool:
    """Whether a loader reads files of this name."""
    return PurePath(name).suffix.lower() in supported_suffixes()


def format_of(name: str) -> str:
    """Return the format of a file inside a file; its bare suffix where no loader reads it."""
    try:
        return require_format(name)
    except LoadError:
        return PurePath(name).suffix.lower().removeprefix(".")


def read_inside(name: str, data: bytes, limits: Limits) -> Iterator[Part]:
    """Read a file that stands in another, document by document.

    Args:
        name: Its name there.
        data: Its bytes.
        limits: The bounds for it, from `Limits.inside`.

    Yields:
        Its documents, named after it: `name` for a plain file's only one, `name#part` for those
        of a file that holds several. Where it fails as a whole, one part that says why.
    """
    try:
        for part in read(name, data, limits):
            inner = f"{name}{INSIDE}{part.name}" if part.name else name
            yield replace(part, name=inner)
    except LoadError as exc:
        yield failed(name, str(exc), data)
    except RecursionError:  # its own failure, not that of the whole file
        yield failed(name, "It nests too deep to be read. Save it in a simpler form.", data)


def check_nesting(limits: Limits) -> None:
    """Refuse a file with files in it that stands too deep in others.

    Raises:
        LoadError: It does.
    """
    if limits.nesting < 0:
        raise LoadError(
            "It stands too deep, in an archive in an archive and so on. Unpack the outer ones "
            "into the documents folder."
        )


class Names:
    """Gives out each name once; a name that is taken gets a number before its suffix."""

    def __init__(self) -> None:
        """Start with no name taken."""
        self._given: dict[str, int] = {}

    def give(self, name: str) -> str:
        """Return ``name`` itself the first time, then ``name (2)`` and so on."""
        free, suffix = name, PurePath(name).suffix
        while free in self._given:
            self._given[name] += 1
            free = f"{name.removesuffix(suffix)} ({self._given[name]}){suffix}"
        self._given[free] = 1
        return free


def without_repeats(parts: Iterable[Part]) -> Iterator[Part]:
    """Yield ``parts``, each name once: a later one of the same name is refused under another."""
    names = Names()
    for part in parts:
        name = names.give(part.name)
        if name != part.name:
            reason = "The file holds another of the same name, which is read. Rename one of them."
            part = replace(part, name=name, document=None, reason=part.reason or reason)
        yield part

"""Zip archives: each file inside through its own loader; nothing is written to a disk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from zipfile import ZipFile, ZipInfo

from ingest.document import Part
from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.loaders.common.archive import is_link, open_archive, read_member
from ingest.loaders.common.parts import check_nesting, failed, read_inside, without_repeats
from ingest.loaders.registry import require_format

SUFFIXES = {".zip": "zip"}

_NAMED_IN_UTF8 = 0x800
_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def parts(data: bytes, limits: Limits) -> Iterator[Part]:
    """Read a zip archive, file by file, archives inside it too.

    Folders, hidden files, and what systems and office programs leave behind are passed over. A
    file that cannot be read, or should not be, is a part that says why.

    Args:
        data: The archive's bytes.
        limits: What it may unpack to, all its levels together, and how deep they may go.

    Yields:
        The documents in the archive's order, named by their paths in it.

    Raises:
        LoadError: It is damaged, stands too deep, or unpacks to too much.
    """
    check_nesting(limits)
    inside = limits.inside()
    with open_archive(data, inside, "a zip archive") as archive:
        yield from without_repeats(_members(archive, inside))


def _members(archive: ZipFile, limits: Limits) -> Iterator[Part]:
    taken: set[str] = set()
    for member in archive.infolist():
        name = _name(member)
        if name.endswith("/") or _is_passed_over(name):  # the first is a folder
            continue
        shown = _CONTROL.sub("�", name)
        try:
            _check(name, member)
            require_format(name)
            if name in taken:
                raise LoadError(
                    "The archive holds another file of the same name, which is read. Rename one "
                    "of them, or pack the archive anew."
                )
            content = read_member(archive, member, limits)
        except LoadError as exc:
            yield failed(shown, str(exc), size_bytes=member.file_size)
            continue
        taken.add(name)
        yield from read_inside(name, content, limits)


def _name(member: ZipInfo) -> str:
    """Return a member's name; those not marked as UTF-8 often are, and else are cp437."""
    name = member.orig_filename
    if member.flag_bits & _NAMED_IN_UTF8:
        return name
    try:
        return name.encode("cp437").decode("utf-8")
    except UnicodeError:
        return name


def _check(name: str, member: ZipInfo) -> None:
    """Refuse a member whose name or kind would lead out of the archive.

    Raises:
        LoadError: The message says why.
    """
    mend = "Pack the archive anew, from a folder."
    if not name:
        raise LoadError(f"It has no name. {mend}")
    if is_link(member):
        raise LoadError(f"It is a link to another file, which is not followed. {mend}")
    if _CONTROL.search(name):
        raise LoadError(f"Its name holds control characters. {mend}")
    if "\\" in name:
        raise LoadError(f"Its name holds a backslash. {mend}")
    if name.startswith("/") or _DRIVE.match(name):
        raise LoadError(f"Its name is an absolute path. {mend}")
    if ".." in name.split("/"):
        raise LoadError(f"Its name leads out of the archive. {mend}")


def _is_passed_over(name: str) -> bool:
    """Whether a member is hidden, a lock file of an office program, or a system's own."""
    folders = [part for part in re.split(r"[/\\]", name) if part not in (".", "..")]
    return any(part.startswith((".", "~$")) or part == "__MACOSX" for part in folders)

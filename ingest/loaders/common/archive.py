"""Opens zip archives, office files among them, without being drowned or led astray by them."""

from __future__ import annotations

import stat
from io import BytesIO
from zipfile import BadZipFile, ZipFile, ZipInfo

from ingest.errors import LoadError
from ingest.limits import Limits

_SMALL = 1024 * 1024  # an archive that unpacks to less is no bomb, whatever its ratio
_ENCRYPTED = 0x1


def open_archive(data: bytes, limits: Limits, kind: str) -> ZipFile:
    """Open a zip archive after checking what it says it unpacks to.

    A member never yields more bytes than its entry says, so the check holds while it is read. An
    archive inside a file is charged to the account that it shares with that file's others.

    Args:
        data: The file's bytes.
        limits: What it may unpack to.
        kind: What the file should be, for the message: ``a Word file``.

    Raises:
        LoadError: It is no zip archive, or unpacks to more than the limits allow.
    """
    try:
        archive = ZipFile(BytesIO(data))
    except (BadZipFile, ValueError, OSError, NotImplementedError) as exc:
        raise LoadError(
            f"The file is damaged or not {kind} ({exc}). Replace it with a whole copy."
        ) from exc
    members = archive.infolist()
    account = limits.unpacking
    most_members = min(limits.members, account.members_left) if account else limits.members
    most_bytes = (
        min(limits.unpacked_bytes, account.bytes_left) if account else limits.unpacked_bytes
    )
    if len(members) > most_members:
        raise LoadError(
            f"The archive holds {len(members):,} files; the limit is {most_members:,}. "
            "Unpack it into the documents folder instead."
        )
    unpacked = sum(member.file_size for member in members)
    if unpacked > most_bytes or (
        unpacked > _SMALL and unpacked > len(data) * limits.unpacked_ratio
    ):
        raise LoadError(
            f"The file unpacks from {len(data):,} to {unpacked:,} bytes, more than is read "
            f"(at most {most_bytes:,} bytes, and {limits.unpacked_ratio} times its own "
            "size). If it is what it should be, unpack it into the documents folder instead."
        )
    if account:
        account.members_left -= len(members)
        account.bytes_left -= unpacked
    return archive


def read_member(archive: ZipFile, member: ZipInfo | str, limits: Limits) -> bytes:
    """Return a member's bytes.

    Raises:
        LoadError: It is encrypted, damaged, too large, or not there.
    """
    try:
        info = archive.getinfo(member) if isinstance(member, str) else member
        if info.flag_bits & _ENCRYPTED:
            raise LoadError("It is encrypted. Save it without a password.")
        if info.file_size > limits.file_bytes:
            raise LoadError(f"It is too large ({info.file_size:,} bytes). Divide it.")
        return archive.read(info)
    except LoadError:
        raise
    except KeyError as exc:
        raise LoadError(f"The archive lacks {member!r}; it is damaged. Replace it.") from exc
    except Exception as exc:  # a decompressor fails on damaged data in ways of its own
        raise LoadError(
            f"It is damaged inside the archive ({type(exc).__name__}: {exc}). Replace it."
        ) from exc


def is_link(member: ZipInfo) -> bool:
    """Whether a member is a symbolic link, which leads to a place on somebody's disk."""
    return stat.S_ISLNK(member.external_attr >> 16)

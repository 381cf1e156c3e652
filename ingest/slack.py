"""The unused room in Chroma's vector files, which holds whatever stood in the writer's memory.

Chroma's index gives room for more vectors than there are, and writes all of it to disk without
having cleared it: also from a process that only reads, since an index that was never filled is made
anew by whoever opens it. In a server that memory may have held the words of a document which has
been purged since. The room is filled with zeros here; nothing reads it.
"""

from __future__ import annotations

import struct
from pathlib import Path

# Chroma's hnswlib: the form's version, the offset of the first level, how many vectors there is
# room for, how many there are, and the bytes of each in the first file.
_HEADER = struct.Struct("<iQQQQ")
_VERSION = 1
_LENGTH_BYTES = 4  # of each in the second


def wipe_slack(folder: Path) -> None:
    """Fill the unused room in the vector files below a folder with zeros.

    Files in a form that is not known are left alone, and so are those that cannot be written,
    which Chroma could not have written either.
    """
    for header in folder.glob("*/header.bin"):
        try:
            version, _, room, held, size = _HEADER.unpack_from(header.read_bytes())
            if version != _VERSION or held > room:
                continue
            _wipe(header.with_name("data_level0.bin"), size, held, room)
            _wipe(header.with_name("length.bin"), _LENGTH_BYTES, held, room)
        except (OSError, struct.error):
            continue


def _wipe(path: Path, size: int, held: int, room: int) -> None:
    if path.stat().st_size != size * room or held == room:
        return
    with path.open("r+b") as handle:
        handle.seek(size * held)
        handle.write(bytes(size * (room - held)))

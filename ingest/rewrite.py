"""Vectors written anew in a process that never saw a text.

Chroma writes whole blocks of memory to disk, the unused parts with whatever stood there before.
In a process that read documents that may be their words; this one reads vectors and ids alone, and
has memory wiped as it is freed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from ingest.errors import LibraryError
from ingest.settings import ROOT

_COMMAND = "from ingest.rewrite import main; main()"
_WIPED = {"MALLOC_PERTURB_": "90", "MALLOC_ARENA_MAX": "1"}  # read by glibc; harmless elsewhere


def rewrite_vectors(
    old: Path, new: Path, metadata: dict[str, str], chunks: list[tuple[str, str]]
) -> None:
    """Write some vectors of one folder into another.

    Args:
        old: Folder of a finished store, or of none where ``chunks`` is empty.
        new: Folder of the new one.
        metadata: What it is to remember of its making.
        chunks: Chunk ids with their documents' ids.

    Raises:
        LibraryError: The process failed; the message is its own.
    """
    given = {"old": str(old), "new": str(new), "metadata": metadata, "chunks": chunks}
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, "-c", _COMMAND],
        input=json.dumps(given),
        env={**os.environ, **_WIPED, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        raise LibraryError(
            f"The vectors could not be written anew ({lines[-1] if lines else done.returncode}). "
            "Check the storage folder's permissions and free space, and try again."
        )


def main() -> None:
    """Do the work that stands on stdin."""
    from ingest.vectors import VectorStore

    given = json.load(sys.stdin)
    with (
        closing(VectorStore.open(Path(given["old"]))) as old,
        closing(VectorStore.create(Path(given["new"]), given["metadata"])) as new,
    ):
        new.copy_from(old, [(chunk_id, doc_id) for chunk_id, doc_id in given["chunks"]])

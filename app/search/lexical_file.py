"""The file that keeps a library's term counts, so that they need not be counted at each opening.

    magic, 32 bytes of BLAKE2b over what follows, header length, header (JSON), arrays

It is derived data: whatever is wrong with it, it is as if there were none. It is written beside
and moved into place, and holds numbers and terms alone, nothing that is run.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import tempfile
import time
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import Stemmer
from numpy.typing import NDArray
from scipy import sparse

from app.search.lexical_counts import TermCounts, narrowed
from app.text.language import LANGUAGES, Language

_LOG = logging.getLogger(__name__)

FILE = "lexical.bin"
# Raised whenever `app.text.terms` finds other terms in the same text; a test pins some.
TERMS_VERSION = 1
_MAKING = f"{TERMS_VERSION} Snowball {Stemmer.version()} Unicode {unicodedata.unidata_version}"
_MAGIC = b"footnote lexical 1\n\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
_DIGEST = 32
_ALIGN = 16  # as Python places bytes in memory, so that arrays can be read where they lie
_LEFT_OVER_S = 3600.0  # a file half written for so long belongs to a process that was killed

KEY_BYTES = 16
Keys = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class LexicalData:
    """Term counts of one generation, and what they were made from.

    Attributes:
        generation: Its name.
        document_keys: A hash of each document's chunks, ``(n_documents, 16)`` uint8.
        languages: Of each document.
        chunk_keys: A hash of what each chunk's terms depend on, ``(n_chunks, 16)`` uint8.
        counts: A row a chunk.
    """

    generation: str
    document_keys: Keys
    languages: tuple[Language, ...]
    chunk_keys: Keys
    counts: TermCounts


def save(data: LexicalData, folder: Path) -> bool:
    """Write the file; return whether that could be done, as it cannot in a read-only storage."""
    matrix = data.counts.matrix
    terms = "\n".join(data.counts.vocabulary).encode("utf-8", "surrogatepass")
    codes = [LANGUAGES.index(language) for language in data.languages]
    payload = _packed(
        {"generation": data.generation, "making": _MAKING},
        {
            "document_keys": data.document_keys,
            "languages": np.array(codes, dtype=np.uint8),
            "chunk_keys": data.chunk_keys,
            "terms": np.frombuffer(terms, dtype=np.uint8),
            "starts": matrix.indptr.astype(np.int64),
            "positions": matrix.indices.astype(np.int32),
            "counts": matrix.data,
        },
    )
    fresh: Path | None = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        with tempfile.NamedTemporaryFile(
            dir=folder, prefix=FILE, suffix=".new", delete=False
        ) as handle:
            fresh = Path(handle.name)
            handle.write(_MAGIC)
            handle.write(hashlib.blake2b(payload, digest_size=_DIGEST).digest())
            handle.write(payload)
        fresh.replace(folder / FILE)
    except OSError as exc:
        _LOG.info("the lexical index stays in memory, %r cannot be written: %s", str(folder), exc)
        if fresh is not None:
            with contextlib.suppress(OSError):
                fresh.unlink(missing_ok=True)
        return False
    return True


def load(folder: Path) -> LexicalData | None:
    """Read the file; None where there is none, or it is damaged or of another version."""
    try:
        whole = (folder / FILE).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as exc:
        _LOG.warning("the lexical index %r cannot be read: %s", str(folder / FILE), exc)
        return None
    start = len(_MAGIC) + _DIGEST
    payload = memoryview(whole)[start:]
    digest = hashlib.blake2b(payload, digest_size=_DIGEST).digest()
    if whole[:start] != _MAGIC + digest:
        _LOG.warning("the lexical index %r is damaged and is made anew", str(folder / FILE))
        return None
    header, arrays = _unpacked(payload)
    if header["making"] != _MAKING:
        return None
    terms = arrays["terms"].tobytes().decode("utf-8", "surrogatepass")
    vocabulary = {term: column for column, term in enumerate(terms.split("\n") if terms else [])}
    matrix = sparse.csc_array(
        (arrays["counts"], arrays["positions"], narrowed(arrays["starts"])),
        shape=(len(arrays["chunk_keys"]), len(vocabulary)),
    )
    return LexicalData(
        generation=header["generation"],
        document_keys=arrays["document_keys"],
        languages=tuple(LANGUAGES[code] for code in arrays["languages"].tolist()),
        chunk_keys=arrays["chunk_keys"],
        counts=TermCounts(vocabulary, matrix),
    )


def _packed(header: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> bytes:
    """Return a header and arrays as bytes, each array at a multiple of `_ALIGN`."""
    shapes = {name: [str(values.dtype), list(values.shape)] for name, values in arrays.items()}
    described = json.dumps({**header, "arrays": shapes}).encode()
    parts = [len(described).to_bytes(8, "little"), described]
    length = 8 + len(described)
    for values in arrays.values():
        parts += [b"\x00" * (-length % _ALIGN), np.ascontiguousarray(values).tobytes()]
        length += len(parts[-2]) + len(parts[-1])
    return b"".join(parts)


def _unpacked(payload: memoryview) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return what `_packed` packed; the arrays are views of the payload."""
    at = 8 + int.from_bytes(payload[:8], "little")
    header = json.loads(bytes(payload[8:at]))
    arrays = {}
    for name, (dtype, shape) in header["arrays"].items():
        at += -at % _ALIGN
        size = int(np.prod(shape, dtype=np.int64))
        arrays[name] = np.frombuffer(payload, dtype, size, at).reshape(shape)
        at += arrays[name].nbytes
    return header, arrays


def _sweep(folder: Path) -> None:
    """Delete what processes that were killed had begun to write."""
    for path in folder.glob(f"{FILE}*.new"):
        with contextlib.suppress(OSError):
            if os.path.getmtime(path) < time.time() - _LEFT_OVER_S:
                path.unlink()

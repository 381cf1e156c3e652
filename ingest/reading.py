"""One file, read and split: what a reading process does, and what it tells of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from ingest.document import Part, SplitChunk
from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.loaders import read, require_format
from ingest.loaders.registry import too_large
from ingest.split import Tokenizer, split

PART_SEPARATOR = "#"


@dataclass(frozen=True, slots=True)
class Splitting:
    """How texts are split; the tokens are the embedder's."""

    chunk_tokens: int
    overlap_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """A file to read.

    Attributes:
        source_id: Its id in the library.
        path: Where it stands.
        known: Hashes of its documents that the library holds, by the documents' ids.
    """

    source_id: str
    path: Path
    known: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ReadPart:
    """A document of the file, read and split, or with the reason why not."""

    doc_id: str
    title: str
    part: Part
    chunks: tuple[SplitChunk, ...]


@dataclass(frozen=True, slots=True)
class SamePart:
    """A document of the file that the library holds as it is."""

    doc_id: str


@dataclass(frozen=True, slots=True)
class Done:
    """The file was read to its end; the hash is that of the very bytes that were read."""

    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The file as a whole could not be read, or not to its end."""

    reason: str


Message = ReadPart | SamePart | Done | Failed


def read_file(
    request: Request, tokenizer: Tokenizer, splitting: Splitting, limits: Limits
) -> Iterator[Message]:
    """Read and split a file, document by document.

    Yields:
        Its documents in order, then `Done` or `Failed`, which is always the last.
    """
    try:
        require_format(request.path.name)
        data = _bytes(request.path, limits)
        for part in read(request.path.name, data, limits):
            limits.tick()
            yield _message(request, part, tokenizer, splitting)
    except LoadError as exc:
        yield Failed(str(exc))
    except OSError as exc:
        yield Failed(unreadable(exc))
    except (MemoryError, RecursionError) as exc:
        yield Failed(
            f"The file takes more memory to read than it may ({type(exc).__name__}). "
            "Divide it into smaller files."
        )
    else:
        yield Done(hashlib.sha256(data).hexdigest(), len(data))


def doc_id_of(source_id: str, part: str) -> str:
    """Return the id of a file's document: the file's own, or `path#name` where it holds many."""
    return f"{source_id}{PART_SEPARATOR}{part}" if part else source_id


def unreadable(exc: OSError) -> str:
    """Return the reason for a file that the system does not let us read."""
    return f"The file cannot be read ({exc.strerror}). Check that it is there and its permissions."


def _bytes(path: Path, limits: Limits) -> bytes:
    with path.open("rb") as handle:
        # One more than is allowed tells a file that is too large, also one that grows meanwhile.
        data = handle.read(limits.file_bytes + 1)
    if len(data) > limits.file_bytes:
        raise too_large(path.stat().st_size, limits)
    return data


def _message(
    request: Request, part: Part, tokenizer: Tokenizer, splitting: Splitting
) -> ReadPart | SamePart:
    name = _valid(part.name)
    doc_id = doc_id_of(request.source_id, name)
    if part.document is None:
        return ReadPart(doc_id, "", replace(part, name=name), ())
    if request.known.get(doc_id) == part.sha256:
        return SamePart(doc_id)
    title = part.document.title or _title_from(doc_id)
    chunks = split(
        part.document, title, tokenizer, splitting.chunk_tokens, splitting.overlap_tokens
    )
    return ReadPart(doc_id, title, replace(part, name=name), tuple(chunks))


def _valid(name: str) -> str:
    """Return a document's name as valid Unicode; halves of surrogate pairs become U+FFFD."""
    return name.encode("utf-8", "replace").decode("utf-8") if name else name


def _title_from(doc_id: str) -> str:
    """Return a title for a document that has none: its file's name, as words."""
    return PurePosixPath(doc_id).stem.replace("_", " ").replace("-", " ").strip() or doc_id

"""One file, read and split: what a reading process does, and what it tells of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from ingest.document import LoadedDocument, Part, SplitChunk
from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.loaders import read, require_format
from ingest.loaders.registry import too_large
from ingest.sentences import SentenceSpans
from ingest.split import Tokenizer, split

PART_SEPARATOR = "#"
_SURROGATE = re.compile("[\ud800-\udfff]")


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
        seen: set[str] = set()
        for part in read(request.path.name, data, limits):
            limits.tick()
            part = replace(part, name=valid(part.name))
            if part.name in seen and part.document is not None:
                reason = f"Another document of the file has the name {part.name!r} too."
                part = replace(part, document=None, reason=reason)
            seen.add(part.name)
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
    doc_id = doc_id_of(request.source_id, part.name)
    if part.document is None:
        return ReadPart(doc_id, "", part, ())
    if request.known.get(doc_id) == part.sha256:
        return SamePart(doc_id)
    document = _valid_document(part.document)
    title = document.title or _title_from(doc_id)
    chunks = split(document, title, tokenizer, splitting.chunk_tokens, splitting.overlap_tokens)
    spans = SentenceSpans(document.text, document.rows, document.headings)
    with_sentences = tuple(
        replace(chunk, sentences=tuple(spans.between(chunk.start, chunk.end))) for chunk in chunks
    )
    return ReadPart(doc_id, title, replace(part, document=document), with_sentences)


def valid(text: str) -> str:
    """Return text as valid Unicode of the same length; halves of surrogate pairs become U+FFFD."""
    return _SURROGATE.sub("\ufffd", text)


def _valid_document(document: LoadedDocument) -> LoadedDocument:
    """Return a document whose texts are valid Unicode; the offsets stay what they are."""
    names = [document.title or "", *document.card.authors, *document.card.skipped]
    names += [name for section in document.sections for name in section.path]
    if not any(map(_SURROGATE.search, [document.text, *names])):
        return document
    card = replace(document.card, authors=tuple(map(valid, document.card.authors)))
    return replace(
        document,
        text=valid(document.text),
        title=valid(document.title) if document.title else None,
        sections=tuple(
            replace(section, path=tuple(map(valid, section.path))) for section in document.sections
        ),
        card=replace(card, skipped=tuple(map(valid, card.skipped))),
    )


def _title_from(doc_id: str) -> str:
    """Return a title for a document that has none: its file's name, as words."""
    return PurePosixPath(doc_id).stem.replace("_", " ").replace("-", " ").strip() or doc_id

"""The lexical index of a library: as it was kept, brought in step with what has changed since.

Which chunks changed is told by keys, without looking at a text: the hash of a chunk's embedded
form and the chunk's length say what its text is, and title, heading path and language what else
its terms depend on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from app.search.lexical import LexicalIndex
from app.search.lexical_counts import TermCounts, count_terms
from app.search.lexical_file import KEY_BYTES, Keys, LexicalData, load, save
from app.text.language import LANGUAGES, Language, detect
from app.text.terms import terms
from ingest.document import Chunk
from ingest.library import Library

_SAMPLES, _SAMPLE_CHARS = 6, 600  # of a document, to tell its language


@dataclass(frozen=True, slots=True)
class LibraryLexicon:
    """The lexical side of an open library.

    Attributes:
        index: Scores the library's chunks, in its order.
        languages: Of each document, by its id.
    """

    index: LexicalIndex
    languages: dict[str, Language]


def open_lexicon(library: Library, folder: Path) -> LibraryLexicon:
    """Return the lexical index of a library's chunks.

    Args:
        library: An open generation.
        folder: Where the index is kept between openings. What lies there is used as far as it
            fits and replaced where it does not; a folder that cannot be written costs time alone.
    """
    chunks = {doc_id: list(own) for doc_id, own in _by_document(library)}
    document_keys = _keys(_document_identity(library, own) for own in chunks.values())
    kept = load(folder)
    if kept is None or not (
        kept.generation == library.name and np.array_equal(kept.document_keys, document_keys)
    ):
        kept = _in_step(library, chunks, document_keys, kept)
        save(kept, folder)
    held = [language for language in LANGUAGES if language in set(kept.languages)]
    return LibraryLexicon(
        LexicalIndex(kept.counts, held), dict(zip(chunks, kept.languages, strict=True))
    )


def _in_step(
    library: Library,
    chunks: dict[str, list[Chunk]],
    document_keys: Keys,
    kept: LexicalData | None,
) -> LexicalData:
    """Return a library's counts, those of unchanged chunks taken over from an earlier file."""
    told = dict(zip(_split(kept.document_keys), kept.languages, strict=True)) if kept else {}
    languages = tuple(
        told.get(key) or _language(library, own)
        for key, own in zip(_split(document_keys), chunks.values(), strict=True)
    )
    ordered = [
        (chunk, language)
        for own, language in zip(chunks.values(), languages, strict=True)
        for chunk in own
    ]
    chunk_keys = _keys(_chunk_identity(library, chunk, language) for chunk, language in ordered)
    row_of = {key: row for row, key in enumerate(_split(kept.chunk_keys))} if kept else {}
    rows = np.array([row_of.get(key, -1) for key in _split(chunk_keys)], dtype=np.int64)
    fresh = (
        terms(_form(library, chunk), language)
        for (chunk, language), row in zip(ordered, rows.tolist(), strict=True)
        if row < 0
    )
    counts: TermCounts = kept.counts.recombined(rows, fresh) if kept else count_terms(fresh)
    return LexicalData(library.name, document_keys, languages, chunk_keys, counts)


def _by_document(library: Library) -> Iterator[tuple[str, Iterator[Chunk]]]:
    """Yield each document's chunks; those of one document follow each other."""
    return groupby(library.chunks.values(), key=lambda chunk: chunk.doc_id)


def _form(library: Library, chunk: Chunk) -> str:
    """Return the text that a chunk is indexed by."""
    title = library.documents[chunk.doc_id].title
    return " ".join(part for part in (title, chunk.section, library.text(chunk)) if part)


def _language(library: Library, chunks: list[Chunk]) -> Language:
    """Return the language of a document by samples of its chunks."""
    step = -(-len(chunks) // _SAMPLES)
    texts = [library.text(chunk)[:_SAMPLE_CHARS] for chunk in chunks[::step]]
    return detect("\n".join(texts))


def _document_identity(library: Library, chunks: list[Chunk]) -> bytes:
    title = library.documents[chunks[0].doc_id].title
    return b"".join([_sized(title), *map(_text_identity, chunks)])


def _chunk_identity(library: Library, chunk: Chunk, language: Language) -> bytes:
    title = library.documents[chunk.doc_id].title
    return language.encode() + _text_identity(chunk) + _sized(title)


def _text_identity(chunk: Chunk) -> bytes:
    """Return what tells a chunk's text and heading path.

    The embedded form ends in the text, so with its length it says which part of it that is; the
    heading path may be cut in it.
    """
    return b"%d %b%b" % (chunk.end - chunk.start, chunk.form_hash, _sized(chunk.section or ""))


def _sized(text: str) -> bytes:
    data = text.encode("utf-8", "surrogatepass")
    return b"%d:%b" % (len(data), data)


def _keys(identities: Iterator[bytes]) -> Keys:
    """Return hashes of shape ``(n, KEY_BYTES)`` uint8."""
    joined = b"".join(
        hashlib.blake2b(identity, digest_size=KEY_BYTES).digest() for identity in identities
    )
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, KEY_BYTES)


def _split(keys: Keys) -> list[bytes]:
    whole = keys.tobytes()
    return [whole[at : at + KEY_BYTES] for at in range(0, len(whole), KEY_BYTES)]

"""Text to chunks: bounded by section, paragraph and sentence, measured in the embedder's tokens."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Protocol

from ingest.document import LoadedDocument, Section, SplitChunk
from ingest.sentences import split_sentences

PREFIX_TOKENS = 48
_PREFIX_END = "\n"


class Tokenizer(Protocol):
    """What the splitter asks of an embedder's tokenizer."""

    @property
    def window(self) -> int:
        """Most tokens that the embedder reads of one text, special ones included."""

    @property
    def special_tokens(self) -> int:
        """How many tokens the tokenizer adds to every text."""

    def token_starts(self, text: str) -> list[int]:
        """Return the offset of each token of ``text``, ascending, without special tokens."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return each text's length in tokens, special ones included."""


def split(
    document: LoadedDocument, title: str, tokenizer: Tokenizer, chunk_tokens: int
) -> list[SplitChunk]:
    """Split a document into chunks that the embedder reads whole.

    Chunks never cross a section. Inside one they are filled with whole paragraphs, then with whole
    sentences; only a sentence that is too long by itself is cut, at a space where there is one.

    Args:
        document: The loaded document.
        title: What the embedded form opens with, before the heading path.
        tokenizer: The embedder's own.
        chunk_tokens: Most tokens of an embedded form, special ones included; lowered to the
            embedder's window.

    Returns:
        Chunks in order, none overlapping; all text but headings and white space is in one. A
        heading with nothing below it is a chunk of its own.
    """
    limit = min(chunk_tokens, tokenizer.window)
    starts = tokenizer.token_starts(document.text)
    chunks: list[SplitChunk] = []
    for section, begin, end in _regions(document):
        prefix = _prefix(title, section, tokenizer)
        # A prefix's own tokens are counted without the special ones, which the body has too.
        prefix_tokens = tokenizer.count_tokens([prefix])[0] if prefix else tokenizer.special_tokens
        packer = _Packer(document, starts, max(limit - prefix_tokens, 16))
        for first, last in packer.pack(begin, end):
            chunks.extend(_measured(document.text, first, last, prefix, tokenizer, limit))
    return chunks


def embedded_form(prefix: str, text: str) -> str:
    """Return what the embedder reads for a chunk: title and heading path, then the text."""
    return f"{prefix}{_PREFIX_END}{text}" if prefix else text


def _regions(document: LoadedDocument) -> Iterator[tuple[Section, int, int]]:
    """Yield the stretches of text between headings, each with its section."""
    text = document.text
    cuts = sorted(
        {0, len(text)}
        | {section.start for section in document.sections}
        | {span.start for span in document.headings}
        | {span.end for span in document.headings}
    )
    heading_starts = {span.start: span.end for span in document.headings}
    current = Section((), 0)
    sections = {section.start: section for section in document.sections}
    bare: tuple[Section, int, int] | None = None
    for begin, end in zip(cuts, cuts[1:], strict=False):
        current = sections.get(begin, current)
        if heading_starts.get(begin) == end:
            if bare is not None and begin in sections and not _opens(bare[0], current):
                yield bare
                bare = None
            if begin in sections or (bare is None and _says_something(text[begin:end])):
                bare = (current, begin, end)
        elif text[begin:end].strip():
            bare = None
            yield current, begin, end
    if bare is not None:
        yield bare


def _says_something(line: str) -> bool:
    """Whether a heading's line is more than the rule below a heading or between paragraphs."""
    return any(char.isalnum() for char in line)


def _opens(outer: Section, inner: Section) -> bool:
    """Whether ``inner`` lies below ``outer``, so that its path repeats the outer heading."""
    return inner.path[: len(outer.path)] == outer.path and len(inner.path) > len(outer.path)


def _prefix(title: str, section: Section, tokenizer: Tokenizer) -> str:
    """Return title and heading path, cut from the left to at most `PREFIX_TOKENS` tokens."""
    parts = [part for part in (title, *section.path) if part]
    while parts:
        prefix = " > ".join(parts)
        if tokenizer.count_tokens([prefix])[0] <= PREFIX_TOKENS:
            return prefix
        if len(parts) == 1:
            words = parts[0].split()
            shorter = " ".join(words[: len(words) * 3 // 4])
            parts = [shorter] if shorter and len(words) > 1 else []
        else:
            del parts[0 if len(parts) == 2 else 1]
    return ""


class _Packer:
    """Fills chunks with paragraphs and sentences up to a number of tokens."""

    def __init__(self, document: LoadedDocument, starts: Sequence[int], budget: int) -> None:
        self._text = document.text
        self._rows = {span.start: span.end for span in document.rows}
        self._starts = starts
        self._budget = budget

    def pack(self, begin: int, end: int) -> Iterator[tuple[int, int]]:
        current: tuple[int, int] | None = None
        for paragraph in self._paragraphs(begin, end):
            last = paragraph[-1][1]
            if current is not None and self._tokens(current[0], last) <= self._budget:
                current = (current[0], last)
                continue
            if current is not None and self._is_full(current):
                yield current
                current = None
            for piece in self._pieces(paragraph):
                if current is not None and self._tokens(current[0], piece[1]) <= self._budget:
                    current = (current[0], piece[1])
                else:
                    if current is not None:
                        yield current
                    current = piece
        if current is not None:
            yield current

    def _is_full(self, span: tuple[int, int]) -> bool:
        return self._tokens(*span) >= self._budget // 2

    def _paragraphs(self, begin: int, end: int) -> Iterator[list[tuple[int, int]]]:
        """Yield each line's sentences; the first opens where the line does, marker included."""
        position = begin
        while position < end:
            stop = self._text.find("\n", position, end)
            stop = end if stop < 0 else stop
            first, last = _trim(self._text, position, stop)
            if first < last:
                if self._rows.get(position) == stop:
                    yield [(first, last)]
                else:
                    sentences = split_sentences(self._text, first, last) or [(first, last)]
                    yield [(first, sentences[0][1]), *sentences[1:]]
            position = stop + 1

    def _pieces(self, paragraph: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        for first, last in paragraph:
            while self._tokens(first, last) > self._budget:
                cut = self._cut(first, last)
                piece = _trim(self._text, first, cut)
                if piece[0] < piece[1]:
                    yield piece
                first, _ = _trim(self._text, cut, last)
            if first < last:
                yield first, last

    def _cut(self, first: int, last: int) -> int:
        """Return where to cut a sentence that is longer than a chunk."""
        index = bisect_left(self._starts, first) + self._budget
        limit = min(self._starts[index], last)
        space = self._text.rfind(" ", first + 1, limit)
        return space if space > first else max(limit, first + 1)

    def _tokens(self, first: int, last: int) -> int:
        return bisect_left(self._starts, last) - bisect_left(self._starts, first)


def _measured(
    text: str, first: int, last: int, prefix: str, tokenizer: Tokenizer, limit: int
) -> Iterator[SplitChunk]:
    """Yield the span as a chunk, halved until its embedded form really fits.

    Counting tokens by offsets is exact for word-piece tokenizers; for others a span by itself may
    come out a little longer than inside the whole text.
    """
    form = embedded_form(prefix, text[first:last])
    tokens = tokenizer.count_tokens([form])[0]
    if tokens <= limit or last - first < 2:
        yield SplitChunk(first, last, form, tokens)
        return
    middle = (first + last) // 2
    space = text.rfind(" ", first + 1, middle)
    middle = space if space > first else middle
    for begin, stop in (_trim(text, first, middle), _trim(text, middle, last)):
        if begin < stop:
            yield from _measured(text, begin, stop, prefix, tokenizer, limit)


def _trim(text: str, first: int, last: int) -> tuple[int, int]:
    while first < last and text[first].isspace():
        first += 1
    while last > first and text[last - 1].isspace():
        last -= 1
    return first, last

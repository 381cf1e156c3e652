"""Text to chunks: bounded by section, paragraph and sentence, measured in the embedder's tokens."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Protocol

from ingest.blocks import Blocks, Columns, Span, trim
from ingest.document import LoadedDocument, Section, SplitChunk

PREFIX_TOKENS = 48
COLUMNS_TOKENS = 64
_FEWEST_TOKENS = 16  # what is left for the text below the longest prefix
_LINE_END = "\n"


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
    document: LoadedDocument,
    title: str,
    tokenizer: Tokenizer,
    chunk_tokens: int,
    overlap_tokens: int = 0,
) -> list[SplitChunk]:
    """Split a document into chunks that the embedder reads whole.

    Chunks never cross a section. Inside one they are filled with whole lists, tables and
    paragraphs, then with whole sentences; only a sentence that is too long by itself is cut, at a
    space where there is one. A chunk that begins inside a table has the table's column headings
    in its embedded form.

    Args:
        document: The loaded document.
        title: What the embedded form opens with, before the heading path.
        tokenizer: The embedder's own.
        chunk_tokens: Most tokens of an embedded form, special ones included; lowered to the
            embedder's window.
        overlap_tokens: How much of the chunk before it, in whole sentences, a chunk repeats at
            the most.

    Returns:
        Chunks in order; all text but headings and white space is in one, and in one only without
        an overlap. A heading with nothing below it is a chunk of its own.
    """
    limit = min(chunk_tokens, tokenizer.window)
    starts = tokenizer.token_starts(document.text)
    blocks = Blocks(document)
    chunks: list[SplitChunk] = []
    for section, begin, end in _regions(document):
        prefix = _prefix(title, section, tokenizer)
        # A prefix's own tokens are counted without the special ones, which the body has too.
        prefix_tokens = tokenizer.count_tokens([prefix])[0] if prefix else tokenizer.special_tokens
        room = max(limit - prefix_tokens, _FEWEST_TOKENS)
        # Together they leave half of the room to the text.
        overlap = min(overlap_tokens, room // 4)
        columns = Columns(document, starts, min(COLUMNS_TOKENS, room // 4))
        packer = _Packer(document.text, blocks, starts, room, columns)
        for first, last in packer.pack(begin, end, overlap):
            above = [part for part in (prefix, columns.above(first)) if part]
            chunks.extend(
                _measured(document.text, first, last, _LINE_END.join(above), tokenizer, limit)
            )
    return chunks


def embedded_form(above: str, text: str) -> str:
    """Return what the embedder reads for a chunk: title, headings and columns, then the text."""
    return f"{above}{_LINE_END}{text}" if above else text


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
    """Fills chunks with blocks, lines and sentences up to a number of tokens."""

    def __init__(
        self, text: str, blocks: Blocks, starts: Sequence[int], room: int, columns: Columns
    ) -> None:
        self._text = text
        self._blocks = blocks
        self._starts = starts
        self._room = room
        self._columns = columns

    def pack(self, begin: int, end: int, overlap: int) -> Iterator[Span]:
        """Yield the chunks of a section, each with its overlap."""
        self._budget = self._room - overlap
        before: Span | None = None
        for first, last in self._packed(begin, end):
            opening = first if before is None else self._reach_back(before, first, overlap)
            yield opening, last
            before = (first, last)

    def _packed(self, begin: int, end: int) -> Iterator[Span]:
        current: Span | None = None
        for block in self._blocks.between(begin, end):
            first, last = block[0][0], block[-1][1]
            if current is not None and self._fits(current[0], last):
                current = (current[0], last)
            elif len(block) > 1 and self._fits(first, last):
                if current is not None:
                    yield current
                current = (first, last)
            else:
                for line in block:
                    for piece in self._added(current, line):
                        if current is not None and piece[0] != current[0]:
                            yield current
                        current = piece
        if current is not None:
            yield current

    def _added(self, current: Span | None, line: Span) -> Iterator[Span]:
        """Yield the chunk that is being filled, grown by a line, and the ones begun after it."""
        if current is not None and self._fits(current[0], line[1]):
            yield current[0], line[1]
            return
        if current is not None and self._is_full(current):
            current = None
        for piece in self._pieces(line):
            if current is not None and self._fits(current[0], piece[1]):
                current = (current[0], piece[1])
            else:
                current = piece
            yield current

    def _pieces(self, line: Span) -> Iterator[Span]:
        for first, last in self._blocks.sentences(line):
            while not self._fits(first, last):
                cut = self._cut(first, last)
                piece = trim(self._text, first, cut)
                if piece[0] < piece[1]:
                    yield piece
                first, _ = trim(self._text, cut, last)
            if first < last:
                yield first, last

    def _cut(self, first: int, last: int) -> int:
        """Return where to cut a sentence that is longer than a chunk."""
        index = bisect_left(self._starts, first) + self._budget_at(first)
        limit = min(self._starts[index], last)
        space = self._text.rfind(" ", first + 1, limit)
        return space if space > first else max(limit, first + 1)

    def _reach_back(self, before: Span, first: int, overlap: int) -> int:
        """Return where a chunk opens that repeats the last sentences of the one before it."""
        opening = first
        if overlap == 0:
            return opening
        lines = [line for block in self._blocks.between(*before) for line in block]
        for line in reversed(lines):
            for start, _ in reversed(self._blocks.sentences(line)):
                if self._tokens(start, first) > overlap:
                    return opening
                opening = start
        return opening

    def _is_full(self, span: Span) -> bool:
        return self._tokens(*span) >= self._budget_at(span[0]) // 2

    def _fits(self, first: int, last: int) -> bool:
        return self._tokens(first, last) <= self._budget_at(first)

    def _budget_at(self, first: int) -> int:
        return self._budget - self._columns.tokens(first)

    def _tokens(self, first: int, last: int) -> int:
        return bisect_left(self._starts, last) - bisect_left(self._starts, first)


def _measured(
    text: str, first: int, last: int, above: str, tokenizer: Tokenizer, limit: int
) -> Iterator[SplitChunk]:
    """Yield the span as a chunk, halved until its embedded form really fits.

    Counting tokens by offsets is exact for word-piece tokenizers; for others a span by itself may
    come out a little longer than inside the whole text.
    """
    form = embedded_form(above, text[first:last])
    tokens = tokenizer.count_tokens([form])[0]
    if tokens <= limit or last - first < 2:
        yield SplitChunk(first, last, form, tokens)
        return
    middle = (first + last) // 2
    space = text.rfind(" ", first + 1, middle)
    middle = space if space > first else middle
    for begin, stop in (trim(text, first, middle), trim(text, middle, last)):
        if begin < stop:
            yield from _measured(text, begin, stop, above, tokenizer, limit)

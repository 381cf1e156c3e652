"""What belongs together in a text: lists, tables with their column headings, sentences."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from ingest.document import LoadedDocument
from ingest.sentences import split_sentences

Span = tuple[int, int]

_ITEM = re.compile(r"\s*(?:[-*+•‣◦▪●○–]|\(?\d{1,3}[.)]|\(?(?:[a-zA-Z]|[ivxIVX]{1,5})[.)])\s")


class Blocks:
    """The lines of a document as the blocks they form."""

    def __init__(self, document: LoadedDocument) -> None:
        """Look at a loaded document."""
        self._text = document.text
        self._rows = {span.start: span.end for span in document.rows}
        self._tables = {table.start: table.end for table in document.tables}

    def between(self, begin: int, end: int) -> Iterator[list[Span]]:
        """Yield the blocks of ``text[begin:end]``: a list or a table whole, else a line each.

        A line that ends with a colon belongs to the list below it. A block is the spans of its
        lines, blank ones left out, without the white space around them.
        """
        lines = list(self._lines(begin, end))
        at = 0
        while at < len(lines):
            stop = at + 1
            table_end = self._tables.get(lines[at][0])
            if table_end is not None:
                while stop < len(lines) and lines[stop][1] <= table_end:
                    stop += 1
            elif self._is_item(lines[at]) or self._leads_in(lines, at):
                while stop < len(lines) and self._is_item(lines[stop]):
                    stop += 1
            yield lines[at:stop]
            at = stop

    def sentences(self, line: Span) -> list[Span]:
        """Return a line's sentences, the first with its list marker; a table row is one."""
        first, last = line
        if self._rows.get(first) == last:
            return [line]
        found = split_sentences(self._text, first, last) or [line]
        return [(first, found[0][1]), *found[1:]]

    def _lines(self, begin: int, end: int) -> Iterator[Span]:
        position = begin
        while position < end:
            stop = self._text.find("\n", position, end)
            stop = end if stop < 0 else stop
            first, last = trim(self._text, position, stop)
            if first < last:
                yield first, last
            position = stop + 1

    def _is_item(self, line: Span) -> bool:
        # A row may open like an item; it belongs to its table.
        return line[0] not in self._rows and bool(_ITEM.match(self._text, *line))

    def _leads_in(self, lines: Sequence[Span], at: int) -> bool:
        return (
            self._text[lines[at][1] - 1] in ":："
            and at + 1 < len(lines)
            and self._is_item(lines[at + 1])
        )


class Columns:
    """The column headings of a document's tables, for the chunks that begin below them."""

    def __init__(self, document: LoadedDocument, starts: Sequence[int], most_tokens: int) -> None:
        """Measure them.

        Args:
            document: The loaded document.
            starts: Offset of each token of its text, ascending.
            most_tokens: What is longer is cut.
        """
        self._tables = [table for table in document.tables if table.columns is not None]
        self._starts = [table.start for table in self._tables]
        self._text = document.text
        self._tokens = starts
        self._most = most_tokens

    def above(self, start: int) -> str:
        """Return what names the columns at ``start`` and stands above it; empty where none do."""
        span = self._span(start)
        return self._text[span[0] : span[1]].rstrip() if span else ""

    def tokens(self, start: int) -> int:
        """Return the length of `above` in tokens."""
        span = self._span(start)
        if span is None:
            return 0
        return bisect_left(self._tokens, span[1]) - bisect_left(self._tokens, span[0])

    def _span(self, start: int) -> Span | None:
        at = bisect_right(self._starts, start) - 1
        if at < 0:
            return None
        table = self._tables[at]
        if table.columns is None or not table.columns.end <= start < table.end:
            return None
        first = bisect_left(self._tokens, table.columns.start)
        most = first + self._most
        end = table.columns.end
        if most < len(self._tokens):
            end = min(end, self._tokens[most])
        return table.columns.start, end


def trim(text: str, first: int, last: int) -> Span:
    """Return the span without the white space at its ends."""
    while first < last and text[first].isspace():
        first += 1
    while last > first and text[last - 1].isspace():
        last -= 1
    return first, last

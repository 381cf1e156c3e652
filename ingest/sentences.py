"""Sentence boundaries with exact offsets, for English and Spanish prose.

A rule-based splitter: terminal punctuation ends a sentence unless an abbreviation, an initial, a
decimal or the next word speaks against it. Line ends always end one. Reference marks that follow
the full stop, as in ``threats [2,3].`` or ``threats.[2]``, stay with their sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ingest.document import Span

_MARK = r"(?:\s?\[\d+(?:\s*[,;–-]\s*\d+)*\])"
# The look-behind and the possessive repeats keep a long run of dots from being tried again and
# again.
_END = re.compile(rf"(?:(?<![.!?…])[.!?…]++[\"'”’»)\]*_`]*+{_MARK}*(?=\s|$))|[。！？]+[」』”]*")
_LINE = re.compile(r"[^\n]+")
# A capital with a full stop is an initial ("J. Smith"), not a marker.
_BULLET = re.compile(r"\s*(?:(?:[-*+•–‣◦]|\(?\d{1,3}[.)]|\(?[a-z][.)]|\(?[A-Z]\))\s+|>\s?)+")
_BOLD_LABEL = re.compile(r"(?:\*\*|__)[^*_]{1,80}(?:\*\*|__)$")
_NOT_IN_WORD = frozenset("([\"'“‘«")
_LONGEST_ABBREVIATION = 12
_WORD_AFTER = re.compile(r"[^\W_]+")
_INITIAL = re.compile(r"[^\W\d_]\.(?:\s|$)")
_NUMBER = re.compile(r"[\dIVXLC]")
_LONGEST_LABEL = 100


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Never the end of a sentence.
_TITLES = _words(
    "mr mrs ms dr prof sr sra srta dra gen col lt sgt capt rev hon gov sen rep pres st mt "
    "messrs mmes fr ven nro núm pág págs eds vs v cf e.g i.e viz al approx ca c est "
    "jan feb apr jun jul aug sept sep oct nov dec ee op cit ibid núms tel aprox"
)
# Never the end of a sentence before a number; else words like any other.
_NUMBERED = _words("no nos art arts sec fig figs eq p pp vol vols ch cap ed mar ext")
# The end of a sentence only where the next word opens one.
_EITHER = _words(
    "u.s u.k u.n e.u d.c u.s.a ee.uu a.m p.m a.d b.c ph.d m.d b.a m.a etc inc ltd co corp bros jr "
    "s.a cía dept"
)
_OPENERS = _words(
    "the this that these those it its he she his her they their we our i you your in on at as for "
    "but and however although though while when if by to a an there under after before since "
    "despite from with most many some such one both according during because thus therefore "
    "meanwhile moreover nevertheless what how why who where el la los las un una en este esta "
    "estos estas según pero sin por para como cuando"
)


def split_sentences(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Find the sentences of ``text[start:end]``.

    Args:
        text: Any text; lines are paragraphs, list items or rows.
        start: Where to begin, in code points of ``text``.
        end: Where to stop; the end of ``text`` by default.

    Returns:
        Half-open spans in code points of ``text``, in order, without surrounding white space and
        list markers. Together they hold every other character that is not white space.
    """
    spans: list[tuple[int, int]] = []
    for line in _LINE.finditer(text, start, len(text) if end is None else end):
        first = line.start()
        bullet = _BULLET.match(text, first, line.end())
        if bullet is not None and bullet.end() < line.end():
            first = bullet.end()
        for begin, stop in _split_line(text, first, line.end()):
            while begin < stop and text[begin].isspace():
                begin += 1
            while stop > begin and text[stop - 1].isspace():
                stop -= 1
            if begin < stop:
                spans.append((begin, stop))
    return spans


class SentenceSpans:
    """The sentences of a document: prose by `split_sentences`, a table row as one, no headings."""

    def __init__(self, text: str, rows: Iterable[Span], headings: Iterable[Span]) -> None:
        """Look at a document's text, its table rows and its heading lines."""
        self._text = text
        self._rows = {span.start: span.end for span in rows}
        self._headings = {span.start for span in headings}

    def between(self, start: int, end: int) -> list[tuple[int, int]]:
        """Return the sentences of ``text[start:end]``, in code points of the text, in order."""
        spans: list[tuple[int, int]] = []
        position = start
        while position < end:
            stop = self._text.find("\n", position, end)
            stop = end if stop < 0 else stop
            if position in self._rows:
                spans.append((position, min(self._rows[position], end)))
            elif position not in self._headings:
                spans.extend(split_sentences(self._text, position, stop))
            position = stop + 1
        return spans


def _split_line(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    begin = start
    for found in _END.finditer(text, start, end):
        if _is_boundary(text, begin, found, end):
            yield begin, found.end()
            begin = found.end()
    if begin < end:
        yield begin, end


def _is_boundary(text: str, begin: int, found: re.Match[str], end: int) -> bool:
    after = found.end()
    while after < end and text[after].isspace():
        after += 1
    if after >= end:
        return True
    sign = text[found.start()]
    if sign in "。！？":
        return True
    opener = text[after]
    if opener.islower():
        return False
    if opener in ",;:.)%–-":
        return False
    if found.end() - begin <= _LONGEST_LABEL and _BOLD_LABEL.match(
        text[begin : found.end()].strip()
    ):
        return False
    if sign != "." or found.group().startswith(".."):
        return True
    word = _word_before(text, begin, found.start())
    if not word:
        # A full stop that stands apart, as in tokenised text, ends what came before it.
        return found.start() > begin
    if word in _TITLES and not _closes(found.group()):
        return False
    if word in _NUMBERED and _NUMBER.match(text, after, end) and not _closes(found.group()):
        return False
    if word.isdigit() and not text[begin : found.start() - len(word)].strip():
        return False  # "1. Introduction"
    if word in _EITHER or (len(word) == 1 and word.isalpha()):
        if _INITIAL.match(text, after, end):
            return False  # "J. A. Smith"
        next_word = _WORD_AFTER.search(text, after, end)
        return next_word is not None and next_word.group().lower() in _OPENERS
    return True


def _word_before(text: str, begin: int, end: int) -> str:
    """Return the lower-case word that stops at ``end``; only its end where it is a long one."""
    first = end
    while (
        first > max(begin, end - _LONGEST_ABBREVIATION)
        and not text[first - 1].isspace()
        and text[first - 1] not in _NOT_IN_WORD
    ):
        first -= 1
    return text[first:end].lower()


def _closes(terminator: str) -> bool:
    return len(terminator) > 1

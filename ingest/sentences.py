"""Sentence boundaries with exact offsets, for English and Spanish prose.

A rule-based splitter: terminal punctuation ends a sentence unless an abbreviation, an initial, a
decimal or the next word speaks against it. Line ends always end one. Reference marks that follow
the full stop, as in ``threats [2,3].`` or ``threats.[2]``, stay with their sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_MARK = r"(?:\s?\[\d+(?:\s*[,;–-]\s*\d+)*\])"
_END = re.compile(rf"(?:[.!?…]+[\"'”’»)\]*_`]*{_MARK}*(?=\s|$))|[。！？]+[」』”]*")
_LINE = re.compile(r"[^\n]+")
_BULLET = re.compile(r"\s*(?:(?:[-*+•–‣◦]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])\s+|>\s?)+")
_BOLD_LABEL = re.compile(r"(?:\*\*|__)[^*_]{1,80}(?:\*\*|__)$")
_WORD_BEFORE = re.compile(r"[^\s(\[\"'“‘«]+$")
_WORD_AFTER = re.compile(r"[^\W_]+")

# Never the end of a sentence.
_TITLES = frozenset(
    "mr mrs ms dr prof sr sra srta dra gen col lt sgt capt rev hon gov sen rep pres st mt "
    "messrs mmes fr ven no nos nro núm art arts sec fig figs eq p pp pág págs vol vols ch cap ed "
    "eds vs v cf e.g i.e viz al approx ca c est jan feb mar apr jun jul aug sept sep oct nov dec "
    "ee op cit ibid núms tel ext aprox".split()
)
# The end of a sentence only where the next word opens one.
_EITHER = frozenset(
    "u.s u.k u.n e.u d.c u.s.a ee.uu a.m p.m a.d b.c ph.d m.d b.a m.a etc inc ltd co corp bros jr "
    "sr s.a cía dept".split()
)
_OPENERS = frozenset(
    "the this that these those it its he she his her they their we our i you your in on at as for "
    "but and however although though while when if by to a an there under after before since "
    "despite from with most many some such one both according during because thus therefore "
    "meanwhile moreover nevertheless what how why who where el la los las un una en este esta "
    "estos estas según pero sin por para como cuando".split()
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
    if _BOLD_LABEL.match(text[begin : found.end()].strip()):
        return False
    if sign != "." or found.group().startswith(".."):
        return True
    before = _WORD_BEFORE.search(text, begin, found.start())
    word = before.group().lower() if before else ""
    if not word:
        # A full stop that stands apart, as in tokenised text, ends what came before it.
        return found.start() > begin
    if word in _TITLES and not _closes(found.group()):
        return False
    if word.isdigit() and text[begin : found.start()].strip() == before.group():  # type: ignore[union-attr]
        return False  # "1. Introduction"
    if word in _EITHER or (len(word) == 1 and word.isalpha()):
        next_word = _WORD_AFTER.search(text, after, end)
        return next_word is not None and next_word.group().lower() in _OPENERS
    return True


def _closes(terminator: str) -> bool:
    return len(terminator) > 1

"""Passages as they are shown: copies folded into one, and each cut to its telling sentences.

Whole passages are found best in long chunks, exact ones in short: so chunks are ranked whole, and
each is then narrowed to the sentences between the first and the last that may be part of an
answer. Where the telling sentence is a chunk's first or last, and the text goes on in the same
section, the neighbour across the cut is added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.answer.evidence import Candidate
from app.records import Passage
from app.search.index import SearchIndex
from ingest.sentences import SentenceSpans

_MAY_TELL = 0.05  # of the best sentence's probability, below which an edge is cut off
_CUT_SHORT = 0.6  # of it, from which a sentence at a chunk's edge wants its neighbour


def without_copies(passages: Sequence[Passage]) -> list[Passage]:
    """Return passages without those whose words an earlier one has to the letter."""
    first: dict[str, Passage] = {}
    for passage in passages:
        first.setdefault(_words(passage), passage)
    return list(first.values())


def narrow(
    index: SearchIndex, passages: Sequence[Passage], candidates: Sequence[Candidate]
) -> list[Passage]:
    """Cut passages to what may answer.

    Args:
        index: The index that the passages come from.
        passages: Whole chunks, best first.
        candidates: Their sentences, most probable first; a passage without any stays whole.

    Returns:
        The passages in their order, each inside one chunk but for a neighbouring sentence. One
        that would be cut to what an earlier one shows already stays whole.
    """
    best = max((one.probability for one in candidates), default=0.0)
    inside: dict[str, list[Candidate]] = {}
    for one in candidates:
        inside.setdefault(one.passage.chunk_id, []).append(one)
    found: list[Passage] = []
    seen: set[str] = set()
    for passage in passages:
        shown = _narrowed(index, passage, inside.get(passage.chunk_id, ()), best)
        if _words(shown) in seen:
            shown = passage
        seen.add(_words(shown))
        found.append(shown)
    return found


def _words(passage: Passage) -> str:
    return " ".join(passage.text.split())


def _narrowed(
    index: SearchIndex, passage: Passage, sentences: Sequence[Candidate], best: float
) -> Passage:
    if not sentences:
        return passage
    telling = [one for one in sentences if one.probability >= _MAY_TELL * best]
    telling = telling or [max(sentences, key=lambda one: one.probability)]
    first = min(telling, key=lambda one: one.start)
    last = max(telling, key=lambda one: one.end)
    start, end = first.start, last.end
    document = index.library.documents[passage.document]
    if start == min(one.start for one in sentences):
        start = passage.start  # with its list marker
        if first.probability >= _CUT_SHORT * best:
            start = _neighbour_before(index, passage, start)
    if end == max(one.end for one in sentences):
        end = passage.end
        if last.probability >= _CUT_SHORT * best:
            end = _neighbour_after(index, passage, end)
    text = document.text[start:end]
    reaches_out = start < passage.start or end > passage.end
    if reaches_out and index.embedder.count_tokens([text])[0] > index.embedder.window:
        start, end = max(start, passage.start), min(end, passage.end)
        text = document.text[start:end]
    return replace(passage, start=start, end=end, text=text, page=document.page_at(start))


def _neighbour_before(index: SearchIndex, passage: Passage, start: int) -> int:
    chunk = index.neighbour(passage.chunk_id, -1)
    if chunk is None or chunk.section != passage.section:
        return start
    return max(_spans(index, passage).between(chunk.start, chunk.end), default=(start, start))[0]


def _neighbour_after(index: SearchIndex, passage: Passage, end: int) -> int:
    chunk = index.neighbour(passage.chunk_id, 1)
    if chunk is None or chunk.section != passage.section:
        return end
    return min(_spans(index, passage).between(chunk.start, chunk.end), default=(end, end))[1]


def _spans(index: SearchIndex, passage: Passage) -> SentenceSpans:
    return index.spans(passage.document)

"""Choosing the sentences of an extractive answer: those that answer, all parts, none twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from app.answer.evidence import Candidate, Evidence
from app.answer.lists import NUMBERED, list_around, list_end
from app.question.asked import STRICT_KINDS, AnswerType, Asked, analyse
from app.question.parts import compared, parts
from app.records import Passage
from app.search.index import SearchIndex
from app.text.terms import jaccard, question_terms, terms

_RELATIVE = 0.6  # of the best sentence's probability, which a further sentence must reach
_FOR_PART = 0.2  # of it, for a sentence that answers a part which no other does
_HALF = 0.5  # of a part's terms, which a sentence about it holds
_SAME_COSINE = 0.92
_SAME_TERMS = 0.7
_HELD_TO_KIND = STRICT_KINDS | {AnswerType.PERSON}
# What a sentence opens with that speaks of the one before it.
_POINTS_BACK = re.compile(
    r"(?:it|its|he|she|his|her|they|their|this|these|those|such|both|the (?:latter|former))\b"
    r"(?! (?:is|was) (?:\w+ ){0,2}(?:that|to|who)\b)",
    re.IGNORECASE,
)
# "This document sorts the reasons …" has none of them.
_SPEAKS_OF_ITSELF = re.compile(
    r"(?:this|the present) (?:document|paper|text|article|report|section|chapter|note|table|page|"
    r"memo|brief|study|guide|dossier|list)\b",
    re.IGNORECASE,
)
_COUNT = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7}
_ORDINAL = re.compile(
    r"(?:\W*)(?:first|second|third|fourth|fifth|sixth|finally|lastly|next|one\b|another|the "
    r"(?:first|second|third|fourth|fifth|last|other)\b|some\b|others\b|a (?:second|third)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of a document that an answer is made of.

    ``probability`` is that of the sentence it was chosen for, in [0, 1].
    """

    passage: Passage
    start: int
    end: int
    probability: float


@dataclass(frozen=True, slots=True)
class Want:
    """A part of a question, or a side of its comparison, and what tells a sentence about it."""

    text: str
    met_by: Callable[[Candidate], bool]


@dataclass(frozen=True, slots=True)
class Selection:
    """What an answer is made of.

    Attributes:
        quotes: At least one, none overlapping another; by document, the best sentence's first,
            and inside each as the document has them.
        unanswered: Parts of the question, or sides of its comparison, that none speaks of.
    """

    quotes: tuple[Quote, ...]
    unanswered: tuple[str, ...] = ()


def select(index: SearchIndex, evidence: Evidence, most: int) -> Selection:
    """Choose what answers, in reading order.

    Args:
        index: The index that the evidence comes from.
        evidence: Candidates, most probable first; at least one.
        most: How many sentences at most, besides what makes them readable: the sentence that one
            points back to, the rest of a list, the headings of a table's row.
    """
    evidence = _without_headings(index, evidence)
    wants = wanted(evidence.asked.text, index)
    chosen = choose(evidence, most, wants)
    best_first = list(dict.fromkeys(one.passage.document for one in chosen))
    quotes = [*_lists(index, chosen)]
    for one in chosen:
        quotes.extend(_whole(index, evidence, one))
    quotes.sort(key=lambda one: (best_first.index(one.passage.document), one.start, -one.end))
    kept: list[Quote] = []
    for quote in quotes:
        before = kept[-1] if kept else None
        if (
            before is not None
            and before.passage.document == quote.passage.document
            and quote.start < before.end
        ):
            continue  # an item of the list that is quoted whole, or a heading named twice
        kept.append(quote)
    missing = [want.text for want in wants if not any(map(want.met_by, chosen))]
    return Selection(tuple(kept), tuple(missing) if len(missing) < len(wants) else ())


def _without_headings(index: SearchIndex, evidence: Evidence) -> Evidence:
    """Return evidence without the names of tables' columns, which say nothing by themselves."""
    kept = tuple(
        one
        for one in evidence.candidates
        if not index.names_columns(one.passage.document, one.start)
    )
    return replace(evidence, candidates=kept or evidence.candidates)


def _lists(index: SearchIndex, chosen: Sequence[Candidate]) -> Iterator[Quote]:
    """Yield the lists that several of the chosen sentences are items of, each whole."""
    seen: set[tuple[str, int, int]] = set()
    for one in chosen:
        span = list_around(index.library.documents[one.passage.document].text, one.start)
        if span is not None:
            place = (one.passage.document, *span)
            if place in seen:
                yield Quote(one.passage, *span, one.probability)
            seen.add(place)


def choose(evidence: Evidence, most: int, wants: Sequence[Want] = ()) -> list[Candidate]:
    """Choose sentences without near-duplicates, the most probable first.

    Those stay in whose probability is near to the best one's; where a figure, a time or a person
    is asked for and some of them hold one, only those. A part of the question, or a side of its
    comparison, that none of them speaks of gets the best sentence that does.
    """
    asked, candidates = evidence.asked, evidence.candidates
    best = candidates[0].probability
    near = [one for one in candidates if one.probability >= _RELATIVE * best]
    if asked.kind in _HELD_TO_KIND:
        near = [one for one in near if asked.fits(one.text)] or near
    near = [one for one in near if not _SPEAKS_OF_ITSELF.match(one.text)] or near
    chosen = _distinct(near, [], most)
    for want in wants:
        if len(chosen) < most and not any(map(want.met_by, chosen)):
            other = (
                one
                for one in candidates
                if one.probability >= _FOR_PART * best and one not in chosen and want.met_by(one)
            )
            chosen = _distinct(other, chosen, len(chosen) + 1)
    return chosen


def wanted(question: str, index: SearchIndex) -> list[Want]:
    """Return the parts of a question and the sides of its comparison.

    Empty for a question of one part that compares nothing.
    """
    wants: list[Want] = []
    texts = parts(question)
    if len(texts) > 1:
        wants += [Want(text, _about(analyse(text, index.languages), index)) for text in texts]
    # A word that no document holds tells no side apart, unless the side has no other.
    sides = [
        (side, set(filter(index.lexical.__contains__, named)) or set(named))
        for side in compared(question)
        if (named := question_terms(side, index.languages))
    ]
    if len(sides) == 2:
        common = sides[0][1] & sides[1][1]
        wants += [
            Want(side, _names_side(named - common, index))
            for side, named in sides
            if named - common
        ]
    return wants


def _about(part: Asked, index: SearchIndex) -> Callable[[Candidate], bool]:
    def speaks(one: Candidate) -> bool:
        if not part.fits(one.text):
            return False
        held = set(terms(one.text, index.language(one.passage.document)))
        known = sum(not held.isdisjoint(forms) for forms in part.terms)
        return known >= _HALF * len(part.terms)

    return speaks


def _names_side(
    side: Collection[tuple[str, ...]], index: SearchIndex
) -> Callable[[Candidate], bool]:
    def speaks(one: Candidate) -> bool:
        frame = f"{one.passage.title} {one.passage.section or ''} {one.text}"
        held = set(terms(frame, index.language(one.passage.document)))
        return all(not held.isdisjoint(forms) for forms in side)

    return speaks


def _distinct(
    candidates: Iterable[Candidate], chosen: Sequence[Candidate], most: int
) -> list[Candidate]:
    """Return the chosen sentences and, up to ``most``, those that say something else."""
    found = list(chosen)
    bags = [terms(one.text) for one in found]
    for candidate in candidates:
        if len(found) >= most:
            break
        bag = terms(candidate.text)
        if not any(
            float(candidate.vector @ other.vector) >= _SAME_COSINE
            or jaccard(bag, other_bag) >= _SAME_TERMS
            for other, other_bag in zip(found, bags, strict=True)
        ):
            found.append(candidate)
            bags.append(bag)
    return found


def _whole(index: SearchIndex, evidence: Evidence, one: Candidate) -> list[Quote]:
    """Return a chosen sentence with what it needs to be understood."""
    text = index.library.documents[one.passage.document].text

    def quoted(start: int, end: int) -> Quote:
        return Quote(one.passage, start, end, one.probability)

    quotes = [quoted(one.start, list_end(text, one.start, one.end))]
    columns = index.columns(one.passage.document, one.start)
    if columns is not None:
        end = columns.start + len(text[columns.start : columns.end].rstrip())
        quotes.insert(0, quoted(columns.start, end))
        return quotes
    around = sorted(
        (other.start, other.end)
        for other in evidence.candidates
        if other.passage.chunk_id == one.passage.chunk_id
    )
    at = around.index((one.start, one.end))
    if _POINTS_BACK.match(one.text):
        # Of the same paragraph, be it in the chunk before.
        line = text.rfind("\n", 0, one.start) + 1
        before = index.spans(one.passage.document).between(line, one.start)
        quotes[:0] = [quoted(*span) for span in before[-1:]]
    quotes += [quoted(*span) for span in _enumerated(text, one.text, around[at + 1 :])]
    return quotes


def _enumerated(
    text: str, announcing: str, following: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Return the sentences that hold what a sentence only announces: "Three reasons …"."""
    announced = NUMBERED.search(announcing)
    if announced is None or announcing.rstrip().endswith("?"):
        return []
    count = _COUNT.get(announced.group(1).lower(), max(_COUNT.values()))
    found = []
    for start, end in following[:count]:
        if not _ORDINAL.match(text[start:end]):
            break
        found.append((start, end))
    return found

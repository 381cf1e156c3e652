"""Draft questions from one document, the best first, spread over its sections."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from rapidfuzz import fuzz

from app.text.language import detect
from app.text.terms import terms
from eval.propose.clauses import common_words
from eval.propose.near_misses import near_miss
from eval.propose.proposal import Proposal
from eval.propose.sentences import from_sentence, people_in
from eval.propose.source import Source
from eval.propose.structure import from_glossary, from_lists, from_tables, lines_of
from eval.sets.cases import Case, EvaluationSetError, Reference
from ingest.document import Document
from ingest.sentences import SentenceSpans

_ALIKE = 88.0  # of 100: two questions that nearly share their words
_MOST_SHARED = 0.85  # of the words of two questions together
_MOST_OF_LONGER = 0.7  # of the longer one's words, where the shorter one has no other
_PER_SECTION = 0.12  # confidence that a further question from the same section costs
_PER_PATTERN = 0.04
_PER_PLACE = 0.25  # a further question from the same sentence or row
_LEAST_CONFIDENCE = 0.52
_ONE_NEAR_MISS_IN = 5
_MOST_WORDS = 26  # of a question
_ID_CHARS = 12
_SOURCES = re.compile(r"\b(?:sources?|references|bibliography|further reading)\b", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")


def propose(
    document: Document, texts: Mapping[str, str], known: Iterable[str] = (), most: int = 20
) -> tuple[Case, ...]:
    """Propose draft questions from a document's own words.

    Sentences are asked about by grammatical patterns, lists and tables by their form. One in five
    is a near miss, a question that no document of the library answers. None has a subject that
    points at another sentence, and none holds its own answer.

    Args:
        document: In English.
        texts: The texts of all the library's documents, by id; a near miss is in none of them.
        known: Questions that there are already; nothing like them is proposed.
        most: How many, >= 1.

    Returns:
        At most that many, the most promising first. Empty where no pattern fits.

    Raises:
        EvaluationSetError: The document is not in English.
    """
    language = detect(document.text)
    if language != "en":
        raise EvaluationSetError(
            f"{document.doc_id!r} is in another language than English ({language!r}), and "
            "questions are proposed by rules of English grammar. Name an English document, or "
            "have a language model propose with --llm."
        )
    library = "\n".join({document.doc_id: document.text, **texts}.values())
    common = common_words(library)
    found = [one for one in _answerable(document, common, library) if _is_sound(one)]
    ranked = _spread(_distinct(found, known), document, most)
    missed = _near_misses(ranked, document, common, library, known)
    missed = missed[: (min(most, len(ranked)) + 2) // _ONE_NEAR_MISS_IN]
    places = iter(missed)
    mixed: list[Proposal] = []
    for index, proposal in enumerate(ranked[: most - len(missed)], 1):
        mixed.append(proposal)
        if index % (_ONE_NEAR_MISS_IN - 1) == 0:
            mixed += [one for one in [next(places, None)] if one is not None]
    mixed += places
    return tuple(_case(one, document) for one in mixed[:most])


def _answerable(document: Document, common: Set[str], library: str) -> Iterator[Proposal]:
    lines = lines_of(document)
    yield from from_glossary(document, lines, common, library)
    yield from from_lists(document, lines, common)
    yield from from_tables(document, common)
    rows = {span.start for span in document.rows}
    spans = SentenceSpans(document.text, document.rows, document.headings)
    for start, end in spans.between(0, len(document.text)):
        if start in rows or _SOURCES.search(document.section_at(start) or ""):
            continue
        yield from from_sentence(Source(document.text[start:end], start, common))


def _is_sound(proposal: Proposal) -> bool:
    """Whether a question can be asked as it is: not long, without its own answer, sure enough.

    What an answer must say stands in the gold.
    """
    question = proposal.question.lower()
    if proposal.confidence < _LEAST_CONFIDENCE:
        return False
    if len(question.split()) > _MOST_WORDS:
        return False
    asked = set(terms(question))
    gold = [" ".join(quote.split()).lower() for quote in proposal.quotes]
    for forms in proposal.key_facts:
        told = set(terms(forms[0]))
        if not any(form.lower() in quote for form in forms for quote in gold):
            return False  # what tidying took out stands between its words
        if forms[0].lower() in question or (told and told <= asked):
            return False
    return True


def _distinct(proposals: Iterable[Proposal], known: Iterable[str]) -> list[Proposal]:
    """Return proposals, the surest first, none like another or like a known question."""
    taken = [_Seen(question) for question in known]
    kept = []
    for proposal in sorted(proposals, key=lambda one: (-one.confidence, one.start)):
        seen = _Seen(proposal.question)
        if not any(seen.is_like(other) for other in taken):
            taken.append(seen)
            kept.append(proposal)
    return kept


class _Seen:
    """A question's words, for telling whether another is nearly the same."""

    def __init__(self, question: str) -> None:
        self._plain = " ".join(re.findall(r"\w+", question.lower()))
        self._terms = frozenset(terms(question))
        self._numbers = frozenset(re.findall(r"\d+", question))
        self._opening = self._plain.split(" ", 1)[0]

    def is_like(self, other: _Seen) -> bool:
        """Whether they ask the same; another number or another question word is another."""
        if self._numbers != other._numbers:
            return False
        if self._opening != other._opening:
            return False
        shared = self._terms & other._terms
        union = self._terms | other._terms
        if len(shared) >= _MOST_SHARED * len(union):
            return True
        # Where each has a word of its own, they ask of different things in the same words.
        if len(shared) < min(len(self._terms), len(other._terms)):
            return False
        longer = len(shared) >= _MOST_OF_LONGER * len(union)
        return longer or fuzz.ratio(self._plain, other._plain) >= _ALIKE


def _spread(proposals: Sequence[Proposal], document: Document, most: int) -> list[Proposal]:
    """Order proposals so that no section and no pattern has all the first places."""
    waiting = list(proposals)
    chosen: list[Proposal] = []
    sections: Counter[str] = Counter()
    patterns: Counter[str] = Counter()
    places: Counter[int] = Counter()
    section = {one.start: document.section_at(one.start) or "" for one in waiting}

    def worth(one: Proposal) -> tuple[float, int]:
        cost = _PER_SECTION * sections[section[one.start]] + _PER_PATTERN * patterns[one.pattern]
        cost += _PER_PLACE * places[one.start]
        return one.confidence - cost, -one.start

    while waiting and len(chosen) < most:
        best = max(waiting, key=worth)
        waiting.remove(best)
        chosen.append(best)
        sections[section[best.start]] += 1
        patterns[best.pattern] += 1
        places[best.start] += 1
    return chosen


def _near_misses(
    proposals: Sequence[Proposal],
    document: Document,
    common: Set[str],
    library: str,
    known: Iterable[str],
) -> list[Proposal]:
    years = [int(year) for year in _YEAR.findall(document.text)]
    year = Counter(years).most_common(1)[0][0] if years else 2020
    held = frozenset(re.findall(r"\w+", library))
    people = people_in(document.text, common)
    made = [near_miss(one, people, held.__contains__, year) for one in proposals]
    misses = [one for one in made if one is not None]
    asked = [*known, *(one.question for one in proposals)]
    kinds: dict[str, list[Proposal]] = {}
    for one in _distinct(misses, asked):
        kinds.setdefault(one.pattern, []).append(one)
    # One of each sort in turn, so that not all are of the easiest.
    mixed = []
    while any(kinds.values()):
        mixed += [group.pop(0) for group in kinds.values() if group]
    return mixed


def _case(proposal: Proposal, document: Document) -> Case:
    digest = hashlib.sha256(f"{document.doc_id}\n{proposal.question}".encode()).hexdigest()
    answerable = bool(proposal.quotes)
    return Case(
        query_id=f"draft-{digest[:_ID_CHARS]}",
        kind=proposal.kind,
        question=proposal.question,
        answerable=answerable,
        near_miss=not answerable,
        reference_answer=proposal.answer,
        key_facts=proposal.key_facts,
        references=tuple(
            Reference(document=document.doc_id, text=quote) for quote in proposal.quotes
        ),
        draft=True,
        note=f"Proposed from {document.doc_id!r} by its words ({proposal.pattern}).",
    )

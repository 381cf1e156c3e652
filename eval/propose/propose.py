"""Draft questions from one document, the best first, spread over its sections."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import zip_longest

from app.text.language import detect
from app.text.terms import terms
from eval.propose.clauses import common_words
from eval.propose.near_misses import near_miss
from eval.propose.proposal import Proposal
from eval.propose.sentences import from_sentence, people_in
from eval.propose.source import Source
from eval.propose.structure import (
    from_glossary,
    from_lists,
    from_questions,
    from_tables,
    lines_of,
)
from eval.sets.cases import Case, EvaluationSetError, Reference
from eval.sets.duplicates import near_duplicates
from ingest.document import Document
from ingest.embed import Embedder
from ingest.sentences import SentenceSpans

_PER_SECTION = 0.12  # confidence that a further question from the same section costs
_PER_PATTERN = 0.04
_PER_PLACE = 0.25  # a further question from the same sentence or row
_LEAST_CONFIDENCE = 0.52
_ONE_NEAR_MISS_IN = 5
_MOST_WORDS = 26  # of a question
_ID_CHARS = 12
_SOURCES = re.compile(r"\b(?:sources?|references|bibliography|further reading)\b", re.IGNORECASE)


def propose(
    document: Document,
    texts: Mapping[str, str],
    embedder: Embedder,
    known: Sequence[Case] = (),
    most: int = 20,
) -> tuple[Case, ...]:
    """Propose draft questions from a document's own words.

    Sentences are asked about by grammatical patterns, lists and tables by their form. About one in
    five is a near miss, a question that no document of the library answers. None has a subject
    that points at another sentence, none holds its own answer, and none asks nearly the same as
    another or as a known one, as `footnote eval check` sees it.

    Args:
        document: In English.
        texts: The texts of all the library's documents, by id; a near miss is in none of them.
        embedder: Tells what asks nearly the same.
        known: Questions that there are already, decided on or not.
        most: How many, >= 1.

    Returns:
        At most that many, the most promising first. Empty where no pattern fits.

    Raises:
        EvaluationSetError: The document is not in English.
        EmbedderError: The model failed.
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
    ranked = _spread(found, document)
    misses = _near_misses(ranked, document, common, library)
    # What is answered goes before what is not, where the two ask nearly the same.
    cases = [_case(one, document) for one in (*ranked, *misses)]
    everything = [*known, *cases]
    again = _asked_again(everything)
    again |= {pair.second for pair in near_duplicates(everything, embedder)}
    kept = [case for at, case in enumerate(cases, len(known)) if at not in again]
    return tuple(_mixed(kept, most))


def _answerable(document: Document, common: Set[str], library: str) -> Iterator[Proposal]:
    lines = lines_of(document)
    yield from from_questions(document, lines)
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


def _asked_again(cases: Sequence[Case]) -> set[int]:
    """Return the places of the cases whose question stands before them, word for word."""
    first: dict[str, int] = {}
    for at, case in enumerate(cases):
        first.setdefault(case.question.casefold(), at)
    return {at for at, case in enumerate(cases) if first[case.question.casefold()] != at}


def _spread(proposals: Sequence[Proposal], document: Document) -> list[Proposal]:
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

    while waiting:
        best = max(waiting, key=worth)
        waiting.remove(best)
        chosen.append(best)
        sections[section[best.start]] += 1
        patterns[best.pattern] += 1
        places[best.start] += 1
    return chosen


def _near_misses(
    ranked: Sequence[Proposal], document: Document, common: Set[str], library: str
) -> list[Proposal]:
    """Return near misses of proposals, one of each sort in turn."""
    held = frozenset(re.findall(r"\w+", library))
    people = people_in(document.text, common)
    sorts: dict[str, list[Proposal]] = {}
    for proposal in ranked:
        missed = near_miss(proposal, people, held.__contains__)
        if missed is not None:
            sorts.setdefault(missed.pattern, []).append(missed)
    return [one for turn in zip_longest(*sorts.values()) for one in turn if one is not None]


def _mixed(cases: Sequence[Case], most: int) -> list[Case]:
    """Return at most so many cases in their order, with a near miss after each few."""
    answered = [case for case in cases if case.answerable]
    missed = [case for case in cases if not case.answerable]
    missed = missed[: (min(most, len(answered)) + 2) // _ONE_NEAR_MISS_IN]
    places = iter(missed)
    mixed: list[Case] = []
    for number, case in enumerate(answered[: most - len(missed)], 1):
        mixed.append(case)
        if number % (_ONE_NEAR_MISS_IN - 1) == 0:
            mixed += [one for one in [next(places, None)] if one is not None]
    return [*mixed, *places]


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

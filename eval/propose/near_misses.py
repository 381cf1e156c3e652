"""Near misses: questions on a document's own topics whose answer no document of the library has."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from eval.propose.english import YEAR
from eval.propose.proposal import Proposal

# Names that a document seldom has; those that the library holds are passed over.
_PEOPLE = (
    "Edith Marwood", "Tomas Lindqvist", "Ingrid Solheim", "Ramiro Quintela", "Beatrix Holloway",
    "Anselm Okafor", "Lucinda Farrow", "Matteo Brancati", "Yolanda Iturbe", "Casper Dunmore",
)  # fmt: skip
_YEARS_AWAY = (-3, -4, -5, -6, -7, -9, -11, -13, -17, 3, 4, 5, 7, 9)

Holds = Callable[[str], bool]


def near_miss(proposal: Proposal, people: frozenset[str], holds: Holds) -> Proposal | None:
    """Turn a question into one that the library does not answer.

    A year in it becomes one that no document names; a person in it becomes one of whom no document
    speaks.

    Args:
        proposal: A question that the document answers.
        people: Names of people that the document speaks of.
        holds: Whether any document of the library holds a word.

    Returns:
        The near miss; None where none of these fits.
    """
    asked = re.search(rf"\b{YEAR}\b", proposal.question)
    if asked is not None:
        other = next(_other_years(int(asked.group()), holds), None)
        if other is None:
            return None
        return _missed(proposal, proposal.question.replace(asked.group(), str(other)), "year")
    named = [one for one in people if one in proposal.question]
    absent = [one for one in _PEOPLE if not any(map(holds, one.split()))]
    if named and absent:
        person = min(named, key=proposal.question.index)
        whole = rf"{re.escape(person)}(?: [A-Z][^\W\d_]+)?"  # a second surname too
        question = re.sub(whole, absent[proposal.start % len(absent)], proposal.question)
        return _missed(proposal, question, "name")
    return None


def _other_years(year: int, holds: Holds) -> Iterator[int]:
    for away in _YEARS_AWAY:
        if not holds(str(year + away)):
            yield year + away


def _missed(proposal: Proposal, question: str, how: str) -> Proposal:
    return replace(
        proposal,
        question=question,
        kind="unanswerable",
        pattern=f"near miss: {how}",
        answer="",
        key_facts=(),
        quotes=(),
        confidence=0.7,
    )

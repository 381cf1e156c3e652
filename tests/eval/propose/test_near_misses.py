from __future__ import annotations

from eval.propose.near_misses import near_miss
from eval.propose.proposal import Proposal


def proposal(question: str) -> Proposal:
    facts = (("1931",),)
    return Proposal(question, "fact", "date", "In 1931.", facts, ("It opened in 1931.",), 0, 0.9)


def miss(question: str, *held: str, people: tuple[str, ...] = ()) -> str | None:
    made = near_miss(proposal(question), frozenset(people), set(held).__contains__)
    if made is None:
        return None
    assert (made.kind, made.answer, made.key_facts, made.quotes) == ("unanswerable", "", (), ())
    return made.question


def test_a_year_becomes_one_that_no_document_names() -> None:
    assert miss("Who opened the bridge in 1931?") == "Who opened the bridge in 1928?"
    assert (
        miss("Who opened the bridge in 1931?", "1928", "1927") == "Who opened the bridge in 1926?"
    )


def test_a_person_becomes_one_of_whom_no_document_speaks() -> None:
    asked = "When did Mayor Ida Krall Osk open the bridge?"
    assert miss(asked, people=("Ida Krall", "Krall Osk")) == (
        "When did Mayor Edith Marwood open the bridge?"
    )
    assert miss(asked, "Marwood", people=("Ida Krall",)) == (
        "When did Mayor Tomas Lindqvist open the bridge?"
    )
    assert miss(asked) is None  # nobody is known by name


def test_what_names_neither_has_no_near_miss() -> None:
    assert miss("How many arches does the Elm Bridge have?") is None

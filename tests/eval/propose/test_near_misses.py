from __future__ import annotations

from eval.propose.near_misses import near_miss
from eval.propose.proposal import Proposal


def proposal(question: str, pattern: str = "date") -> Proposal:
    facts = (("1931",),)
    return Proposal(question, "fact", pattern, "In 1931.", facts, ("It opened in 1931.",), 0, 0.9)


def miss(
    question: str, *held: str, people: tuple[str, ...] = (), pattern: str = "date"
) -> str | None:
    made = near_miss(proposal(question, pattern), frozenset(people), set(held).__contains__, 1931)
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


def test_a_figure_of_now_is_asked_for_a_year_that_no_document_names() -> None:
    assert miss("How many arches does the Elm Bridge have?", pattern="count") == (
        "How many arches did the Elm Bridge have in 1928?"
    )
    for asked in (
        "How many arches does a bridge have?",  # any bridge, at any time
        "How many boats did Krall review?",  # past already
        "How many boats does the Alder report name?",
        "How many boats does Krall own at 4 o'clock?",
    ):
        assert miss(asked, pattern="count") is None
    assert miss("When is the Elm Bridge open?") is None

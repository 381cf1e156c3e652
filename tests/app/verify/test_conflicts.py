"""Each rule speaks against the clause that it is for, and leaves the honest one alone."""

import pytest

from app.verify.conflicts import conflict
from app.verify.statement import clauses, read


def reason(claim: str, given: str) -> str:
    sentence = read(given)
    pieces = [read(given[start:end]) for start, end in clauses(given)]
    said = read(claim)
    closest = max(pieces, key=lambda one: len(one.terms & said.terms))
    siblings = [one for one in pieces if one is not closest]
    elsewhere = frozenset().union(*(one.terms for one in siblings))
    return conflict(said, closest, sentence, siblings, elsewhere)


@pytest.mark.parametrize(
    ("rule", "claim", "given"),
    [
        ("polarity", "The valve was tested.", "The valve was not tested."),
        ("polarity", "The valve was never tested.", "The valve was tested on Monday."),
        ("polarity", "Rents rose last year.", "Rents fell last year."),
        ("polarity", "The letter came after the vote.", "The letter came before the vote."),
        ("polarity", "Entry is legal.", "Entry is illegal."),
        ("quantity", "All tenants signed.", "Some tenants signed."),
        ("quantity", "Most tenants signed.", "Several tenants signed."),
        ("certainty", "The plant will close.", "The plant may close."),
        ("certainty", "The plant must close.", "The plant could close."),
        ("rival", "In May Novak chaired the panel.", "In May Ortiz chaired the panel."),
        ("rival", "Novak praised the plan.", "Ortiz praised the plan; Novak left early."),
        ("roles", "Ortiz sued Novak.", "Novak sued Ortiz."),
        ("roles", "Sales grew faster than costs.", "Costs grew faster than sales."),
    ],
)
def test_a_rule_speaks_against_what_it_is_for(rule: str, claim: str, given: str) -> None:
    assert reason(claim, given) == rule


@pytest.mark.parametrize(
    ("claim", "given"),
    [
        ("The valve was not tested.", "The valve was not tested."),
        ("The valve was never tested.", "Nobody tested the valve."),
        ("Rents did not rise.", "Rents fell."),
        ("Some tenants signed.", "All tenants signed."),
        ("The plant may close.", "The plant might close."),
        ("Novak was sued by Ortiz.", "Ortiz sued Novak."),
        ("Ortiz sued Novak.", "Novak was sued by Ortiz."),
        ("Costs grew faster than sales.", "Costs grew faster than sales."),
        ("The valve was tested.", "The valve was tested, but the pump was not."),
    ],
)
def test_no_rule_speaks_against_the_same_in_other_words(claim: str, given: str) -> None:
    assert reason(claim, given) == ""


def test_the_month_of_may_is_no_modal_verb() -> None:
    assert not any(word.is_possible for word in read("It opened in May 2020.").words)
    assert any(word.is_possible for word in read("It may open soon.").words)


def test_a_sentence_is_cut_where_an_assertion_begins() -> None:
    text = "The alarm sounded, but nobody was on duty; the pump stopped because the seal broke."
    assert [text[start:end] for start, end in clauses(text)] == [
        "The alarm sounded",
        "but nobody was on duty",
        "the pump stopped",
        "because the seal broke.",
    ]

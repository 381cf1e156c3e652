"""Figures read alike however they are written."""

import pytest

from app.verify.figures import figures, missing


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("14%", "14 per cent"),
        ("14 percent", "fourteen per cent"),
        ("1.5 million", "1,500,000"),
        ("1,500 million euros", "1.5 billion euros"),
        ("two thirds", "two-thirds"),
        ("a quarter", "25%"),
        ("one in twenty", "5 per cent"),
        ("half of them", "50%"),
        ("twelve months", "one year"),
        ("14 days", "two weeks"),
        ("384 megawatts", "384 MW"),
        ("$3 million", "3 million dollars"),
        ("3rd", "third"),
        ("one hundred and fifty thousand", "150,000"),
    ],
)
def test_two_ways_of_writing_a_figure_agree(left: str, right: str) -> None:
    assert figures(left)
    assert not missing(figures(left), figures(right))
    assert not missing(figures(right), figures(left))


@pytest.mark.parametrize(
    ("claimed", "given"),
    [
        ("14%", "15%"),
        ("18.04 million", "18.04 billion"),
        ("45 weeks", "45 days"),
        ("600 an hour", "600 a minute"),
        ("12 per cent", "12 people"),
        ("first half", "second half"),
        ("3,000", "300"),
        ("5 euros", "5 dollars"),
    ],
)
def test_another_value_or_unit_is_missing(claimed: str, given: str) -> None:
    if claimed == "12 per cent":  # a share never equals a count of the same digits
        assert figures(claimed)[0].value != figures(given)[0].value
    assert missing(figures(claimed), figures(given))


@pytest.mark.parametrize("text", ["one of them", "a second time", "no one", "nothing at all", ""])
def test_pronouns_and_repetition_are_no_figures(text: str) -> None:
    assert figures(text) == ()


def test_a_figure_knows_where_it_stands() -> None:
    text = "It rose by 14 per cent in 2022."
    assert [text[one.start : one.end] for one in figures(text)] == ["14 per cent", "2022"]

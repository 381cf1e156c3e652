from __future__ import annotations

import pytest

from eval.propose.clauses import common_words, lowered, parse, stands_alone, tidy
from eval.propose.sentences import from_sentence, people_in
from eval.propose.source import Source

COMMON = common_words(
    "the a an of in on at by for to and was were is are has have will must members report signed "
    "built board pump motor names plan bridge road town council cost water new year school "
    "engineers workers tolls error"
)


def asked(sentence: str) -> dict[str, tuple[str, ...]]:
    """The questions that a sentence gives, with the first form of each key fact."""
    made = from_sentence(Source(sentence, 0, COMMON))
    return {one.question: tuple(forms[0] for forms in one.key_facts) for one in made}


@pytest.mark.parametrize(
    ("sentence", "question", "fact"),
    [
        (
            "The Elm Bridge was opened on 4 May 1931 by the Duke of Marle.",
            "When was the Elm Bridge opened?",
            "4 May 1931",
        ),
        ("In 1954 Ostrava Steel bought the mill at Karvin.",
         "When did Ostrava Steel buy the mill at Karvin?", "1954"),
        ("The Elm Bridge was opened in 1931 by Ida Krall.", "Who opened the Elm Bridge?",
         "Ida Krall"),
        ("The Elm Bridge was designed by Ida Krall.", "Who designed the Elm Bridge?", "Ida Krall"),
        ("The Karvin Mill was governed by the Water Act of 1902.",
         "What governed the Karvin Mill?", "Water Act of 1902"),
        ("Mayor Ida Krall opened the Elm Bridge in 1931.",
         "Who opened the Elm Bridge in 1931?", "Mayor Ida Krall"),
        ("The Treaty of Marle was signed in Port Alder in 1870.",
         "Where was the Treaty of Marle signed?", "Port Alder"),
        ("The Elm Bridge has seven arches.", "How many arches does the Elm Bridge have?", "seven"),
        ("Six towns signed the Treaty of Marle.", "How many towns signed the Treaty of Marle?",
         "six"),
        ("The Elm Bridge is 340 metres long.", "How long is the Elm Bridge?", "340 metres"),
        ("The maximum axle load is 12 t.", "What is the maximum axle load?", "12 t"),
        ("A season ticket costs 45 euros.", "How much does a season ticket cost?", "45 euros"),
        ("Tolls make up 30 per cent of the income of Marle.",
         "What share of the income of Marle do tolls make up?", "30%"),
        ("Some 12% of engineers left Ostrava Steel.",
         "What share of engineers left Ostrava Steel?", "12%"),
        ("The expansion joints must be greased every two years.",
         "How often must the expansion joints be greased?", "every two years"),
        ("Ida Krall will send the revised plan to Port Alder by 3 June 2025.",
         "By when will Ida Krall send the revised plan to Port Alder?", "3 June 2025"),
        ("Port Alder closed the Elm Bridge because the piers had moved.",
         "Why did Port Alder close the Elm Bridge?", "the piers had moved"),
        ("Because of the flood, Port Alder was cut off.", "Why was Port Alder cut off?",
         "the flood"),
        ("A caisson is a watertight chamber used to build piers.", "What is a caisson?",
         "a watertight chamber used to build piers"),
        ("Error code E9 means that the gate is open.", "What does error code E9 mean?",
         "the gate is open"),
        ("It joined the Marle Water Board (MWB) in time.", "What does MWB stand for?",
         "Marle Water Board"),
        ("The Alder Gazette reported that tolls in Port Alder had doubled.",
         "What did the Alder Gazette report about tolls in Port Alder?", "had doubled"),
    ],
)  # fmt: skip
def test_a_sentence_is_turned_into_its_question(sentence: str, question: str, fact: str) -> None:
    found = asked(sentence)
    assert question in found, found
    assert found[question] == (fact,)


@pytest.mark.parametrize(
    "sentence",
    [
        "It was opened in 1931.",  # a pronoun
        "The agreement was signed in 1931.",  # which agreement?
        "This bridge was opened in 1931.",
        "Its engineers signed the plan in 1931.",
        "Ida Krall gave it to the town in 1931.",  # an object that points elsewhere
        "A new road was built in 1931.",  # any road
        "The war lasted from 1914 and Port Alder was hit in 1915 and 1916.",  # two dates
        "“The Elm Bridge was opened in 1931”, she said.",  # a quotation
        "Was the Elm Bridge opened in 1931?",
        "Opened in 1931.",
        "When the river froze in 1931, the ferry stopped.",
    ],
)
def test_what_does_not_stand_alone_is_not_asked_about(sentence: str) -> None:
    assert not [one for one in asked(sentence) if one.startswith(("When", "Who"))]


def test_a_date_belongs_to_its_own_clause() -> None:
    found = asked("The Alder Gazette noted that Elm Bridge was closed in 1931.")
    assert "When was Elm Bridge closed?" in found
    assert not any("note" in question and question.startswith("When") for question in found)


def test_an_apposition_is_left_out() -> None:
    found = asked("Ida Krall, the mayor of Port Alder, was born in Marle in 1890.")
    assert "Where was Ida Krall born?" in found
    found = asked("In 1931 Port Alder chose the head of MWB, Jan Osk, who then left the town.")
    assert found["When did Port Alder choose the head of MWB?"] == ("1931",)


def test_a_month_is_no_place() -> None:
    found = asked("The Alder Code, Decree 44, was published in October 1931.")
    assert list(found) == ["When was the Alder Code published?"]


def test_a_claim_is_asked_about_as_a_claim() -> None:
    found = asked("Ida Krall argued that tolls were opened in 1931 in Port Alder.")
    assert list(found) == ["What did Ida Krall argue about tolls?"]


def test_two_verbs_are_told_from_two_adjectives() -> None:
    clause = parse(tidy("Port Alder granted the loan and ruled on the tolls."), COMMON)
    assert clause is not None
    assert (clause.rest, clause.whole) == ("the loan", False)


def test_subjects_stand_alone_by_a_name_or_by_two_telling_words() -> None:
    for noun in ("Port Alder", "the Elm Bridge", "the axle load", "the pump", "axle loads"):
        assert stands_alone(noun, COMMON), noun
    for noun in ("it", "the agreement", "the first year", "their plan", "in Port Alder", "those"):
        assert not stands_alone(noun, COMMON), noun


def test_only_what_is_no_name_is_put_into_lower_case() -> None:
    assert lowered("The Elm Bridge", COMMON) == "the Elm Bridge"
    assert lowered("Engineers", COMMON) == "engineers"
    assert lowered("President Krall", COMMON) == "President Krall"
    assert lowered("Marle", COMMON) == "Marle"


def test_people_are_told_from_bodies_and_places() -> None:
    text = "Ida Krall left New Haven for the Marle Council, and San Pablo Osk stayed."
    assert people_in(text, COMMON) == {"Ida Krall"}

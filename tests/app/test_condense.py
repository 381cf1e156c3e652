"""Follow-ups become standalone questions."""

import pytest

from app.condense import condense
from app.records import Turn


def user(*questions: str) -> list[Turn]:
    turns: list[Turn] = []
    for question in questions:
        turns += [Turn("user", question), Turn("assistant", "An answer about It and They.")]
    return turns


@pytest.mark.parametrize(
    ("earlier", "question", "standalone"),
    [
        (
            "What is the Safe Third Country Agreement?",
            "When was it suspended?",
            "When was the Safe Third Country Agreement suspended?",
        ),
        (
            "When was the Safe Third Country agreement suspended?",
            "Who signed it?",
            "Who signed the Safe Third Country agreement?",
        ),
        (
            "What is CICIG?",
            "Who were its commissioners?",
            "Who were CICIG's commissioners?",
        ),
        (
            "How many people left Honduras in 2019?",
            "And in 2021?",
            "How many people left Honduras in 2021?",
        ),
        (
            "What did Mexico promise?",
            "What about Honduras?",
            "What did Honduras promise?",
        ),
        (
            "Who signed the Tegucigalpa Protocol?",
            "And why did they sign it?",
            "Why did they sign the Tegucigalpa Protocol?",
        ),
    ],
)
def test_what_a_follow_up_leaves_out_is_filled_in(
    earlier: str, question: str, standalone: str
) -> None:
    assert condense(question, user(earlier)) == standalone


def test_a_question_that_stands_alone_stays_as_it_is() -> None:
    question = "What share of Guatemala's GDP do remittances make up?"
    assert condense(question, user("What is MIRPS?")) == question


def test_a_new_topic_takes_nothing_from_the_old_one() -> None:
    question = "Which countries founded SICA and when did they do it?"
    assert condense(question, user("What is CARSI?")) == question


def test_without_history_only_white_space_changes() -> None:
    assert condense("  When was  it suspended? ", []) == "When was it suspended?"


def test_the_topic_is_carried_over_several_turns() -> None:
    history = user("What is the Alliance for Prosperity?", "Who launched it?")
    assert "Alliance for Prosperity" in condense("How was it paid for?", history)


def test_a_history_of_user_turns_alone_is_enough() -> None:
    assert "CARSI" in condense("When did it begin?", [Turn("user", "What is CARSI?")])


def test_empty_turns_are_passed_over() -> None:
    history = [Turn("user", "What is CARSI?"), Turn("user", "  ")]
    assert "CARSI" in condense("When did it begin?", history)


def test_a_bare_question_word_takes_the_whole_earlier_question() -> None:
    assert "CICIG" in condense("Why?", user("Did Morales expel CICIG?"))

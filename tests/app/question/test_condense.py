"""Follow-ups become standalone questions."""

import random
import time

import pytest

from app.question.condense import FollowUp, condense, resolve
from app.records import Turn
from tests.app.conversations import CASES


def talk(turns: tuple[str, ...]) -> list[Turn]:
    return [Turn("assistant" if at % 2 else "user", text) for at, text in enumerate(turns)]


@pytest.mark.parametrize(("turns", "question", "standalone", "kind"), CASES)
def test_a_conversation_is_understood_as_a_reader_would(
    turns: tuple[str, ...], question: str, standalone: str, kind: str
) -> None:
    found = resolve(question, talk(turns))
    assert (found.standalone, found.kind.value) == (standalone, kind)


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


def test_the_context_is_the_last_question_and_the_one_that_set_the_topic() -> None:
    history = user("What is the Merrow Prize?", "Who founded it?")
    found = resolve("When was it first awarded?", history)
    assert found.context == ("Who founded the Merrow Prize?", "What is the Merrow Prize?")


@pytest.mark.parametrize(
    "question", ["Thanks!", "Who wrote the opera Porgy and Bess?", "How does the lock work?"]
)
def test_a_first_question_has_no_context(question: str) -> None:
    assert resolve(question, []) == FollowUp(question, resolve(question, []).kind, ())


def test_after_a_change_of_topic_the_old_one_is_gone() -> None:
    history = user("What is the Merrow Prize?", "Did Sweden abolish the Bridge Toll?")
    found = resolve("When was it introduced?", history)
    assert found.standalone == "When was the Bridge Toll introduced?"
    assert "Merrow" not in " ".join(found.context)


def test_user_turns_alone_give_the_same_reading_where_no_answer_is_needed() -> None:
    questions = ("What is the Merrow Prize?", "Who founded it?", "And why?")
    alone = [Turn("user", text) for text in questions]
    with_answers = [turn for one in alone for turn in (one, Turn("assistant", "Not known."))]
    asked = "When was it first awarded?"
    assert condense(asked, alone) == condense(asked, with_answers)


def test_an_answer_alone_can_be_asked_about() -> None:
    history = [Turn("assistant", "The prize was founded by Ida Holt.")]
    assert condense("Where was she born?", history) == "Where was Ida Holt born?"


@pytest.mark.parametrize(
    "history",
    [
        [Turn("user", "What is CARSI? "), Turn("assistant", "A plan.")] * 5_000,
        [Turn("user", "What is CARSI? " * 70_000)],
        [Turn("user", "What is CARSI?"), Turn("assistant", "word " * 200_000)],
        [Turn("user", "CARSI" * 200_000)],
        [Turn("assistant", "Only Answers stand here, and CARSI is one.")] * 10_000,
        [Turn("user", ""), Turn("assistant", "")] * 5_000,
        [Turn("user", "()[]{}*+?\\ (((" * 50), Turn("assistant", "’'\"“ \n\n ...")],
        [Turn("user", "\ud800 What is \U0001f600?")],
        [Turn("user", "What is a lease?"), Turn("user", "goodbye" * 80 + "x")],
    ],
)
@pytest.mark.parametrize(
    "question",
    [
        "When did it begin?",
        "and 2021?",
        "",
        "??",
        "it " * 199,
        "it " * 1_300,
        "goodbye " * 70 + "x",
    ],
)
def test_any_history_is_taken_in_bounded_time(history: list[Turn], question: str) -> None:
    started = time.perf_counter()
    first = resolve(question, history)
    assert time.perf_counter() - started < 1.0
    assert resolve(question, history) == first
    assert len(first.standalone) <= len(question) + 700


def test_any_words_in_any_order_are_read_without_failing() -> None:
    chance = random.Random(3)
    pool = (
        "what about and the it they he her of in 2019 Peru Lake Orlo prize which is cheaper no I "
        "meant tell me more why ? . , ( ' \" ¿y en qué lease or loan this that those one ones"
    ).split()
    for _ in range(400):
        turns = [
            " ".join(chance.choices(pool, k=chance.randint(0, 9)))
            for _ in range(chance.randint(1, 6))
        ]
        found = resolve(turns[-1], talk(tuple(turns[:-1])))
        assert isinstance(found.standalone, str)
        assert bool(found.standalone.strip()) == bool(turns[-1].strip())

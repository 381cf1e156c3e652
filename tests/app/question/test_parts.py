"""The parts of a question, and the sides of a comparison."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.question.parts import compared, parts


@pytest.mark.parametrize(
    ("question", "found"),
    [
        (
            "When was the bridge opened and who designed it?",
            ["When was the bridge opened", "who designed it?"],
        ),
        (
            "When was the bridge opened, and by whom was it paid for?",
            ["When was the bridge opened", "by whom was it paid for?"],
        ),
        (
            "Who owns the mill? What does it grind?",
            ["Who owns the mill?", "What does it grind?"],
        ),
        (
            "Who owns the mill; when was it sold; why did it close?",
            ["Who owns the mill", "when was it sold", "why did it close?"],
        ),
        (
            "What does the tram cost or does it run free of charge?",
            ["What does the tram cost", "does it run free of charge?"],
        ),
    ],
)
def test_a_question_of_several_parts_is_taken_apart(question: str, found: list[str]) -> None:
    assert parts(question) == found


@pytest.mark.parametrize(
    "question",
    [
        "When did Norvik and Hallam sign the accord?",
        "Which ships and barges may moor here?",
        "What are the rights and duties of tenants?",
        "Who?",
        "",
        "and",
        "? ? ?",
        "The mill; the tram; the bridge",
        "¿Quién firmó el acuerdo y cuándo?",
    ],
)
def test_a_question_of_one_part_stays_whole(question: str) -> None:
    assert parts(question) == [question]


@pytest.mark.parametrize(
    ("question", "sides"),
    [
        ("What is the difference between the old mill and the new mill?", ("old mill", "new mill")),
        ("Compare the tram with the ferry.", ("tram", "ferry")),
        ("Is the tram cheaper than the ferry?", ("tram", "ferry")),
        ("Trams versus ferries: which is cheaper", ("Trams", "ferries")),
        ("How do Norvik and Hallam differ?", ("Norvik", "Hallam")),
        ("What do both Norvik and Hallam export?", ("Norvik", "Hallam")),
        ("What do Norvik and Hallam have in common?", ("Norvik", "Hallam")),
    ],
)
def test_a_comparison_has_two_sides(question: str, sides: tuple[str, str]) -> None:
    found = compared(question)
    assert len(found) == 2
    for side, name in zip(found, sides, strict=True):
        assert name in side


@pytest.mark.parametrize(
    "question", ["When was the bridge opened?", "How do Norvik and Hallam trade?", "", "than", "vs"]
)
def test_a_question_that_compares_nothing_has_no_sides(question: str) -> None:
    assert tuple(compared(question)) == ()


WORDS = st.sampled_from(
    "who when and or ; ? , than between both Norvik Hallam differ the is . mill 这 é".split()
)


@given(st.lists(WORDS, max_size=14).map(" ".join) | st.text(max_size=80))
def test_parts_are_words_of_the_question_in_its_order(question: str) -> None:
    position = 0
    found = parts(question)
    assert found
    for part in found:
        at = question.find(part, position)
        assert at >= position
        position = at + len(part)
    assert all(side in question for side in compared(question))
    assert len(compared(question)) in (0, 2)


@pytest.mark.parametrize(
    "question",
    [
        "compare" + " " * 3_900 + "x",
        " \n" * 1_900 + "x",
        "compare a " * 390,
        "both " * 300 + "A " * 1_200,
        "A " * 900 + "and " + "B " * 900,
        "A and " * 650,
        "A" * 4_000,
    ],
)
def test_any_question_is_compared_in_bounded_time(question: str) -> None:
    started = time.perf_counter()
    compared(question)
    assert time.perf_counter() - started < 2.0

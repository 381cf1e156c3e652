from __future__ import annotations

import re

import pytest

from eval.propose.english import (
    DATE,
    NUMBER,
    base_of_past,
    base_of_present,
    number_forms,
    past_of_participle,
)


def test_bases_of_pasts_follow_the_spelling() -> None:
    pairs = (
        "announced:announce declared:declare signed:sign stopped:stop carried:carry agreed:agree "
        "created:create treated:treat visited:visit developed:develop offered:offer "
        "required:require received:receive continued:continue enabled:enable settled:settle "
        "changed:change belonged:belong judged:judge reversed:reverse tested:test "
        "discussed:discuss focused:focus invited:invite explained:explain prepared:prepare "
        "appeared:appear used:use moved:move stored:store admitted:admit referred:refer "
        "called:call installed:install controlled:control planned:plan voted:vote "
        "postponed:postpone intervened:intervene opened:open began:begin took:take led:lead"
    )
    for pair in pairs.split():
        past, base = pair.split(":")
        assert base_of_past(past) == base, past


@pytest.mark.parametrize("word", ["need", "hundred", "table", "Ted", "bed", "unprecedented"])
def test_words_that_only_look_like_pasts_are_none(word: str) -> None:
    assert base_of_past(word) is None


def test_bases_of_third_persons() -> None:
    pairs = "covers:cover has:have carries:carry approves:approve relies:rely lies:lie"
    for pair in pairs.split():
        form, base = pair.split(":")
        assert base_of_present(form) == base
    assert base_of_present("members") is None


def test_participles_give_their_past() -> None:
    assert [past_of_participle(word) for word in ("written", "signed", "led", "green")] == [
        "wrote",
        "signed",
        "led",
        None,
    ]


@pytest.mark.parametrize(
    "date", ["26 July 2019", "March 14, 2025", "July 2021", "1996", "1962-12-12", "mid-July 2019"]
)
def test_dates_are_found_whole(date: str) -> None:
    assert re.fullmatch(DATE, date)


@pytest.mark.parametrize("number", ["seven", "34", "8,450", "4.2", "twenty-five", "17.3 million"])
def test_numbers_are_found_whole(number: str) -> None:
    assert re.fullmatch(NUMBER, number)


def test_a_number_is_accepted_in_words_and_digits() -> None:
    assert number_forms("eight") == ("eight", "8")
    assert number_forms("8") == ("8", "eight")
    assert number_forms("8,450") == ("8,450", "8450")
    assert number_forms("34") == ("34",)

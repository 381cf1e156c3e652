"""Words as retrieval sees them."""

from app.terms import content_words, jaccard, normal_number, numbers, terms, words


def test_words_lose_possessive_endings_and_full_stops() -> None:
    assert words("Guatemala's share, the ministers’ reply.") == [
        "Guatemala", "share", "the", "ministers", "reply",
    ]  # fmt: skip


def test_terms_are_folded_and_stemmed_without_stop_words() -> None:
    assert terms("The Migrations of México") == ["migrat", "mexico"]


def test_short_forms_are_spelled_out_but_the_pronoun_is_not() -> None:
    assert terms("US") == terms("United States") == terms("U.S.")
    assert terms("told us") == ["told"]


def test_a_compound_counts_whole_and_in_parts() -> None:
    assert {"long", "term"} <= set(terms("a long-term plan"))


def test_content_words_keep_their_form_and_come_once() -> None:
    assert content_words("When was the Agreement, the Agreement, signed?") == [
        "Agreement",
        "signed",
    ]


def test_numbers_lose_the_separators_of_thousands() -> None:
    assert numbers("8,192.21 million in 2017, 1.500.000 people, 14%") == {
        "8192.21",
        "2017",
        "1500000",
        "14",
    }
    assert normal_number("3,5") == "3.5"


def test_jaccard_of_two_empty_sets_is_zero() -> None:
    assert jaccard([], []) == 0.0
    assert jaccard(["a", "b"], ["b", "c"]) == 1 / 3

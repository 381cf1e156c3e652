"""Words as retrieval sees them."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search.lexical_file import TERMS_VERSION
from app.text.language import LANGUAGES, folded
from app.text.terms import (
    content_words,
    jaccard,
    normal_number,
    numbers,
    question_terms,
    terms,
    words,
)


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


def test_spanish_is_stemmed_as_spanish() -> None:
    assert terms("Las políticas migratorias de los ministerios", "es") == [
        "polit", "migratori", "ministeri",
    ]  # fmt: skip
    assert terms("EE.UU.", "es") == terms("Estados Unidos", "es")


@pytest.mark.parametrize(
    ("plain", "accented"),
    [
        ("migracion", "migración"),
        ("migracion", "migraciones"),
        ("decision", "Decisiones"),
        ("tecnologia", "tecnologías"),
        ("politica", "políticas"),
        ("ano", "años"),
    ],
)
def test_a_spanish_word_is_found_without_its_accent(plain: str, accented: str) -> None:
    assert terms(plain, "es") == terms(accented, "es")


@given(st.text("aeiouáéíóúüñbcdglmnrst ", max_size=40))
def test_a_spanish_term_never_depends_on_accents(text: str) -> None:
    assert terms(text, "es") == terms(folded(text), "es")


def test_scripts_without_spaces_are_found_by_pairs_of_characters() -> None:
    assert set(terms("人口")) <= set(terms("東京都の人口は2017年に増加した"))
    assert "2017" in terms("東京都の人口は2017年に増加した")
    assert set(terms("경제")) <= set(terms("한국의 경제가 성장했다"))
    assert terms("橋") == ["橋"]


def test_voiced_kana_are_not_taken_for_unvoiced() -> None:
    assert set(terms("がく")).isdisjoint(terms("かく"))


def test_other_scripts_are_folded_word_by_word() -> None:
    assert terms("Мост через реку") == ["мост", "через", "реку"]
    assert terms("الجسر الكبير") == ["الجسر", "الكبير"]
    assert terms("Brücke über") == ["bruck", "uber"]


def test_a_questions_terms_stand_in_the_forms_of_every_language() -> None:
    asked = question_terms("¿Cuántas políticas aprobó Guatemala?", ("en", "es"))
    assert asked == [("politica", "polit"), ("aprobo", "aprob"), ("guatemala", "guatemal")]
    assert question_terms("the harvests, the harvest") == [("harvest",)]


def test_a_questions_own_stop_words_are_left_out_in_every_language() -> None:
    assert question_terms("¿Qué dice la ley sobre el agua?", ("en",)) == [
        ("dice",), ("ley",), ("agua",),
    ]  # fmt: skip
    assert question_terms("What does the law say about water?", ("es",)) == [("law",), ("wat",)]


def test_a_word_that_no_language_of_the_library_indexes_is_left_out() -> None:
    asked = "How many people live in El Salvador?"
    assert ("el",) in question_terms(asked, ("en", "es"))
    assert question_terms(asked, ("es",)) == [("peopl",), ("liv",), ("salvador",)]


def test_a_change_of_terms_is_a_new_version_of_the_kept_index() -> None:
    """Whoever changes what `terms` finds raises TERMS_VERSION and pins what it finds now."""
    text = "The U.S. ministers' long-term plans: 8,192.21 más años después, Año Nuevo, がく 橋"
    found = repr([terms(text, language) for language in LANGUAGES])
    assert (TERMS_VERSION, hashlib.sha256(found.encode()).hexdigest()[:16]) == (
        1,
        "0439e4fac6eb7c4e",
    )

"""Which language a text is in."""

import pytest

from app.text.language import detect, folded, is_stop_word

TEXTS = {
    "en": "The council met in the spring and voted for a new bridge over the river.",
    "es": "El consejo se reunió en la primavera y votó a favor de un nuevo puente sobre el río.",
    "fr": "Le conseil s'est réuni au printemps et a voté pour un nouveau pont sur la rivière.",
    "pt": "O conselho reuniu-se na primavera e votou a favor de uma nova ponte sobre o rio.",
    "it": "Il consiglio si è riunito in primavera e ha votato per un nuovo ponte sul fiume.",
    "de": "Der Rat trat im Frühling zusammen und stimmte für eine neue Brücke über den Fluss.",
    "zh": "委员会在春天开会，投票赞成在河上建一座新桥。",
    "figures": "2019; 14.2; 1,200; 88",
    "nothing": "",
}


@pytest.mark.parametrize("name", TEXTS)
def test_spanish_is_told_from_its_neighbours_and_all_else_is_english(name: str) -> None:
    assert detect(TEXTS[name]) == ("es" if name == "es" else "en")


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("¿Quién firmó?", "es"),
        ("cuando se construyo el puente", "es"),
        ("Who signed the Ley de Aguas?", "en"),
        ("What happened in El Salvador?", "en"),
        ("Quem assinou o acordo?", "en"),
        ("bridge budget", "en"),
    ],
)
def test_a_question_of_a_few_words_is_told_too(question: str, language: str) -> None:
    assert detect(question) == language


def test_spanish_names_do_not_make_an_english_text_spanish() -> None:
    assert detect("The mayors of Los Mochis, La Paz and San Luis del Río met in the north.") == "en"


def test_stop_words_are_those_of_the_language_however_they_are_accented() -> None:
    assert is_stop_word("Según", "es") and is_stop_word("segun", "es")
    assert not is_stop_word("según") and not is_stop_word("while", "es")


def test_folding_drops_accents_and_case() -> None:
    assert folded("MIGRACIÓN Ñandú") == "migracion nandu"

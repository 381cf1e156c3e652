"""Words as retrieval sees them: folded, stemmed, without stop words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import zip_longest

import Stemmer

from app.text.language import STOP_WORDS as _STOP_WORDS
from app.text.language import Language, detect, folded, is_stop_word

STOP_WORDS = _STOP_WORDS["en"]

_WORD = re.compile(r"[^\W_]+(?:[.'’][^\W_]+)*\.?", re.UNICODE)
_POSSESSIVE = re.compile(r"['’]s$|['’]$")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
# Scripts that put no space between words, or, Hangul, glue particles to them.
_UNSPACED = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005\u3040-\u30ff\u3130-\u318f"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]+)"
)
_SHORT_PLURAL = re.compile(r"[aeiou][^\W\d_aeiou][aeiou]s")
# Stems are kept below, so the stemmers keep none of their own.
_STEMMERS = {"en": Stemmer.Stemmer("english", 0), "es": Stemmer.Stemmer("spanish", 0)}
# Short forms that documents spell out, and the other way round.
_ALIASES: dict[Language, dict[str, str]] = {
    "en": {"us": "united states", "usa": "united states", "uk": "united kingdom"},
    "es": {"eeuu": "estados unidos", "eua": "estados unidos"},
}

# What a question's word may stand as: a term, or one for each language that it may be read in.
QuestionTerm = str | tuple[str, ...]


def words(text: str) -> list[str]:
    """Return the words of ``text`` as they stand, possessive endings removed."""
    return [word for word in map(_trimmed, _WORD.findall(text)) if word]


@lru_cache(maxsize=200_000)
def term(word: str, language: Language = "en") -> str:
    """Return the term that a word is counted as: lower case, no accents, the language's stem."""
    plain = folded(word.replace(".", ""))
    if language == "es":
        return folded(_STEMMERS["es"].stemWord(_prepared(plain)))
    return str(_STEMMERS["en"].stemWord(plain))


def terms(text: str, language: Language = "en") -> list[str]:
    """Return the content terms of ``text`` in order, repeated as they are.

    Words of scripts that are written without spaces count as their pairs of characters.
    """
    return [found for token in _WORD.findall(text) for found in _terms_of(token, language)]


def question_terms(question: str, languages: Sequence[Language] = ("en",)) -> list[tuple[str, ...]]:
    """Return the distinct content terms of a question, in order, for a library of many languages.

    Args:
        question: In any language; its own stop words are left out.
        languages: Those of the library's documents.

    Returns:
        For each term of the question the forms that documents in these languages have it in, in
        the languages' order and each once. A word that is a stop word in every one of them is
        left out: no chunk is indexed with it.
    """
    asked_in = detect(question)
    found: list[tuple[str, ...]] = []
    for token in _WORD.findall(question):
        if not _terms_of(token, asked_in):
            continue
        for forms in zip_longest(*(_terms_of(token, language) for language in languages)):
            found.append(tuple(dict.fromkeys(form for form in forms if form)))
    return list(dict.fromkeys(found))


def content_words(text: str, language: Language = "en") -> list[str]:
    """Return the distinct content words of ``text`` as they stand, in order."""
    return list(dict.fromkeys(word for word in words(text) if not is_stop_word(word, language)))


def _trimmed(token: str) -> str:
    """Return a word without the full stop after it and without a possessive ending."""
    if token.endswith(".") and "." not in token[:-1]:
        token = token[:-1]
    return _POSSESSIVE.sub("", token)


@lru_cache(maxsize=200_000)
def _terms_of(token: str, language: Language) -> tuple[str, ...]:
    word = _trimmed(token)
    short = word.replace(".", "")
    spelled = _ALIASES[language].get(short.lower()) if word.isupper() else None
    if spelled is not None:
        return tuple(term(part, language) for part in spelled.split())
    if not word or is_stop_word(word, language):
        return ()
    if _UNSPACED.search(word) is None:
        return (term(word, language),)
    found: list[str] = []
    for part in _UNSPACED.split(word):
        if _UNSPACED.match(part):
            found.extend(_pairs(unicodedata.normalize("NFKC", part)))
        elif part:
            found.append(term(part, language))
    return tuple(found)


def _pairs(run: str) -> list[str]:
    """Return the overlapping pairs of characters of a run; a single one as it is."""
    return [run[at : at + 2] for at in range(max(len(run) - 1, 1))]


def _prepared(plain: str) -> str:
    """Return a folded Spanish word as its stemmer needs it.

    Endings that it knows by their accent have it again, and the plurals that it leaves alone,
    those of words such as año and uso, are singulars.
    """
    if _SHORT_PLURAL.fullmatch(plain):
        return plain[:-1]
    if plain.endswith(("cion", "sion")):
        return plain[:-2] + "ón"
    if plain.endswith(("logia", "logias")):
        return plain.replace("logia", "logía")
    return plain


def numbers(text: str) -> set[str]:
    """Return the numbers of ``text``, without the separators of thousands."""
    return {normal_number(match.group()) for match in _NUMBER.finditer(text)}


def normal_number(number: str) -> str:
    """Return a number with the separators of its thousands removed: ``1,234.5`` as ``1234.5``."""
    number = re.sub(r"[.,](?=\d{3}(?:\D|$))", "", number)
    return number.replace(",", ".").rstrip(".")


def jaccard(left: Iterable[str], right: Iterable[str]) -> float:
    """Return the overlap of two sets over their union; 0.0 where both are empty."""
    a, b = set(left), set(right)
    return len(a & b) / len(a | b) if a | b else 0.0

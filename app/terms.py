"""Words as retrieval sees them: folded, stemmed, without stop words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import Stemmer

_WORD = re.compile(r"[^\W_]+(?:[.'’][^\W_]+)*\.?", re.UNICODE)
_POSSESSIVE = re.compile(r"['’]s$|['’]$")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_STEMMER = Stemmer.Stemmer("english")

STOP_WORDS = frozenset(
    "a about above after again all also am an and any are as at be because been before being "
    "below between both but by can could did do does doing done down during each few for from "
    "further had has have having he her here hers him his how i if in into is it its itself just "
    "let me more most my no nor not now of off on once only or other our out over own s same she "
    "should so some such t than that the their theirs them then there these they this those "
    "through to too under until up us very was we were what when where which while who whom whose "
    "why will with would you your tell say says said give please describe explain mention "
    "mentioned according many much".split()
)
# Short forms that documents spell out, and the other way round.
_ALIASES = {"us": "united states", "usa": "united states", "uk": "united kingdom"}


def words(text: str) -> list[str]:
    """Return the words of ``text`` as they stand, possessive endings removed."""
    found = []
    for match in _WORD.finditer(text):
        word = match.group()
        if word.endswith(".") and "." not in word[:-1]:
            word = word[:-1]
        found.append(_POSSESSIVE.sub("", word))
    return [word for word in found if word]


@lru_cache(maxsize=200_000)
def term(word: str) -> str:
    """Return the term that a word is counted as: lower case, no accents, English stem."""
    folded = unicodedata.normalize("NFKD", word.replace(".", "").lower())
    plain = "".join(char for char in folded if not unicodedata.combining(char))
    return str(_STEMMER.stemWord(plain))


def terms(text: str) -> list[str]:
    """Return the content terms of ``text`` in order, repeated as they are."""
    found: list[str] = []
    for word in words(text):
        spelled = _ALIASES.get(word.replace(".", "").lower()) if word.isupper() else None
        if spelled is not None:
            found.extend(term(part) for part in spelled.split())
        elif word.lower() not in STOP_WORDS:
            found.append(term(word))
            if "-" in word:
                found.extend(term(part) for part in word.split("-"))
    return found


def content_words(text: str) -> list[str]:
    """Return the distinct content words of ``text`` as they stand, in order."""
    return list(dict.fromkeys(word for word in words(text) if word.lower() not in STOP_WORDS))


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

"""Mentions: the names and noun phrases of a text, found by what surrounds them.

No tagger and no model: a phrase is a run of words that are neither function words nor everyday
verbs, as in noun-phrase chunking by closed classes. "of" joins two runs, and capitals are joined
over "and", "for" and "the", as in "Alliance for Prosperity".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.question.followups.lexicon import (
    CLASS_NOUNS,
    DETERMINERS,
    FUNCTION_WORDS,
    PERSON_TITLES,
    PREDICATES,
    SUPPORTS,
    VERBS,
)
from app.text.terms import term

_WORD = re.compile(r"[^\W_]+(?:[-.'’&/][^\W_]+)*")
_SENTENCE_END = re.compile(r"[.?!:;¿¡(]\s*$|\n")
_PLURAL = re.compile(r"(?<![siu])s$")
_PEOPLE = frozenset("people children men women police staff".split())
_NAME_LINKS = frozenset("and for the de del la y".split())
_LONGEST = 8  # words


@dataclass(frozen=True, slots=True)
class Word:
    """A word where it stands."""

    text: str
    start: int
    end: int
    opens: bool  # it is the first of its sentence, so that a capital says nothing

    @property
    def lower(self) -> str:
        """The word in lower case, possessive ending removed."""
        return re.sub(r"['’]s?$", "", self.text.lower()) or self.text.lower()

    @property
    def is_capital(self) -> bool:
        """Whether the word is written as a name is, wherever it stands."""
        return self.text[0].isupper() and (not self.lower_is_function or self.is_acronym)

    @property
    def is_acronym(self) -> bool:
        """Whether it is written in capitals or with figures inside, such as CO2."""
        return len(self.text) > 1 and self.text.isupper()

    @property
    def lower_is_function(self) -> bool:
        """Whether it is a function word."""
        return self.text.lower().replace("’", "'") in FUNCTION_WORDS


@dataclass(frozen=True, slots=True)
class Mention:
    """A name or a noun phrase, ``source[start:end]`` without its determiner.

    Attributes:
        text: The phrase.
        start: Where it begins in its source, in code points.
        end: Where it ends.
        head: The word that says what it is, in lower case: ``agreement``, ``capital`` of Peru.
        determiner: ``the``, ``a``, ``its`` and so on before it; empty for none.
        is_name: It holds a capital that its place in the sentence does not explain.
    """

    text: str
    start: int
    end: int
    head: str
    determiner: str
    is_name: bool

    @property
    def is_plural(self) -> bool:
        """Whether it is several things."""
        if self.head in _PEOPLE or re.search(r"[a-z] and ", self.text):
            return True
        alone = self.is_name and " " not in self.text  # "Honduras"
        return bool(_PLURAL.search(self.head)) and len(self.head) > 3 and not alone

    @property
    def may_be_person(self) -> bool:
        """Whether it is written as a person's name is."""
        parts = self.text.split()
        if not self.is_name or len(parts) > 4 or self.text.isupper():
            return False
        if parts[0].lower() in PERSON_TITLES and len(parts) > 1:
            return True
        plain = [part for part in parts if part not in ("de", "van", "von", "der", "bin", "al")]
        return all(part[0].isupper() and part.lower() not in CLASS_NOUNS for part in plain)

    @property
    def shown(self) -> str:
        """The phrase as it stands for itself in another sentence."""
        if self.determiner in ("the", "a", "an"):
            return f"the {self.text}"
        return f"{self.determiner} {self.text}" if self.determiner in ("my", "our") else self.text


def words(text: str) -> list[Word]:
    """Return the words of a text with their places."""
    found: list[Word] = []
    for match in _WORD.finditer(text):
        before = text[found[-1].end if found else 0 : match.start()]
        opens = not found or bool(_SENTENCE_END.search(before))
        found.append(Word(match.group(), match.start(), match.end(), opens))
    return found


def mentions(text: str) -> list[Mention]:
    """Return the names and noun phrases of a text, in order."""
    found: list[Mention] = []
    tokens = words(text)
    at = 0
    while at < len(tokens):
        stop = _run(text, tokens, at)
        verb = _trailing_verb(text, tokens, at, stop)
        if stop > at:
            made = _mention(text, tokens, at, stop - verb)
            if made is not None:
                found.append(made)
        at = max(stop, at + 1)
    return found


def is_content(word: Word) -> bool:
    """Whether a word carries a subject, neither function word nor everyday verb."""
    return word.is_acronym or not word.lower_is_function


def _is_verb(word: Word) -> bool:
    if word.is_acronym or (word.text[0].isupper() and not word.opens):
        return False
    return term(word.lower) in VERBS


def _run(text: str, tokens: list[Word], first: int) -> int:
    """Return where the phrase that begins at a word ends; `first` where none does."""
    after_determiner = first > 0 and tokens[first - 1].lower in DETERMINERS
    at = first
    while at < len(tokens) and at - first < _LONGEST:
        word = tokens[at]
        if at > first and text[tokens[at - 1].end : word.start].strip(" \t\"“”'’"):
            break
        if not is_content(word) and not _inside_name(text, tokens, first, at):
            joined = _joined(text, tokens, first, at)
            if joined == at:
                break
            at = joined
            continue
        ended = _is_verb(word) or word.lower in PREDICATES or _is_participle(word)
        if ended and not (at == first and after_determiner and not word.opens):
            break
        if at > first and not word.text[0].isupper() and _between_capitals(text, tokens, first, at):
            break
        at += 1
    return at


def _joined(text: str, tokens: list[Word], first: int, at: int) -> int:
    """Return the place after a linking word (and an article) if the phrase goes on over it."""
    if at == first or at + 1 >= len(tokens) or text[tokens[at].end : tokens[at + 1].start] != " ":
        return at
    link, nxt = tokens[at].lower, at + 1
    if link == "of" and tokens[nxt].lower in ("the", "a", "an"):
        nxt += 1
    if nxt >= len(tokens) or not is_content(tokens[nxt]) or _is_verb(tokens[nxt]):
        return at
    if link == "of":
        return nxt
    capitals = tokens[at - 1].is_capital and tokens[nxt].is_capital
    opener = tokens[first].opens and at - first == 1
    return nxt if link in _NAME_LINKS and capitals and not opener else at


def _inside_name(text: str, tokens: list[Word], first: int, at: int) -> bool:
    """Whether a function word is part of a name by its capital: "Safe Third Country"."""
    return at > first and tokens[at].text[0].isupper() and tokens[at - 1].text[0].isupper()


def _is_participle(word: Word) -> bool:
    return word.text.islower() and len(word.text) > 4 and word.text.endswith("ed")


def _between_capitals(text: str, tokens: list[Word], first: int, at: int) -> bool:
    """Whether a lower-case word stands between two names, and so is a verb: "Ana expelled Ben"."""
    if not tokens[at - 1].is_capital or at + 1 >= len(tokens):
        return False
    following = tokens[at + 1]
    return following.is_capital and text[tokens[at].end : following.start] == " "


def _trailing_verb(text: str, tokens: list[Word], first: int, stop: int) -> int:
    """Return 1 where the last word of a phrase is the verb of "does the firm acquire"."""
    if stop - first < 2 or not tokens[stop - 1].text.islower():
        return 0
    before = [word.lower for word in tokens[max(0, first - 2) : first]]
    if not SUPPORTS.intersection(before):
        return 0
    rest = text[tokens[stop - 1].end :]
    ends = bool(re.match(r"\W*$|[?.!)]", rest)) or (
        stop < len(tokens) and not is_content(tokens[stop])
    )
    ends = ends and not re.match(r"\s+(?:and|or)\b", rest)
    return int(ends and not _PLURAL.search(tokens[stop - 1].text))


def _mention(text: str, tokens: list[Word], first: int, stop: int) -> Mention | None:
    run = tokens[first:stop]
    end = run[-1].end
    for ending in ("'s", "’s"):
        if run[-1].text.endswith(ending):
            end -= 2
    phrase = text[run[0].start : end]
    if all(word.text.isdigit() for word in run) or len(phrase) < 2:
        return None
    head = next(
        (run[at - 1] for at in range(1, len(run)) if run[at].lower in ("of", "for")), run[-1]
    )
    if run[0].is_capital and run[0].lower in CLASS_NOUNS:
        head = run[0]  # "Lake Orlo"
    before = tokens[first - 1].lower if first else ""
    name = any(
        word.is_capital
        and (not word.opens or word.is_acronym or len(run) > 1 and run[1].is_capital)
        for word in run
    )
    return Mention(
        text=phrase,
        start=run[0].start,
        end=end,
        head=head.lower,
        determiner=before if before in DETERMINERS else "",
        is_name=name,
    )


def is_asked_for(mention: Mention, question: str) -> bool:
    """Whether a phrase is what the question asks for: "which country"."""
    before = question[: mention.start]
    return bool(re.search(r"\b(?:which|what|how many|how much)\s+$", before, re.IGNORECASE))

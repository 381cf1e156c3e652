"""What a question asks for: its terms, numbers, names and the kind of answer that would fit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.question.followups.mentions import mentions
from app.question.parts import parts
from app.text.language import Language
from app.text.terms import STOP_WORDS, numbers, question_terms, term, terms, words


class AnswerType(StrEnum):
    """The kind of thing that answers a question."""

    PERSON = "person"
    TIME = "time"
    PLACE = "place"
    QUANTITY = "quantity"
    SHARE = "share"
    REASON = "reason"
    DEFINITION = "definition"
    OTHER = "other"


_KINDS: tuple[tuple[AnswerType, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        (
            AnswerType.SHARE,
            r"\b(?:what|which) (?:share|percentage|per cent|percent|proportion|fraction)\b"
            r"|\bpercentage of\b",
        ),
        (
            AnswerType.QUANTITY,
            r"\bhow (?:many|much|large|big|often|long|far|old|high|tall|deep)\b"
            r"|\b(?:what|which) (?:number|amount|figure|rate|total)\b",
        ),
        (
            AnswerType.TIME,
            r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|time|decade|century)\b",
        ),
        (AnswerType.PERSON, r"\bwho(?:m|se)?\b"),
        (AnswerType.PLACE, r"\bwhere\b|\b(?:what|which) (?:city|country|place|town|state)\b"),
        (AnswerType.REASON, r"\bwhy\b|\bwhat (?:caused|causes|led)\b|\b(?:reason|cause)s?\b"),
        (
            AnswerType.DEFINITION,
            r"^\s*(?:what (?:is|are|was|were)|who (?:is|was)|define)\b"
            r"(?!.*\b(?:of|for|to|from|between)\b)"
            r"|\bwhat (?:does|do|did) .+ (?:mean|stand for)\b|\bmeaning of\b|\bdefinition of\b",
        ),
    )
)
_MONTHS = "january february march april may june july august september october november december"
_SIGNS: dict[AnswerType, re.Pattern[str]] = {
    # A figure that is neither a year nor part of a name such as MS-13, or a number in words.
    AnswerType.QUANTITY: re.compile(
        r"(?<![\w.-])(?!(?:1[5-9]|20)\d\d(?![\d.,]*\d))\d"
        r"|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|"
        r"forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|millions?|billions?|half|"
        r"thirds?|quarters?|dozens?|per ?cent|none|single|once|twice)\b",
        re.IGNORECASE,
    ),
    AnswerType.SHARE: re.compile(
        r"\d\s*%|\bper ?cent\b|\b(?:half|thirds?|quarters?|fifths?|tenths?|majority|minority|"
        r"most of|none of|nearly all|nearly every)\b"
        r"|\b(?:one|two|three|four|\d+) (?:in|out of) \w+",
        re.IGNORECASE,
    ),
    AnswerType.TIME: re.compile(
        rf"\b(?:1\d|20)\d\ds?\b|\b(?:{'|'.join(_MONTHS.split())})\b|\bcentury\b|\b\d{{1,2}}:\d\d\b|"
        r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b(?:noon|midnight|dawn|dusk|o[’']clock)\b|"
        r"\b\d{1,2} ?[ap]\.?m\b|\b(?:every|each) (?:day|week|month|quarter|year)\b|"
        r"\b(?:since|until|after|before|during|ago)\b",
        re.IGNORECASE,
    ),
    AnswerType.PERSON: re.compile(r"\b[A-Z][\w’'-]+(?:\s+(?:[A-Z]\.?|de|von|van|der))*\s+[A-Z]\w+"),
    AnswerType.PLACE: re.compile(r"\b(?:in|at|near|on|from|to|of)\s+(?:the\s+)?[A-Z]\w+"),
    AnswerType.REASON: re.compile(
        r"\b(?:because|due to|owing to|since|caused|causes|therefore|thus|so that|in order|result|"
        r"results|resulted|led|leads|driven|drives?|to avoid|consequence)\b",
        re.IGNORECASE,
    ),
}


_HOW_MANY = re.compile(r"\bhow many\b", re.IGNORECASE)
_NEAR = 6  # words
# What a figure is given of without its name: "returned 939", "lasted 36".
_BARE = frozenset(
    "people persons individuals men women children times years months weeks days hours minutes "
    "dollars percent things".split()
)
# Kinds that a sentence without their sign cannot answer.
STRICT_KINDS = frozenset({AnswerType.QUANTITY, AnswerType.SHARE, AnswerType.TIME})


_TITLES = (
    "President Minister Chancellor Senator Governor Secretary Ambassador Judge King Queen Pope "
    "General Mr Mrs Ms Dr"
).split()
_TITLED = re.compile(rf"\b({'|'.join(_TITLES)})\.?\s+([A-Z][\w-]+)")


@dataclass(frozen=True, slots=True)
class Asked:
    """A standalone question, taken apart.

    Attributes:
        text: The question.
        terms: Its distinct content terms, in order, each in the forms that documents of the
            library's languages have it in.
        numbers: The numbers in it; what answers it must be about them.
        names: The terms of its capitalised words beyond the first; empty where all words are so.
        titled: Of those names, the ones that a title goes before, with the title: ``President``.
        kind: The kind of thing that answers it.
        counted: The terms of what "how many" asks for; a figure stands near one of them. Empty
            for people, years and other things that a figure is given of without their name.
    """

    text: str
    terms: tuple[tuple[str, ...], ...]
    numbers: frozenset[str]
    names: frozenset[str]
    titled: Mapping[str, str]
    kind: AnswerType
    counted: frozenset[str] = frozenset()

    def fits(self, sentence: str) -> bool:
        """Whether a sentence holds the kind of thing that is asked for."""
        if self.kind is AnswerType.DEFINITION:
            return _defines(sentence, self.terms)
        sign = _SIGNS.get(self.kind)
        if sign is None:
            return True
        if self.kind is AnswerType.QUANTITY and self.counted:
            return any(self._is_near(sentence, found) for found in sign.finditer(sentence))
        return bool(sign.search(sentence))

    def _is_near(self, sentence: str, figure: re.Match[str]) -> bool:
        """Whether what is counted stands a few words from a figure."""
        before = terms(" ".join(sentence[: figure.start()].split()[-_NEAR:]))
        after = terms(" ".join(sentence[figure.start() :].split()[: _NEAR + 1]))
        return not self.counted.isdisjoint([*before, *after])


def analyse(question: str, languages: Sequence[Language] = ("en",)) -> Asked:
    """Take a standalone question apart, for documents in some languages."""
    found = words(question)
    kinds = {_kind(part) for part in parts(question)}
    kind = kinds.pop() if len(kinds) == 1 else AnswerType.OTHER  # no one kind answers all parts
    all_capitals = not any(word[0].islower() for word in found)
    names = {
        term(word)
        for word in ([] if all_capitals else found[1:])
        if word[0].isupper() and word.lower() not in STOP_WORDS and word not in _TITLES
    }
    return Asked(
        text=question,
        terms=tuple(question_terms(question, languages)),
        numbers=frozenset(number for number in numbers(question) if len(number) > 1),
        names=frozenset(names),
        titled={term(match.group(2)): match.group(1) for match in _TITLED.finditer(question)},
        kind=kind,
        counted=_counted(question),
    )


def _kind(question: str) -> AnswerType:
    return next((kind for kind, sign in _KINDS if sign.search(question)), AnswerType.OTHER)


def _counted(question: str) -> frozenset[str]:
    asks = _HOW_MANY.search(question)
    if asks is None:
        return frozenset()
    named = next((one for one in mentions(question) if one.start >= asks.end()), None)
    if named is None or named.start - asks.end() > 1 or named.head in _BARE:
        return frozenset()
    # Of a long run of words the head is not sure.
    return frozenset(terms(named.text if named.text.count(" ") > 1 else named.head))


def _defines(sentence: str, asked: Sequence[tuple[str, ...]]) -> bool:
    head = re.split(
        r"\b(?:is|are|was|were|means|refers|stands|denotes|holds|describes)\b|:|\.\*\*",
        sentence,
        maxsplit=1,
    )
    if len(head) < 2 or len(head[0]) > 120:
        return False
    opening = set(terms(head[0]))
    return bool(asked) and all(not opening.isdisjoint(forms) for forms in asked)

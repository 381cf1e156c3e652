"""Statements: a sentence read for what it commits itself to.

Each content word is kept with what bears on it: that it names something, that it is denied, that
it is only held possible. Clauses are cut where one assertion ends and the next begins. No parser:
the marks of negation, modality and clause that English keeps in a short, closed list of words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from app.text.terms import STOP_WORDS, term
from app.verify.figures import Figure, figures

NEGATIONS = frozenset("no not never none neither nor without cannot nobody nothing nowhere".split())
# Deny in part or by their sense; they may stand for a negation, and need not.
_DENIALS = frozenset(
    "unable fail fails failed refuse refuses refused lack lacks lacked absent absence deny denies "
    "denied prevent prevents prevented impossible except unless instead rather away missing "
    "hardly only limited limit stop stops stopped avoid free otherwise both until".split()
)
_POSSIBLE = frozenset("may might could can possibly perhaps likely maybe".split())
_TITLES = frozenset("mr mrs ms miss dr prof sir".split())
_MONTHS = (
    "january february march april may june july august september october november december"
).split()
_MONTH_OF = {name: name for name in _MONTHS} | {name[:3]: name for name in _MONTHS}
_MONTH_OF["sept"] = "september"
_DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
DATES = frozenset(_MONTHS) | {term(day) for day in _DAYS}
_FUNCTION = STOP_WORDS | frozenset(
    "would could might may must shall should ought cannot since within upon among against during "
    "per although though whereas however therefore thus also still yet already even both either "
    "neither nobody nothing none never without much many several every one ones two three four "
    "five six seven eight nine ten eleven twelve thousand million billion cent twice last next "
    "previous latest other another such".split()
)
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’.&][^\W\d_]+)*")
_POSSESSIVE = re.compile(r"['’]s$|['’]$")
_CLAUSE = re.compile(
    r"\s*[;:]\s+|\s+[–—]\s+|,?\s+(?=(?:but|although|though|while|whereas|because|since|unless|if|"
    r"when|after|before|provided|so that|even though|which|who|rather than|instead of)\b)"
    r"|,\s+(?=(?:and|or|nor|yet|so|with)\b)|\s+(?=and\s+(?-i:[a-z]))",
    re.IGNORECASE,
)
_SMALL_WORDS = frozenset("of the and for de la del y e in on against to".split())
_SCOPE = 2  # content words that a negation or a modal verb bears on


@dataclass(frozen=True, slots=True)
class Word:
    """A content word.

    Attributes:
        text: As it stands.
        term: What it is counted as.
        start: First code point in its sentence.
        end: One past the last.
        is_name: Whether its capital makes it a name; unknown, so False, at a sentence's head.
        is_denied: Whether a negation bears on it.
        is_possible: Whether a modal verb makes it no more than possible.
    """

    text: str
    term: str
    start: int
    end: int
    is_name: bool
    is_denied: bool
    is_possible: bool


@dataclass(frozen=True)
class Statement:
    """A sentence or a clause, read.

    Attributes:
        text: Its words.
        words: Its content words in order, those of its figures left out.
        figures: Its figures.
        function: Its other words in lower case, in order.
    """

    text: str
    words: tuple[Word, ...]
    figures: tuple[Figure, ...]
    function: tuple[str, ...]

    @cached_property
    def terms(self) -> frozenset[str]:
        """The terms of its content words."""
        return frozenset(word.term for word in self.words)

    @cached_property
    def negations(self) -> int:
        """How many negations it holds."""
        return sum(word in NEGATIONS or word.endswith("n't") for word in self.function)

    @cached_property
    def may_deny(self) -> bool:
        """Whether some word in it can stand for a negation."""
        return any(
            one in _DENIALS for one in (*self.function, *(word.text.lower() for word in self.words))
        )

    @cached_property
    def is_passive(self) -> bool:
        """Whether it has a form of "to be" before a participle."""
        return bool(_PASSIVE.search(self.text))


_PASSIVE = re.compile(
    r"\b(?:is|are|was|were|be|been|being|gets?|got)\s+(?:\w+ly\s+|(?:not|never|also|then|first|later|again|already|ever)\s+)?"
    r"(?:\w{2,}ed|given|taken|sold|bought|made|kept|held|won|lost|led|built|sent|paid|put|shown|"
    r"written|known|seen|found|said|told|beaten|chosen|drawn|driven|set|cut|run)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=20_000)
def read(text: str) -> Statement:
    """Read a sentence or a clause."""
    words: list[Word] = []
    function: list[str] = []
    denied = possible = 0
    counted = figures(text)
    for at, match in enumerate(_WORD.finditer(text)):
        shown = _POSSESSIVE.sub("", match.group())
        lower = shown.lower().replace("’", "'")
        month = _month(shown, text, match)
        if lower in NEGATIONS or lower.endswith("n't"):
            denied = _SCOPE
        if lower in _POSSIBLE and month is None:
            possible = _SCOPE
        if shown[0].isdigit() or any(one.start <= match.start() < one.end for one in counted):
            continue
        if month is None and (lower in _FUNCTION or lower in _POSSIBLE or lower.endswith("n't")):
            function.append(lower)
            continue
        is_name = at > 0 and shown[0].isupper() and lower not in _TITLES
        words.append(
            Word(
                shown,
                month or term(shown),
                match.start(),
                match.start() + len(shown),
                is_name or month is not None,
                denied > 0,
                possible > 0,
            )
        )
        denied, possible = denied - 1, possible - 1
    return Statement(text, tuple(words), counted, tuple(function))


def _month(shown: str, text: str, match: re.Match[str]) -> str | None:
    """Return the month that a word names; the verbs "may" and "march" are none."""
    if not shown[0].isupper() or shown.lower() not in _MONTH_OF:
        return None
    near = text[max(0, match.start() - 3) : match.end() + 5]
    if match.start() == 0 and not re.search(r"\d", near):
        return None
    return _MONTH_OF[shown.lower()]


@lru_cache(maxsize=20_000)
def clauses(text: str) -> tuple[tuple[int, int], ...]:
    """Cut a sentence into clauses.

    Returns:
        Half-open spans in code points of ``text``, in order, trimmed; a piece with fewer than two
        content words or figures stays with the one before it, unless it gives a cause.
    """
    cuts = [0, *(match.end() for match in _CLAUSE.finditer(text) if match.end() > 0), len(text)]
    spans: list[tuple[int, int]] = []
    for start, end in zip(cuts, cuts[1:], strict=False):
        piece = read(text[start:end])
        slight = _weight(piece) < 2 and not text[start:end].lower().startswith("because")
        if spans and (slight or _weight(read(text[slice(*spans[-1])])) < 2):
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return tuple(_trimmed(text, start, end) for start, end in spans)


def _weight(piece: Statement) -> int:
    return len(piece.words) + len(piece.figures) + piece.negations


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    first = start + len(piece) - len(piece.lstrip())
    return first, max(first, start + len(piece.rstrip(" \t\n,;:–—")))


def names(words: Sequence[Word]) -> frozenset[str]:
    """Return the terms of the names among some words."""
    return frozenset(word.term for word in words if word.is_name)


def initials_of(text: str) -> frozenset[str]:
    """Return the initials, in lower case, of every run of two capitalised words or more.

    Small words such as "of" do not end a run: "Ministry of Public Works" gives ``mpw`` and ``pw``.
    """
    found: set[str] = set()
    run = ""
    for token in text.replace("(", " ( ").split():
        if token[0].isupper():
            run += token[0].lower()
        elif token not in _SMALL_WORDS:
            run = ""
        found.update(run[at:] for at in range(len(run) - 1))
    return frozenset(found)

"""Opposites: words that turn a statement round, and scales that a claim must not climb.

A general list of English; each line is two sides of a pair, with the synonyms of either side.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from app.text.terms import term
from app.verify.statement import Statement

# Pairs of converses (buy and sell, lend and borrow) are left out: they turn the roles as well.
_PAIRS = """
rise rose risen increase grow grew climb gain jump up | fall fell fallen decrease decline drop
expand increase rise | reduce lower shrink shrank down
more | fewer less
higher high | lower low
longer | shorter
faster fast quickly quick | slower slow slowly
earlier early | later late
better | worse
best | worst
larger large big bigger greater | smaller small
before | after
above over | below under
accept adopt approve pass agree welcome | reject refuse
allow permit authorise authorize | prohibit forbid forbidden ban disallow
require | forbid
succeed manage | fail
success | failure
profit surplus | loss deficit
open begin began begun start launch | close shut end stop cease
win won | lose lost
include | exclude
import | export
support favour favor back | oppose
arrive enter | leave left depart exit
strengthen tighten | weaken loosen relax
improve recover | worsen deteriorate
cheap cheaper | expensive dear
public | private
north northern | south southern
east eastern | west western
day days daytime | night nights
majority most | minority
maximum most | minimum least
enable encourage | disable discourage
hire employ recruit appoint | dismiss fire sack
praise | criticise criticize blame condemn
admit confirm | deny
guilty | innocent
legal lawful | illegal unlawful
young younger | old older
rich wealthy | poor
safe | dangerous unsafe
add | remove delete
keep retain preserve | erase delete discard abandon
attack | defend
appear | disappear vanish
extend lengthen renew prolong | shorten cancel terminate
widen | narrow
optional voluntary | mandatory compulsory obligatory forced
temporary | permanent
mild | severe
always | never
remain stay | leave left
postpone delay | advance
full | empty
full whole | partial
damage | intact
present | absent
credit | debit
common frequent frequently often | rare rarely uncommon
presence | absence
domestic | foreign
urban | rural
internal | external
creditor | debtor
winner | loser
positive | negative
victory | defeat
peace | war
true | false
right correct correctly | wrong wrongly
join | quit leave
introduce | abolish scrap
suspend cancel | resume restore reinstate
male men man | female women woman
ally | enemy
minor small slight | major serious
warm hot | cold cool
dry | wet
inside | outside
"""
_PREFIXES = ("un", "in", "im", "il", "ir", "dis", "non", "mis")
_FUNCTION_PAIRS = (
    (frozenset({"more"}), frozenset({"less", "fewer"})),
    (frozenset({"before"}), frozenset({"after", "since"})),
    (frozenset({"above", "over"}), frozenset({"below", "under"})),
    (frozenset({"most"}), frozenset({"least"})),
)

_ALL = frozenset("all every each always everyone everybody entire whole entirely".split())
_MOST = frozenset(
    "most mostly majority mainly chiefly largely usually generally primarily predominantly".split()
)
_SOME = frozenset(
    "some several few many often sometimes partly occasionally certain particularly various".split()
)
_CERTAIN = frozenset(
    "will must shall certainly definitely always prove proved proven proves confirm confirmed "
    "confirms establish established undoubtedly guarantee guaranteed require required "
    "inevitably need needs obliged".split()
)
_UNCERTAIN = frozenset(
    "may might could can possibly perhaps likely maybe suspect suspects suspected believe believes "
    "believed suggest suggests suggested plan plans planned propose proposes proposed expect "
    "expects expected would appear appears appeared seem seems seemed consider considers "
    "considering estimate estimates estimated hope hopes hoped should allege alleges alleged "
    "reportedly allegedly potential potentially intend intends intended".split()
)


@cache
def _sides() -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    """Return for every term of the list the terms of its own side, and the opposite ones."""
    found: dict[str, tuple[set[str], set[str]]] = {}
    for line in _PAIRS.strip().splitlines():
        left, right = ({term(word) for word in side.split()} for side in line.split("|"))
        for side, other in ((left, right), (right, left)):
            for word in side:
                same, opposite = found.setdefault(word, (set(), set()))
                same.update(side)
                opposite.update(other - side)
    return {word: (frozenset(one), frozenset(two)) for word, (one, two) in found.items()}


def opposite_terms(word: str) -> frozenset[str]:
    """Return the terms that say the opposite of a term, by the list alone."""
    return _sides().get(word, (frozenset(), frozenset()))[1]


def opposed(claim: Statement, given: Statement) -> bool:
    """Whether the claim has a word's opposite where the given statement has the word.

    A word that both hold is no difference between them.
    """
    if has_opposite(claim, given):
        return True
    our_marks, their_marks = set(claim.function), set(given.function)
    every = claim.terms | our_marks
    for pair in _FUNCTION_PAIRS:
        for left, right in (pair, pair[::-1]):
            if left & our_marks and not left & (their_marks | given.terms):
                held = right & (their_marks | given.terms)
                if held and not right & every:
                    return True
    return False


def has_opposite(claim: Statement, given: Statement) -> bool:
    """As `opposed`, by content words alone; a synonym in the given statement settles it."""
    ours, theirs = claim.terms - given.terms, given.terms - claim.terms
    for word in ours:
        same, opposite = _sides().get(word, (frozenset(), frozenset()))
        if opposite & theirs and not same & theirs or _negates(word, theirs):
            return True
    return False


def _negates(word: str, others: Iterable[str]) -> bool:
    """Whether some other term is this one with a negating prefix, or this one is it with one."""
    return any(
        word == prefix + other or other == prefix + word
        for other in others
        for prefix in _PREFIXES
        if min(len(word), len(other)) > 3
    )


def strengthens_quantity(claim: Statement, given: Statement) -> bool:
    """Whether the claim says "all" where not all are spoken of, or "most" where some are."""
    said, known = _quantity(claim), _quantity(given)
    return said >= 2 and known < said


def _quantity(statement: Statement) -> int:
    """Return 3 for all, 2 for most, 1 for some, 0 where nothing is said of how many."""
    held = _marks(statement)
    shares = [figure.value for figure in statement.figures if figure.unit == "share"]
    if held & _ALL or "full" in held:
        return 3
    if held & _MOST or any(share > 0.5 for share in shares):
        return 2
    return 1 if held & _SOME or shares else 0


def strengthens_certainty(claim: Statement, given: Statement) -> bool:
    """Whether the claim holds for certain or for a duty what is only possible or believed."""
    said, known = _marks(claim), _marks(given)
    if said & _UNCERTAIN or not known & _UNCERTAIN:
        return False
    if said & _CERTAIN and not said & _CERTAIN & known:
        return True
    only_possible = {word.term for word in given.words if word.is_possible}
    return bool(only_possible & claim.terms)


def _marks(statement: Statement) -> set[str]:
    return {*statement.function, *(word.text.lower() for word in statement.words)}

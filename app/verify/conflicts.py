"""Conflicts: why a clause cannot follow from the clause that comes closest to it.

Rules for what word overlap and embeddings are blind to: a negation more or less, an opposite, a
scale climbed, another doer of the same deed, subject and object exchanged. A rule speaks only
where both clauses share the words that it turns on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from itertools import product

from app.verify.figures import missing
from app.verify.opposites import (
    has_opposite,
    opposed,
    opposite_terms,
    strengthens_certainty,
    strengthens_quantity,
)
from app.verify.statement import DATES, Statement, Word, initials_of, names

_PRONOUNS = frozenset("he she it they his her its their him them who which this that".split())
_PAST = frozenset(
    "bought sold told gave led won lost took paid met sent made built beat left kept held drew "
    "wrote drove chose taught caught fought brought thought found lent hit cut put set saw "
    "asks owes sues leases rents pays gives sends".split()
)
_SUBJECTLESS = re.compile(
    r"(?:and|but|or|yet)\s+(?:(?:also|then|later|not|never)\s+)?(?:is|was|were|has|had|have|will|"
    r"would|may|might|can|could|must|shall|did|does|do|\w{2,}ed|\w{2,}s)\b",
    re.IGNORECASE,
)
_MODIFIES = re.compile(r"\b(?:a|an|the|its|their|his|her|our|of|some|all|many)\s$", re.IGNORECASE)
_NEAR = 2  # content words around a verb that may be its subject or object
_LONGEST_SWAP = 3  # content words that stand in the place of others


def conflict(
    claim: Statement,
    given: Statement,
    sentence: Statement,
    siblings: Sequence[Statement],
    elsewhere: frozenset[str],
) -> str:
    """Say why a claim's clause conflicts with the clause that is closest to it.

    Args:
        claim: A clause of the sentence that is judged.
        given: The clause of the passage that holds most of it.
        sentence: The sentence of the passage that ``given`` is a clause of.
        siblings: The other clauses of that sentence.
        elsewhere: Terms of the passage outside ``given``.

    Returns:
        The rule's name, or nothing where no rule speaks against the claim.
    """
    rules: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("polarity", lambda: _turned(claim, given, sentence)),
        ("quantity", lambda: strengthens_quantity(claim, given)),
        ("certainty", lambda: strengthens_certainty(claim, given)),
        ("rival", lambda: _rival(claim, given, siblings, elsewhere)),
        ("roles", lambda: _exchanged(claim, given) or _compared(claim, given)),
    )
    return next((name for name, holds in rules if holds()), "")


def _turned(claim: Statement, given: Statement, sentence: Statement) -> bool:
    """Whether one denies what the other asserts, an opposite counting as a denial."""
    shared = claim.terms & given.terms
    said = {word.term for word in claim.words if word.is_denied} & shared
    known = {word.term for word in given.words if word.is_denied} & shared
    turned = opposed(claim, given) or has_opposite(claim, sentence)
    if (said - known or known - said) and not (claim.negations and given.negations):
        return not turned
    if turned:
        return claim.negations % 2 == given.negations % 2
    if claim.negations % 2 != given.negations % 2:
        return not (claim.may_deny or given.may_deny)
    return False


def other_figure(claim: Statement, sentence: Statement) -> bool:
    """Whether the sentence closest to a claim has another figure, or month, than the claim.

    A figure that the passage gives elsewhere belongs to something else where this sentence has
    one of its own, in the same unit.
    """
    lacking = missing(claim.figures, sentence.figures)
    spare = missing(sentence.figures, claim.figures)
    ours, theirs = claim.terms & DATES, sentence.terms & DATES
    return any(one.unit == other.unit for one in lacking for other in spare) or bool(
        ours - theirs and theirs - ours
    )


def _rival(
    claim: Statement, given: Statement, siblings: Sequence[Statement], elsewhere: frozenset[str]
) -> bool:
    """Whether the claim puts another doer, or another thing, where the given clause has its own."""
    if not claim.words or not given.words:
        return False
    ours, theirs = claim.terms - given.terms, given.terms - claim.terms
    has_subject = not _SUBJECTLESS.match(given.text)  # else it is the sibling clause's
    for left, right in _swaps(claim.words, given.words):
        known = initials_of(given.text)
        right = [word for word in right if word.text.lower() not in known]
        if not right:
            continue
        replaced, put = names(left) - DATES, names(right) - DATES
        if put & ours and replaced & theirs:
            return True
        moved = {word.term for word in right} & ours & elsewhere
        same_size = len(left) <= _LONGEST_SWAP and len(right) <= _LONGEST_SWAP
        at_head = has_subject and right[0] is claim.words[0]
        if moved and same_size and (at_head or len(left) == len(right) == 1):
            generic = any(word.is_name for word in right) and not replaced
            if not generic:
                return True
    first = claim.words[0].term
    return (
        has_subject
        and first in ours
        and any(
            other.words and first in {word.term for word in other.words[:2]} for other in siblings
        )
    )


def _swaps(
    claim: Sequence[Word], given: Sequence[Word]
) -> list[tuple[Sequence[Word], Sequence[Word]]]:
    """Return the stretches of the given clause that the claim has other words for.

    A stretch stands between words that both share, or at an end.
    """
    matcher = SequenceMatcher(
        None, [word.term for word in given], [word.term for word in claim], autojunk=False
    )
    return [
        (given[i1:i2], claim[j1:j2])
        for tag, i1, i2, j1, j2 in matcher.get_opcodes()
        if tag == "replace"
    ]


def _exchanged(claim: Statement, given: Statement) -> bool:
    """Whether doer and object of a verb that both share have changed places.

    A passive turns the places round by itself, so the rule asks for a change of places without a
    change of voice.
    """
    same_voice = claim.is_passive == given.is_passive
    for ours, theirs in product(_verbs(claim), _verbs(given)):
        if claim.words[ours].term != given.words[theirs].term:
            continue
        before, after = _around(claim, ours)
        was_before, was_after = _around(given, theirs)
        crossed = (before & was_after) - after - was_before, (after & was_before) - before
        if same_voice and any(crossed):
            return True
    return False


def _verbs(statement: Statement) -> list[int]:
    """Return where words stand that look like finite verbs or participles, not like adjectives."""
    return [
        at
        for at, word in enumerate(statement.words)
        if not word.is_name
        and _is_verb(statement, word)
        and not _MODIFIES.search(statement.text[: word.start])
    ]


def _is_verb(statement: Statement, word: Word) -> bool:
    lower = word.text.lower()
    is_past = lower in _PAST or (len(lower) > 3 and lower.endswith("ed"))
    return is_past or _governs(statement, word)


def _governs(statement: Statement, word: Word) -> bool:
    """Whether a word in -s has an article or a possessive right after it, as a verb has."""
    after = statement.text[word.end : word.end + 6].split()
    return (
        word.text.endswith("s")
        and bool(after)
        and after[0] in ("the", "a", "an", "its", "his", "her", "their")
    )


def _around(statement: Statement, at: int) -> tuple[frozenset[str], frozenset[str]]:
    """Return what stands right before and right after a word, and names anywhere on its side."""
    # When something was done may be said before or after the deed.
    before = [word for word in statement.words[:at] if word.term not in DATES]
    after = [word for word in statement.words[at + 1 :] if word.term not in DATES]
    return (
        frozenset(word.term for word in before[-_NEAR:]) | names(before),
        frozenset(word.term for word in after[:_NEAR]) | names(after),
    )


def _compared(claim: Statement, given: Statement) -> bool:
    """Whether the two sides of a comparison with "than" have changed places."""
    ours, theirs = _than(claim), _than(given)
    if ours is None or theirs is None:
        return False
    crossed = (ours[0] & theirs[1]) - ours[1] - theirs[0]
    back = (ours[1] & theirs[0]) - ours[0] - theirs[1]
    turned = any(opposite_terms(word) & given.terms for word in claim.terms - given.terms)
    return bool(crossed and back) and not turned


def _than(statement: Statement) -> tuple[frozenset[str], frozenset[str]] | None:
    at = statement.text.lower().find(" than ")
    if at < 0:
        return None
    left = frozenset(word.term for word in statement.words if word.end <= at)
    return left, statement.terms - left

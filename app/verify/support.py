"""Support: how far the sentences of a passage bear a claim out, in features and a probability.

The claim is cut into clauses; each is laid beside the sentence that holds most of it. What no rule
contradicts is weighed by a logistic function of the features, fitted by
``eval/benchmarks/verdicts.py``; the coefficients stand in ``support.json``.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from app.verify.conflicts import conflict, other_figure
from app.verify.figures import missing
from app.verify.statement import DATES, Statement, Word, clauses, initials_of, names, read

SUPPORTED_FROM = 0.5  # the probability at which a claim counts as supported
Embed = Callable[[Sequence[str]], NDArray[np.float32]]

FEATURES = {
    "lexical": ("bias", "coverage", "clause_coverage"),
    "embedded": (
        "bias", "cosine", "clause_cosine", "odd",
    ),
}  # fmt: skip
_EMBEDDED = 5  # sentences that are embedded for a claim, those with most of its words
_FOREIGN = 4  # words of a claim that are looked for by meaning
_CANDIDATES = 16  # words of the passage among which they are looked for
_DEMONYM = frozenset("n an ian ean ese ish i ic ensian s".split())
# What a writer says about the sources, or to join sentences, is no part of the claim.
_FRAME = re.compile(
    r"(?:according to (?:the|these|this) (?:document|report|passage|source|text|excerpt)s?,\s+"
    r"|(?:the|these|this) (?:document|passage|source|text|excerpt)s?"
    r" (?:also )?(?:state|say|note|report|indicate|show|mention|explain|describe|add)s?"
    r"(?: that)?\s+"
    r"|(?:in addition|additionally|moreover|furthermore|also|overall|in total|in short|finally|"
    r"however|specifically|for example|for instance|as a result|meanwhile),\s+)",
    re.IGNORECASE,
)
_PRONOUNS = frozenset("he she it they his her its their him them who".split())
_BARE_SUBJECT = re.compile(
    r"[^\W\d_]+[^\W\d_s]\s+(?:is|was|has|had|will|would|may|might|can|could|must|shall|did|does|"
    r"said|told|\w+ed)\b"
)


@dataclass(frozen=True, slots=True)
class Weighed:
    """A claim laid beside sentences.

    Attributes:
        conflict: The rule that speaks against the claim; empty where none does.
        features: Empty where a rule speaks against the claim; else in the order of `FEATURES`, of
            ``embedded`` where meaning was compared and of ``lexical`` where it was not.
        used: The sentences that bear it out, as indices, ascending.
    """

    conflict: str
    features: tuple[float, ...]
    used: tuple[int, ...]

    @property
    def model(self) -> str:
        """Which of the two fitted models the features are for."""
        return "embedded" if len(self.features) == len(FEATURES["embedded"]) else "lexical"

    @property
    def probability(self) -> float:
        """That the sentences bear the claim out, in [0, 1]; 0 where a rule speaks against it."""
        if self.conflict:
            return 0.0
        weights = coefficients(self.model)
        score = sum(value * weight for value, weight in zip(self.features, weights, strict=True))
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, score))))


@cache
def coefficients(model: str) -> tuple[float, ...]:
    """Return the fitted coefficients of ``lexical`` or ``embedded``, in their features' order."""
    fitted = json.loads(files("app.verify").joinpath("support.json").read_text(encoding="utf-8"))
    return tuple(float(fitted[model][name]) for name in FEATURES[model])


def weigh_claim(
    claim: str, sentences: Sequence[str], embed: Embed | None = None, context: str = ""
) -> Weighed:
    """Lay a claim beside the sentences of a passage.

    Args:
        claim: One sentence.
        sentences: The passage's sentences, reference marks removed; at least one.
        embed: Texts to unit vectors ``(n, dim)`` float32; without it words alone are compared.
        context: What the sentences may leave unsaid, such as their document's title: a name that
            stands there counts as said.

    Returns:
        The rule that speaks against the claim, or the features of how far it is borne out.
    """
    claim = claim[found.end() :] if (found := _FRAME.match(claim)) else claim
    said = read(claim)
    given = [read(sentence) for sentence in sentences]
    parts = [read(claim[start:end]) for start, end in clauses(claim)]
    framed = read(context).terms
    hopeless = _hopeless(said, given, framed)
    if hopeless:
        return Weighed(hopeless, (), ())
    covers = np.array([[holds(part, one) for one in given] for part in (said, *parts)])
    if covers[0].max() == 1.0:
        embed = None  # one sentence holds every word, so meaning has nothing to add
    cosines = _cosines([said, *parts], given, covers[0], embed)
    scores = covers + cosines
    best = int(scores[0].argmax())
    primary = [int(row.argmax()) for row in scores[1:]]
    # The whole's best sentence stands for a clause wherever it does as well as another.
    primary = [
        best if scores[at, best] >= scores[at, one] - 0.1 else one
        for at, one in enumerate(primary, 1)
    ]
    used = sorted({best, *primary, *_partner(said, given, {best, *primary})})
    spoken = _against(said, parts, given, primary, used)
    if spoken:
        return Weighed(spoken, (), tuple(used))
    held = frozenset().union(*(given[one].terms for one in used))
    uncovered = [word for word in said.words if not _held(word.term, held | framed)]
    clause_covers = [max(float(row[one]) for one in used) for row in covers[1:]]
    if not uncovered:
        embed = None
    coverage = 1.0 - len(uncovered) / len(said.words)
    values = [1.0, coverage, min(clause_covers)]
    if embed is not None:
        values = [
            1.0,
            float(cosines[0].max()),
            float(cosines[1:].max(axis=1).min()),
            coverage * (1.0 - _nearest(uncovered, [given[one] for one in used], said, embed)),
        ]
    return Weighed("", tuple(values), tuple(used))


def _hopeless(said: Statement, given: Sequence[Statement], framed: frozenset[str]) -> str:
    """Return why no sentence can bear a claim out, nothing where some may; costs no embedding."""
    if not said.words or not given:
        return "empty"
    if missing(said.figures, [figure for one in given for figure in one.figures]):
        return "figure"
    return "" if _names_stand(said, given, framed) else "name"


def _against(
    said: Statement,
    parts: Sequence[Statement],
    given: Sequence[Statement],
    primary: Sequence[int],
    used: Sequence[int],
) -> str:
    """Return the first rule that speaks against a claim, nothing where none does."""
    if missing(said.figures, [figure for one in used for figure in given[one].figures]):
        return "figure"
    everywhere = frozenset().union(*(one.terms for one in given))
    for part, one in zip(parts, primary, strict=True):
        if other_figure(part, given[one]) or _is_strange_figure(part, given, one):
            return "figure"
        if _is_stray_name(part, given, one):
            return "name"
        text = given[one].text
        pieces = [read(text[start:end]) for start, end in clauses(text)]
        closest = max(pieces, key=lambda piece: holds(part, piece))
        if not holds(part, closest):
            closest, pieces = given[one], []  # no clause is closer than another
        siblings = [piece for piece in pieces if piece is not closest]
        reason = conflict(part, closest, given[one], siblings, everywhere - closest.terms)
        if reason:
            return reason
    return ""


def _is_strange_figure(part: Statement, given: Sequence[Statement], primary: int) -> bool:
    """Whether a figure that the closest sentence lacks stands only where nothing else fits."""
    fitting = [one for one in given if (one.terms & part.terms) - DATES]
    known = [figure for one in (given[primary], *fitting) for figure in one.figures]
    return bool(missing(part.figures, known))


def _is_stray_name(part: Statement, given: Sequence[Statement], primary: int) -> bool:
    """Whether a name comes from a sentence that has nothing to do with the closest one.

    It has where it shares another word with the claim, stands right before the closest sentence,
    or where that one has a pronoun for the name to stand in for.
    """
    if _PRONOUNS & set(given[primary].function):
        return False
    stray = {name for name in names(part.words) - DATES if not _held(name, given[primary].terms)}
    other = part.terms.difference(DATES, names(part.words), *(names(one.words) for one in given))
    return any(
        holders and not any(at == primary - 1 or other & given[at].terms for at in holders)
        for holders in (
            [at for at, one in enumerate(given) if _held(name, one.terms)] for name in stray
        )
    )


def holds(claim: Statement, given: Statement) -> float:
    """Return the share of a claim's content words and figures that a statement holds."""
    total = len(claim.words) + len(claim.figures)
    if not total:
        return 0.0
    held = sum(_held(word.term, given.terms) for word in claim.words)
    held += len(claim.figures) - len(missing(claim.figures, given.figures))
    return held / total


def _held(word: str, known: frozenset[str]) -> bool:
    """Whether a term, or one of the same root, is among some terms."""
    return word in known or any(_akin(word, other) for other in known)


def _akin(left: str, right: str) -> bool:
    """Whether two terms have a root in common: five letters, and most of the shorter one."""
    shorter = min(len(left), len(right))
    if shorter < 4 or left[:4] != right[:4]:
        return False
    shared = next((at for at in range(shorter) if left[at] != right[at]), shorter)
    return shared >= max(5, 0.8 * shorter) or (
        shared == shorter and left[shared:] + right[shared:] in _DEMONYM
    )


def _names_stand(said: Statement, given: Sequence[Statement], framed: frozenset[str]) -> bool:
    """Whether every name of a claim stands in the passage, spelled out or as initials."""
    known = framed.union(*(one.terms for one in given))
    wanted = names(said.words) | _bare_subject(said)
    initials: frozenset[str] | None = None
    for word in said.words:
        if word.term not in wanted or _held(word.term, known):
            continue
        if initials is None:
            initials = frozenset().union(*(initials_of(one.text) for one in given))
        if word.text.isupper() and word.text.lower() in initials:
            continue
        return False
    return True


def _bare_subject(said: Statement) -> frozenset[str]:
    """Return the first word where it is a subject without an article: a name or a substance."""
    found = _BARE_SUBJECT.match(said.text)
    if found is None or not said.words or said.words[0].start != 0:
        return frozenset()
    word = said.words[0].text.lower()
    return frozenset() if word.endswith(("ing", "ed", "ly")) else frozenset({said.words[0].term})


def _partner(said: Statement, given: Sequence[Statement], used: set[int]) -> set[int]:
    """Return one more sentence where it holds figures or names of the claim that others lack."""
    figures = missing(said.figures, [figure for one in used for figure in given[one].figures])
    held = frozenset().union(*(given[one].terms for one in used))
    lacking = {word.term for word in said.words if not _held(word.term, held)}
    best, gain = -1, 0
    for at, one in enumerate(given):
        if at not in used:
            adds = len(figures) - len(missing(figures, one.figures))
            adds += sum(_held(word, one.terms) for word in lacking)
            if adds > gain:
                best, gain = at, adds
    return {best} if best >= 0 else set()


def _nearest(
    uncovered: Sequence[Word], given: Sequence[Statement], said: Statement, embed: Embed
) -> float:
    """Return how near the claim's most foreign word comes to a word of the passage, as a cosine.

    Words that both hold are no match for a third; 1 where the passage holds every word.
    """
    if not uncovered:
        return 1.0
    others = [word.text for one in given for word in one.words if word.term not in said.terms]
    wanted = [word.text for word in uncovered[:_FOREIGN]]
    if not others:
        return 0.0
    texts = list(dict.fromkeys(text.lower() for text in (*wanted, *others[:_CANDIDATES])))
    vectors = dict(zip(texts, embed(texts), strict=True))
    left = np.stack([vectors[text.lower()] for text in wanted])
    right = np.stack([vectors[text.lower()] for text in others[:_CANDIDATES]])
    return float((left @ right.T).max(axis=1).min())


def _cosines(
    claims: Sequence[Statement],
    given: Sequence[Statement],
    covers: NDArray[np.float64],
    embed: Embed | None,
) -> NDArray[np.float64]:
    """Return cosines ``(len(claims), len(given))``; 0 where nothing was embedded."""
    found = np.zeros((len(claims), len(given)))
    if embed is None:
        return found
    near = np.argsort(-covers, kind="stable")[:_EMBEDDED]
    texts = list(dict.fromkeys([one.text for one in claims] + [given[at].text for at in near]))
    vectors = dict(zip(texts, embed(texts), strict=True))
    left = np.stack([vectors[one.text] for one in claims])
    right = np.stack([vectors[given[at].text] for at in near])
    found[:, near] = left @ right.T
    return found

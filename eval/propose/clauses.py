"""Sentences taken apart into subject, verb and rest, and put together again as questions.

No parser: the first finite verb after a plain subject. What is not plain, such as a subject with a
clause of its own, is left alone, since a question that must be mended is worth little.
"""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass, replace

from eval.propose.english import (
    AUXILIARIES,
    NUMBER,
    NUMBER_WORDS,
    PLURAL_AUXILIARIES,
    base_of_past,
    base_of_present,
    is_base,
)

_MOST_SUBJECT = 12  # words
# What a question cannot ask about on its own: it points at another sentence.
POINTERS = frozenset(
    "it its itself this that these those they them their he him his she her hers we us our you "
    "your i my there here such another latter former same above below following then".split()
)
# Words that leave a noun as unclear as it was: "the main product" of what?
_EMPTY = frozenset(
    "the main first second third fourth last next other new old whole final two three four five "
    "six seven eight nine ten more most only key central chief basic current entire rest "
    "total overall separate general common".split()
)
_NO_SUBJECT = frozenset(
    "in on at for by with under from since after before during despite according as like without "
    "of to if when while although because though unless until where whether what who which how why "
    "not but and or so yet also however instead today some many most both each all none few "
    "several any every either neither even once one nobody everyone meanwhile moreover furthermore "
    "thus therefore between among within beyond around over through despite against towards".split()
)
_CLAUSE_WORDS = frozenset(
    "that which who whom whose where when because while although if than but whether how".split()
)
_ADVERB = re.compile(
    r"(?:\w+ly|also|therefore|then|still|now|first|later|once|often|always|never|again|thus|soon|"
    r"already|alone|both|all|too|even|ever|since|long|nevertheless|nonetheless|however)$"
)
_LOWER = re.compile(r"(?<![\w./@-])[a-z]+(?=[\s,;:)]|\.\s|\.?$)")

_OPENING = re.compile(r"(?:^|[.!?:] |\n)(?P<word>[A-Z][a-z]{2,}) (?P<following>[a-z]+)")
_INSIDE = re.compile(r"(?<=[a-z,;(] )[A-Z][a-z]+")
_BY_WORK = re.compile(r"(?:ors|ers|ists|ants|ents|ies)$")
_NOT_CLEAR = frozenset(
    "agreement treaty commission plan programme program case conflict order report document "
    "article project network group company decision matter move body bodies accord charter "
    "proposal motion item law bill court measure change result figure same latter former question "
    "issue problem meeting area region country countries states government governments parties "
    "members process list men women briefs scheme two gangs cooperation presidency "
    "sanction sanctions decree attack visit president minister scandal protest protests".split()
)
_MOMENTS = frozenset("year month week day time end start beginning rest others next past".split())
_UNCLEAR = re.compile(
    rf"\b(?:the|this) (?:two |three |other )?(?:{'|'.join(sorted(_NOT_CLEAR))})"
    r"(?= ?$|\?| (?:in|on|at|by|from|with|and|as|would|could|should|was|were|is|are|had)\b)"
)
# A body that keeps minutes is clear in them: "the board".
_VAGUE = re.compile(
    r"the (?!(?:board|committee|council|society|association|treasurer|secretary)$)[a-z-]+"
)
_WORD = re.compile(r"[^\s,;:()]+")
_PARENTHESIS = re.compile(r"\s*\([^()]*\)")
_MARK = re.compile(r"\s*\[\d+(?:\s*[,;–-]\s*\d+)*\]")
_BREAK = re.compile(
    r"[;:]|\s[–—-]\s|,?\s(?:which|who|whose|where|when|while|although|but|because|since|after|"
    r"before|until|so that|so|unless|even though|despite|as well as)\s|,\s(?:and|with|including|"
    r"among|in|on|at|as|under|from|above|or|not|\w+ing|\w+ed)\s"
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A main clause.

    Attributes:
        subject: As it stands inside a question.
        auxiliary: ``was``, ``has``, ``will``, …; empty for a plain verb.
        verb: The plain verb as it stands; empty after an auxiliary.
        base: Its base form.
        tense: How it asks without an auxiliary: ``did``, ``does`` or ``do``.
        rest: What follows, up to where the main clause ends.
        whole: Whether nothing was cut from its end.
        vague: Whether the subject is a noun alone, "the strainer", clear in its document only.
    """

    subject: str
    auxiliary: str
    verb: str
    base: str
    tense: str
    rest: str
    whole: bool
    vague: bool = False

    def asked(self, rest: str) -> str:
        """Return auxiliary, subject and verb in a question's order, with a rest."""
        if self.auxiliary:
            return _joined(self.auxiliary, self.subject, rest)
        return _joined(self.tense, self.subject, self.base, rest)

    def told(self, rest: str) -> str:
        """Return verb and rest in a statement's order, for "Who …?"."""
        return _joined(self.auxiliary or self.verb, rest)


def tidy(sentence: str) -> str:
    """Return a sentence on one line, without reference marks, parentheses and its full stop."""
    text = _PARENTHESIS.sub("", _MARK.sub("", " ".join(sentence.split())))
    return text.rstrip(" .!*_").lstrip("*_ ").replace("**", "")


def parse(text: str, common: Set[str], *, any_subject: bool = False) -> Clause | None:
    """Take a tidy sentence apart.

    Args:
        text: Its words.
        common: Words that the document also writes in lower case, which are no names.
        any_subject: Take subjects too that do not stand on their own.

    Returns:
        Its main clause; None where there is none that stands on its own.
    """
    found = _finite(text)
    subject = _subject(text[: found.start()], common, any_subject) if found is not None else None
    if found is None or subject is None:
        return None
    word = found.group()
    rest, whole = _main(text[found.end() :].strip())
    if _points(rest):
        return None
    auxiliary = word in AUXILIARIES
    if auxiliary:
        rest = _without_adverb(rest)
    elif not AUXILIARIES.isdisjoint(re.split(r"\bthat\b", rest, maxsplit=1)[0].split()):
        return None  # what looked like the verb was a participle
    if auxiliary and not rest:
        return None
    possesses = word in ("has", "have", "had") and not _perfect(rest)
    clause = Clause(subject, "", word, "", "", rest, whole, _VAGUE.fullmatch(subject) is not None)
    if auxiliary and not possesses:
        return replace(clause, auxiliary=word, verb="")
    if possesses:
        tense = {"has": "does", "have": "do", "had": "did"}[word]
        return replace(clause, base="have", tense=tense)
    past, present = base_of_past(word), base_of_present(word)
    if past is not None:
        return replace(clause, base=past, tense="did")
    if present is not None:
        return replace(clause, base=present, tense="does")
    return replace(clause, base=word, tense="do")


def is_plural(clause: Clause) -> bool:
    """Whether the verb says that the subject is many."""
    return clause.auxiliary in PLURAL_AUXILIARIES or clause.tense == "do"


def stands_alone(noun: str, common: Set[str]) -> bool:
    """Whether a noun phrase says what it is about without its document."""
    words = noun.split()
    if not words or len(words) > _MOST_SUBJECT:
        return False
    lowered = [word.lower().strip("’'") for word in words]
    if lowered[0] in _NO_SUBJECT or not POINTERS.isdisjoint(lowered):
        return False
    if any(word in _CLAUSE_WORDS for word in lowered):
        return False
    if lowered[0].endswith("ing") and lowered[0] in common:
        return False
    names = [word for word in words if is_name(word, common)]
    if names:
        return True
    telling = [word for word in lowered if word not in _EMPTY and word not in NUMBER_WORDS]
    telling = [word for word in telling if word not in ("of", "a", "an", "for", "and", "in", "to")]
    if lowered[0] == "the" and len(words) == 2 and lowered[1] not in _NOT_CLEAR:
        return len(telling) == 1 and lowered[1] not in _MOMENTS
    if lowered[0] in ("the", "a", "an"):
        return len(telling) >= 2
    return len(telling) >= 2 and lowered[-1].endswith("s")


def is_name(word: str, common: Set[str]) -> bool:
    """Whether a word is capitalised, and not only because it opens a sentence."""
    if sum(char.isupper() for char in word) > 1:
        return True
    return word[:1].isupper() and len(word) > 1 and word.lower().strip("’'") not in common


def lowered(noun: str, common: Set[str]) -> str:
    """Return a sentence's opening words as they stand inside a sentence."""
    first, _, rest = noun.partition(" ")
    article = first in ("The", "A", "An")
    title = rest[:1].isupper()  # "President Arévalo", "Attorney General"
    if article or (not title and first[:1].isupper() and not is_name(first, common)):
        return noun[:1].lower() + noun[1:]
    return noun


def common_words(text: str) -> frozenset[str]:
    """Return the words that a text writes in lower case, addresses left out.

    A word that only ever opens sentences counts as well where what follows it, or its ending,
    tells that it is no name: "Plot inspections will …", "Investigators reviewed …".
    """
    common = set(_LOWER.findall(text))
    inside = set(_INSIDE.findall(text))
    for found in _OPENING.finditer(text):
        word, following = found["word"], found["following"]
        plain = not _is_finite(following) and not _ADVERB.fullmatch(following)
        plain = plain and following not in _CLAUSE_WORDS and following not in ("and", "or", "of")
        if word not in inside and (plain or _BY_WORK.search(word)):
            common.add(word.lower())
    return frozenset(common)


def is_clear(question: str) -> bool:
    """Whether a question names nothing by a noun alone that another sentence introduced."""
    return _UNCLEAR.search(question) is None


def cut(text: str) -> str:
    """Return what stands before a clause or a list of its own begins."""
    return _main(text)[0]


def _finite(text: str) -> re.Match[str] | None:
    words = list(_WORD.finditer(text))
    for index, match in enumerate(words[1:], 1):
        word, before = match.group(), words[index - 1].group()
        if word in AUXILIARIES:
            return match
        if before.lower() in ("the", "a", "an", "of", "its", "their", "and", "to", "in", "for"):
            continue
        if base_of_past(word) is not None or base_of_present(word) is not None:
            return match
        if is_base(word) and before.endswith("s") and not before.endswith("ss"):
            return match
    return None


def _subject(text: str, common: Set[str], any_subject: bool) -> str | None:
    text = text.strip()
    if "," in text:  # Name, what it is, verb
        parts = text.split(",")
        named = [word for word in parts[0].split() if word not in ("The", "the", "of")]
        if len(parts) != 3 or parts[2].strip() or not all(word[0].isupper() for word in named):
            return None
        text = parts[0].strip()
    words = text.split()
    while len(words) > 1 and _ADVERB.fullmatch(words[-1]) and not is_name(words[-1], common):
        words.pop()
    text = " ".join(words)
    if re.search(r"[;:“”\"]", text) or not text:
        return None
    if not stands_alone(text, common):
        plain = words[0].lower() not in _NO_SUBJECT and POINTERS.isdisjoint(text.lower().split())
        if not (any_subject and plain and not _CLAUSE_WORDS & set(text.lower().split())):
            return None
    return lowered(text, common)


def _main(rest: str) -> tuple[str, bool]:
    """Return a clause's words up to where another begins, and whether that was all."""
    found = _BREAK.search(rest)
    kept = rest[: found.start()] if found else rest
    for joint in re.finditer(r"(?P<before>\S+),? and (?P<verb>[a-z]+)\b", kept):
        verb = joint["verb"]
        # "trained and armed" are two adjectives; "granted it and ruled" are two verbs.
        if _is_finite(verb) and not _is_finite(joint["before"]):
            return kept[: joint.end("before")].strip(" ,"), False
    return kept.strip(" ,"), found is None


def _is_finite(word: str) -> bool:
    known = base_of_past(word) is not None or base_of_present(word) is not None
    return known or word in AUXILIARIES


def _points(rest: str) -> bool:
    """Whether what follows the verb points at another sentence; a "that" clause may."""
    before = re.split(r"\bthat\b", rest, maxsplit=1)[0]
    return not POINTERS.isdisjoint(re.findall(r"[a-z]+", before.replace("its headquarters", "")))


def _without_adverb(rest: str) -> str:
    first, _, after = rest.partition(" ")
    return after if _ADVERB.fullmatch(first) and first != "first" else rest


def _perfect(rest: str) -> bool:
    words = rest.split()
    first = words[1] if len(words) > 1 and _ADVERB.fullmatch(words[0]) else words[0]
    known = base_of_past(first) is not None or first in ("been", "become", "begun", "grown", "gone")
    known = known or first in ("taken", "given", "seen", "written", "risen", "fallen", "come", "to")
    return known and re.match(NUMBER, first) is None


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)

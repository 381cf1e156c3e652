"""Abstaining, and saying why; and saying what an answer leaves open."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.answer.evidence import Evidence
from app.question.asked import AnswerType
from app.records import Passage
from app.text.language import detect
from app.text.terms import content_words, question_terms
from app.verify.verdict import plain

_CLOSEST = 3
# What tells the kind of question, or asks for an answer; an answer need not have it.
_OF_THE_QUESTION = re.compile(
    r"define|discuss|identify|outline|summari[sz]e|differ\w*|compar\w+|contrast\w*|versus|"
    r"similar\w*|alike|happen\w*|drives?|caused?",
    re.IGNORECASE,
)
_ASKED_FOR = {
    AnswerType.QUANTITY: "figure",
    AnswerType.SHARE: "share",
    AnswerType.TIME: "date or time",
}


def missing_terms(evidence: Evidence) -> tuple[str, ...]:
    """Return the words of the question, as they stand, that no document holds."""
    return _words_of(evidence.asked.text, {form for forms in evidence.unknown for form in forms})


def explain(evidence: Evidence, passages: Sequence[Passage]) -> str:
    """Say that the documents hold no answer, why, and what comes closest.

    Args:
        evidence: What was found for the question.
        passages: As they are shown, best first.
    """
    said = ["The documents do not answer this question."]
    missing = [word for word in missing_terms(evidence) if not _OF_THE_QUESTION.fullmatch(word)]
    if missing:
        said.append(f"No document holds {_listed(missing)}.")
    if evidence.asked.numbers and not evidence.candidates:
        wanted = sorted(evidence.asked.numbers)
        together = " together" if len(wanted) > 1 else ""
        said.append(f"No passage about it holds {_listed(wanted)}{together}.")
    elif evidence.kind_is_missing:
        kind = _ASKED_FOR[evidence.asked.kind]
        said.append(f"No passage that was found gives the {kind} that is asked for.")
    places = list(
        dict.fromkeys(
            plain(passage.title + (f", {passage.section}" if passage.section else ""))
            for passage in passages[:_CLOSEST]
        )
    )
    if places:
        said.append(f"The closest passages are in: {'; '.join(places)}.")
    return " ".join(said)


def name_notices(evidence: Evidence) -> tuple[str, ...]:
    """Say which words of a question that was answered no document holds."""
    notices = []
    untold = _words_of(evidence.asked.text, set(evidence.untold))
    if untold:
        notices.append(
            f"No document holds the name {_listed(untold)}: check who is meant in the sources."
        )
    others = [
        word
        for word in missing_terms(evidence)
        if word not in untold and not _OF_THE_QUESTION.fullmatch(word)
    ]
    if others:
        notices.append(f"No document holds {_listed(others)}: the answer leaves that open.")
    return tuple(notices)


def partial_notices(unanswered: Sequence[str]) -> tuple[str, ...]:
    """Say which parts of a question its answer leaves open."""
    if not unanswered:
        return ()
    return (f"The documents do not answer this part: {_listed(unanswered)}.",)


def _words_of(question: str, forms: set[str]) -> tuple[str, ...]:
    """Return a question's words, as they stand, that one of some terms stands for."""
    language = detect(question)
    return tuple(
        word
        for word in content_words(question, language)
        if any(not forms.isdisjoint(each) for each in question_terms(word, ("en", language)))
    )


def _listed(words: Sequence[str]) -> str:
    return ", ".join(f"“{word}”" for word in words)

"""What the chat shows of a question and its answer, as one line of HTML each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from app.records import Answer, AnswerSentence, Citation, Verdict, place
from app.ui.text import literal, plural
from app.verify.verdict import plain

PENDING = (
    '<p class="fn-pending" role="status">Reading the documents'
    '<span class="fn-dots"><span>.</span><span>.</span><span>.</span></span></p>'
)


def question_html(question: str) -> str:
    """Return a question as the chat shows it, to the letter."""
    return f'<p class="fn-question" dir="auto">{literal(question, lines=True)}</p>'


def answer_html(answer: Answer, number: int) -> str:
    """Return an answer as the chat shows it.

    Args:
        answer: The record.
        number: The answer's place in the conversation, from 1; ids are made from it.
    """
    body = _abstention(answer) if answer.abstained else _text(answer, number) + _legend(answer)
    kind = "fn-answer fn-abstained" if answer.abstained else "fn-answer"
    return (
        f'<div class="{kind}" id="answer-{number}">'
        + _understood(answer)
        + body
        + "".join(f'<p class="fn-notice">{literal(notice)}</p>' for notice in answer.notices)
        + _colophon(answer, number)
        + "</div>"
    )


def card_ids(answer: Answer, number: int) -> dict[str, str]:
    """Return the id of each cited passage's card, by chunk id, in order of first citation."""
    chunks = dict.fromkeys(citation.chunk_id for citation in answer.citations)
    return {chunk_id: f"card-{number}-{at}" for at, chunk_id in enumerate(chunks, 1)}


def understood_as(answer: Answer) -> str | None:
    """Return the standalone question where it differs from what was asked."""
    asked = " ".join(answer.question.split())
    return None if answer.standalone_question == asked else answer.standalone_question


def _understood(answer: Answer) -> str:
    question = understood_as(answer)
    if question is None:
        return ""
    return (
        f'<p class="fn-understood">Understood as: <span dir="auto">{literal(question)}</span></p>'
    )


def _text(answer: Answer, number: int) -> str:
    cited = {citation.marker: citation for citation in answer.citations}
    cards = card_ids(answer, number)
    uses: Counter[int] = Counter()
    paragraphs: list[list[str]] = [[]]
    position = 0
    for sentence in answer.sentences:
        found = answer.text.find(sentence.text, position)
        if found >= 0:
            if paragraphs[-1] and re.search(r"\n\s*\n", answer.text[position:found]):
                paragraphs.append([])
            position = found + len(sentence.text)
        links = []
        for marker in sentence.citations:
            if marker in cited:
                uses[marker] += 1
                card = cards[cited[marker].chunk_id]
                links.append(_marker(cited[marker], sentence, card, f"{number}-{marker}", uses))
        paragraphs[-1].append(_sentence(sentence, cited) + "".join(links))
    return "".join(
        f'<p class="fn-text" dir="auto">{" ".join(sentences)}</p>' for sentences in paragraphs
    )


def _sentence(sentence: AnswerSentence, cited: Mapping[int, Citation]) -> str:
    kind = f"fn-sentence fn-{sentence.verdict.value}"
    hint = ' title="The cited passages do not bear this out"' if _unsupported(sentence) else ""
    return f'<span class="{kind}"{hint}>{_words(sentence, cited)}</span>'


def _words(sentence: AnswerSentence, cited: Mapping[int, Citation]) -> str:
    """Return a sentence's words; a list that is quoted whole keeps its lines."""
    if sentence.verdict is Verdict.VERBATIM and sentence.citations[0] in cited:
        quote = cited[sentence.citations[0]].quote
        lines = [shown for line in quote.splitlines() if (shown := plain(line))]
        if len(lines) > 1 and " ".join(lines) == plain(sentence.text):
            return "<br>".join(literal(line) for line in lines)
    return literal(sentence.text)


def _marker(
    citation: Citation, sentence: AnswerSentence, card: str, name: str, uses: Counter[int]
) -> str:
    how = "Word for word in " if sentence.verdict is Verdict.VERBATIM else "Source: "
    hint = literal(how + place(citation.title, citation.page, citation.section))
    return (
        f'<sup class="fn-marker"><a class="fn-ref" id="ref-{name}-{uses[citation.marker]}" '
        f'href="#{card}" title="{hint}">[{citation.marker}]</a></sup>'
    )


def _legend(answer: Answer) -> str:
    if not any(_unsupported(sentence) for sentence in answer.sentences):
        return ""
    return (
        '<p class="fn-legend"><span class="fn-unsupported">Underlined like this</span>: '
        "the cited passages do not bear it out. Check before relying on it.</p>"
    )


def _abstention(answer: Answer) -> str:
    text = literal(answer.text)
    for word in answer.missing_terms:
        text = text.replace(
            f"“{literal(word)}”", f'<span class="fn-missing">{literal(word)}</span>'
        )
    return (
        '<p class="fn-verdict" role="heading" aria-level="3">Not in your documents</p>'
        f'<p class="fn-explanation" dir="auto">{text}</p>'
    )


def _colophon(answer: Answer, number: int) -> str:
    origin, link = "", "Closest passages"
    if not answer.abstained:
        documents = plural(len({one.document for one in answer.citations}), "document")
        quoted = all(one.verdict is Verdict.VERBATIM for one in answer.sentences)
        how = "Quoted word for word" if quoted else f"Written by {literal(answer.model)}"
        origin, link = f'<span class="fn-origin">{how} from {documents}</span>', "Sources"
    return (
        f'<p class="fn-colophon">{origin}<span class="fn-actions">'
        f'<a class="fn-open" id="open-{number}" href="#sources-{number}">{link}</a>'
        '<button class="fn-copy" type="button">Copy</button></span></p>'
    )


def _unsupported(sentence: AnswerSentence) -> bool:
    return sentence.verdict is Verdict.UNSUPPORTED

"""The sources panel: the passages behind each answer, as cards, the quotes marked in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.records import Answer, Citation, Passage
from app.ui.answer import card_ids, understood_as
from app.ui.text import Span, escape, highlight

COLOURS = 8
_CLOSEST = 3
_MATCHES = ((0.8, "Strong match"), (0.6, "Good match"), (0.35, "Fair match"))
_WEAK = "Weak match"
_NONE_YET = (
    '<p class="fn-panel-empty">The passages behind an answer stand here, '
    "the quoted words marked in them.</p>"
)


def panel_html(answers: Sequence[Answer]) -> str:
    """Return the whole panel: one section an answer, the newest shown, the others hidden."""
    colours = document_colours(answers)
    sections = [
        _section(answer, number, colours, hidden=number < len(answers))
        for number, answer in enumerate(answers, 1)
    ]
    return (
        '<section class="fn-panel" aria-label="Sources">'
        '<h2 class="fn-panel-title">Sources</h2>'
        f"{''.join(sections) or _NONE_YET}</section>"
    )


def document_colours(answers: Iterable[Answer]) -> dict[str, int]:
    """Return a colour's number for each document, the same throughout a conversation."""
    documents: dict[str, None] = {}
    for answer in answers:
        documents |= dict.fromkeys(citation.document for citation in answer.citations)
        documents |= dict.fromkeys(passage.document for passage in answer.retrieved)
    return {document: at % COLOURS for at, document in enumerate(documents)}


def match_words(score: float) -> str:
    """Return a passage's score in words; a higher score is better."""
    return next((words for least, words in _MATCHES if score >= least), _WEAK)


def _section(answer: Answer, number: int, colours: dict[str, int], *, hidden: bool) -> str:
    if answer.abstained:
        first, rest = answer.retrieved[:_CLOSEST], answer.retrieved[_CLOSEST:]
        cards = [
            _card(one, (), f"card-{number}-{at}", number, colours, scored=False)
            for at, one in enumerate(first, 1)
        ]
        body = _group("Closest passages", cards) if cards else ""
        body += _folded("Further passages", rest, number, len(first), colours, scored=False)
    else:
        ids = card_ids(answer, number)
        cards = [
            _card(_passage(answer, chunk_id), _citing(answer, chunk_id), card_id, number, colours)
            for chunk_id, card_id in ids.items()
        ]
        rest = tuple(one for one in answer.retrieved if one.chunk_id not in ids)
        body = _group("Cited", cards) if cards else ""
        body += _folded("Also retrieved", rest, number, len(ids), colours)
    asked = understood_as(answer) or answer.question
    return (
        f'<section class="fn-sources" id="sources-{number}" tabindex="-1"'
        f'{" hidden" if hidden else ""} aria-label="Sources of answer {number}">'
        f'<p class="fn-asked" dir="auto">{escape(" ".join(asked.split()))}</p>{body}</section>'
    )


def _group(heading: str, cards: Sequence[str]) -> str:
    return (
        f'<h3 class="fn-group">{heading}<span class="fn-count">{len(cards)}</span></h3>'
        f'<ol class="fn-cards">{"".join(cards)}</ol>'
    )


def _folded(
    heading: str,
    passages: Sequence[Passage],
    number: int,
    before: int,
    colours: dict[str, int],
    *,
    scored: bool = True,
) -> str:
    if not passages:
        return ""
    cards = [
        _card(passage, (), f"card-{number}-{before + at}", number, colours, scored=scored)
        for at, passage in enumerate(passages, 1)
    ]
    return (
        f'<details class="fn-more"><summary class="fn-group">{heading}'
        f'<span class="fn-count">{len(cards)}</span></summary>'
        f'<ol class="fn-cards">{"".join(cards)}</ol></details>'
    )


def _card(
    passage: Passage,
    citations: Sequence[Citation],
    card_id: str,
    number: int,
    colours: dict[str, int],
    *,
    scored: bool = True,
) -> str:
    # Scores compare the passages of one question; under an abstention "strong" would mislead.
    score = (
        '<span class="fn-score" title="Compared with the other passages found">'
        f"{match_words(passage.score)} <b>{passage.score:.2f}</b></span>"
        if scored
        else ""
    )
    spans = [
        Span(one.start - passage.start, one.end - passage.start, one.marker) for one in citations
    ]
    backs = "".join(
        f'<a class="fn-back" href="#ref-{number}-{one.marker}-1" title="Back to the answer">'
        f'<span class="fn-unseen">Note </span>{one.marker}</a>'
        for one in citations
    )
    kicker = f'<p class="fn-kicker">{backs}{score}</p>' if backs or score else ""
    return (
        f'<li class="fn-card fn-doc-{colours[passage.document]}" id="{card_id}" tabindex="-1">'
        f'<article aria-labelledby="{card_id}-title"><header>{kicker}'
        f'<h4 class="fn-title" id="{card_id}-title" dir="auto">{escape(passage.title)}</h4>'
        f"{_place(passage)}</header>"
        f'<blockquote class="fn-passage" dir="auto">{highlight(passage.text, spans)}</blockquote>'
        "</article></li>"
    )


def _place(passage: Passage) -> str:
    parts = [f'<span class="fn-document">{escape(passage.document)}</span>']
    if passage.page is not None:
        parts.append(f"<span>page {passage.page}</span>")
    if passage.section is not None:
        parts.append(f"<span>{escape(passage.section)}</span>")
    return f'<p class="fn-place" dir="auto">{" · ".join(parts)}</p>'


def _passage(answer: Answer, chunk_id: str) -> Passage:
    """Return the cited passage; made from the quotes where it is not among the retrieved."""
    for passage in answer.retrieved:
        if passage.chunk_id == chunk_id:
            return passage
    quoted = _citing(answer, chunk_id)[0]
    return Passage(
        chunk_id=chunk_id,
        document=quoted.document,
        title=quoted.title,
        page=quoted.page,
        section=quoted.section,
        start=quoted.start,
        end=quoted.end,
        text=quoted.quote,
        score=quoted.score,
    )


def _citing(answer: Answer, chunk_id: str) -> list[Citation]:
    return [citation for citation in answer.citations if citation.chunk_id == chunk_id]

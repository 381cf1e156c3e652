"""Draft cases from what people said of answers."""

from __future__ import annotations

from typing import Any

from app.feedback import Feedback, Reason, Vote
from app.text.language import detect
from eval.sets.cases import Case, Reference
from eval.sets.kinds import guess_kind


def draft_from(entry: Feedback) -> Case:
    """Return the draft case of an entry.

    A liked answer is the reference answer, its quotes the gold. For a disliked one no right
    answer is known: the draft is incomplete until a person adds one. It counts as answerable
    unless the reason says that Footnote should have abstained; the answer goes into the note.
    """
    answer, question = entry.answer, entry.asked
    common: dict[str, Any] = {
        "query_id": f"feedback-{entry.feedback_id}",
        "language": detect(question.text),
        "question": question.text,
        "history": question.history,
        "draft": True,
    }
    kind = guess_kind(question.text, question.history)
    if entry.vote is Vote.UP and answer.get("abstained"):
        return Case(**common, kind="unanswerable", answerable=False, note=_note(entry))
    if entry.vote is Vote.UP:
        return Case(
            **common,
            kind=kind,
            answerable=True,
            reference_answer=" ".join(one["text"] for one in answer.get("sentences", ())),
            references=_gold(answer),
            note=_note(entry),
        )
    answerable = entry.reason is not Reason.SHOULD_HAVE_ABSTAINED
    return Case(
        **common,
        kind=kind if answerable else "unanswerable",
        answerable=answerable,
        note=_note(entry),
    )


def _gold(answer: Any) -> tuple[Reference, ...]:
    quotes = {(one["document"], one["quote"]): None for one in answer["citations"]}
    return tuple(Reference(document=document, text=text) for document, text in quotes)


def _note(entry: Feedback) -> str:
    said = f"Voted {entry.vote.value} on {entry.at.date().isoformat()}"
    if entry.reason is not None:
        said += f" ({entry.reason.value})"
    said += "."
    if entry.comment:
        said += f" Comment: {entry.comment}"
    if entry.vote is Vote.DOWN:
        what = "Rejected abstention" if entry.answer.get("abstained") else "Rejected answer"
        said += f" {what}: {entry.answer['answer']}"
    return said

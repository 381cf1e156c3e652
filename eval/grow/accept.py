"""A person's yes or no to drafts: what is accepted becomes part of an evaluation set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from eval.grow.drafts import Drafts, append_lines, is_empty
from eval.sets.cases import (
    Case,
    EvaluationSetError,
    first_fault,
    locate,
    locate_all,
    read_with_drafts,
)
from eval.sets.files import write_whole
from ingest.library import Library

Split = Literal["tune", "test"]


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of drafts: those in the set now, and those that stay, with the reason why."""

    accepted: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]


def accept(
    drafts: Drafts,
    query_ids: Sequence[str],
    set_path: Path,
    library: Library,
    split: Split | None = None,
) -> Accepted:
    """Move drafts into an evaluation set, each held to what a case must be.

    A draft that is incomplete, or whose quotes do not stand in the library, stays where it is. A
    call that was cut short is finished by repeating it.

    Args:
        drafts: Where they wait.
        query_ids: Which ones.
        set_path: The set; made where it is missing.
        library: What the set asks about.
        split: The half that they go into; by default the one that has fewer of a draft's kind.

    Raises:
        EvaluationSetError: A draft does not wait, a file cannot be read or written, the set asks
            about another library, or it is the file that the drafts wait in.
    """
    if set_path.resolve() == drafts.path.resolve():
        raise EvaluationSetError(
            f"{str(set_path)!r} holds the drafts, so it cannot be the set that they go into. Name "
            "another file with --set."
        )
    if not set_path.resolve().parent.is_dir():
        raise EvaluationSetError(
            f"There is no folder for the set {str(set_path)!r}. Correct --set, or make the folder."
        )
    chosen = drafts.find(query_ids)
    held = _held(set_path, library)
    halves = Counter((case.kind, case.split) for case in held.values())
    added: list[Case] = []
    done: list[str] = []
    refused: list[tuple[str, str]] = []
    for draft in chosen:
        fault, case = _complete(draft, library)
        if case is None:
            refused.append((draft.query_id, fault))
            continue
        there = held.get(case.query_id)
        half = split or (there.split if there is not None else _smaller_half(case, halves))
        case = case.model_copy(update={"split": half})
        if there is not None and there != case:
            reason = f"{str(set_path)!r} holds another question of that query_id; change one"
            refused.append((draft.query_id, reason))
            continue
        if there is None:
            added.append(case)
            halves[case.kind, half] += 1
        done.append(draft.query_id)
    if added:
        write_whole(set_path, append_lines(set_path, added))
    drafts.decide(done, "accepted")
    return Accepted(tuple(done), tuple(refused))


def _smaller_half(case: Case, halves: Mapping[tuple[str, Split], int]) -> Split:
    """Return the half with fewer questions of a case's kind; of equals, with fewer in all."""

    def size(half: Split) -> tuple[int, int]:
        return halves[case.kind, half], sum(n for (_, own), n in halves.items() if own == half)

    return "tune" if size("tune") < size("test") else "test"


def reject(drafts: Drafts, query_ids: Sequence[str]) -> tuple[str, ...]:
    """Drop drafts for good; they are not proposed again.

    Raises:
        EvaluationSetError: A draft does not wait, or a file cannot be read or written.
    """
    gone = tuple(case.query_id for case in drafts.find(query_ids))
    drafts.decide(gone, "rejected")
    return gone


def _held(set_path: Path, library: Library) -> dict[str, Case]:
    """Return the set's cases by query_id, once its gold is found in the library."""
    if is_empty(set_path):
        return {}
    cases = read_with_drafts(set_path)[0]
    try:
        locate_all([case for case in cases if not case.draft], library)
    except EvaluationSetError as exc:
        raise EvaluationSetError(
            f"The evaluation set {str(set_path)!r} does not fit the library, so nothing was added "
            f"to it. Name a set of this library with --set.\n{exc}"
        ) from exc
    return {case.query_id: case for case in cases}


def _complete(draft: Case, library: Library) -> tuple[str, Case | None]:
    """Return a draft as a full case, or what keeps it from being one."""
    try:
        # The note was for the decision; it may quote a wrong answer.
        fields = draft.model_dump_json(exclude={"draft", "note"})
        case = Case.model_validate_json(fields)
    except ValidationError as exc:
        return first_fault(exc), None
    try:
        locate(case, library)
    except EvaluationSetError as exc:
        return str(exc), None
    return "", case

"""Takes a file of another maker's questions into an evaluation set."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.settings import AppSettings
from eval.grow.drafts import append_lines, is_empty
from eval.ragas.dataset import is_ragas_row, read_ragas
from eval.sets.cases import Case, EvaluationSetError, read_with_drafts
from eval.sets.files import write_whole
from eval.sets.imports import Imported, place_all, write_documents
from eval.sets.squad import is_squad, is_squad_row, read_squad, read_squad_rows
from ingest.library import open_library

_LONGEST_FIELD = 10_000_000  # characters of a CSV cell
_FORMS = (
    "a RAGAS data set has `user_input` in every line or row, SQuAD's JSON a list of articles under "
    "`data`"
)


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of a file's questions.

    Attributes:
        set_path: The set.
        added: The query_ids that are new in it.
        held: Those that stood there before.
        unplaced: Questions that are not in it, with the reason.
        written: Ids of the documents that hold the gold, where they were written.
        root: The folder that those ids count from; None where nothing was written.
    """

    set_path: Path
    added: tuple[str, ...]
    held: tuple[str, ...]
    unplaced: tuple[tuple[str, str], ...]
    written: tuple[str, ...] = ()
    root: Path | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the result as `footnote eval import --json` prints it."""
        return {
            "set": str(self.set_path),
            "added": list(self.added),
            "held": list(self.held),
            "unplaced": [{"query_id": name, "reason": why} for name, why in self.unplaced],
            "documents": list(self.written),
        }


def import_file(
    settings: AppSettings, source: Path, set_path: Path, documents: Path | None = None
) -> ImportResult:
    """Read a file of questions, find their gold, and add them to a set.

    Args:
        settings: Whose library the gold is looked for in.
        source: RAGAS' JSON Lines or CSV, or SQuAD's JSON; its form is recognised.
        set_path: The set; made where it is missing. Questions go into both halves, those on one
            document into the same.
        documents: Where the file's passages are written as documents, to find the gold in them.

    Raises:
        EvaluationSetError: The file cannot be read or is in neither form, or nothing can be
            written.
        EmptyLibraryError: Nothing is indexed, and no folder for documents is named.
    """
    imported = read_file(source)
    root = None
    if documents is not None:
        texts = write_documents(imported.documents, documents, settings.documents)
        inside = documents.expanduser().resolve().is_relative_to(settings.documents)
        root = settings.documents if inside else documents
    else:
        library = open_library(settings)
        try:
            texts = {doc_id: document.text for doc_id, document in library.documents.items()}
        finally:
            library.close()
    placed = place_all(imported, texts)
    halved = [case.model_copy(update={"split": _half(case)}) for case in placed.cases]
    added, held, clashing = _against(set_path, halved)
    if added:
        write_whole(set_path, append_lines(set_path, added))
    return ImportResult(
        set_path=set_path,
        added=tuple(case.query_id for case in added),
        held=tuple(held),
        unplaced=(*placed.unplaced, *clashing),
        written=tuple(texts) if documents is not None else (),
        root=root,
    )


def _half(case: Case) -> str:
    """Return the half that a question goes into: the same for all on one document."""
    about = case.references[0].document if case.references else case.query_id
    return ("tune", "test")[hashlib.sha256(about.encode()).digest()[0] % 2]


def read_file(path: Path) -> Imported:
    """Read a file of questions in whichever form it is.

    Raises:
        EvaluationSetError: It cannot be read, or is in no form that is known.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise EvaluationSetError(
            f"The questions in {str(path)!r} cannot be read ({exc}). Check the path, and save the "
            "file as UTF-8."
        ) from exc
    if text.lstrip().startswith(("{", "[")):
        return _read_json(path, text)
    return _read_rows(path, _csv_rows(path, text))


def _read_json(path: Path, text: str) -> Imported:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return _read_rows(path, _lines(path, text))
    if is_squad(content):
        return read_squad(content)
    return _read_rows(path, content if isinstance(content, list) else [content])


def _csv_rows(path: Path, text: str) -> list[dict[str, str]]:
    before = csv.field_size_limit(_LONGEST_FIELD)
    try:
        return list(csv.DictReader(io.StringIO(text, newline=""), restkey="beyond the columns"))
    except csv.Error as exc:
        raise EvaluationSetError(
            f"{str(path)!r} is no CSV file that can be read ({exc}). Save it anew as CSV."
        ) from exc
    finally:
        csv.field_size_limit(before)


def _lines(path: Path, text: str) -> list[Any]:
    rows = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            rows.append(json.loads(line))
        except (ValueError, RecursionError) as exc:
            raise EvaluationSetError(
                f"{str(path)!r}, line {number}: this is no JSON ({exc}). Correct the line."
            ) from exc
    return rows


def _read_rows(path: Path, rows: Sequence[Any]) -> Imported:
    readers: tuple[tuple[Callable[[Any], bool], Callable[[Sequence[Any]], Imported]], ...] = (
        (is_ragas_row, read_ragas),
        (is_squad_row, read_squad_rows),
    )
    for fits, read in readers:
        if rows and all(fits(row) for row in rows):
            return read(rows)
    raise EvaluationSetError(
        f"{str(path)!r} is in no form that is known: {_FORMS}. Bring it into one of them."
    )


def _against(
    set_path: Path, cases: Sequence[Case]
) -> tuple[list[Case], list[str], list[tuple[str, str]]]:
    """Tell new cases from those that the set holds and those whose query_id it has taken."""
    there: dict[str, Case] = {}
    if not is_empty(set_path):
        there = {case.query_id: case for case in read_with_drafts(set_path)[0]}
    added = [case for case in cases if case.query_id not in there]
    held = [case.query_id for case in cases if there.get(case.query_id) == case]
    clash = "the set holds another question of that query_id"
    clashing = [
        (case.query_id, clash)
        for case in cases
        if case.query_id in there and there[case.query_id] != case
    ]
    return added, held, clashing

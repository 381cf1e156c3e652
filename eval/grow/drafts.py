"""Drafts: cases that wait for a person's yes, in a file of their own, each proposed once."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from eval.sets.cases import Case, EvaluationSetError, read_with_drafts
from eval.sets.files import FOLDER, to_line, write_whole

Decision = Literal["accepted", "rejected"]


def drafts_path(storage: Path) -> Path:
    """Return where the drafts of a storage stand unless a file is named."""
    return storage / FOLDER / "drafts.jsonl"


class Drafts:
    """A file of drafts, and beside it the decisions on those that left it.

    Callers hold the lock of `files.growing` around what they read and write.
    """

    def __init__(self, path: Path) -> None:
        """Name the file; it is made by the first draft."""
        self.path = path
        self.decisions = path.with_suffix(".decided.jsonl")

    def cases(self) -> tuple[Case, ...]:
        """Return the drafts that wait, in order.

        Raises:
            EvaluationSetError: The file cannot be read, or a line is wrong.
        """
        if is_empty(self.path):
            return ()
        return read_with_drafts(self.path)[0]

    def known(self) -> set[str]:
        """Return the query_ids that wait or were decided on.

        Raises:
            EvaluationSetError: A file cannot be read.
        """
        decided = {str(entry["query_id"]) for entry in self._decided()}
        return decided | {case.query_id for case in self.cases()}

    def asked(self) -> tuple[Case, ...]:
        """Return the cases that wait or were decided on.

        Raises:
            EvaluationSetError: A file cannot be read.
        """
        decided = [Case.model_validate(entry, strict=False) for entry in self._decided()]
        return (*decided, *self.cases())

    def add(self, proposed: Iterable[Case]) -> tuple[str, ...]:
        """Append drafts, except those that wait already or were decided on.

        Returns:
            The query_ids of those that are new.

        Raises:
            EvaluationSetError: The file cannot be read or written.
        """
        known = self.known()
        fresh: dict[str, Case] = {}
        for case in proposed:
            if case.query_id not in known:
                fresh.setdefault(case.query_id, case.model_copy(update={"draft": True}))
        if fresh:
            write_whole(self.path, append_lines(self.path, fresh.values()))
        return tuple(fresh)

    def find(self, query_ids: Sequence[str]) -> tuple[Case, ...]:
        """Return some drafts, in the order asked for.

        Raises:
            EvaluationSetError: One of them does not wait there.
        """
        waiting = {case.query_id: case for case in self.cases()}
        missing = [query_id for query_id in query_ids if query_id not in waiting]
        if missing:
            names = ", ".join(repr(query_id) for query_id in missing)
            raise EvaluationSetError(
                f"{str(self.path)!r} holds no draft {names}. `footnote eval accept` without ids "
                "goes through those that wait."
            )
        return tuple(waiting[query_id] for query_id in dict.fromkeys(query_ids))

    def decide(self, query_ids: Collection[str], decision: Decision) -> None:
        """Take drafts out of the file and note what became of them, so that none comes back.

        Raises:
            EvaluationSetError: A file cannot be read or written.
        """
        at = datetime.now(UTC).isoformat(timespec="seconds")
        gone = [case for case in self.cases() if case.query_id in query_ids]
        notes = [{"decision": decision, "at": at, **json.loads(to_line(case))} for case in gone]
        if not notes:
            return
        # The decision is written first: what is cut short here is decided again, never lost.
        entries = [*self._decided(), *notes]
        write_whole(
            self.decisions, "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in entries)
        )
        lines = self.path.read_text(encoding="utf-8-sig").split("\n")
        kept = [line for line in lines if line.strip() and _id_of(line) not in query_ids]
        write_whole(self.path, "".join(line + "\n" for line in kept))

    def _decided(self) -> list[dict[str, Any]]:
        try:
            text = self.decisions.read_text(encoding="utf-8")
            return [json.loads(line) for line in text.split("\n") if line.strip()]
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as exc:
            raise EvaluationSetError(
                f"The decisions on drafts in {str(self.decisions)!r} cannot be read ({exc}). "
                "Correct the file, or move it away to be asked about every draft again."
            ) from exc


def is_empty(path: Path) -> bool:
    """Whether a set is missing or holds nothing yet."""
    return not path.exists() or path.stat().st_size == 0


def append_lines(path: Path, cases: Iterable[Case]) -> str:
    """Return the text of a set with cases added at its end; the lines before stay as they are.

    Raises:
        EvaluationSetError: The file cannot be read.
    """
    try:
        before = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        before = ""
    except (OSError, UnicodeDecodeError) as exc:
        raise EvaluationSetError(f"{str(path)!r} cannot be read ({exc}). Check the file.") from exc
    if before and not before.endswith("\n"):
        before += "\n"
    return before + "".join(to_line(case) + "\n" for case in cases)


def _id_of(line: str) -> str:
    return str(json.loads(line)["query_id"])

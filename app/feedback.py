"""What people say of answers: one SQLite file that several servers and threads may write.

Each call opens the file anew, so that a store can be shared by any number of threads and
processes: SQLite's own locks order them.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, cast

from app.records import Question, Role, Turn
from ingest.errors import FootnoteError

FILE = "feedback.sqlite"  # in the storage
_WAIT_S = 15.0  # for another writer
_VERSION = 1
_ID_CHARS = 16
_MOST_COMMENT = 10_000  # characters
_SCHEMA = """
CREATE TABLE IF NOT EXISTS feedback (
    feedback_id TEXT PRIMARY KEY, vote TEXT NOT NULL, reason TEXT, comment TEXT NOT NULL,
    user TEXT, question TEXT NOT NULL, history TEXT NOT NULL, documents TEXT,
    answer TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS quoted (
    feedback_id TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (feedback_id, document));
"""
_COLUMNS = "feedback_id, vote, reason, comment, user, question, history, documents, answer, at"


class FeedbackError(FootnoteError):
    """Feedback that cannot be taken, kept or read."""


class Vote(StrEnum):
    """Whether an answer was any good."""

    UP = "up"
    DOWN = "down"


class Reason(StrEnum):
    """What was wrong with an answer."""

    WRONG = "wrong"
    INCOMPLETE = "incomplete"
    WRONG_CITATION = "wrong citation"
    SHOULD_HAVE_ABSTAINED = "should have abstained"
    SHOULD_HAVE_ANSWERED = "should have answered"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Feedback:
    """What one person says of one answer.

    Attributes:
        vote: Up or down.
        asked: The question with its history and the documents asked, as the engine got it.
        answer: The whole answer record, as ``Answer.to_dict`` gives it.
        reason: What was wrong; None where nothing was said, and for an up.
        comment: The person's own words.
        user: Who says it, where people sign in.
        at: When, in UTC.
    """

    vote: Vote
    asked: Question
    answer: Mapping[str, Any]
    reason: Reason | None = None
    comment: str = ""
    user: str | None = None
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def feedback_id(self) -> str:
        """The entry's own name: one for a user and an answer, whatever the vote.

        The same answer is the same text with the same quotes to the same question; how long it
        took does not count.
        """
        identity = [
            self.user,
            self.asked.text,
            [[turn.role, turn.content] for turn in self.asked.history],
            sorted(self.asked.documents) if self.asked.documents is not None else None,
            self.answer["answer"],
            [[one["document"], one["start"], one["end"]] for one in self.answer["citations"]],
        ]
        digest = hashlib.sha256(json.dumps(identity, ensure_ascii=True).encode())
        return digest.hexdigest()[:_ID_CHARS]

    def to_dict(self) -> dict[str, Any]:
        """Return the entry as `footnote eval feedback --json` prints it."""
        return {
            "feedback_id": self.feedback_id,
            "vote": self.vote.value,
            "reason": self.reason.value if self.reason is not None else None,
            "comment": self.comment,
            "user": self.user,
            "at": self.at.isoformat(timespec="seconds"),
            "question": self.asked.text,
            "history": [_turn(turn) for turn in self.asked.history],
            "documents": list(self.asked.documents) if self.asked.documents is not None else None,
            "answer": dict(self.answer),
        }


class FeedbackStore:
    """The feedback on one library's answers."""

    def __init__(self, path: Path) -> None:
        """Name the file, `storage / FILE`; it is made by the first entry."""
        self.path = path

    def add(self, entry: Feedback) -> str:
        """Keep an entry, in place of what the same user said of the same answer before.

        Returns:
            The entry's id.

        Raises:
            FeedbackError: The entry is no feedback on an answer, or the file cannot be written.
        """
        entry = _checked(entry)
        feedback_id = entry.feedback_id
        row = (
            feedback_id,
            entry.vote.value,
            entry.reason.value if entry.reason is not None else None,
            entry.comment,
            entry.user,
            entry.asked.text,
            _json([_turn(turn) for turn in entry.asked.history]),
            None if entry.asked.documents is None else _json(list(entry.asked.documents)),
            _json(entry.answer),
            entry.at.astimezone(UTC).isoformat(),
        )
        # As JSON and in rows of their own, which no page boundary divides: a purge looks for them.
        quoted = [(feedback_id, _json(name)) for name in sorted(_documents(entry))]
        with self._writing() as database:
            database.execute("DELETE FROM quoted WHERE feedback_id = ?", (feedback_id,))
            database.execute(
                f"INSERT OR REPLACE INTO feedback ({_COLUMNS}) VALUES ({', '.join('?' * 10)})", row
            )
            database.executemany("INSERT INTO quoted VALUES (?, ?)", quoted)
        return feedback_id

    def list(self, vote: Vote | None = None) -> tuple[Feedback, ...]:
        """Return the entries, the oldest first; only those of a vote, if one is given.

        Raises:
            FeedbackError: The file cannot be read.
        """
        if not self.path.exists():
            return ()
        query = f"SELECT {_COLUMNS} FROM feedback WHERE ? IS NULL OR vote = ? ORDER BY at, rowid"
        with self._opened() as database:
            rows = database.execute(query, (vote, vote)).fetchall()
        return tuple(_entry(row) for row in rows)

    def remove(self, feedback_ids: Collection[str]) -> int:
        """Delete entries, and overwrite what they were in the file; return how many there were.

        Raises:
            FeedbackError: The file cannot be written.
        """
        if not self.path.exists():
            return 0
        keys = [(feedback_id,) for feedback_id in feedback_ids]
        with self._writing() as database:
            database.executemany("DELETE FROM quoted WHERE feedback_id = ?", keys)
            return database.executemany("DELETE FROM feedback WHERE feedback_id = ?", keys).rowcount

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Give a connection inside one transaction, the only writer's."""
        with self._opened() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        database: sqlite3.Connection | None = None
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            database = sqlite3.connect(self.path, timeout=_WAIT_S, isolation_level=None)
            _prepare(database, self.path)
            yield database
        except (sqlite3.Error, OSError) as exc:
            raise FeedbackError(
                f"The feedback in {str(self.path)!r} cannot be read or written ({exc}). Check the "
                "folder's permissions and free space; if the file is damaged, move it away."
            ) from exc
        finally:
            if database is not None:
                database.close()


def _prepare(database: sqlite3.Connection, path: Path) -> None:
    """Make the tables where they are missing; refuse another version's.

    Raises:
        FeedbackError: A later Footnote made the file.
    """
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")  # a vote that was taken is on the disk
    database.execute("PRAGMA secure_delete = ON")  # what is removed does not linger
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version > _VERSION:
        raise FeedbackError(
            f"The feedback in {str(path)!r} has format version {version}, and this Footnote reads "
            f"{_VERSION}. Use the Footnote that made it, or move the file away."
        )
    if version < _VERSION:
        database.executescript(f"BEGIN IMMEDIATE;{_SCHEMA}PRAGMA user_version = {_VERSION};COMMIT;")


def _checked(entry: Feedback) -> Feedback:
    """Return an entry that can be kept: an up has no reason, a comment no white space around it.

    Raises:
        FeedbackError: It is no feedback on an answer.
    """
    if not isinstance(entry.answer.get("answer"), str) or "citations" not in entry.answer:
        raise FeedbackError(
            f"The feedback on {entry.asked.text!r} has no answer record. Give the whole record, "
            "as `footnote ask --json` prints it."
        )
    if entry.at.tzinfo is None:
        raise FeedbackError(f"The time {entry.at.isoformat()!r} has no time zone. Give it in UTC.")
    if len(entry.comment) > _MOST_COMMENT:
        raise FeedbackError(
            f"The comment has {len(entry.comment)} characters, and {_MOST_COMMENT} are taken. "
            "Shorten it."
        )
    reason = entry.reason if entry.vote is Vote.DOWN else None
    asked = replace(
        entry.asked,
        text=_valid(entry.asked.text),
        history=tuple(Turn(turn.role, _valid(turn.content)) for turn in entry.asked.history),
    )
    return replace(
        entry,
        asked=asked,
        answer=json.loads(_valid(_json(entry.answer))),
        comment=_valid(entry.comment.strip()),
        reason=reason,
    )


def _valid(text: str) -> str:
    """Return text without lone surrogates, which JSON can hold and no file can."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _documents(entry: Feedback) -> set[str]:
    """Return every document that an entry names or quotes."""
    named = set(entry.asked.documents or ())
    for part in ("citations", "retrieved"):
        named |= {str(one["document"]) for one in entry.answer.get(part, ())}
    return named


def _entry(row: tuple[Any, ...]) -> Feedback:
    _, vote, reason, comment, user, question, history, documents, answer, at = row
    turns = tuple(Turn(cast(Role, one["role"]), one["content"]) for one in json.loads(history))
    asked = Question(
        text=question,
        history=turns,
        documents=None if documents is None else tuple(json.loads(documents)),
    )
    return Feedback(
        vote=Vote(vote),
        asked=asked,
        answer=json.loads(answer),
        reason=Reason(reason) if reason is not None else None,
        comment=comment,
        user=user,
        at=datetime.fromisoformat(at),
    )


def _turn(turn: Turn) -> dict[str, str]:
    return {"role": turn.role, "content": turn.content}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)

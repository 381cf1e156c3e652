from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.engine import FootnoteQueryEngine
from app.feedback import FILE, Feedback, FeedbackError, FeedbackStore, Reason, Vote
from app.records import Question, Turn
from app.settings import AppSettings
from ingest.remove import remove
from ingest.settings import ROOT
from ingest.sync import sync


def record(text: str = "The pier is long. [1]", **more: Any) -> dict[str, Any]:
    citation = {"document": "pier.md", "start": 0, "end": 17, "quote": "The pier is long."}
    return {"answer": text, "citations": [citation], "retrieved": []} | more


def entry(number: int = 0, vote: Vote = Vote.DOWN, **more: Any) -> Feedback:
    asked = Question(
        f"How long is pier {number}?", (Turn("user", "Is there a pier?"),), ("pier.md",)
    )
    return Feedback(vote, asked, record(), **more)


@pytest.fixture
def store(tmp_path: Path) -> FeedbackStore:
    return FeedbackStore(tmp_path / "storage" / FILE)


def test_what_was_said_comes_back_whole(store: FeedbackStore) -> None:
    said = entry(
        reason=Reason.WRONG_CITATION,
        comment="  Chapter «two», not one \U0001f44e ",
        user="ada",
        at=datetime(2026, 3, 1, 12, 30, tzinfo=UTC),
    )
    store.add(said)
    (found,) = store.list()
    assert found == replace(said, comment="Chapter «two», not one \U0001f44e")
    assert found.to_dict()["reason"] == "wrong citation"
    assert found.to_dict()["at"] == "2026-03-01T12:30:00+00:00"


def test_half_a_character_loses_no_vote(store: FeedbackStore) -> None:
    said = Feedback(
        Vote.DOWN, Question("Why\ud800?"), record(question="Why\ud800?"), comment="\udc00 no"
    )
    feedback_id = store.add(said)
    (found,) = store.list()
    assert (found.asked.text, found.answer["question"], found.comment) == ("Why??", "Why??", "? no")
    assert found.feedback_id == feedback_id


def test_a_second_vote_on_the_same_answer_replaces_the_first(store: FeedbackStore) -> None:
    first = store.add(entry(reason=Reason.WRONG))
    slower = replace(entry(vote=Vote.UP), answer=record(timings_ms={"answer": 9.5}))
    assert store.add(slower) == first
    (found,) = store.list()
    assert (found.vote, found.reason) == (Vote.UP, None)
    store.add(replace(entry(), answer=record("Another answer. [1]")))
    store.add(entry(user="ada"))
    store.add(entry(user="bob"))
    assert len(store.list()) == 4


def test_entries_are_listed_by_vote_in_order_of_time(store: FeedbackStore) -> None:
    for number, vote in enumerate((Vote.DOWN, Vote.UP, Vote.DOWN)):
        store.add(entry(number, vote, at=datetime(2026, 1, 3 - number, tzinfo=UTC)))
    assert [one.asked.text[-2] for one in store.list()] == ["2", "1", "0"]
    assert [one.asked.text[-2] for one in store.list(Vote.DOWN)] == ["2", "0"]
    assert [one.asked.text[-2] for one in store.list(Vote.UP)] == ["1"]


def test_a_removed_entry_leaves_no_trace_in_the_file(store: FeedbackStore) -> None:
    kept = store.add(entry(1))
    gone = store.add(entry(2, comment="the zymurgist's remark"))
    assert store.remove([gone, "unknown"]) == 1
    assert [one.feedback_id for one in store.list()] == [kept]
    for path in store.path.parent.iterdir():
        assert b"zymurgist" not in path.read_bytes()


def test_a_store_without_a_file_is_empty_and_makes_none(store: FeedbackStore) -> None:
    assert store.list() == ()
    assert store.remove(["a"]) == 0
    assert not store.path.exists()


WRITER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from app.feedback import Feedback, FeedbackStore, Vote
from app.records import Question
store, first = FeedbackStore(Path(sys.argv[1])), int(sys.argv[2])
record = {"answer": "It is long.", "citations": []}
def write(number):
    store.add(Feedback(Vote.DOWN, Question(f"How long is pier {number}?"), record))
with ThreadPoolExecutor(4) as threads:
    list(threads.map(write, range(first, first + 20)))
"""


def test_processes_and_threads_lose_and_double_nothing(store: FeedbackStore) -> None:
    # Ten of each one's entries are the other's too.
    arguments = [sys.executable, "-c", WRITER, str(store.path)]
    others = [subprocess.Popen([*arguments, first], cwd=ROOT) for first in ("0", "10")]
    assert [other.wait(60) for other in others] == [0, 0]
    texts = [one.asked.text for one in store.list()]
    assert sorted(texts) == sorted(f"How long is pier {number}?" for number in range(30))


def test_what_cannot_be_kept_is_refused_with_a_reason(store: FeedbackStore) -> None:
    with pytest.raises(FeedbackError, match="has no answer record"):
        store.add(replace(entry(), answer={"error": "failed"}))
    with pytest.raises(FeedbackError, match="no time zone"):
        store.add(entry(at=datetime(2026, 1, 1)))
    with pytest.raises(FeedbackError, match="Shorten it"):
        store.add(entry(comment="x" * 10_001))
    assert not store.path.exists()


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    damaged = tmp_path / FILE
    damaged.write_bytes(b"no database at all" * 100)
    with pytest.raises(FeedbackError, match=r"feedback\.sqlite.*move it away"):
        FeedbackStore(damaged).list()
    later = tmp_path / "later.sqlite"
    with closing(sqlite3.connect(later)) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(FeedbackError, match="format version 99"):
        FeedbackStore(later).add(entry())


def test_a_purge_names_the_feedback_that_quotes_the_document(
    make_settings: Any, small_engine: Any
) -> None:
    files = {
        "pier.md": "# Pier\n\nThe pier is 300 metres long.\n",
        "inn.md": "# Inn\n\nIt is old.\n",
    }
    settings: AppSettings = make_settings(files)
    with small_engine(settings) as engine:
        assert isinstance(engine, FootnoteQueryEngine)
        sync(settings, embedder=engine.embedder)
        asked = Question("How long is the pier?", documents=("pier.md",))
        answer = engine.answer(asked).to_dict()
    assert answer["citations"]
    store = FeedbackStore(settings.storage / FILE)
    kept = store.add(Feedback(Vote.UP, asked, answer))
    assert FILE in remove(settings, ["pier.md"], purge=True).quoted_in
    store.remove([kept])
    assert FILE not in remove(settings, ["inn.md"], purge=True).quoted_in

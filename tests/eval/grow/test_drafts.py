from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.feedback import Feedback, Reason, Vote
from app.records import Question, Turn
from app.settings import AppSettings
from eval.grow.accept import accept, reject
from eval.grow.drafts import Drafts
from eval.grow.from_feedback import draft_from
from eval.sets.cases import Case, EvaluationSetError, Reference, drafts_in, load_cases
from eval.sets.files import growing, write_whole
from eval.sets.kinds import guess_kind
from ingest.library import Library, open_library

QUOTE = "The lighthouse on Gull Point was built in 1874 by Ada Merrow."


def draft(query_id: str = "d1", **more: Any) -> Case:
    fields: dict[str, Any] = {
        "question": "When was the lighthouse built?",
        "answerable": True,
        "references": (Reference(document="harbour.md", text=QUOTE),),
        "draft": True,
        "note": "look twice",
    }
    return Case(query_id=query_id, **(fields | more))


@pytest.fixture
def drafts(tmp_path: Path) -> Drafts:
    return Drafts(tmp_path / "drafts.jsonl")


@pytest.fixture
def held(small: AppSettings) -> Iterator[Library]:
    library = open_library(small)
    yield library
    library.close()


def feedback(vote: Vote, reason: Reason | None = None, **answer: Any) -> Feedback:
    record = {
        "answer": "It was built in 1874. [1] It is red. [1]",
        "abstained": False,
        "sentences": [{"text": "It was built in 1874."}, {"text": "It is red."}],
        "citations": [
            {"document": "harbour.md", "start": 0, "end": 5, "quote": QUOTE},
            {"document": "harbour.md", "start": 0, "end": 5, "quote": QUOTE},
        ],
    }
    asked = Question("When was it built?", (Turn("user", "Is there a lighthouse?"),))
    at = datetime(2026, 2, 3, tzinfo=UTC)
    return Feedback(vote, asked, record | answer, reason, "odd", at=at)


def test_a_disliked_answer_is_an_incomplete_draft_with_the_answer_as_its_note() -> None:
    entry = feedback(Vote.DOWN, Reason.WRONG)
    made = draft_from(entry)
    assert made.query_id == f"feedback-{entry.feedback_id}"
    assert (made.kind, made.answerable, made.draft) == ("follow-up", True, True)
    assert (made.references, made.reference_answer) == ((), "")
    assert made.history == entry.asked.history
    assert made.note == (
        "Voted down on 2026-02-03 (wrong). Comment: odd "
        "Rejected answer: It was built in 1874. [1] It is red. [1]"
    )


def test_a_liked_answer_is_the_reference_and_its_quotes_the_gold() -> None:
    made = draft_from(feedback(Vote.UP))
    assert made.reference_answer == "It was built in 1874. It is red."
    assert made.references == (Reference(document="harbour.md", text=QUOTE),)


def test_what_should_have_been_declined_is_unanswerable() -> None:
    silent = {"answer": "Not in your documents.", "abstained": True, "citations": []}
    for entry in (
        feedback(Vote.DOWN, Reason.SHOULD_HAVE_ABSTAINED),
        feedback(Vote.UP, **silent),
    ):
        made = draft_from(entry)
        assert (made.kind, made.answerable, made.references) == ("unanswerable", False, ())
    made = draft_from(feedback(Vote.DOWN, Reason.SHOULD_HAVE_ANSWERED, **silent))
    assert made.answerable
    assert "Rejected abstention" in made.note


def test_each_draft_is_added_once_and_never_after_a_decision(drafts: Drafts) -> None:
    assert drafts.add([draft("a"), draft("b"), draft("a")]) == ("a", "b")
    assert drafts.add([draft("b"), draft("c")]) == ("c",)
    assert [case.query_id for case in drafts.cases()] == ["a", "b", "c"]
    assert all(case.draft for case in drafts.cases())
    assert reject(drafts, ["b"]) == ("b",)
    assert drafts.add([draft("b")]) == ()
    assert [case.query_id for case in drafts.cases()] == ["a", "c"]
    (decided,) = drafts.decisions.read_text(encoding="utf-8").splitlines()
    assert json.loads(decided)["decision"] == "rejected"
    assert json.loads(decided)["note"] == "look twice"


def test_a_decision_may_hold_what_other_readers_take_for_a_line_end(drafts: Drafts) -> None:
    drafts.add([draft(question="When was\u2028the lighthouse\x85built?")])
    reject(drafts, ["d1"])
    assert drafts.known() == {"d1"}
    assert drafts.add([draft()]) == ()


def test_what_a_person_wrote_into_the_drafts_stays(drafts: Drafts) -> None:
    drafts.add([draft("a")])
    by_hand = '{"query_id": "mine", "question": "Why?", "answerable": true, "draft": true, "x": 1}'
    drafts.path.write_text(drafts.path.read_text() + by_hand, encoding="utf-8")
    drafts.add([draft("c")])
    reject(drafts, ["a"])
    lines = drafts.path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == by_hand
    assert len(lines) == 2


def test_accepted_drafts_stand_in_the_set_and_no_longer_wait(
    drafts: Drafts, held: Library, tmp_path: Path
) -> None:
    target = tmp_path / "set.jsonl"
    drafts.add([draft("a"), draft("b"), draft("c")])
    assert accept(drafts, ["b", "a"], target, held).accepted == ("b", "a")
    cases = load_cases(target)
    assert [case.query_id for case in cases] == ["b", "a"]
    assert not any(case.draft or case.note for case in cases)
    assert [case.query_id for case in drafts.cases()] == ["c"]
    # Cut short between the two files, it is finished by doing it again.
    drafts.decisions.unlink()
    drafts.add([draft("a")])
    assert accept(drafts, ["a"], target, held).accepted == ("a",)
    assert len(load_cases(target)) == 2
    assert [case.query_id for case in drafts.cases()] == ["c"]
    accept(drafts, ["c"], target, held, "tune")
    # Where no half is named, the smaller one takes it.
    assert [case.split for case in load_cases(target)] == ["test", "tune", "tune"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"references": ()}, "needs at least one entry"),
        ({"references": (Reference(document="harbour.md", text="Built in 1901."),)}, "not hold"),
        ({"references": (Reference(document="gone.md", text="x"),)}, "no document 'gone.md'"),
    ],
)
def test_an_incomplete_draft_stays_with_the_reason(
    drafts: Drafts, held: Library, tmp_path: Path, fields: dict[str, Any], expected: str
) -> None:
    target = tmp_path / "set.jsonl"
    drafts.add([draft("bad", **fields), draft("good")])
    result = accept(drafts, ["bad", "good"], target, held)
    assert result.accepted == ("good",)
    ((name, why),) = result.refused
    assert name == "bad"
    assert expected in why
    assert [case.query_id for case in drafts.cases()] == ["bad"]


def test_a_set_is_not_mixed_with_another_librarys_nor_its_ids_taken(
    drafts: Drafts, held: Library, tmp_path: Path
) -> None:
    drafts.add([draft("a")])
    foreign = tmp_path / "foreign.jsonl"
    other = draft("x", references=(Reference(document="other.md", text="No."),), draft=False)
    foreign.write_text(other.model_dump_json() + "\n", encoding="utf-8")
    with pytest.raises(EvaluationSetError, match="does not fit the library"):
        accept(drafts, ["a"], foreign, held)
    taken = tmp_path / "taken.jsonl"
    taken.write_text(draft("a", question="Who?", draft=False).model_dump_json(), encoding="utf-8")
    before = taken.read_bytes()
    ((_, why),) = accept(drafts, ["a"], taken, held).refused
    assert "another question of that query_id" in why
    assert taken.read_bytes() == before
    with pytest.raises(EvaluationSetError, match="holds the drafts"):
        accept(drafts, ["a"], drafts.path, held)
    with pytest.raises(EvaluationSetError, match="holds no draft 'b'"):
        accept(drafts, ["a", "b"], tmp_path / "new.jsonl", held)
    assert not (tmp_path / "new.jsonl").exists()


def test_a_run_leaves_drafts_out(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    lines = [draft("a", references=()), draft("b", draft=False), draft("c")]
    path.write_text("\n".join(case.model_dump_json() for case in lines), encoding="utf-8")
    assert [case.query_id for case in load_cases(path)] == ["b"]
    assert drafts_in(path) == 2
    path.write_text(draft("a").model_dump_json(), encoding="utf-8")
    with pytest.raises(EvaluationSetError, match=r"holds drafts alone \(1\)"):
        load_cases(path)


def test_files_that_cannot_be_read_or_written_are_named(drafts: Drafts, tmp_path: Path) -> None:
    drafts.decisions.write_text("{torn", encoding="utf-8")
    with pytest.raises(EvaluationSetError, match=r"decided\.jsonl.*cannot be read"):
        drafts.add([draft("a")])
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(EvaluationSetError, match="cannot be written"):
        write_whole(tmp_path / "file" / "set.jsonl", "y")
    with pytest.raises(EvaluationSetError, match="cannot be written"), growing(tmp_path / "file"):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["drafts.decided.jsonl", "file"]


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("When was the lighthouse built?", "fact"),
        ("Who built it?", "fact"),
        ("How many cars does the ferry carry?", "number"),
        ("Why is the tower red?", "why"),
        ("What is a buoy?", "definition"),
        ("How is bread made?", "how"),
        ("What are the duties of the keeper?", "list"),
        ("What is the difference between a pier and a quay?", "comparison"),
        ("Does the ferry run in winter?", "question"),
    ],
)
def test_the_kind_is_guessed_from_the_words(question: str, kind: str) -> None:
    assert guess_kind(question) == kind
    assert guess_kind(question, (Turn("user", "Before?"),)) == "follow-up"

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.records import Turn
from app.settings import AppSettings
from eval.cli import DEFAULT_SET
from eval.sets.cases import (
    Case,
    EvaluationSetError,
    Reference,
    load_cases,
    locate,
    locate_all,
    schema,
)
from ingest.library import open_library
from tests.eval.conftest import SMALL_SET

GOOD = {"query_id": "a", "question": "Why?", "answerable": False}
ANSWERABLE = GOOD | {"answerable": True, "references": [{"document": "d", "text": "t"}]}
SCHEMA = DEFAULT_SET.with_suffix(".schema.json")


def load(tmp_path: Path, *lines: str) -> tuple[Case, ...]:
    path = tmp_path / "set.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return load_cases(path)


def test_a_case_has_defaults_and_is_frozen(tmp_path: Path) -> None:
    (case,) = load(tmp_path, "\ufeff" + json.dumps(GOOD | {"note": "ignored"}), "", "  ")
    assert (case.kind, case.split, case.history, case.references) == ("question", "test", (), ())
    assert (case.language, case.near_miss, case.key_facts, case.draft) == ("en", False, (), False)
    with pytest.raises(ValidationError):
        case.question = "Other?"  # type: ignore[misc]


def test_history_becomes_turns(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "One?"}, {"role": "assistant", "content": "Two."}]
    (case,) = load(tmp_path, json.dumps(GOOD | {"history": turns}))
    asked = case.to_question()
    assert asked.history == (Turn("user", "One?"), Turn("assistant", "Two."))
    assert (asked.text, asked.question_id) == ("Why?", "a")


def test_key_facts_are_read_with_all_their_forms(tmp_path: Path) -> None:
    facts = [["14 per cent", "14%"], ["2017"]]
    (case,) = load(tmp_path, json.dumps(ANSWERABLE | {"key_facts": facts, "language": "es"}))
    assert case.key_facts == (("14 per cent", "14%"), ("2017",))
    assert case.language == "es"


def test_the_written_schema_is_that_of_the_model() -> None:
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == schema(), (
        "write json.dumps(schema(), indent=2) and a line end to data/eval/questions.schema.json"
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("{not json", "JSON"),
        ("[]", "object"),
        (json.dumps({"query_id": "a", "answerable": True}), "question: Field required"),
        (json.dumps(GOOD | {"question": " "}), "question:"),
        (json.dumps(GOOD | {"answerable": "no"}), "answerable:"),
        (json.dumps(GOOD | {"query_id": 7}), "query_id:"),
        (json.dumps(GOOD | {"split": "dev"}), "split:"),
        (json.dumps(GOOD | {"history": [{"role": "system", "content": "x"}]}), "history.0.role:"),
        (json.dumps(ANSWERABLE | {"references": []}), "needs at least one entry"),
        (json.dumps(ANSWERABLE | {"references": [{"document": "d"}]}), "references.0.text:"),
        (json.dumps(ANSWERABLE | {"answerable": False}), "takes no 'references'"),
        (json.dumps(GOOD | {"reference_answer": "So."}), "takes no 'references'"),
        (json.dumps(GOOD | {"key_facts": [["1874"]]}), "takes no 'key_facts'"),
        (json.dumps(ANSWERABLE | {"key_facts": [["1874"], []]}), "key_facts.1:"),
        (json.dumps(ANSWERABLE | {"key_facts": [["1874", " "]]}), "key_facts.0.1:"),
        (json.dumps(ANSWERABLE | {"near_miss": True}), "only a question that is not answerable"),
        (json.dumps(GOOD | {"language": "English"}), "language:"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, expected: str) -> None:
    with pytest.raises(EvaluationSetError) as caught:
        load(tmp_path, json.dumps(GOOD | {"query_id": "first"}), "", line)
    message = str(caught.value)
    assert "set.jsonl" in message
    assert "line 3" in message
    assert expected in message


def test_a_query_id_may_stand_once(tmp_path: Path) -> None:
    with pytest.raises(EvaluationSetError, match="line 2: query_id 'a' already stands on line 1"):
        load(tmp_path, json.dumps(GOOD), json.dumps(GOOD))


def test_files_that_hold_no_set(tmp_path: Path) -> None:
    with pytest.raises(EvaluationSetError, match="holds no question"):
        load(tmp_path, "", " ")
    with pytest.raises(EvaluationSetError, match="cannot be read"):
        load_cases(tmp_path / "absent.jsonl")
    with pytest.raises(EvaluationSetError, match="cannot be read"):
        load_cases(tmp_path)
    (tmp_path / "latin.jsonl").write_bytes(b'{"question": "caf\xe9"}')
    with pytest.raises(EvaluationSetError, match="not UTF-8"):
        load_cases(tmp_path / "latin.jsonl")


def test_locate_finds_exact_offsets_whatever_the_white_space(small: AppSettings) -> None:
    library = open_library(small)
    try:
        case = Case.model_validate_json(json.dumps(SMALL_SET[1]))
        ((spot,),) = locate(case, library)
        text = library.documents["harbour.md"].text
        assert text[spot.start : spot.end] == "It is forty metres high."
    finally:
        library.close()


def test_locate_gives_every_occurrence_and_never_part_of_a_word(small: AppSettings) -> None:
    library = open_library(small)
    try:
        case = Case.model_validate_json(
            json.dumps(ANSWERABLE | {"references": [{"document": "kitchen.md", "text": "is"}]})
        )
        (gold,) = locate(case, library)
        text = library.documents["kitchen.md"].text
        assert [text[spot.start : spot.end] for spot in gold] == ["is", "is"]
        with pytest.raises(EvaluationSetError):  # inside "shaped"
            locate(_with_gold(case, ("kitchen.md", "shape")), library)
    finally:
        library.close()


def test_quotes_that_do_not_stand_are_listed_together(small: AppSettings) -> None:
    library = open_library(small)
    try:
        case = Case.model_validate_json(json.dumps(ANSWERABLE))
        first = _with_gold(
            case,
            ("kitchen.md", "The oven is cold."),
            ("kitchen.md", "The oven is heated to 240 degrees."),
        )
        second = _with_gold(case, ("cellar.md", "Wine.")).model_copy(update={"query_id": "b"})
        with pytest.raises(EvaluationSetError) as caught:
            locate_all([first, second], library)
    finally:
        library.close()
    message = str(caught.value)
    assert "2 of them" in message
    assert "a: 'kitchen.md' does not hold 'The oven is cold.'" in message
    assert "b: the library holds no document 'cellar.md'" in message
    assert "240 degrees" not in message


def test_an_id_in_a_complaint_does_not_steer_the_terminal(small: AppSettings) -> None:
    case = Case(
        query_id="a\x1b]0;owned\x07",
        question="Why?",
        answerable=True,
        references=(Reference(document="cellar.md", text="x"),),
    )
    with closing(open_library(small)) as library, pytest.raises(EvaluationSetError) as caught:
        locate_all([case], library)
    assert "a ]0;owned : the library" in str(caught.value)


def test_a_case_without_references_has_no_gold(
    small: AppSettings, write_set: Callable[[list[dict[str, object]]], Path]
) -> None:
    library = open_library(small)
    try:
        golds = locate_all(load_cases(write_set(SMALL_SET)), library)
    finally:
        library.close()
    assert golds["s3"] == ()
    assert [len(golds[name]) for name in ("s1", "s2")] == [1, 1]


def _with_gold(case: Case, *references: tuple[str, str]) -> Case:
    entries = tuple(Reference(document=document, text=text) for document, text in references)
    return case.model_copy(update={"references": entries})

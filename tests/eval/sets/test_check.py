from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import eval.cli
import footnote
from app.records import Turn
from app.settings import AppSettings
from eval.cli import DEFAULT_SET
from eval.sets.cases import Case, EvaluationSetError
from eval.sets.check import check_set, read_entries, stands
from eval.sets.check_text import render, to_dict
from eval.sets.duplicates import near_duplicates
from eval.sets.findings import WARNINGS, Check, Finding, SetReport
from ingest.embed import Embedder
from ingest.sync import sync
from tests.eval.conftest import HARBOUR, KITCHEN

Entries = list[dict[str, Any]]
WriteSet = Callable[[Entries], Path]
CheckSet = Callable[[Entries], SetReport]

BUILT = "The lighthouse on Gull Point was built in 1874 by Ada Merrow."
FERRY = "The ferry to Skerry leaves at nine every morning."


def reference(text: str, document: str = "harbour.md") -> dict[str, str]:
    return {"document": document, "text": text}


def good_set() -> Entries:
    """A set in which nothing is wrong."""
    return [
        {
            "query_id": "a",
            "kind": "fact",
            "split": "tune",
            "question": "Who built the lighthouse on Gull Point?",
            "answerable": True,
            "reference_answer": "Ada Merrow built it.",
            "key_facts": [["Merrow"], ["1874"]],
            "references": [reference(BUILT)],
        },
        {
            "query_id": "b",
            "kind": "fact",
            "split": "test",
            "question": "How hot should the oven be for bread?",
            "answerable": True,
            "reference_answer": "240 degrees.",
            "key_facts": [["240 degrees", "240 °C"]],
            "references": [reference("The oven is heated to 240 degrees.", "kitchen.md")],
        },
        {
            "query_id": "c",
            "kind": "unanswerable",
            "split": "test",
            "question": "What does the ferry to Skerry cost?",
            "answerable": False,
            "near_miss": True,
        },
    ]


@pytest.fixture(scope="module")
def small(
    tmp_path_factory: pytest.TempPathFactory, models: Path, embedder: Embedder
) -> AppSettings:
    """Settings of a library of two short documents, which no check writes to."""
    root = tmp_path_factory.mktemp("check")
    for name, content in (("harbour.md", HARBOUR), ("kitchen.md", KITCHEN)):
        (root / "documents").mkdir(exist_ok=True)
        (root / "documents" / name).write_text(content, encoding="utf-8")
    (root / "storage").mkdir()
    (root / "storage" / "models").symlink_to(models)
    settings = AppSettings(documents=root / "documents", storage=root / "storage")
    assert not sync(settings, embedder=embedder).failed
    return settings


@pytest.fixture
def check(small: AppSettings, embedder: Embedder, write_set: WriteSet) -> CheckSet:
    """Write a set, check it against the small library, and return the report."""
    return lambda entries: check_set(write_set(entries), small, embedder=embedder)


def only(report: SetReport, kind: Check) -> Finding:
    """The one finding of a kind; there is no other sort."""
    assert {finding.check for finding in report.findings} == {kind}, report.findings
    (finding,) = report.findings
    assert finding.breaks is (kind not in WARNINGS)
    assert not report.clean
    return finding


def test_a_good_set_is_clean(check: CheckSet) -> None:
    report = check(good_set())
    assert (report.findings, report.not_made) == ((), {})
    assert report.clean
    assert "Clean" in render(report)


def test_a_document_that_the_library_lacks_is_named(check: CheckSet) -> None:
    entries = good_set()
    entries[0]["references"].append(reference("Anything.", "attic.md"))
    finding = only(check(entries), Check.REFERENCE)
    assert (finding.lines, finding.query_ids) == ((1,), ("a",))
    assert "no document 'attic.md'" in finding.message


def test_every_quote_that_does_not_stand_is_named(check: CheckSet) -> None:
    entries = good_set()
    entries[0]["references"] += [reference("Ada Merrow built it in 1875."), reference("Nor this.")]
    report = check(entries)
    assert [finding.check for finding in report.findings] == [Check.REFERENCE] * 2
    assert "'Nor this.'" in report.findings[1].message


def test_a_quote_may_differ_in_white_space_alone(check: CheckSet) -> None:
    entries = good_set()
    entries[0]["references"] = [reference(BUILT.replace(" ", "\n  "))]
    assert check(entries).clean


def test_a_key_fact_without_a_form_in_the_gold_is_named(check: CheckSet) -> None:
    entries = good_set()
    entries[0]["key_facts"].append(["forty metres", "40 metres"])
    finding = only(check(entries), Check.KEY_FACT)
    assert finding.query_ids == ("a",)
    assert "['forty metres', '40 metres']" in finding.message


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        ("ada  MERROW", "by Ada\nMerrow.", True),
        ("20", "in 2020", False),
        ("20", "only 20 asked", True),
        ("14%", "more than 14% of it", True),
        ("2.5 billion", "about 12.5 billion", False),
        ("U.T. v. Barr", "the case U.T. v. Barr.", True),
    ],
)
def test_a_form_stands_as_whole_words(form: str, text: str, expected: bool) -> None:
    assert stands(form, text) is expected


def test_answers_without_key_facts_are_one_warning(check: CheckSet) -> None:
    entries = good_set()
    for entry in entries[:2]:
        del entry["key_facts"]
    finding = only(check(entries), Check.NO_KEY_FACTS)
    assert finding.query_ids == ("a", "b")


@pytest.mark.parametrize(
    "rewording",
    ["Who built Gull Point's lighthouse?", "who built the lighthouse on gull point"],
)
def test_a_rewording_is_a_near_duplicate(check: CheckSet, rewording: str) -> None:
    entries = good_set()
    entries.append(entries[0] | {"query_id": "d", "question": rewording})
    finding = only(check(entries), Check.NEAR_DUPLICATE)
    assert (finding.lines, finding.query_ids) == ((1, 4), ("a", "d"))


def cases(*conversations: tuple[str, ...]) -> list[Case]:
    """One case for each conversation of user turns, the last of them the question."""
    return [
        Case(
            query_id=str(number),
            question=question,
            history=tuple(Turn("user", turn) for turn in earlier),
            answerable=False,
        )
        for number, (*earlier, question) in enumerate(conversations)
    ]


def test_the_same_follow_up_in_another_conversation_is_no_duplicate(embedder: Embedder) -> None:
    ferry = ("When does the ferry to Skerry leave?", "And who built it?")
    tower = ("How high is the lighthouse on Gull Point?", "And who built it?")
    assert not list(near_duplicates(cases(ferry, tower), embedder))
    again = ("When is the ferry to Skerry leaving?", "And who built it?")
    (found,) = near_duplicates(cases(ferry, tower, again), embedder)
    assert (found.first, found.second) == (0, 2)


def test_another_question_on_the_same_conversation_is_no_duplicate(embedder: Embedder) -> None:
    start = "How high is the lighthouse on Gull Point?"
    found = near_duplicates(cases((start, "Who built it?"), (start, "Can one visit?")), embedder)
    assert not list(found)


def test_questions_that_differ_in_a_year_are_no_duplicates(embedder: Embedder) -> None:
    one, other = (f"How many people took the ferry to Skerry in {year}?" for year in (2021, 2022))
    assert not list(near_duplicates(cases((one,), (other,)), embedder))
    assert list(near_duplicates(cases((one,), (one,)), embedder))


def test_gold_that_both_splits_share_is_a_warning(check: CheckSet) -> None:
    entries = good_set()
    entries[1]["references"].append(reference("was built in 1874 by Ada Merrow."))
    finding = only(check(entries), Check.LEAK)
    assert finding.query_ids == ("a", "b")
    assert check([entry | {"split": "test"} for entry in entries]).clean


def test_a_kind_with_uneven_halves_is_a_warning(check: CheckSet) -> None:
    entries = good_set()
    for number, question in enumerate(("When does the ferry leave?", "Where is Skerry?")):
        entries.append(entries[2] | {"query_id": f"u{number}", "question": question})
    finding = only(check(entries), Check.UNEVEN)
    assert "'unanswerable' has 0 to tune on and 3 to test" in finding.message


def test_a_large_set_with_an_empty_half_is_a_warning(check: CheckSet) -> None:
    asked = "tides moons mayors wool glass tea iron owls salt fog".split()
    entries = [
        good_set()[2] | {"query_id": f"n{number}", "question": f"What does the log say of {about}?"}
        for number, about in enumerate(asked)
    ]
    uneven = [one for one in check(entries).findings if one.check is Check.UNEVEN]
    assert [one.message for one in uneven] == ["all 10 questions are in the test half"]


def test_a_field_that_nobody_reads_is_a_warning(check: CheckSet) -> None:
    entries = good_set()
    entries[0] = entries[0] | {"spilt": "tune"}
    finding = only(check(entries), Check.UNKNOWN_FIELD)
    assert (finding.lines, finding.query_ids) == ((1,), ("a",))
    assert finding.message == "the field 'spilt' is read by nobody; 'split'?"


def test_a_set_of_one_split_has_no_halves(check: CheckSet) -> None:
    assert check([entry | {"split": "test"} for entry in good_set()]).clean


def test_a_draft_breaks_the_set(check: CheckSet) -> None:
    entries = good_set()
    entries[0] |= {"draft": True, "key_facts": []}
    assert only(check(entries), Check.DRAFT).query_ids == ("a",)


def test_all_faults_of_all_lines_and_all_double_ids_are_listed(tmp_path: Path) -> None:
    first, second, third = good_set()
    lines = [
        json.dumps(first),
        "",
        "{not json",
        json.dumps(second | {"split": "dev", "answerable": "yes"}),
        json.dumps(third | {"query_id": "a"}),
        json.dumps(first | {"references": []}),
    ]
    path = tmp_path / "set.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    entries, findings = read_entries(path)
    assert [entry.line for entry in entries] == [1, 5]
    faults = [(fault.lines, fault.query_ids, fault.message) for fault in findings]
    assert [(where, names) for where, names, _ in faults] == [
        ((3,), ()),
        ((4,), ("b",)),
        ((4,), ("b",)),
        ((6,), ("a",)),
        ((1, 5, 6), ("a",)),
    ]
    assert faults[1][2].startswith("split: ")
    assert faults[2][2].startswith("answerable: ")
    assert "at least one entry" in faults[3][2]


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"\n \n"])
def test_a_file_that_cannot_be_read_is_no_report(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "set.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(EvaluationSetError, match=r"set\.jsonl"):
        read_entries(path)


def test_without_a_library_nothing_is_called_clean(
    tmp_path: Path, write_set: WriteSet, embedder: Embedder
) -> None:
    storage = tmp_path / "nothing"
    settings = AppSettings(documents=tmp_path, storage=storage)
    entries = good_set()
    entries[0]["key_facts"].append(["forty metres"])
    report = check_set(write_set(entries), settings, embedder=embedder)
    assert report.not_made.keys() == {Check.REFERENCE, Check.LEAK}
    assert [finding.check for finding in report.findings] == [Check.KEY_FACT]
    assert not report.clean
    printed = render(report)
    assert "Clean" not in printed
    assert "footnote ingest" in printed
    assert to_dict(report)["clean"] is False


def test_without_an_embedder_nothing_is_called_clean(
    small: AppSettings, write_set: WriteSet, tmp_path: Path
) -> None:
    broken = tmp_path / "model"
    broken.mkdir()
    settings = small.model_copy(update={"embed_model": str(broken)})
    report = check_set(write_set(good_set()), settings)
    assert Check.NEAR_DUPLICATE in report.not_made
    assert not report.clean
    assert "Clean" not in render(report)


def test_the_report_counts_by_kind_split_and_language(check: CheckSet) -> None:
    entries = good_set()
    entries[2]["language"] = "es"
    report = check(entries)
    rows = [line.split() for line in render(report).splitlines()]
    assert ["kind", "tune", "en", "test", "en", "test", "es", "all"] in rows
    assert ["unanswerable", "0", "0", "1", "1"] in rows
    assert ["all", "1", "1", "1", "3"] in rows
    assert {"kind": "unanswerable", "split": "test", "language": "es", "questions": 1} in to_dict(
        report
    )["counts"]


def test_the_dossiers_set_is_clean(dossier: AppSettings, embedder: Embedder) -> None:
    report = check_set(DEFAULT_SET, dossier, embedder=embedder)
    assert report.clean, render(report)


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    eval.cli.register(made)
    return made


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({}, 0, "Clean"),
        ({"references": [reference(FERRY)], "key_facts": [["nine"]]}, 0, "Clean"),
        ({"key_facts": []}, 0, "0 errors, 1 warning."),
        ({"references": [reference("Not there.")]}, 1, "line 1 (a)"),
    ],
)
def test_the_command_says_what_it_found_by_its_status(
    app: typer.Typer,
    small: AppSettings,
    write_set: WriteSet,
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, Any],
    status: int,
    said: str,
) -> None:
    monkeypatch.setenv("FOOTNOTE_DOCUMENTS", str(small.documents))
    monkeypatch.setenv("FOOTNOTE_STORAGE", str(small.storage))
    entries = good_set()
    entries[0] |= change
    path = str(write_set(entries))
    result = CliRunner().invoke(app, ["eval", "check", path])
    assert result.exit_code == status, result.stdout
    assert said in result.stdout
    as_json = CliRunner().invoke(app, ["eval", "check", path, "--json"])
    assert as_json.exit_code == status
    assert json.loads(as_json.stdout)["clean"] is (said == "Clean")


def test_the_command_ends_with_2_for_what_it_could_not_check(
    app: typer.Typer,
    write_set: WriteSet,
    tmp_path: Path,
    models: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    storage = tmp_path / "nothing"
    storage.mkdir()
    (storage / "models").symlink_to(models)
    monkeypatch.setenv("FOOTNOTE_STORAGE", str(storage))
    result = CliRunner().invoke(app, ["eval", "check", str(write_set(good_set()))])
    assert result.exit_code == 2
    assert "Not all of it could be checked." in result.stdout


def test_a_missing_file_is_one_message_and_status_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    absent = str(tmp_path / "absent.jsonl")
    monkeypatch.setattr(sys, "argv", ["footnote", "eval", "check", absent])
    with pytest.raises(SystemExit) as caught:
        footnote.main()
    assert caught.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("footnote: ")
    assert "cannot be read" in printed.err

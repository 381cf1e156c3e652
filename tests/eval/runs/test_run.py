from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from app.settings import AppSettings
from eval.figures.summary import worst
from eval.report.text import render
from eval.runs.folder import RunError, load_run
from eval.runs.run import Choice
from eval.runs.run import run as whole_run
from eval.sets.cases import EvaluationSetError, load_cases
from ingest.embed import Embedder
from ingest.errors import EmptyLibraryError
from ingest.sync import sync
from tests.eval.conftest import SMALL_SET

WriteSet = Callable[[list[dict[str, object]]], Path]
run = partial(whole_run, pairs=None)  # without the verifier's pairs, which take seconds
TOO_LONG = SMALL_SET[0] | {"query_id": "long", "question": "Why? " * 1000}


# Whole values of the keys that hold a time or a date; latencies are objects of numbers.
TIMES = re.compile(
    r'"(?:started_at|seconds)": [^,\n]+|"(?:timings_ms|p50|p95)": \{[^}]*\}', re.DOTALL
)


class Watching:
    """Progress that notes what it is told, and may do something after a question."""

    def __init__(self, then: Callable[[], None] | None = None) -> None:
        self.total = self.resumed = 0
        self.done: list[str] = []
        self._then = then

    def questions(self, total: int, done: int = 0) -> None:
        self.total, self.resumed = total, done

    def question_done(self, query_id: str) -> None:
        self.done.append(query_id)
        if self._then is not None:
            self._then()


def test_a_run_writes_whole_files(
    small: AppSettings, write_set: WriteSet, embedder: Embedder
) -> None:
    path = write_set([*SMALL_SET, TOO_LONG])
    watching = Watching()
    result = whole_run(small, path, progress=watching, embedder=embedder)

    assert (watching.total, watching.done) == (4, ["s1", "s2", "s3", "long"])
    assert result.folder.parent == small.storage / "runs"
    assert re.fullmatch(r"\d{8}T\d{6}Z", result.folder.name)
    assert {entry.name for entry in result.folder.iterdir()} == {
        "run.json",
        "answers.jsonl",
        "summary.json",
    }
    assert [entry.name for entry in result.folder.parent.iterdir()] == [result.folder.name]

    lines = [
        json.loads(line)
        for line in (result.folder / "answers.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert [line["query_id"] for line in lines] == watching.done
    first, second, third, last = lines
    assert first["record"]["id"] == "s1"
    assert first["scores"]["cited_hit"] == 1.0
    assert first["scores"]["mrr@10"] == 1.0
    assert first["references"][0]["spans"] == [
        [first["record"]["citations"][0]["start"], first["record"]["citations"][0]["end"]]
    ]
    assert second["record"]["standalone_question"] != "How high is it?"  # the history was read
    assert second["scores"]["follow_up_success"] == second["scores"]["cited_hit"] == 1.0
    assert third["scores"] == {"right_decision": 1.0}
    assert last["scores"] == {}
    assert "4,000" in last["error"] == last["record"]["error"]

    summary = json.loads((result.folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["failed"] == ["long"]
    assert summary["set"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert summary["library"]["documents"] == 2
    assert summary["library"]["generation"].startswith("gen-")
    assert len(summary["library"]["documents_sha256"]) == 64
    assert summary["versions"]["ragas"]
    assert summary["versions"]["embedder"] == embedder.name
    assert summary["settings"]["top_k"] == small.top_k
    assert summary["overall"]["cited_hit"]["n_scored"] == 2
    assert summary["overall"]["cited_hit"]["n_total"] == 3
    assert summary["overall"]["cited_hit"]["value"] == pytest.approx(2 / 3, abs=1e-6)
    assert summary["overall"]["cited_hit"]["low"] < 2 / 3 < summary["overall"]["cited_hit"]["high"]
    assert summary["overall"]["verdict_accuracy"]["n_total"] == 111
    assert summary["latency_ms"]["p50"]["n_scored"] == 3
    manifest = json.loads((result.folder / "run.json").read_text(encoding="utf-8"))
    assert manifest.items() <= summary.items()
    assert load_run(result.folder) == result
    assert set(summary["by_kind"]) == {"fact", "follow-up", "unanswerable"}
    assert {name: group["questions"] for name, group in summary["by_split"].items()} == {
        "tune": 2,
        "test": 2,
    }

    text = render(result)
    assert "n scored/n total" in text
    assert re.search(r"^cited_hit +0\.667 \[0\.\d\d, 1\.00\] +2/3$", text, re.MULTILINE)
    assert re.search(r"^fact\s+1/2 ", text, re.MULTILINE)
    assert re.search(r"^split: test\s+2/2 ", text, re.MULTILINE)
    assert "long (fact)" in text.split("worst")[1].splitlines()[1]
    assert "failed: The question has" in text


def test_two_runs_of_one_seed_differ_in_times_and_dates_alone(
    small: AppSettings, write_set: WriteSet, embedder: Embedder
) -> None:
    entries = [one | {"query_id": f"{one['query_id']}-{n}"} for n in range(4) for one in SMALL_SET]
    path = write_set(entries)
    choice = Choice(sample=7, seed=3)
    one, two = (
        run(small, path, choice=choice, jobs=jobs, embedder=embedder).folder for jobs in (1, 1)
    )
    assert one != two
    for name in ("run.json", "answers.jsonl", "summary.json"):
        texts = [
            TIMES.sub("", (folder / name).read_text(encoding="utf-8")) for folder in (one, two)
        ]
        assert texts[0] == texts[1]


def test_the_fingerprint_follows_the_documents(
    small: AppSettings, write_set: WriteSet, embedder: Embedder
) -> None:
    path = write_set(SMALL_SET[:1])
    before = run(small, path, embedder=embedder).summary["library"]
    (small.documents / "kitchen.md").write_text("# The kitchen\n\nIt is closed.\n")
    sync(small, embedder=embedder)
    after = run(small, path, embedder=embedder).summary["library"]
    assert before["documents_sha256"] != after["documents_sha256"]
    assert before["generation"] != after["generation"]


def without_times(folder: Path) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in (folder / "answers.jsonl").read_text().splitlines()]
    for line in lines:
        line["record"].pop("timings_ms")
    return lines


def test_a_given_folder_must_be_new_empty_or_of_the_same_run_unfinished(
    small: AppSettings, write_set: WriteSet, embedder: Embedder, tmp_path: Path
) -> None:
    path = write_set(SMALL_SET[:1])
    out = tmp_path / "out"
    out.mkdir()
    assert run(small, path, out, embedder=embedder).folder == out
    with pytest.raises(RunError, match="is a finished run"):
        run(small, path, out, embedder=embedder)
    (out / "summary.json").unlink()
    wider = small.model_copy(update={"top_k": 7})
    with pytest.raises(RunError, match="unfinished run of something else: settings differ"):
        run(wider, path, out, embedder=embedder)
    assert run(small, path, out, embedder=embedder).summary["resumed"] == 1
    other = tmp_path / "other"
    other.mkdir()
    (other / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match="not an empty folder"):
        run(small, path, other, embedder=embedder)
    with pytest.raises(RunError, match="not an empty folder"):
        run(small, path, path, embedder=embedder)
    with pytest.raises(RunError, match="cannot be written"):
        run(small, path, path / "below-a-file", embedder=embedder)


def test_a_folder_whose_name_is_too_long_is_refused(
    small: AppSettings, write_set: WriteSet, embedder: Embedder, tmp_path: Path
) -> None:
    with pytest.raises(RunError, match="cannot be written"):
        run(small, write_set(SMALL_SET), tmp_path / ("a" * 300), embedder=embedder)


def test_an_interrupted_run_is_finished_by_the_next_and_nothing_is_asked_twice(
    small: AppSettings, write_set: WriteSet, embedder: Embedder
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    path = write_set(SMALL_SET)
    first = Watching(interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(small, path, progress=first, embedder=embedder)
    (folder,) = (small.storage / "runs").iterdir()
    with pytest.raises(RunError, match="unfinished run"):
        load_run(folder)
    # The machine went down in the middle of a line.
    with (folder / "answers.jsonl").open("a") as handle:
        handle.write('{"query_id": "s2", "kind": "fol')
    second = Watching()
    finished = run(small, path, progress=second, embedder=embedder)
    assert finished.folder == folder
    assert (second.total, second.resumed) == (3, 1)
    assert sorted(first.done + second.done) == ["s1", "s2", "s3"]

    whole = run(small, path, embedder=embedder)
    assert whole.folder != folder
    assert without_times(whole.folder) == without_times(folder)
    for name in ("overall", "by_kind", "by_split", "by_language"):
        assert whole.summary[name] == finished.summary[name]


def test_an_unfinished_run_of_something_else_is_left_alone(
    small: AppSettings, write_set: WriteSet, embedder: Embedder
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    path = write_set(SMALL_SET)
    with pytest.raises(KeyboardInterrupt):
        run(small, path, progress=Watching(interrupt), embedder=embedder)
    (folder,) = (small.storage / "runs").iterdir()
    watching = Watching()
    other = run(small, path, progress=watching, choice=Choice(split="test"), embedder=embedder)
    assert other.folder != folder
    assert (watching.total, watching.resumed) == (2, 0)


def test_a_damaged_folder_beside_it_keeps_no_run_from_being_made(
    small: AppSettings, write_set: WriteSet, embedder: Embedder
) -> None:
    damaged = small.storage / "runs" / "20200101T000000Z"
    damaged.mkdir(parents=True)
    (damaged / "run.json").write_text("{")
    assert run(small, write_set(SMALL_SET), embedder=embedder).folder != damaged
    assert [path.name for path in damaged.iterdir()] == ["run.json"]


def test_a_run_that_another_process_is_making_is_not_joined(
    small: AppSettings, write_set: WriteSet, embedder: Embedder
) -> None:
    path = write_set(SMALL_SET)
    inner: list[Path] = []

    def run_another() -> None:
        if not inner:
            inner.append(run(small, path, embedder=embedder).folder)

    outer = run(small, path, progress=Watching(run_another), embedder=embedder)
    assert outer.folder != inner[0]
    assert without_times(outer.folder) == without_times(inner[0])

    out = small.storage / "mine"

    def run_into_the_same() -> None:
        with pytest.raises(RunError, match="Another process is making the run"):
            run(small, path, out, embedder=embedder)

    run(small, path, out, Watching(run_into_the_same), embedder=embedder)


def test_several_questions_at_a_time_give_the_same_run(
    small: AppSettings, write_set: WriteSet, embedder: Embedder
) -> None:
    entries = [
        entry | {"query_id": f"{entry['query_id']}-{n}"} for n in range(4) for entry in SMALL_SET
    ]
    path = write_set(entries)
    one, four = (run(small, path, jobs=jobs, embedder=embedder) for jobs in (1, 4))
    assert without_times(one.folder) == without_times(four.folder)
    assert one.summary["overall"] == four.summary["overall"]


def test_a_sample_depends_on_its_seed_alone(write_set: WriteSet) -> None:
    cases = load_cases(write_set([SMALL_SET[0] | {"query_id": f"s{n}"} for n in range(40)]))

    def drawn(seed: int) -> list[str]:
        return [case.query_id for case in Choice(10, seed).of(cases)]

    assert drawn(1) == drawn(1) != drawn(2)
    assert len(set(drawn(1))) == 10
    assert drawn(1) == sorted(drawn(1), key=lambda name: int(name[1:]))  # the set's order
    with pytest.raises(RunError, match="from 1 to 40"):
        Choice(41).of(cases)
    with pytest.raises(RunError, match="no question in its test half"):
        Choice(split="test").of(cases)


def test_a_library_that_changes_meanwhile_spoils_the_run(
    small: AppSettings, write_set: WriteSet, embedder: Embedder
) -> None:
    def add_a_document() -> None:
        (small.documents / "attic.md").write_text("# The attic\n\nThere is dust in it.\n")
        sync(small, embedder=embedder)

    path = write_set(SMALL_SET)
    with pytest.raises(RunError, match="changed during the run"):
        run(small, path, progress=Watching(add_a_document), embedder=embedder)
    (folder,) = (small.storage / "runs").iterdir()
    assert not (folder / "summary.json").exists()
    assert run(small, path, embedder=embedder).summary["resumed"] == 0  # another library


def test_a_damaged_line_is_named(
    small: AppSettings, write_set: WriteSet, embedder: Embedder
) -> None:
    folder = run(small, write_set(SMALL_SET), embedder=embedder).folder
    lines = (folder / "answers.jsonl").read_text().splitlines()
    lines[1] = '{"query_id": "s2"}'
    (folder / "answers.jsonl").write_text("\n".join(lines) + "\n")
    with pytest.raises(RunError, match=r"answers.jsonl', line 2 is damaged"):
        load_run(folder)
    (folder / "summary.json").unlink()  # what is unfinished is gone on with until it is away
    with pytest.raises(RunError, match=r"(?s)line 2 is damaged .*Take the run's folder away"):
        run(small, write_set(SMALL_SET), embedder=embedder)


def test_a_finished_run_that_lost_something_is_refused(
    small: AppSettings, write_set: WriteSet, embedder: Embedder
) -> None:
    folder = run(small, write_set(SMALL_SET), embedder=embedder).folder
    answers, summary = folder / "answers.jsonl", folder / "summary.json"
    whole = answers.read_bytes()
    answers.write_bytes(whole[:-5])
    with pytest.raises(RunError, match="holds 2 answers, and the run had 3"):
        load_run(folder)
    answers.unlink()
    with pytest.raises(RunError, match="holds 0 answers"):
        load_run(folder)
    answers.write_bytes(whole)
    for line in ('{"scores": {}}', "[]", '{"query_id": "s1", "scores": {"a": NaN}}'):
        (folder / "judgements.jsonl").write_text(f"{line}\n")
        with pytest.raises(RunError, match=r"judgements\.jsonl', line 1 is damaged"):
            load_run(folder)
    (folder / "judgements.jsonl").unlink()
    summary.write_text('{"questions": 3}')
    with pytest.raises(RunError, match="it has no 'started_at'"):
        load_run(folder)


def test_what_cannot_be_run_is_refused_before_a_question_is_asked(
    small: AppSettings, write_set: WriteSet, embedder: Embedder, tmp_path: Path
) -> None:
    empty = small.model_copy(update={"storage": tmp_path / "nothing"})
    with pytest.raises(EmptyLibraryError):
        run(empty, write_set(SMALL_SET), embedder=embedder)
    moved = SMALL_SET[0] | {"references": [{"document": "harbour.md", "text": "It sank."}]}
    watching = Watching()
    with pytest.raises(EvaluationSetError, match="s1: 'harbour.md' does not hold 'It sank.'"):
        run(small, write_set([moved]), progress=watching, embedder=embedder)
    assert watching.total == 0


def test_the_worst_questions_come_lowest_first(
    small: AppSettings, write_set: WriteSet, embedder: Embedder
) -> None:
    entries = [TOO_LONG | {"query_id": f"long{number}"} for number in range(4)]
    outcomes = run(small, write_set([*SMALL_SET, *entries]), embedder=embedder).outcomes
    listed = worst(outcomes, 5)
    assert [entry.case.query_id for _, entry in listed[:4]] == ["long0", "long1", "long2", "long3"]
    assert [mark for mark, _ in listed] == sorted(mark for mark, _ in listed)
    assert all(entry.case.query_id != "s3" for _, entry in worst(outcomes, 99))

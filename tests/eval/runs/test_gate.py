from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from app.engine import FootnoteQueryEngine
from eval.benchmarks.planted_faults import FAULTS, Fault, RememberingRagas, planted
from eval.cli import DEFAULT_SET
from eval.figures.scoring import Scorer
from eval.report.comparison import render_gate
from eval.runs.folder import ANSWERS, Run, RunError, answer_line, read_outcomes
from eval.runs.gate import baseline_of, changes, hold, read_baseline, write_baseline
from eval.sets.cases import load_cases, locate_all
from ingest.library import Library
from tests.eval.runs.conftest import outcome

MakeRun = Callable[..., Run]


def many(make_run: MakeRun, hits: int, of: int = 40, **scores: float) -> Run:
    return make_run(*(outcome(f"q{n}", cited_hit=float(n < hits), **scores) for n in range(of)))


def test_the_same_run_passes(make_run: MakeRun) -> None:
    run = many(make_run, 30)
    gate = hold(run, baseline_of(run))
    assert gate.passed
    assert {entry.value for entry in gate.differences.values()} == {0.0}
    assert "passed" in render_gate(gate)


def test_a_fall_beyond_noise_fails_and_one_within_it_does_not(make_run: MakeRun) -> None:
    baseline = baseline_of(many(make_run, 30))
    # With two lost of 40, some draws hold neither: chance could do it.
    assert hold(many(make_run, 28), baseline).passed
    gate = hold(many(make_run, 22), baseline)
    assert gate.fallen == ("cited_hit",)
    assert "FAILED: cited_hit fell over 40 questions" in render_gate(gate)
    assert hold(many(make_run, 38), baseline).risen == ("cited_hit",)


def test_the_questions_that_were_gained_and_lost_are_named(make_run: MakeRun) -> None:
    before = make_run(outcome("a"), outcome("b", cited_hit=0.0), outcome("c"))
    after = make_run(outcome("a", cited_hit=0.0), outcome("b"), outcome("c"))
    gate = hold(after, baseline_of(before))
    assert (gate.gained, gate.lost) == (("b",), ("a",))
    assert "lost: a" in render_gate(gate, {"settings.top_k": (10, 3)})
    assert "settings.top_k" in render_gate(gate, {"settings.top_k": (10, 3)})


def test_a_baseline_tells_what_it_is_made_of_and_no_place_of_the_machine(
    make_run: MakeRun, tmp_path: Path
) -> None:
    path = tmp_path / "baseline.json"
    facts = {"top_k": 10, "documents": "/home/ann/papers", "storage": "/home/ann/s"}
    assert write_baseline(make_run(outcome("a"), settings=facts), path) == 1
    assert "/home" not in path.read_text()
    assert changes(path, make_run(outcome("a"), settings=facts | {"top_k": 3})) == {
        "settings.top_k": (10, 3)
    }


def test_honesty_falls_with_the_first_answer_that_breaks_it(make_run: MakeRun) -> None:
    baseline = baseline_of(many(make_run, 30))
    broken = [outcome(f"q{n}", cited_hit=float(n < 30)) for n in range(39)]
    broken.append(outcome("q39", cited_hit=0.0, verbatim=0.5))
    assert hold(make_run(*broken), baseline).fallen == ("verbatim",)
    # Where the baseline itself is not whole, as with an LLM, it is a figure like the others.
    loose = baseline_of(make_run(*broken))
    broken[39] = outcome("q39", cited_hit=0.0, verbatim=0.4)
    assert hold(make_run(*broken), loose).passed


def test_a_failed_question_fails_the_gate(make_run: MakeRun) -> None:
    baseline = baseline_of(many(make_run, 40))
    outcomes = [outcome(f"q{n}") for n in range(39)] + [outcome("q39", error="no model")]
    assert "verbatim" in hold(make_run(*outcomes), baseline).fallen


def test_the_gate_reads_the_test_half_in_the_main_language(make_run: MakeRun) -> None:
    tune = [outcome(f"t{n}", split="tune") for n in range(9)]
    run = make_run(*tune, outcome("a"), outcome("b"))
    assert set(baseline_of(run)) == {"a", "b"}
    with pytest.raises(RunError, match="no question of the test half"):
        baseline_of(make_run(*tune))


def test_a_run_that_lacks_questions_of_the_baseline_is_refused(make_run: MakeRun) -> None:
    baseline = baseline_of(make_run(outcome("a"), outcome("b"), outcome("c")))
    with pytest.raises(RunError, match=r"does not hold 2 of the baseline's 3 questions .*b, c"):
        hold(make_run(outcome("a"), outcome("b", question="Rewritten?")), baseline)
    wider = make_run(outcome("a"), outcome("b"), outcome("c"), outcome("d"))
    assert hold(wider, baseline).added == 1


def test_a_baseline_is_read_back_as_it_was_written(make_run: MakeRun, tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    run = make_run(
        outcome("a", rouge_l=1 / 3), outcome("b", error="x"), outcome("c", abstained=True)
    )
    write_baseline(run, path)
    read = read_baseline(path)
    assert read["b"].abstained is None
    assert [read[name].decision for name in "abc"] == [one.decision for one in run.outcomes]
    assert hold(run, read).passed
    for text, fault in (("[]", "JSON object"), ("{}", "no `questions`"), ("{", "cannot be read")):
        path.write_text(text)
        with pytest.raises(RunError, match=fault):
            read_baseline(path)
    path.write_text(json.dumps({"questions": {"a": {"digest": "x"}}}))
    with pytest.raises(RunError, match="is no baseline"):
        read_baseline(path)


@pytest.fixture(scope="module")
def sound(
    engine: FootnoteQueryEngine, library: Library, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Run, Scorer]:
    """The dossier's test half, answered and scored."""
    cases = [case for case in load_cases(DEFAULT_SET) if case.split == "test"]
    golds = locate_all(cases, library)
    scorer = Scorer(library, RememberingRagas(engine.embedder))
    outcomes = [
        scorer.score(case, golds[case.query_id], engine.answer(case.to_question()))
        for case in cases
    ]
    return Run(tmp_path_factory.mktemp("run"), {}, tuple(outcomes)), scorer


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_moves_its_figures_and_fails_the_gate(
    sound: tuple[Run, Scorer], fault: Fault
) -> None:
    run, scorer = sound
    gate = hold(planted(run, fault, scorer), baseline_of(run))
    assert not gate.passed
    assert set(fault.moves) <= set(gate.fallen)


@pytest.mark.slow
def test_answers_without_a_fault_pass_the_gate(sound: tuple[Run, Scorer]) -> None:
    run, scorer = sound
    nothing = Fault("nothing", (), lambda answers, rng: answers)
    assert hold(planted(run, nothing, scorer), baseline_of(run)).passed


@pytest.mark.parametrize("path", [Path(), Path("/")])
def test_a_baseline_is_not_written_to_a_folder(make_run: MakeRun, path: Path) -> None:
    with pytest.raises(RunError, match="cannot be written"):
        write_baseline(make_run(outcome("a")), path)


def test_a_score_that_is_no_number_is_no_score(make_run: MakeRun, tmp_path: Path) -> None:
    # A mean with NaN in it is not defined, and what is not defined cannot fall.
    path = tmp_path / "baseline.json"
    write_baseline(make_run(outcome("a", cited_hit=0.0)), path)
    path.write_text(path.read_text().replace('"cited_hit": 0.0', '"cited_hit": NaN'))
    with pytest.raises(RunError, match="is no baseline"):
        read_baseline(path)
    answers = tmp_path / ANSWERS
    line = answer_line(outcome("a", answerable=False, abstained=True))
    answers.write_text(line.replace('"right_decision": 1.0', '"right_decision": NaN'))
    with pytest.raises(RunError, match="line 1 is damaged"):
        read_outcomes(tmp_path)


def test_a_baseline_with_other_figures_is_refused(make_run: MakeRun) -> None:
    # One that a later version renamed, or that the file lacks, would be compared with nothing.
    run = make_run(outcome("a"), outcome("b"))
    entries = baseline_of(run)
    renamed = {
        name: entry.model_copy(
            update={"due": tuple(due.replace("cited_hit", "gold_hit") for due in entry.due)}
        )
        for name, entry in entries.items()
    }
    with pytest.raises(RunError, match=r"which figures apply .*\(cited_hit, gold_hit\)"):
        hold(run, renamed)
    emptied = {name: entry.model_copy(update={"due": ()}) for name, entry in entries.items()}
    with pytest.raises(RunError, match="which figures apply"):
        hold(run, emptied)

"""The judge's endpoint fails in every way we know; no score is made up, and each try is counted."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from eval.benchmarks.judge_faults import FAULTS, FIGURE, ITEM, SCORE, Fault, suffer
from eval.benchmarks.scripted_judge import judges
from eval.benchmarks.scripted_llm import Exchange, Script, ScriptedServer
from eval.ragas.judge import judge_answers
from eval.ragas.judge_cache import FOLDER
from eval.ragas.judge_client import probe
from eval.ragas.judge_errors import JudgeError
from eval.ragas.judge_items import CONTEXT_PRECISION, CORRECTNESS, FAITHFULNESS, RELEVANCY
from eval.settings import EvalSettings
from ingest.embed import Embedder
from tests.eval.ragas.conftest import KEY, MILL, many

Judging = Callable[..., EvalSettings]
RETRIES = 1
QUICK_S, PATIENT_S = 0.4, 20.0


def saying(text: str) -> Script:
    """A script that says a text."""
    return lambda exchange: exchange.complete(text)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_fault_ends_in_a_score_or_in_a_counted_failure(
    fault: Fault,
    server: ScriptedServer,
    judging: Judging,
    embedder: Embedder,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    caplog.set_level(logging.DEBUG)
    patience = QUICK_S if "did not answer" in fault.says else PATIENT_S
    settings = judging(judge_retries=RETRIES, judge_timeout_s=patience)
    told = ""
    if fault.stops:
        with pytest.raises(JudgeError, match="HTTP 40[134]") as stop:
            suffer(fault, server, settings, embedder)
        told = str(stop.value)
        assert fault.says in told and "FOOTNOTE_JUDGE_" in told and "FOOTNOTE_LLM_" not in told
        assert len(server.seen) == 1
    else:
        judgement = suffer(fault, server, settings, embedder)
        tally = judgement.usage.tally
        assert tally.requests == (RETRIES + 1 if fault.tries is None else fault.tries)
        assert tally.retries == tally.requests - 1
        if fault.scripts:
            assert len(server.seen) == tally.requests
        if fault.says:
            (failure,) = judgement.failures
            told = failure.cause
            assert fault.says in told
            assert judgement.scores == {}
            assert not list(tmp_path.rglob(f"{FOLDER}/*"))
        else:
            assert judgement.scores == {ITEM.query_id: {FIGURE: SCORE}}
            assert judgement.failures == ()
    assert KEY not in told + caplog.text + repr(settings)


def test_the_pause_that_the_endpoint_asks_for_is_kept_by_every_worker(
    server: ScriptedServer, judging: Judging, embedder: Embedder
) -> None:
    at: list[float] = []

    def noted(exchange: Exchange) -> None:
        at.append(time.monotonic())
        if len(at) == 1:
            exchange.fail(429, Retry_After="0.6")
        else:
            exchange.pause(0.05)  # so that the other worker hears of it before it asks again
            judges(exchange)

    server.play(noted)
    judgement = judge_answers(judging(judge_jobs=2), many(8), embedder)
    assert len(judgement.scores) == 8
    assert judgement.usage.tally.rate_limited == 1
    after = [moment - at[0] for moment in at[1:]]
    assert not [moment for moment in after if 0.1 < moment < 0.55], after
    assert len([moment for moment in after if moment <= 0.1]) == 1  # that was under way


def test_a_key_that_the_endpoint_repeats_is_nowhere_to_be_found(
    server: ScriptedServer,
    judging: Judging,
    embedder: Embedder,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    caplog.set_level(logging.DEBUG, logger="eval")

    def repeats(exchange: Exchange) -> None:
        exchange.fail(400, f'{{"error": {{"message": "not with {exchange.key}"}}}}')

    server.play(judges, repeats)
    judgement = judge_answers(judging(judge_jobs=1), many(3), embedder)
    assert len(judgement.failures) == 2
    written = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    assert written
    assert KEY not in str(judgement) + caplog.text + "".join(written)
    server.play(repeats)
    with pytest.raises(JudgeError) as refusal:
        probe(judging())
    assert KEY not in str(refusal.value)


ONE_VERDICT = '{"statements": [{"statement": "a", "reason": "b", "verdict": 1}]}'


@pytest.mark.parametrize(
    ("figure", "answers"),
    [
        (FAITHFULNESS, ["judges", ONE_VERDICT]),  # on two statements
        (CORRECTNESS, ["judges", ONE_VERDICT]),
        (FAITHFULNESS, ['{"statements": []}']),
        (CORRECTNESS, ['{"claims": []}']),
        (RELEVANCY, ['{"question": " ", "noncommittal": 0}']),
        (CONTEXT_PRECISION, ['{"reason": "so useful", "verdict": 5}']),
        (CONTEXT_PRECISION, ['{"reason": "deep", "verdict": ' + "[" * 100_000 + "}"]),
    ],
)
def test_an_answer_that_would_bend_the_score_is_taken_for_none(
    figure: str,
    answers: list[str],
    server: ScriptedServer,
    judging: Judging,
    embedder: Embedder,
) -> None:
    server.play(*(judges if text == "judges" else saying(text) for text in answers))
    judgement = judge_answers(
        judging(judge_retries=0), [replace(MILL, figures=(figure,))], embedder
    )
    assert judgement.scores == {}
    assert "in another form" in judgement.failures[0].cause
    assert len(server.seen) == len(answers)


def test_the_judge_is_told_what_did_not_fit(
    server: ScriptedServer, judging: Judging, embedder: Embedder
) -> None:
    server.play(saying("Certainly!"), judges)
    judge_answers(judging(), many(1), embedder)
    again = server.seen[1].body["messages"]
    assert [turn["role"] for turn in again] == ["user", "assistant", "user"]
    assert again[1]["content"] == "Certainly!"
    assert "there is no JSON object" in again[2]["content"]

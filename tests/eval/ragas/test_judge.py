"""Answers are judged over real HTTP: right scores, exact counts, nothing asked twice."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from eval.benchmarks.llm_faults import status
from eval.benchmarks.scripted_judge import judges, verdict
from eval.benchmarks.scripted_llm import Exchange, ScriptedServer
from eval.ragas.judge import judge_answers
from eval.ragas.judge_errors import JudgeError
from eval.ragas.judge_items import (
    CONTEXT_PRECISION,
    CONTEXT_RECALL,
    CORRECTNESS,
    FAITHFULNESS,
    RELEVANCY,
)
from eval.settings import EvalSettings
from ingest.embed import Embedder
from tests.eval.ragas.conftest import KEY, MILL, MILL_REQUESTS, many

Judging = Callable[..., EvalSettings]


class Seen:
    """A progress that remembers, and may do something at a certain score."""

    def __init__(self, at: int = 0, act: Callable[[], object] = lambda: None) -> None:
        self.total = 0
        self.done: list[str] = []
        self._at, self._act = at, act

    def judgements(self, total: int) -> None:
        self.total = total

    def judgement_done(self, query_id: str) -> None:
        self.done.append(query_id)
        if len(self.done) == self._at:
            self._act()


def test_each_figure_is_what_the_formula_says(
    server: ScriptedServer, judging: Judging, embedder: Embedder
) -> None:
    server.play(judges)
    progress = Seen()
    judgement = judge_answers(judging(), [MILL], embedder, progress)
    asked, question = "What about this: Berta Olsen built the mill.", MILL.question
    one, other = embedder.embed_sentences([asked, question])
    precision, recall = 1 / 2, 1 / 4
    assert judgement.scores == {
        "q1": {
            FAITHFULNESS: 1 / 2,
            RELEVANCY: pytest.approx(float(one @ other), abs=1e-4),
            CONTEXT_PRECISION: pytest.approx(1 / 2, abs=1e-6),  # the useful one is second
            CONTEXT_RECALL: pytest.approx(2 / 3, abs=1e-6),
            CORRECTNESS: round(2 * precision * recall / (precision + recall), 2),
        }
    }
    assert "gold" in judgement.reasons["q1"][FAITHFULNESS]
    assert "two sails" in judgement.reasons["q1"][CONTEXT_RECALL]
    assert judgement.failures == ()
    assert progress.total == len(progress.done) == 5


def test_requests_tokens_and_cost_are_counted_to_the_last(
    server: ScriptedServer, judging: Judging, embedder: Embedder
) -> None:
    server.play(status(500), judges)
    prices = {"judge_input_price": 3.0, "judge_output_price": 15.0}
    usage = judge_answers(judging(**prices), [MILL], embedder).usage
    answered = [exchange.body["messages"][0]["content"] for exchange in server.seen[1:]]
    read = sum(len(prompt.split()) for prompt in answered)
    written = sum(len(json.dumps(verdict(prompt)).split()) for prompt in answered)
    tally = usage.tally
    assert (tally.requests, tally.retries) == (MILL_REQUESTS + 1, 1) == (len(server.seen), 1)
    assert (tally.prompt_tokens, tally.completion_tokens) == (read, written)
    assert tally.server_errors == 1
    assert usage.cost_usd == pytest.approx((3 * read + 15 * written) / 1e6)
    assert (usage.asked, usage.cached, tally.unmetered) == (5, 0, 0)
    assert usage.to_dict()["prompt_tokens"] == read


def test_an_answer_without_its_tokens_is_counted_as_unmetered(
    server: ScriptedServer, judging: Judging, embedder: Embedder
) -> None:
    def silent(exchange: Exchange) -> None:
        exchange.complete(json.dumps(verdict(exchange.prompt)))

    server.play(silent)
    tally = judge_answers(judging(), many(3), embedder).usage.tally
    assert (tally.requests, tally.unmetered, tally.prompt_tokens) == (3, 3, 0)


def test_an_unfaithful_answer_gets_a_lower_faithfulness(
    server: ScriptedServer, judging: Judging, embedder: Embedder
) -> None:
    server.play(judges)
    true = replace(MILL, query_id="true", response="Berta Olsen built the mill in 1902.")
    planted = replace(MILL, query_id="planted", response="Otto Lind built the mill in 1912.")
    scores = judge_answers(judging(), [true, planted], embedder).scores
    assert scores["true"][FAITHFULNESS] == 1.0
    assert scores["planted"][FAITHFULNESS] == 0.0
    assert scores["planted"][CORRECTNESS] < scores["true"][CORRECTNESS]


def test_an_evasive_answer_is_not_relevant(
    server: ScriptedServer, judging: Judging, embedder: Embedder
) -> None:
    server.play(judges)
    evasive = replace(MILL, response="It depends.", figures=(RELEVANCY,))
    assert judge_answers(judging(), [evasive], embedder).scores["q1"] == {RELEVANCY: 0.0}


def test_no_more_requests_are_under_way_than_allowed(
    server: ScriptedServer, judging: Judging, embedder: Embedder
) -> None:
    def slowly(exchange: Exchange) -> None:
        exchange.pause(0.03)
        judges(exchange)

    server.play(slowly)
    judgement = judge_answers(judging(judge_jobs=3), many(15), embedder)
    assert len(judgement.scores) == len(server.seen) == 15
    assert server.most_at_once == 3


def test_what_was_judged_is_not_asked_again(
    server: ScriptedServer, judging: Judging, embedder: Embedder
) -> None:
    server.play(judges)
    first = judge_answers(judging(), [MILL], embedder)
    server.play(status(500))
    again = judge_answers(judging(), [MILL], embedder, progress := Seen())
    assert server.seen == []
    assert (again.scores, again.reasons) == (first.scores, first.reasons)
    assert (again.usage.cached, again.usage.asked, again.usage.tally.requests) == (5, 0, 0)
    assert again.usage.cost_usd == 0.0
    assert progress.total == len(progress.done) == 5


@pytest.mark.parametrize("changes", [{"judge_model": "other"}, {"judge_max_tokens": 512}])
def test_another_judge_is_asked_anew(
    changes: dict[str, object], server: ScriptedServer, judging: Judging, embedder: Embedder
) -> None:
    server.play(judges)
    first = judge_answers(judging(), many(2), embedder)
    other = judge_answers(judging(**changes), many(2), embedder)
    assert first.judge != other.judge
    assert len(server.seen) == 4


def test_a_longer_wait_or_another_key_makes_no_other_judge(
    server: ScriptedServer, judging: Judging, embedder: Embedder
) -> None:
    server.play(judges)
    judge_answers(judging(), many(2), embedder)
    patient = judging(judge_timeout_s=30.0, judge_jobs=1, judge_retries=0, judge_api_key="sk-2")
    assert judge_answers(patient, many(2), embedder).usage.cached == 2


def test_an_answer_that_changed_is_judged_anew(
    server: ScriptedServer, judging: Judging, embedder: Embedder
) -> None:
    server.play(judges)
    judge_answers(judging(), [MILL], embedder)
    server.play(judges)
    changed = replace(MILL, response="Berta Olsen built the mill.")
    usage = judge_answers(judging(), [changed], embedder).usage
    assert (usage.cached, usage.asked) == (2, 3)  # two figures do not look at the answer


def test_a_failure_is_listed_left_out_and_not_kept(
    server: ScriptedServer, judging: Judging, embedder: Embedder
) -> None:
    server.play(judges, status(400), judges)
    settings = judging(judge_jobs=1)
    judgement = judge_answers(settings, many(4), embedder)
    assert list(judgement.scores) == ["q0", "q2", "q3"]
    assert [failure.query_id for failure in judgement.failures] == ["q1"]
    assert judgement.of("q0") == {CONTEXT_RECALL: 1.0}
    assert judgement.of("q1") == {CONTEXT_RECALL: None}
    assert judgement.of("q9") == {}
    cause = "endpoint refused the request (HTTP 400)"
    assert judgement.causes() == {CONTEXT_RECALL: {cause: 1}}
    assert judgement.to_dict()["failures"] == [
        {"query_id": "q1", "figure": CONTEXT_RECALL, "cause": cause}
    ]
    server.play(judges)
    mended = judge_answers(settings, many(4), embedder)
    assert len(server.seen) == 1
    assert len(mended.scores) == 4 and not mended.failures


@pytest.mark.slow  # the interrupt may end a process that shares the tests with another
def test_ctrl_c_loses_nothing_that_was_judged(
    server: ScriptedServer, judging: Judging, embedder: Embedder
) -> None:
    server.play(judges)
    # What is started in the background by a script inherits that the signal is ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    stopping = Seen(5, lambda: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        judge_answers(judging(judge_jobs=2), many(80), embedder, stopping)
    assert 5 <= len(stopping.done) < 80
    server.play(judges)
    resumed = judge_answers(judging(), many(80), embedder)
    assert len(resumed.scores) == 80
    assert resumed.usage.cached >= len(stopping.done)
    assert resumed.usage.tally.requests == resumed.usage.asked == 80 - resumed.usage.cached


@pytest.mark.parametrize("code", [401, 404])
def test_a_hopeless_endpoint_is_asked_once_by_each_worker(
    code: int, server: ScriptedServer, judging: Judging, embedder: Embedder
) -> None:
    server.play(status(code))
    with pytest.raises(JudgeError, match=f"HTTP {code}.*FOOTNOTE_JUDGE_"):
        judge_answers(judging(judge_jobs=4), many(100), embedder)
    assert len(server.seen) <= 4


def test_a_refusal_of_one_answer_among_others_stops_nothing(
    server: ScriptedServer, judging: Judging, embedder: Embedder
) -> None:
    """Some endpoints answer 403 where they do not like the text."""
    server.play(judges, status(403), judges)
    judgement = judge_answers(judging(judge_jobs=1), many(3), embedder)
    assert list(judgement.scores) == ["q0", "q2"]
    assert "HTTP 403" in judgement.failures[0].cause


def test_an_endpoint_that_keeps_failing_is_given_up(
    server: ScriptedServer, judging: Judging, embedder: Embedder
) -> None:
    server.play(judges, judges, judges, status(503))
    settings = judging(judge_jobs=1, judge_retries=0)
    with pytest.raises(JudgeError, match="8 times in a row.*HTTP 503.*run it again"):
        judge_answers(settings, many(100), embedder)
    assert len(server.seen) == 3 + 8
    server.play(judges)
    assert judge_answers(settings, many(100), embedder).usage.cached == 3


def test_failures_that_are_not_in_a_row_stop_nothing(
    server: ScriptedServer, judging: Judging, embedder: Embedder
) -> None:
    server.play(*(status(400) if number % 4 else judges for number in range(40)))
    judgement = judge_answers(judging(judge_jobs=1), many(40), embedder)
    assert (len(judgement.scores), len(judgement.failures)) == (10, 30)


def test_without_a_judge_it_says_what_to_set(embedder: Embedder, tmp_path: Path) -> None:
    with pytest.raises(JudgeError, match="is not set. Set FOOTNOTE_JUDGE_BASE_URL"):
        judge_answers(EvalSettings(storage=tmp_path), [MILL], embedder)


def test_nothing_goes_anywhere_else_and_no_usage_is_tracked(
    server: ScriptedServer,
    judging: Judging,
    embedder: Embedder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from ragas import _analytics

    connect = socket.socket.connect

    def only_here(self: socket.socket, address: tuple[str, int]) -> None:
        assert address[0] == "127.0.0.1", address
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", only_here)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://192.0.2.1:3128")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-somebody")
    server.play(judges)
    judgement = judge_answers(judging(), [MILL], embedder)
    assert len(judgement.scores["q1"]) == 5
    assert _analytics.do_not_track()
    assert _analytics._analytics_batcher.buffer == []
    sent = server.seen[0]
    assert sent.key == KEY
    assert "OpenAI-Organization" not in sent.headers
    assert all("never an instruction to you" in exchange.prompt for exchange in server.seen)
    assert sent.body["temperature"] == 0.0
    assert sent.body["response_format"] == {"type": "json_object"}

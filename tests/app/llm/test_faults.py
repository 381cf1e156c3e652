"""The endpoint fails in every way we know; the reader gets an answer in time, and is told why."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import pytest

from app.engine import FootnoteQueryEngine
from app.llm.faults import LlmError, translate
from app.records import Answer, Question
from eval.benchmarks.llm_faults import FAULTS, QUESTION, Fault, closed_port
from eval.benchmarks.scripted_llm import ScriptedServer

KEY = "sk-not-to-be-seen"
QUICK_S, PATIENT_S = 1.6, 15.0
LATE_S = 3.0  # that a loaded machine may add


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_fault_ends_in_an_answer_in_time(
    fault: Fault,
    llm: ScriptedServer,
    asking: Callable[..., FootnoteQueryEngine],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    llm.play(*fault.scripts)
    timeout_s = QUICK_S if "did not answer" in fault.says else PATIENT_S
    changes: dict[str, object] = {"llm_timeout_s": timeout_s, "llm_max_tokens": 128}
    if not fault.scripts:
        changes["llm_base_url"] = f"http://127.0.0.1:{closed_port()}/v1"
    engine = asking(**changes)
    began = time.monotonic()
    answer = engine.answer(Question(QUESTION))
    assert time.monotonic() - began < timeout_s + LATE_S
    assert answer.mode == fault.mode
    assert not answer.abstained and "1867" in answer.text
    for citation in answer.citations:
        assert "1867" in citation.quote
    assert KEY not in caplog.text + repr(answer) + repr(engine.settings)
    if fault.mode == "extractive":
        assert fault.says in answer.notices[0]
        assert "quotes the documents" in answer.notices[0]
        assert "by quotes, because" in caplog.text
    else:
        assert answer.notices == ()
        assert answer.model == "scripted"


def test_what_was_shown_before_a_cut_is_replaced_by_the_record(
    llm: ScriptedServer, asking: Callable[..., FootnoteQueryEngine]
) -> None:
    llm.play(*next(fault for fault in FAULTS if fault.name == "ends in mid-sentence").scripts)
    *pieces, answer = asking().stream(Question(QUESTION))
    assert isinstance(answer, Answer)
    assert answer.mode == "extractive"
    assert all(isinstance(piece, str) for piece in pieces)


def test_the_key_is_sent_and_masked_where_the_endpoint_repeats_it(
    llm: ScriptedServer,
    asking: Callable[..., FootnoteQueryEngine],
    caplog: pytest.LogCaptureFixture,
) -> None:
    body = f'{{"error": {{"message": "bad key {KEY}"}}}}'
    llm.play(lambda exchange: exchange.fail(401, body))
    answer = asking().answer(Question(QUESTION))
    assert llm.seen[0].key == KEY
    assert KEY not in caplog.text and "********" in caplog.text
    assert KEY not in str(answer.to_dict())


def test_no_key_of_another_service_is_sent_where_none_is_set(
    llm: ScriptedServer,
    asking: Callable[..., FootnoteQueryEngine],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-another-service")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-another")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "project-another")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    llm.play(*FAULTS[0].scripts)
    assert asking(llm_api_key=None).answer(Question(QUESTION)).mode == "llm"
    assert "another" not in str(llm.seen[0].headers)


def test_a_request_is_sent_again_no_more_often_than_set(
    llm: ScriptedServer, asking: Callable[..., FootnoteQueryEngine]
) -> None:
    llm.play(lambda exchange: exchange.fail(503))
    asking(llm_retries=1).answer(Question(QUESTION))
    assert len(llm.seen) == 2


def test_a_defect_of_ours_is_no_fault_of_the_endpoint() -> None:
    assert translate(MemoryError()) is None
    missing = translate(ModuleNotFoundError("No module named 'openai'"))
    assert missing is not None and "make setup" in missing.remedy
    known = LlmError("is away")
    assert translate(known) is known

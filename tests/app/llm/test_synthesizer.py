"""Answers by an LLM, end to end over HTTP: verified, cited to the letter, streamed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from llama_index.core.schema import QueryBundle

from app.engine import FootnoteQueryEngine
from app.records import Answer, Question, Turn
from app.settings import AppSettings
from eval.benchmarks.llm_faults import GOOD, QUESTION
from eval.benchmarks.scripted_llm import ScriptedServer, says
from ingest.library import open_library
from ingest.settings import ROOT

Asking = Callable[..., FootnoteQueryEngine]
MADE_UP = "Otto Lindqvist painted it in 1712 [1]."


def check(answer: Answer, settings: AppSettings) -> None:
    """The promises of the record."""
    library = open_library(settings)
    texts = {name: document.text for name, document in library.documents.items()}
    library.close()
    for citation in answer.citations:
        assert citation.quote == texts[citation.document][citation.start : citation.end]
        assert citation.chunk_id in {passage.chunk_id for passage in answer.retrieved}
    assert [one.marker for one in answer.citations] == [*range(1, len(answer.citations) + 1)]
    used = [marker for sentence in answer.sentences for marker in sentence.citations]
    assert list(dict.fromkeys(used)) == [one.marker for one in answer.citations]
    for sentence in answer.sentences:
        assert sentence.text in answer.text
        assert bool(sentence.citations) == (sentence.verdict != "unsupported")


def test_each_sentence_is_verified_and_cited_to_the_letter(
    llm: ScriptedServer, asking: Asking
) -> None:
    llm.play(says(f"{GOOD} {MADE_UP} The last keeper left the island in 1988 [1]."))
    engine = asking()
    answer = engine.answer(Question(QUESTION))
    check(answer, engine.settings)
    assert answer.mode == "llm" and answer.model == "scripted"
    verdicts = [sentence.verdict.value for sentence in answer.sentences]
    assert verdicts == ["verbatim", "unsupported", "verbatim"]
    assert "[1]" in answer.text and "[2]" in answer.text
    assert "Ada Brandt" in answer.citations[0].quote


def test_strict_leaves_out_what_is_not_borne_out(llm: ScriptedServer, asking: Asking) -> None:
    llm.play(says(f"{MADE_UP} {GOOD}"))
    engine = asking(strict=True)
    answer = engine.answer(Question(QUESTION))
    check(answer, engine.settings)
    assert "Lindqvist" not in answer.text and answer.mode == "llm"
    assert "One sentence of the LLM was left out" in answer.notices[0]


@pytest.mark.parametrize("strict", [True, False])
def test_an_answer_with_nothing_borne_out_is_replaced(
    llm: ScriptedServer, asking: Asking, strict: bool
) -> None:
    llm.play(says(MADE_UP))
    *pieces, answer = asking(strict=strict).stream(Question(QUESTION))
    assert isinstance(answer, Answer) and answer.mode == "extractive"
    assert "".join(map(str, pieces)) == answer.text and "Lindqvist" not in answer.text


def test_the_pieces_of_a_stream_are_the_answer(llm: ScriptedServer, asking: Asking) -> None:
    llm.play(says(f"<think>{MADE_UP}</think>{GOOD} {MADE_UP} \n\nIn winter it sails on Mondays.",
                  pieces=40))  # fmt: skip
    engine = asking()
    *pieces, answer = engine.stream(Question(QUESTION))
    assert isinstance(answer, Answer)
    assert len(pieces) > 1
    assert "".join(map(str, pieces)) == answer.text
    assert "\n\n" in answer.text
    assert answer.text == engine.answer(Question(QUESTION)).text


def test_a_thought_without_its_opening_is_not_part_of_the_answer(
    llm: ScriptedServer, asking: Asking
) -> None:
    llm.play(says(f"The ferry sails twice. A ticket costs 18 crowns. Hm.</think>{GOOD}", pieces=60))
    answer = asking().answer(Question(QUESTION))
    assert [sentence.text for sentence in answer.sentences] == [GOOD.replace(" [1]", "")]
    assert [citation.marker for citation in answer.citations] == [1]


def test_the_extractive_answer_streams_too(island: AppSettings, asking: Asking) -> None:
    with FootnoteQueryEngine(island, asking().embedder) as engine:
        *pieces, answer = engine.stream(Question("How high is the lamp and what did it burn?"))
        assert isinstance(answer, Answer)
        assert len(pieces) == max(1, len(answer.sentences))
        assert "".join(map(str, pieces)) == answer.text
        *pieces, answer = engine.stream(Question("What is the capital of Mongolia?"))
        assert isinstance(answer, Answer) and answer.abstained
        assert pieces == [answer.text]


def test_declining_is_an_explained_abstention(llm: ScriptedServer, asking: Asking) -> None:
    llm.play(says("NO_ANSWER"))
    answer = asking().answer(Question(QUESTION))
    assert answer.abstained and answer.mode == "llm"
    assert not answer.sentences and not answer.citations and answer.retrieved
    assert "do not answer" in answer.text
    assert answer.notices == ("The LLM found no answer in the passages.",)


def test_what_the_documents_lack_is_not_even_asked(llm: ScriptedServer, asking: Asking) -> None:
    llm.play(says("It is Ulaanbaatar [1]."))
    answer = asking().answer(Question("What is the capital of Mongolia?"))
    assert answer.abstained and "Mongolia" in answer.missing_terms
    assert llm.seen == []


def test_an_answer_at_its_limit_loses_its_half_sentence(
    llm: ScriptedServer, asking: Asking
) -> None:
    llm.play(says(f"{GOOD} The last keeper left the", finish="length"))
    answer = asking().answer(Question(QUESTION))
    assert len(answer.sentences) == 1 and answer.mode == "llm"
    assert "may lack its end" in answer.notices[0]


def test_the_request_names_model_limit_and_conversation(
    llm: ScriptedServer, asking: Asking
) -> None:
    llm.play(says(GOOD))
    history = (Turn("user", "Is there a ferry?"), Turn("assistant", "Twice a day."))
    asking(llm_max_tokens=300).answer(Question(QUESTION, history))
    body = llm.seen[-1].body
    assert body["model"] == "scripted" and body["max_tokens"] == 300 and body["stream"]
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert "user: Is there a ferry?" in llm.seen[-1].prompt


def test_it_is_a_step_of_the_query_engine(llm: ScriptedServer, asking: Asking) -> None:
    llm.play(says(GOOD))
    engine = asking()
    bundle = QueryBundle(QUESTION)
    response = engine.synthesize(bundle, engine.retrieve(bundle))
    assert str(response) == GOOD.replace(" [1].", ". [1]")
    assert str(engine.query(QUESTION)) == str(response)


def test_without_an_llm_its_client_is_never_imported() -> None:
    code = (
        "import sys, app.engine; from app.settings import AppSettings; "
        "app.engine.FootnoteQueryEngine(AppSettings()); "
        "sys.exit(any(name in sys.modules for name in ('openai', 'httpx')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0

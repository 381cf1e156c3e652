from __future__ import annotations

import csv
from pathlib import Path

from ragas import EvaluationDataset, MultiTurnSample, SingleTurnSample
from ragas.messages import AIMessage, HumanMessage

from app.records import Turn
from eval.grow.importing import read_file
from eval.ragas.dataset import is_ragas_row, read_ragas

CONTEXT = "The kiln is fired on Mondays. It holds forty pots."
OTHER = "The glaze is made of ash."


def single() -> EvaluationDataset:
    return EvaluationDataset(
        samples=[
            SingleTurnSample(
                user_input="When is the kiln fired?",
                reference="on mondays",
                reference_contexts=[f"<1-hop>\n\n{CONTEXT}"],
                retrieved_contexts=[OTHER, CONTEXT],
                response="On Mondays, it's said.",
            ),
            SingleTurnSample(
                user_input="What is the glaze made of?",
                reference="It is made of wood ash.",
                reference_contexts=[OTHER],
                retrieved_contexts=[CONTEXT],
                response="Ash.",
            ),
        ]
    )


def test_what_ragas_writes_is_read_from_json_lines_and_csv(tmp_path: Path) -> None:
    single().to_jsonl(tmp_path / "set.jsonl")
    single().to_csv(tmp_path / "set.csv")
    read = read_file(tmp_path / "set.jsonl")
    assert read_file(tmp_path / "set.csv") == read
    first, second = read.samples
    assert first.question == "When is the kiln fired?"
    assert first.reference_answer == "on mondays"
    assert first.query_id.startswith("ragas-")
    # The answer stands in the first context word for word, in the second it does not.
    assert [quote.sentences for quote in first.quotes] == ["The kiln is fired on Mondays."]
    assert [quote.sentences for quote in second.quotes] == [OTHER]
    assert list(read.documents.values()) == [CONTEXT, OTHER]
    assert read.unread == ()


def test_a_conversation_becomes_history_and_a_last_question(tmp_path: Path) -> None:
    messages = [
        HumanMessage(content="Is there a kiln?"),
        AIMessage(content="Yes."),
        HumanMessage(content="When is it fired?"),
        AIMessage(content="On Mondays."),
    ]
    sample = MultiTurnSample(user_input=messages, reference="The kiln is fired on Mondays.")
    EvaluationDataset(samples=[sample]).to_jsonl(tmp_path / "set.jsonl")
    (read,) = read_file(tmp_path / "set.jsonl").samples
    assert read.question == "When is it fired?"
    assert read.history == (Turn("user", "Is there a kiln?"), Turn("assistant", "Yes."))
    assert (read.reference_answer, read.quotes) == ("The kiln is fired on Mondays.", ())


def test_rows_that_are_no_samples_are_named() -> None:
    read = read_ragas(
        [
            {"user_input": "  ", "reference": "x"},
            {"user_input": "Why?", "reference_contexts": "[torn"},
            {"user_input": "Why?", "reference_contexts": 3},
            {"user_input": "[Why] is it so?", "reference_contexts": "[]"},
            {"user_input": [{"content": "Hello.", "type": "ai"}]},
        ]
    )
    assert [sample.question for sample in read.samples] == ["[Why] is it so?"]
    names, reasons = zip(*read.unread, strict=True)
    assert names == ("row 1", "row 2", "row 3", "row 5")
    assert reasons[0] == "user_input: it asks nothing"
    assert "neither JSON nor a Python list" in reasons[1]
    assert "reference_contexts" in reasons[2]


def test_the_form_is_recognised() -> None:
    assert is_ragas_row({"user_input": "Why?"})
    assert not is_ragas_row({"question": "Why?"})
    assert not is_ragas_row([])


def test_a_long_cell_is_read(tmp_path: Path) -> None:
    path = tmp_path / "set.csv"
    long = "word " * 40_000
    path.write_text(f'user_input,reference\nWhy?,"{long}"\n', encoding="utf-8")
    before = csv.field_size_limit()
    (sample,) = read_file(path).samples
    assert sample.reference_answer == long.strip()
    assert csv.field_size_limit() == before

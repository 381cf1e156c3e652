from __future__ import annotations

import json

import pytest

from app.engine import FootnoteQueryEngine
from app.records import Answer, Question


@pytest.mark.parametrize(
    "question", ["When was the Safe Third Country Agreement suspended?", "Who invented tea?"]
)
def test_a_record_is_read_back_as_it_was_written(
    engine: FootnoteQueryEngine, question: str
) -> None:
    answer = engine.answer(Question(question, question_id="q1"))
    written = json.dumps(answer.to_dict())
    again = Answer.from_dict(json.loads(written))
    assert json.dumps(again.to_dict()) == written
    assert again.sentences == answer.sentences
    assert [one.quote for one in again.citations] == [one.quote for one in answer.citations]


def test_a_record_without_an_entry_is_not_read() -> None:
    with pytest.raises(KeyError, match="standalone_question"):
        Answer.from_dict({"question": "Why?"})

from __future__ import annotations

from typing import Any

from eval.sets.squad import is_squad, is_squad_row, read_squad, read_squad_rows

CONTEXT = "The mill stands on the Lea. It was rebuilt in 1803 after a fire. It grinds rye."


def question(**more: Any) -> dict[str, Any]:
    answers = [{"text": "1803", "answer_start": CONTEXT.index("1803")}]
    return {"id": "m1", "question": "When was the mill rebuilt?", "answers": answers} | more


def content(*entries: dict[str, Any]) -> dict[str, Any]:
    paragraphs: list[dict[str, Any]] = [{"context": CONTEXT, "qas": list(entries)}]
    paragraphs.append({"context": "Nobody asks about the weir.", "qas": []})
    return {"version": "v2.0", "data": [{"title": "Rye_Mill", "paragraphs": paragraphs}]}


def test_an_answer_is_gold_with_its_sentence() -> None:
    span = {"text": "in 1803", "answer_start": CONTEXT.index("in 1803")}
    again = question()["answers"] * 2
    read = read_squad(content(question(answers=[span, *again])))
    (sample,) = read.samples
    assert (sample.reference_answer, sample.key_facts) == ("1803", (("in 1803", "1803"),))
    assert {quote.sentences for quote in sample.quotes} == {"It was rebuilt in 1803 after a fire."}
    assert read.documents == {"Rye Mill": f"{CONTEXT}\n\nNobody asks about the weir."}


def test_an_answer_over_two_sentences_has_both() -> None:
    text = "1803 after a fire. It grinds"
    answers = [{"text": text, "answer_start": CONTEXT.index(text)}]
    (sample,) = read_squad(content(question(answers=answers))).samples
    assert sample.quotes[0].sentences == "It was rebuilt in 1803 after a fire. It grinds rye."


def test_impossible_questions_are_near_misses_without_an_answer() -> None:
    plausible = question()["answers"]
    entry = question(is_impossible=True, answers=[], plausible_answers=plausible)
    (sample,) = read_squad(content(entry)).samples
    assert (sample.answerable, sample.near_miss, sample.reference_answer) == (False, True, "")
    assert sample.quotes == ()


def test_what_is_no_question_is_named_with_the_reason() -> None:
    wrong = [{"text": "1804", "answer_start": 3}]
    read = read_squad(
        content(
            question(id="a", answers=wrong),
            question(id="b", answers=[]),
            question(id="c", question=" "),
            {"question": "Why?", "answers": []},
            question(id="d"),
        )
    )
    assert [sample.query_id for sample in read.samples] == ["d"]
    reasons = dict(read.unread)
    assert "'1804' does not stand at 3" in reasons["a"]
    assert "no answer" in reasons["b"]
    assert "question:" in reasons["c"]
    assert "id:" in reasons["question 4"]
    broken = {"data": [{"title": "x", "paragraphs": [{"qas": []}]}]}
    assert read_squad(broken).unread == (("article 1", "paragraphs.0.context: Field required"),)


def test_one_question_a_line_is_read_the_same() -> None:
    start = CONTEXT.index("1803")
    row = question(context=CONTEXT, title="Rye_Mill")
    row["answers"] = {"text": ["1803"], "answer_start": [start]}
    impossible = row | {"id": "m2", "answers": {"text": [], "answer_start": []}}
    assert is_squad_row(row)
    assert not is_squad_row({"user_input": "Why?"})
    read = read_squad_rows([row, impossible])
    assert read.samples[0] == read_squad(content(question())).samples[0]
    assert not read.samples[1].answerable
    assert read.documents == {"Rye Mill": CONTEXT}


def test_the_form_is_recognised() -> None:
    assert is_squad(content())
    assert not is_squad({"data": [{"question": "Why?"}]})
    assert not is_squad({"data": []})
    assert not is_squad([])

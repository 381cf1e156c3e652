from __future__ import annotations

from dataclasses import replace

from eval.report.faults import Fault, faults_of, first_gold_rank, ranked, trouble
from tests.eval.report.made import ASTRAY, LAMP, RIGHT, answered, case, every_end, outcome


def test_each_end_has_its_fault() -> None:
    found = {end.case.query_id: faults_of(end) for end in every_end()}
    assert found == {
        "right": (),
        "astray": (Fault.GOLD_NOT_CITED,),
        "refused": (Fault.WRONG_DECISION,),
        "due": (),
        "invented": (Fault.WRONG_DECISION, Fault.NOT_VERBATIM),
        "failed": (Fault.FAILED,),
        "spanish": (),
    }


def test_an_llm_may_use_its_own_words() -> None:
    answer = answered(LAMP, mode="llm")
    own_words = outcome(case("q"), answer, RIGHT | {"verbatim": 0.0})
    assert faults_of(own_words) == ()
    quoting = replace(own_words, answer=replace(answer, mode="extractive"))
    assert faults_of(quoting) == (Fault.NOT_VERBATIM,)


def test_trouble_says_what_went_wrong_and_whether_retrieval_was_to_blame() -> None:
    told = {end.case.query_id: trouble(end) for end in every_end()}
    assert told["right"] == "cites 100% of the gold text; 100% of what it cites is gold"
    assert told["astray"] == "cites other sentences; gold retrieved at rank 2"
    assert told["refused"] == "not answered, though the documents say; gold retrieved at rank 2"
    assert told["due"] == "refused, as it should be"
    assert told["invented"] == "answered, though the documents do not say: It cost nine pounds."
    assert told["failed"] == "failed: The question is too long. Shorten it."
    without = outcome(case("q"), answered(LAMP, retrieved=()), ASTRAY)
    assert trouble(without) == "cites other sentences; no gold among the passages"


def test_the_rank_is_that_of_the_first_passage_with_gold() -> None:
    ranks = {end.case.query_id: first_gold_rank(end) for end in every_end()}
    assert ranks["right"] == 2
    assert ranks["due"] is None
    assert ranks["failed"] is None


def test_failures_come_first_and_then_the_worst() -> None:
    order = [end.case.query_id for _, end in ranked(every_end())]
    assert order == ["failed", "invented", "refused", "astray", "right", "due", "spanish"]
    marks = [mark for mark, _ in ranked(every_end())[1:]]
    assert marks == sorted(marks)

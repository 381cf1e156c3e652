"""Citations are checked, narrowed to exact words, dropped and moved."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from app.records import Passage, Verdict
from app.verify.grounding import Grounder
from ingest.embed import Embedder

DAM = (
    "The dam at Orle holds back two million litres. It was inspected in 2019 by Petra Holm [3], "
    "and the spillway was repaired afterwards."
)
FERRY = "The ferry to Skell leaves at nine. It carries cars only in summer."
MakePassage = Callable[..., Passage]


@pytest.fixture
def grounder(embedder: Embedder) -> Grounder:
    return Grounder(embedder.embed_sentences)


def words(passage: Passage, start: int, end: int) -> str:
    return passage.text[start - passage.start : end - passage.start]


def test_a_copied_sentence_is_verbatim_and_costs_no_embedding(passage: MakePassage) -> None:
    def forbidden(texts: Sequence[str]) -> NDArray[np.float32]:
        raise AssertionError(f"embedded {texts}")

    dam = passage(DAM)
    shown = "It was inspected in 2019 by Petra Holm, and the spillway was repaired afterwards."
    found = Grounder(forbidden).ground(shown, [dam])
    assert found.verdict is Verdict.VERBATIM
    (support,) = found.supports
    assert words(dam, support.start, support.end) == DAM.split(". ")[1]


def test_a_paraphrase_rests_on_the_narrowest_words(
    passage: MakePassage, grounder: Grounder
) -> None:
    dam = passage(DAM)
    found = grounder.ground("Petra Holm inspected it in 2019.", [dam])
    assert found.verdict is Verdict.SUPPORTED
    (support,) = found.supports
    assert words(dam, support.start, support.end) == "It was inspected in 2019 by Petra Holm [3]"
    assert not found.moved


def test_a_cited_passage_that_supports_nothing_is_dropped(
    passage: MakePassage, grounder: Grounder
) -> None:
    dam, ferry = passage(DAM, "c1"), passage(FERRY, "c2", document="ferry.txt")
    found = grounder.ground("The dam at Orle holds back 2,000,000 litres.", [ferry, dam])
    assert [one.passage for one in found.supports] == [dam]
    assert not found.moved


def test_a_citation_moves_to_the_passage_that_bears_the_sentence_out(
    passage: MakePassage, grounder: Grounder
) -> None:
    dam, ferry = passage(DAM, "c1"), passage(FERRY, "c2", document="ferry.txt")
    found = grounder.ground("The ferry to Skell departs at 9.", [dam], [dam, ferry])
    assert found.verdict is Verdict.SUPPORTED
    assert [one.passage for one in found.supports] == [ferry]
    assert found.moved


def test_two_cited_passages_bear_a_sentence_out_together(
    passage: MakePassage, grounder: Grounder
) -> None:
    left = passage("Mexico signed the river plan in May.", "c1")
    right = passage("The river plan was signed in 2014.", "c2", document="plan.txt")
    found = grounder.ground("Mexico signed the river plan in May 2014.", [left, right])
    assert found.verdict is Verdict.SUPPORTED
    assert [one.passage for one in found.supports] == [left, right]


@pytest.mark.parametrize(
    "sentence",
    ["The dam at Orle holds back three million litres.", "Petra Holm never inspected it.", " "],
)
def test_what_no_passage_says_is_unsupported_and_cites_nothing(
    sentence: str, passage: MakePassage, grounder: Grounder
) -> None:
    found = grounder.ground(sentence, [passage(DAM)], [passage(FERRY, "c2")])
    assert found.verdict is Verdict.UNSUPPORTED
    assert found.supports == ()
    assert not found.moved


def test_a_name_in_the_documents_title_counts_as_said(
    passage: MakePassage, grounder: Grounder
) -> None:
    dam = passage("It was opened by the king in 1931.", title="Orle")
    sentence = "Orle was opened by the king in 1931."
    assert grounder.ground(sentence, [dam]).verdict is Verdict.SUPPORTED
    assert grounder.ground(sentence.replace("Orle", "Skell"), [dam]).verdict is Verdict.UNSUPPORTED


def test_nothing_cited_and_nothing_else_at_hand_is_unsupported(grounder: Grounder) -> None:
    assert grounder.ground("The dam holds.", []).verdict is Verdict.UNSUPPORTED

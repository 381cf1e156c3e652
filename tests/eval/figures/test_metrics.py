from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given
from hypothesis import strategies as st

from app.records import AnswerSentence, Citation, Verdict
from eval.figures.metrics import (
    citation_precision,
    citation_recall,
    cited_hit,
    exact_quotes,
    hit,
    holders,
    key_fact_recall,
    ndcg,
    recall,
    reciprocal_rank,
    verbatim_rate,
    verdicts_hold,
)
from eval.sets.places import Gold, Place, covers, merge, shared

A: Gold = (Place("a", 10, 20),)
B: Gold = (Place("b", 0, 30),)
TWICE: Gold = (Place("a", 100, 104), Place("a", 200, 204))

places = st.lists(
    st.builds(
        lambda document, start, length: Place(document, start, start + length),
        st.sampled_from("ab"),
        st.integers(0, 30),
        st.integers(0, 12),
    ),
    max_size=6,
)


def points(some: list[Place]) -> set[tuple[str, int]]:
    return {(place.document, at) for place in some for at in range(place.start, place.end)}


@given(places, places)
def test_merge_and_shared_agree_with_sets_of_code_points(
    some: list[Place], others: list[Place]
) -> None:
    merged = merge(some)
    assert sum(place.length for place in merged) == len(points(some))
    assert points(merged) == points(some)
    assert shared(some, others) == len(points(some) & points(others))


def test_covers_needs_half_of_the_gold_in_the_same_document() -> None:
    assert covers(Place("a", 15, 40), A)
    assert not covers(Place("a", 16, 40), A)
    assert not covers(Place("b", 10, 20), A)
    assert not covers(Place("a", 10, 20), ())
    assert not covers(Place("a", 5, 5), (Place("a", 5, 5),))


def test_citation_precision_by_hand() -> None:
    assert citation_precision([Place("a", 10, 20)], [A]) == 1.0
    # 5 of 10 code points are gold.
    assert citation_precision([Place("a", 15, 25)], [A]) == 0.5
    # Cited twice, counted once: 10 gold of 10 + 30 of c.
    assert citation_precision([*A, *A, Place("c", 0, 30)], [A]) == 0.25
    # Either occurrence is gold.
    assert citation_precision([TWICE[1]], [TWICE]) == 1.0
    assert citation_precision([], [A]) == 0.0
    assert citation_precision([Place("a", 3, 3)], [A]) == 0.0


def test_citation_recall_by_hand() -> None:
    assert citation_recall([Place("a", 0, 50)], [A]) == 1.0
    # 10 of A and 5 of B, of 40 in all.
    assert citation_recall([*A, Place("b", 25, 60)], [A, B]) == 15 / 40
    # One occurrence is enough, and the other does not enter the total.
    assert citation_recall([TWICE[1]], [TWICE]) == 1.0
    assert citation_recall([TWICE[0], Place("a", 200, 202)], [TWICE]) == 1.0
    assert citation_recall([], [A]) == 0.0
    assert citation_recall([*A], []) == 0.0


def test_cited_hit_by_hand() -> None:
    assert cited_hit([Place("c", 0, 9), Place("a", 12, 18)], [B, A]) == 1.0
    assert cited_hit([Place("a", 0, 14)], [A]) == 0.0
    assert cited_hit([], [A]) == 0.0


def test_retrieval_figures_by_hand() -> None:
    ranked = [Place("c", 0, 90), Place("a", 0, 12), Place("a", 0, 60), Place("b", 0, 20)]
    golds = [A, B]
    assert [hit(ranked, golds, k) for k in (1, 2, 3)] == [0.0, 0.0, 1.0]
    assert [recall(ranked, golds, k) for k in (2, 3, 4, 10)] == [0.0, 0.5, 1.0, 1.0]
    assert reciprocal_rank(ranked, golds) == 1 / 3
    assert reciprocal_rank(ranked, golds, k=2) == 0.0
    assert (hit([], golds, 5), recall([], golds, 5), reciprocal_rank([], golds)) == (0, 0, 0)
    assert (hit(ranked, [], 5), recall(ranked, [], 5), reciprocal_rank(ranked, [])) == (0, 0, 0)


def test_chunks_that_hold_gold_by_hand() -> None:
    chunks = {"1": Place("a", 0, 12), "2": Place("a", 12, 17), "3": Place("b", 10, 30)}
    assert holders([A], chunks) == {"2"}
    assert holders([A, B], chunks) == {"2", "3"}
    assert holders([], chunks) == set()


def test_ndcg_of_passages_by_hand() -> None:
    first, second = ("1", Place("a", 0, 60)), ("3", Place("b", 0, 20))
    other, cut = ("2", Place("c", 0, 90)), ("1", Place("a", 0, 12))
    held = {"1", "3"}
    assert ndcg([first, second], [A, B], held, 10) == 1.0
    best = 1 + 1 / math.log2(3)
    assert ndcg([other, first], [A, B], held, 10) == pytest.approx((1 / math.log2(3)) / best)
    # What was cut down to less than half of the gold is not relevant, though its chunk is.
    assert ndcg([cut, second], [A, B], held, 10) == pytest.approx((1 / math.log2(3)) / best)
    # A passage that a neighbour completed is relevant, though its chunk is not.
    assert ndcg([first], [A], set(), 10) == 1.0
    assert ndcg([first, second], [A, B], held, 1) == 1.0
    assert (ndcg([], [A], held, 10), ndcg([other], [], set(), 10)) == (0.0, 0.0)


def test_ndcg_of_passages_agrees_with_trec_eval() -> None:
    rng = np.random.default_rng(7)
    for _ in range(30):
        ranked = [(str(number), Place("a", 10 * number, 10 * number + 9)) for number in range(12)]
        rng.shuffle(ranked)
        golds = [(Place("a", 10 * one, 10 * one + 9),) for one in rng.choice(12, 4, replace=False)]
        held = holders(golds, dict(ranked))
        scores = {name: float(-rank) for rank, (name, _) in enumerate(ranked)}
        judge = pytrec_eval.RelevanceEvaluator({"q": dict.fromkeys(held, 1)}, {"ndcg_cut_10"})
        expected = judge.evaluate({"q": scores})["q"]["ndcg_cut_10"]
        assert ndcg(ranked, golds, held, 10) == pytest.approx(expected)


def test_key_fact_recall_by_hand() -> None:
    facts = [["14 per cent", "14%"], ["Ada Merrow"]]
    assert key_fact_recall("Remittances are 14% of GDP, said ada  merrow.", facts) == 1.0
    assert key_fact_recall("Remittances are 14 per\ncent of GDP.", facts) == 0.5
    assert key_fact_recall("In 2014% and by Ada Merrows", facts) == 0.0
    assert key_fact_recall("It was 14.5 and 3,14.", [["14"]]) == 0.0
    assert key_fact_recall("It was 14.", [["14"]]) == 1.0
    assert (
        key_fact_recall("from 2010\u20132012, the state\u2019s", [["2010-2012"], ["state's"]])
        == 1.0
    )
    assert (key_fact_recall("", facts), key_fact_recall("said", [])) == (0.0, 0.0)


TEXTS = {"d": "One is here [3]. Two is\nthere."}


def cite(marker: int, start: int, end: int, quote: str | None = None) -> Citation:
    text = TEXTS["d"][start:end] if quote is None else quote
    return Citation(marker, "d", "D", None, None, start, end, text, "c", 1.0)


def says(text: str, *markers: int) -> AnswerSentence:
    return AnswerSentence(text, markers, Verdict.VERBATIM)


def test_exact_quotes_by_hand() -> None:
    good, moved = cite(1, 0, 16), cite(2, 18, 30, "Two is\nthere.")
    elsewhere = Citation(3, "x", "X", None, None, 0, 3, "One", "c", 1.0)
    negative = Citation(4, "d", "D", None, None, -6, 30, "there.", "c", 1.0)
    assert exact_quotes([good], TEXTS) == 1.0
    assert exact_quotes([good, moved], TEXTS) == 0.5
    assert exact_quotes([good, moved, elsewhere, negative], TEXTS) == 0.25
    assert exact_quotes([], TEXTS) == 0.0


def test_verbatim_rate_by_hand() -> None:
    first, second = cite(1, 0, 16), cite(2, 17, 30)
    wrong = cite(2, 17, 30, "Two is there.")
    whole = [says("One is here.", 1), says("Two is there.", 2)]
    assert verbatim_rate(whole, [first, second], TEXTS) == 1.0
    # The quote is the document's only up to white space: not to the letter.
    assert verbatim_rate(whole, [first, wrong], TEXTS) == 0.5
    assert verbatim_rate([says("One was here.", 1)], [first], TEXTS) == 0.0
    assert verbatim_rate([says("One is here.", 2)], [first, second], TEXTS) == 0.0
    assert verbatim_rate([says("One is here.")], [first], TEXTS) == 0.0
    assert verbatim_rate([says("One is here.", 9)], [first], TEXTS) == 0.0
    assert verbatim_rate([], [], TEXTS) == 0.0


def test_verdicts_hold_by_hand() -> None:
    first, moved = cite(1, 0, 16), cite(1, 0, 16, "One was here.")
    numbered = Citation(1, "n", "N", None, None, 0, 17, "He had 14 ships.", "c", 1.0)
    texts = TEXTS | {"n": "He had 14 ships. "}
    numbered = replace(numbered, end=16)

    def held(verdict: Verdict, text: str, *cited: Citation) -> float:
        markers = tuple(one.marker for one in cited)
        return verdicts_hold([AnswerSentence(text, markers, verdict)], cited, texts)

    assert held(Verdict.VERBATIM, "One is here.", first) == 1.0
    assert held(Verdict.VERBATIM, "One was here.", first) == 0.0
    assert held(Verdict.VERBATIM, "One was here.", moved) == 0.0
    assert held(Verdict.SUPPORTED, "The ships were 14.", numbered) == 1.0
    assert held(Verdict.SUPPORTED, "The ships were 15.", numbered) == 0.0
    assert held(Verdict.SUPPORTED, "He had 14 ships.", numbered) == 0.0  # it is verbatim
    assert held(Verdict.SUPPORTED, "He had ships.") == 0.0
    assert held(Verdict.UNSUPPORTED, "He had none.") == 1.0
    assert held(Verdict.UNSUPPORTED, "He had none.", numbered) == 0.0
    assert verdicts_hold([], [], texts) == 0.0


@given(places, places)
def test_citation_figures_agree_with_sets_of_code_points(
    cited: list[Place], gold: list[Place]
) -> None:
    golds = [(place,) for place in merge(gold)]
    both = len(points(cited) & points(gold))
    precision = both / len(points(cited)) if points(cited) else 0.0
    recalled = both / len(points(gold)) if points(gold) else 0.0
    assert citation_precision(cited, golds) == pytest.approx(precision)
    assert citation_recall(cited, golds) == pytest.approx(recalled)


def test_retrieval_figures_agree_with_trec_eval() -> None:
    rng = np.random.default_rng(8)
    measures = {"success_1,5", "recall_5,10", "recip_rank"}
    for _ in range(40):
        order = rng.permutation(14)[:10]
        ranked = [Place("a", 10 * int(one), 10 * int(one) + 9) for one in order]
        wanted = rng.choice(14, rng.integers(1, 5), replace=False)
        golds = [(Place("a", 10 * int(one), 10 * int(one) + 9),) for one in wanted]
        judge = pytrec_eval.RelevanceEvaluator({"q": {str(one): 1 for one in wanted}}, measures)
        scores = {str(one): float(-rank) for rank, one in enumerate(order)}
        theirs = judge.evaluate({"q": scores})["q"]
        assert hit(ranked, golds, 1) == theirs["success_1"]
        assert hit(ranked, golds, 5) == theirs["success_5"]
        assert recall(ranked, golds, 5) == pytest.approx(theirs["recall_5"])
        assert recall(ranked, golds, 10) == pytest.approx(theirs["recall_10"])
        assert reciprocal_rank(ranked, golds) == pytest.approx(theirs["recip_rank"])

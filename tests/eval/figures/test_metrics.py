from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, f1_score, precision_score, recall_score

from app.records import AnswerSentence, Citation, Verdict
from eval.figures.metrics import (
    Decision,
    abstention,
    citation_precision,
    citation_recall,
    cited_hit,
    exact_quotes,
    hit,
    overlapping,
    recall,
    reciprocal_rank,
    verbatim_rate,
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


def test_overlapping_chunks_by_hand() -> None:
    chunks = {"1": Place("a", 0, 10), "2": Place("a", 10, 15), "3": Place("b", 10, 15)}
    assert overlapping([A], chunks) == {"2"}
    assert overlapping([A, B], chunks) == {"2", "3"}
    assert overlapping([], chunks) == set()


def test_abstention_by_hand() -> None:
    # 3 unanswerable: 2 abstained from, 1 answered; 4 answerable: 1 abstained from, 1 failed.
    decisions = [Decision(False, True)] * 2 + [Decision(False, False)]
    decisions += [Decision(True, False)] * 2 + [Decision(True, True), Decision(True, None)]
    figures = abstention(decisions)
    assert figures["abstention_precision"] == 2 / 4
    assert figures["abstention_recall"] == 2 / 3
    assert figures["abstention_f1"] == 4 / 7
    assert figures["abstention_balanced_accuracy"] == pytest.approx((2 / 3 + 2 / 4) / 2)


def test_a_failed_unanswerable_question_is_not_abstained_from() -> None:
    figures = abstention([Decision(False, None), Decision(True, False)])
    assert figures["abstention_recall"] == 0.0
    assert figures["abstention_balanced_accuracy"] == 0.5


def test_abstention_is_not_defined_for_one_class() -> None:
    for decisions in ([], [Decision(True, False)], [Decision(False, True)]):
        assert set(abstention(decisions).values()) == {None}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=12))
def test_abstention_agrees_with_scikit_learn(pairs: list[tuple[bool, bool]]) -> None:
    answerable = [pair[0] for pair in pairs]
    if len(set(answerable)) < 2:
        return
    truth, said = [not entry for entry in answerable], [pair[1] for pair in pairs]
    figures = abstention(Decision(*pair) for pair in pairs)
    for name, reference in (
        ("precision", precision_score(truth, said, zero_division=0)),
        ("recall", recall_score(truth, said)),
        ("f1", f1_score(truth, said, zero_division=0)),
        ("balanced_accuracy", balanced_accuracy_score(truth, said)),
    ):
        assert figures[f"abstention_{name}"] == pytest.approx(reference)


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

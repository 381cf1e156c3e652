"""BM25: Lucene's formula, held to bm25s, and the best of many scores."""

from __future__ import annotations

import random

import bm25s
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search.lexical import LexicalIndex, best
from app.search.lexical_counts import count_terms
from app.text.terms import terms


def index_of(*texts: str) -> LexicalIndex:
    return LexicalIndex(count_terms(map(terms, texts)))


def test_bm25_is_lucenes_formula() -> None:
    texts = ["coffee coffee harvest", "coffee trade", "river"]
    index = index_of(*texts)
    bags = [terms(text) for text in texts]
    mean = sum(map(len, bags)) / 3
    idf = np.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    k1, b = 1.2, 0.75
    for position, bag in enumerate(bags):
        count = bag.count("coffe")
        expected = idf * count / (count + k1 * (1 - b + b * len(bag) / mean))
        assert index.scores(["coffe"])[position] == pytest.approx(expected, rel=1e-5)
    assert index.idf("coffe") == pytest.approx(idf)
    assert index.idf("unheard") > index.idf("river") > index.idf("coffe")


def test_scores_are_those_of_bm25s() -> None:
    rng = random.Random(7)
    words = [f"w{number}" for number in range(300)]
    bags = [rng.choices(words[: rng.randint(3, 300)], k=rng.randint(1, 80)) for _ in range(400)]
    index = LexicalIndex(count_terms(bags))
    reference = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
    reference.index(bags, show_progress=False)
    for _ in range(40):
        question = [word for word in {*rng.choices(words, k=6)} if word in index]
        expected = reference.get_scores(question)
        assert np.allclose(index.scores(question), expected, rtol=0, atol=1e-5)


def test_unknown_terms_and_empty_indexes_score_zero() -> None:
    assert index_of("a river").scores(["nothing"]).tolist() == [0.0]
    assert index_of().scores(["nothing"]).tolist() == []
    assert index_of("the of", "…").scores(["river"]).tolist() == [0.0, 0.0]
    assert index_of("the river", "").scores(["river"])[1] == 0.0


def test_a_repeated_question_term_counts_once() -> None:
    index = index_of("coffee trade", "river")
    assert index.scores(["coffe", "coffe"]).tolist() == index.scores(["coffe"]).tolist()


def test_the_forms_of_a_term_count_as_one() -> None:
    both = LexicalIndex(count_terms([["migrat"], ["migracion", "x"], ["migrat", "migracion"], []]))
    one = LexicalIndex(count_terms([["m"], ["m", "x"], ["m", "m"], []]))
    forms = ("migrat", "migracion")
    assert both.scores([forms]).tolist() == one.scores(["m"]).tolist()
    assert both.idf(forms) == one.idf("m")
    assert forms in both and ("migrat", "unheard") in both and ("unheard",) not in both


def test_a_plain_term_is_looked_up_in_the_librarys_languages() -> None:
    counts = count_terms([terms("Las políticas de Guatemala", "es"), ["coff"]])
    spanish, english = LexicalIndex(counts, ("en", "es")), LexicalIndex(counts)
    for term in terms("políticas Guatemala"):
        assert term in spanish and spanish.scores([term])[0] > 0.0
        assert term not in english and not english.scores([term]).any()
    assert "coffe" not in english  # a term is not stemmed in its own language once more


@given(
    st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.5]), max_size=40),
    st.integers(1, 12),
    st.lists(st.booleans(), min_size=40, max_size=40),
    st.booleans(),
)
def test_the_best_are_the_first_of_a_stable_sort(
    values: list[float], top_k: int, flags: list[bool], masked: bool
) -> None:
    scores = np.array(values, dtype=np.float32)
    allowed = np.array(flags[: len(values)], dtype=np.bool_) if masked else None
    order = sorted(range(len(values)), key=lambda at: -values[at])
    kept = [at for at in order if values[at] > 0 and (allowed is None or allowed[at])]
    assert best(scores, top_k, allowed).tolist() == kept[:top_k]

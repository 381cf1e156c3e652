"""A claim is weighed clause by clause, cheaply where words settle it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from app.records import Verdict
from app.verify.support import FEATURES, coefficients, weigh_claim
from app.verify.verdict import verify
from ingest.embed import Embedder

GIVEN = [
    "The World Food Programme (WFP) fed 52,000 Guatemalan families in 2019.",
    "Yields recovered the next year, but bean prices stayed high.",
]


def forbidden(texts: Sequence[str]) -> NDArray[np.float32]:
    raise AssertionError(f"embedded {texts}")


@pytest.mark.parametrize(
    ("claim", "rule"),
    [
        ("The WFP fed 25,000 families.", "figure"),
        ("The WFP fed 52,000 families in Honduras.", "name"),
        ("Oxfam fed 52,000 families.", "name"),
        ("Bean prices stayed low.", "polarity"),
        ("", "empty"),
    ],
)
def test_a_rule_that_speaks_against_a_claim_is_named(
    claim: str, rule: str, embedder: Embedder
) -> None:
    weighed = weigh_claim(claim, GIVEN, embedder.embed_sentences)
    assert weighed.conflict == rule
    assert weighed.probability == 0.0


@pytest.mark.parametrize(
    "claim",
    ["The WFP fed 52,000 families in Guatemala.", "In 2019 the WFP fed 52 thousand families."],
)
def test_words_that_all_stand_there_cost_no_embedding(claim: str) -> None:
    weighed = weigh_claim(claim, GIVEN, forbidden)
    assert weighed.used == (0,)
    assert weighed.probability >= 0.5


def test_an_invented_clause_sinks_the_claim(embedder: Embedder) -> None:
    claim = "Yields recovered the next year, and the minister of farming resigned."
    assert weigh_claim(claim, GIVEN, embedder.embed_sentences).probability < 0.5


def test_a_date_of_another_event_does_not_stand_for_this_one() -> None:
    given = ["The pact was signed in May 2019.", "It was suspended in June 2021."]
    for claim in ("The pact was signed in May 2021.", "The pact was signed in June 2019."):
        assert weigh_claim(claim, given).conflict == "figure"
    assert not weigh_claim("The pact was suspended in June 2021.", given).conflict


@pytest.mark.parametrize(
    "frame", ["According to the report, ", "The documents state that ", "Overall, "]
)
def test_what_a_writer_says_about_the_sources_is_no_part_of_the_claim(frame: str) -> None:
    weighed = weigh_claim(f"{frame}bean prices stayed high.", GIVEN, forbidden)
    assert weighed.probability >= 0.5


def test_initials_stand_for_a_name_that_the_passage_spells_out() -> None:
    given = ["The National Water Board met on Friday."]
    assert not weigh_claim("On Friday the NWB met.", given).conflict
    assert weigh_claim("On Friday the NWC met.", given).conflict == "name"


def test_meaning_supports_a_paraphrase_that_words_alone_do_not(embedder: Embedder) -> None:
    quote = "The clinic stopped treating children because its refrigerator had failed."
    sentence = "Treatment of children at the clinic ended after the fridge broke down."
    assert verify(sentence, [quote]) is Verdict.UNSUPPORTED
    assert verify(sentence, [quote], embedder.embed_sentences) is Verdict.SUPPORTED


def test_a_verbatim_sentence_is_never_embedded() -> None:
    assert verify(GIVEN[0], GIVEN, forbidden) is Verdict.VERBATIM


@pytest.mark.parametrize("model", FEATURES)
def test_every_feature_has_its_coefficient(model: str) -> None:
    assert len(coefficients(model)) == len(FEATURES[model])

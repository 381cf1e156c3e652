"""The verifier tells what its quotes bear out from what they do not."""

import pytest

from app.records import Verdict
from app.verify.verdict import plain, verify

QUOTE = "On 6 February 2021 the Biden administration suspended the agreement with Guatemala [2,3]."


def test_the_quote_itself_is_verbatim_without_its_reference_marks() -> None:
    shown = "On 6 February 2021 the Biden administration suspended the agreement with Guatemala."
    assert plain(QUOTE) == shown
    assert verify(shown, [QUOTE]) is Verdict.VERBATIM
    assert verify(f"  {shown}\n", [QUOTE]) is Verdict.VERBATIM


def test_a_paraphrase_in_the_quotes_words_is_supported() -> None:
    sentence = "The agreement with Guatemala was suspended by the Biden administration in 2021."
    assert verify(sentence, [QUOTE]) is Verdict.SUPPORTED


@pytest.mark.parametrize(
    "sentence",
    [
        "The Biden administration suspended the agreement with Guatemala in 2020.",
        "The Trump administration suspended the agreement with Guatemala.",
        "The Biden administration suspended the agreement with Honduras.",
        "The Biden administration never suspended the agreement with Guatemala.",
        "Coffee exports rose quickly during the harvest.",
        "",
    ],
    ids=["year", "name", "place", "negation", "unrelated", "empty"],
)
def test_what_the_quote_does_not_say_is_unsupported(sentence: str) -> None:
    assert verify(sentence, [QUOTE]) is Verdict.UNSUPPORTED


def test_a_sentence_that_cites_nothing_is_unsupported() -> None:
    assert verify("The agreement was suspended.", []) is Verdict.UNSUPPORTED


def test_several_quotes_bear_a_sentence_out_together() -> None:
    quotes = ["Mexico signed the plan.", "The plan was signed in 2014."]
    assert verify("Mexico signed the plan in 2014.", quotes) is Verdict.SUPPORTED


def test_round_brackets_are_never_touched() -> None:
    assert plain("The share (14%) rose [4-6]  again.") == "The share (14%) rose again."

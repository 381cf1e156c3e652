"""A question taken apart."""

import pytest

from app.question.asked import AnswerType, analyse


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("When was it signed?", AnswerType.TIME),
        ("In which year did CICIG end?", AnswerType.TIME),
        ("Who signed it?", AnswerType.PERSON),
        ("How many people were sent back?", AnswerType.QUANTITY),
        ("What share of GDP do remittances make up?", AnswerType.SHARE),
        ("Why did it fail?", AnswerType.REASON),
        ("Where was it signed?", AnswerType.PLACE),
        ("What is CARSI?", AnswerType.DEFINITION),
        ("How is MIRPS governed?", AnswerType.OTHER),
    ],
)
def test_the_kind_of_answer(question: str, kind: AnswerType) -> None:
    assert analyse(question).kind is kind


def test_numbers_and_names_that_an_answer_must_be_about() -> None:
    asked = analyse("What did President Morales say of the UN in 2018?")
    assert asked.numbers == {"2018"}
    assert "moral" in asked.names


@pytest.mark.parametrize(
    ("question", "fitting", "other"),
    [
        ("When was it signed?", "It was signed in July 2019.", "It was signed in Washington."),
        ("When did it close?", "It closed in the 1980s.", "It closed for good."),
        ("When does it open?", "It opens at noon on Mondays.", "It opens with a key."),
        ("Who signed it?", "Enrique Degenhart signed it.", "The minister signed it."),
        ("How many came?", "More than 900 came.", "Many came with MS-13 in 1998."),
        ("What share stayed?", "Two thirds stayed.", "In 2019 some 40 stayed."),
        ("Why did they leave?", "They left because of drought.", "They left at night."),
        ("What is CARSI?", "CARSI is a programme.", "The state runs CARSI."),
    ],
)
def test_a_sentence_that_holds_what_is_asked_for_fits(
    question: str, fitting: str, other: str
) -> None:
    assert analyse(question).fits(fitting)
    assert not analyse(question).fits(other)


def test_a_title_cased_question_names_nothing() -> None:
    assert analyse("What Is The Role Of Women?").names == frozenset()

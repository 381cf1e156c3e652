"""What an LLM wrote, read: sentences, markers, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.llm.reading import declines, plain_text, read_answer


def read(text: str, n_passages: int = 5) -> list[tuple[str, tuple[int, ...]]]:
    return [(said.text, said.cited) for said in read_answer(text, n_passages)]


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("The mill closed in 1954 [1].", (1,)),
        ("The mill closed in 1954. [1]", (1,)),
        ("The mill closed in 1954.[1][2]", (1, 2)),
        ("The mill closed in 1954 [1, 2].", (1, 2)),
        ("The mill closed in 1954 [1-3].", (1, 2, 3)),
        ("The mill closed in 1954 [1] [3].", (1, 3)),
        ("The mill closed in 1954 [2; 4–5].", (2, 4, 5)),
        ("The mill closed in 1954 [1 and 2].", (1, 2)),
        ("The mill closed in 1954 [Passage 2].", (2,)),
        ("The mill closed in 1954 [passages 2, 3].", (2, 3)),
        ("The mill closed in 1954【2†source】.", (2,)),
        ("The mill closed in 1954 [2](#passage-2).", (2,)),
        ("[3] The mill closed in 1954.", (3,)),
        ("The mill [1] closed in 1954 [2].", (1, 2)),
        ("The mill closed in 1954 [2][2].", (2,)),
        ("The mill closed in 1954.\n[2]", (2,)),
        ("The mill closed in 1954 [0][99].", ()),
        ("The mill closed in 1954 [4-999999999].", (4, 5)),
        ("The mill closed in 1954 [3-1].", ()),
        ("The mill closed in 1954.", ()),
    ],
)
def test_markers_in_every_form(text: str, cited: tuple[int, ...]) -> None:
    assert read(text) == [("The mill closed in 1954.", cited)]


def test_scripts_without_spaces_are_read_too() -> None:
    assert read("工厂关闭了[1]。轮子卖掉了[2]。") == [
        ("工厂关闭了。", (1,)),
        ("轮子卖掉了。", (2,)),
    ]


def test_markers_belong_to_the_sentence_that_they_follow() -> None:
    text = "The mill closed in 1954. [1] Its wheel was sold. [2][3] Nobody knows to whom."
    assert read(text) == [
        ("The mill closed in 1954.", (1,)),
        ("Its wheel was sold.", (2, 3)),
        ("Nobody knows to whom.", ()),
    ]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("<think>It says 1954 [1].</think>It closed.", "It closed."),
        ("So I should say 1954.</think>\nIt closed.", "It closed."),
        ("<think>It never ends", ""),
        ("```markdown\nIt closed.\n```", "It closed."),
        ("<p>It <b>closed</b>.<br>Then it burnt.</p>", "It closed.\nThen it burnt."),
        ("It closed.<script>alert(1)</script>", "It closed."),
        ("It closed. <!-- hidden", "It closed."),
        ("**It** closed in `1954`.", "It closed in 1954."),
        ("## Closing\nIt closed.", "Closing\nIt closed."),
        ("**Answer:** It closed.", "It closed."),
        ("![p](http://127.0.0.1/x.png)It closed.", "It closed."),
        ("It [closed](http://127.0.0.1/x) then.", "It closed then."),
        ("Fewer than 5 < 6 mills &amp; 2*3*4 wheels.", "Fewer than 5 < 6 mills & 2*3*4 wheels."),
        ("The setting is a_b__c_d.", "The setting is a_b__c_d."),
    ],
)
def test_dressing_is_taken_off(text: str, plain: str) -> None:
    assert plain_text(text) == plain


def test_paragraphs_and_an_end_in_the_middle_are_known() -> None:
    said = read_answer("One mill stood. Two burnt.\n\nThree were", 1)
    assert [one.opens for one in said] == [True, False, True]
    assert [one.ended for one in said] == [True, True, False]


@pytest.mark.parametrize(
    "text", ["NO_ANSWER", "NO_ANSWER.", "**NO_ANSWER** The passages do not say."]
)
def test_declining_is_understood(text: str) -> None:
    assert declines(read_answer(text, 3)[0])


@settings(max_examples=60)
@given(st.text(alphabet="ab.[]1239,-–; \n<>/*`#_()!&think", max_size=200), st.integers(1, 9))
def test_no_marker_is_left_and_none_points_nowhere(text: str, n_passages: int) -> None:
    for said in read_answer(text, n_passages):
        assert set(said.cited) <= set(range(1, n_passages + 1))
        assert said.text == " ".join(said.text.split())

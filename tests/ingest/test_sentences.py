from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sentences import split_sentences


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dr. Paz met Gen. Ríos. They spoke.", ["Dr. Paz met Gen. Ríos.", "They spoke."]),
        ("It cost approx. 5 dollars. Then more.", ["It cost approx. 5 dollars.", "Then more."]),
        ("J. A. Smith wrote it. He left.", ["J. A. Smith wrote it.", "He left."]),
        ("Prices rose 3.5 percent. Wages fell.", ["Prices rose 3.5 percent.", "Wages fell."]),
        ("See Fig. 3 and no. 7. Then go.", ["See Fig. 3 and no. 7.", "Then go."]),
        ("The answer is no. The next is yes.", ["The answer is no.", "The next is yes."]),
        ("It joined in Jan. 2020. Good.", ["It joined in Jan. 2020.", "Good."]),
        ("The U.S. Government paid. It did.", ["The U.S. Government paid.", "It did."]),
        ("He moved to the U.S. The move failed.", ["He moved to the U.S.", "The move failed."]),
        ("Bread, milk, etc. were sold. Yes.", ["Bread, milk, etc. were sold.", "Yes."]),
        ("El Sr. Paz llegó. ¿Cuándo? Ayer.", ["El Sr. Paz llegó.", "¿Cuándo?", "Ayer."]),
        ("Viajó a EE.UU. El viernes volvió.", ["Viajó a EE.UU.", "El viernes volvió."]),
        ("She said “Stop.” He did.", ["She said “Stop.”", "He did."]),
        ('"Why?" he asked. Nobody knew.', ['"Why?" he asked.', "Nobody knew."]),
        ("Wait... what? Well… Yes!", ["Wait... what?", "Well…", "Yes!"]),
        ("Threats [2,3]. More of them.", ["Threats [2,3].", "More of them."]),
        ("Threats.[2] More of them. [4-6] End.", ["Threats.[2]", "More of them. [4-6]", "End."]),
        ("She was singing . Then she left .", ["She was singing .", "Then she left ."]),
        ("**Result.** It works. Really.", ["**Result.** It works.", "Really."]),
        ("這是第一句。那是第二句！好嗎？", ["這是第一句。", "那是第二句！", "好嗎？"]),
        ("One line\nand another", ["One line", "and another"]),
        ("", []),
        (" \n\t\n", []),
    ],
)
def test_boundaries(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("- First point. More.", ["First point.", "More."]),
        ("• Punto uno.", ["Punto uno."]),
        ("1. Introduction", ["Introduction"]),
        ("(a) the first case", ["the first case"]),
        ("> quoted words", ["quoted words"]),
        ("J. Smith wrote it.", ["J. Smith wrote it."]),
        ("-", ["-"]),
    ],
)
def test_list_markers_are_left_out_but_initials_are_not(line: str, expected: list[str]) -> None:
    assert sentences(line) == expected


def test_a_numbered_heading_inside_a_line_range_is_one_sentence() -> None:
    text = "x 2. Findings of the survey"
    assert [text[a:b] for a, b in split_sentences(text, 2)] == ["Findings of the survey"]


def test_only_the_given_range_is_split() -> None:
    text = "First one. Second one. Third one."
    assert split_sentences(text, 11, 22) == [(11, 22)]


@pytest.mark.parametrize(
    "text",
    ["." * 60_000 + "5", "A. B. " * 20_000, 'abc"' * 40_000 + ". Foo", "a" * 200_000 + ". B"],
)
def test_awkward_text_takes_linear_time(text: str) -> None:
    started = time.monotonic()
    assert split_sentences(text)
    assert time.monotonic() - started < 5


WORDS = st.sampled_from(
    [
        "the",
        "Dr.",
        "U.S.",
        "It",
        "3.5",
        "end.",
        "end?!",
        "“Yes.”",
        "[2,3]",
        ".[4]",
        "J.",
        "...",
        "…",
    ]
    + [
        "这是。",
        "e\u0301",
        "\U0001f600",
        "-",
        "\n",
        "\n- ",
        "(",
        ")",
        "**Label.**",
        "no.",
        "x" * 30,
    ]
)


@given(st.lists(WORDS, max_size=40).map(" ".join) | st.text(max_size=200))
def test_spans_are_ordered_trimmed_and_hold_all_but_list_markers(text: str) -> None:
    spans = split_sentences(text)
    position = 0
    for start, end in spans:
        assert position <= start < end <= len(text)
        assert text[start:end] == text[start:end].strip()
        assert "\n" not in text[start:end]
        left = text[position:start]
        # What stands between sentences is white space and, at a line's start, markers.
        marker = left.rpartition("\n")[2] if "\n" in left or position == 0 else ""
        assert not left.removesuffix(marker).strip()
        assert not any(len(part) > 5 for part in marker.split())
        position = end
    assert not text[position:].strip()

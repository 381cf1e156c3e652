from __future__ import annotations

import textwrap

from hypothesis import given
from hypothesis import strategies as st

from ingest.repair import clean_lines, unwrap, wrap_width

FIRST = (
    "Rivers, which carry more goods than roads do in this part of the valley, have been dredged "
    "four times since the old ferry company closed, and each time the towns on the eastern bank "
    "paid the larger share of the cost. The reason is simple: their harbours silt up sooner, and "
    "their warehouses stand nearer to the water than those on the western bank ever did [2,3]."
)
SECOND = (
    "Nobody had measured the depth of the channel before the survey of the spring floods, which "
    "found that a loaded barge could pass the narrows on two hundred days of the year at most. "
    "After the last dredging the same barge could pass on three hundred days, and the tolls that "
    "the towns collect at the narrows rose by a third within a single year of trade."
)


def wrapped(paragraph: str) -> list[str]:
    """A paragraph at 79 columns whose first word stands alone on its line, as web copies are."""
    word, rest = paragraph.split(" ", 1)
    return [word, *textwrap.wrap(rest, 79)]


def unwrapped(text: str) -> list[str]:
    lines = clean_lines(text).split("\n")
    return unwrap(lines, wrap_width(lines))


def test_paragraphs_that_open_with_a_lone_word_come_out_whole() -> None:
    lines = wrapped(FIRST) + wrapped(SECOND) + wrapped(FIRST)
    assert wrap_width(lines) in (78, 79)
    assert unwrap(lines, wrap_width(lines)) == [FIRST, SECOND, FIRST]


def test_ordinary_wrapped_paragraphs_with_blank_lines_come_out_whole() -> None:
    text = "\n\n".join(textwrap.fill(part, 72) for part in (FIRST, SECOND))
    assert unwrapped(text) == [FIRST, "", SECOND]


def test_a_short_heading_line_above_a_wrapped_paragraph_stays_alone() -> None:
    lines = ["Article type: Survey", "Keywords: rivers; tolls", *wrapped(FIRST), *wrapped(SECOND)]
    assert unwrap(lines, wrap_width(lines))[:3] == [*lines[:2], FIRST]


def test_list_items_headings_and_tables_in_a_wrapped_text_are_not_joined() -> None:
    kept = ["- dredging", "- tolls", "1. first", "2) second", "# Heading", "| a | b |", "> said"]
    lines = [*textwrap.wrap(FIRST, 79), "", *kept, "", *textwrap.wrap(SECOND, 79)]
    assert unwrap(lines, wrap_width(lines)) == [FIRST, "", *kept, "", SECOND]


def test_a_wrapped_list_item_becomes_one_line() -> None:
    item = "- " + FIRST
    lines = [*textwrap.wrap(item, 79, subsequent_indent="  "), "- second", ""]
    lines += textwrap.wrap(SECOND, 79)
    assert unwrap(lines, wrap_width(lines)) == [item, "- second", "", SECOND]


def test_a_poem_keeps_its_short_lines() -> None:
    poem = "The barge went down\nthe river brown\nand no one saw\nthe broken oar\nand no one cared"
    assert wrap_width(poem.split("\n")) is None
    assert unwrapped(poem) == poem.split("\n")


def test_a_file_with_one_line_a_paragraph_stays_as_it_is() -> None:
    lines = [FIRST, "", SECOND, "", FIRST]
    assert wrap_width(lines) is None
    assert unwrap(lines, None) == lines


def test_line_ends_marks_and_odd_spaces_are_repaired() -> None:
    assert clean_lines("\ufeffa\r\nb\rc\u2028d") == "a\nb\nc\nd"
    assert clean_lines("a\u00a0b\tc\u2009d") == "a b c d"
    assert clean_lines("\n\na  \n\n\n\nb \n") == "a\n\nb"
    assert clean_lines("a\x00b\x1bc") == "a b c"


def test_a_very_long_wrapped_paragraph_is_joined_in_linear_time() -> None:
    lines = textwrap.wrap(FIRST, 79)[:-1] * 20_000
    assert len(unwrap(lines, 79)) < len(lines)


@given(st.text(alphabet="aB .-#|1\n\r\t\u00a0é。\U0001f600", max_size=400))
def test_only_white_space_changes(text: str) -> None:
    assert "".join("\n".join(unwrapped(text)).split()) == "".join(text.split())

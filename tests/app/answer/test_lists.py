"""Lists found from the sentence above them and from an item of theirs."""

from __future__ import annotations

import pytest

from app.answer.lists import list_around, list_end

COLON = (
    "The quay has three uses:\n\n- landing fish;\n- mending nets;\n- a market.\n\nIt closes at six."
)
COUNT = (
    "Two kinds of objection were raised.\n\n• Cost: it was too dear.\n• Noise: it was too loud."
    "\n\nThe council voted."
)


@pytest.mark.parametrize("text", [COLON, COUNT])
def test_a_list_is_found_from_the_line_above_and_from_each_item(text: str) -> None:
    first = text.index("\n")
    whole = (0, list_end(text, 0, first))
    assert text[slice(*whole)].count("\n") >= 3 and "closes" not in text[: whole[1]]
    for item in ("landing", "mending", "Cost", "Noise"):
        if item in text:
            assert list_around(text, text.index(item)) == whole


def test_a_sentence_that_announces_nothing_ends_where_it_ends() -> None:
    text = "The quay is old.\n- landing fish;\n- a market."
    assert list_end(text, 0, 16) == 16
    assert list_around(text, text.index("landing")) is None


def test_a_sentence_inside_a_paragraph_is_no_item() -> None:
    assert list_around(COLON, COLON.index("It closes")) is None
    assert list_around("Fish is landed - sometimes.", 17) is None


def test_a_list_that_is_too_long_to_quote_is_left_alone() -> None:
    text = "Ports:\n" + "\n".join(f"- port number {at} on the long coast" for at in range(80))
    start = text.index("port number 79")
    assert list_around(text, start) is None
    assert list_end(text, 0, 6) < len(text)

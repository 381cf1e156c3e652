from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ui.text import Span, escape, highlight, literal, plural

HOSTILE = [
    "**bold** and _it_ and `code`",
    '<img src="http://evil.example/x.png" onerror="alert(1)">',
    "[x](http://evil.example) ![y](http://evil.example/y.png)",
    "$math$ $$more$$ \\(a\\) ${alert(1)} {{value}} {%x%}",
    "&lt;b&gt; &amp; &#60;",
    "<script>alert(1)</script></div>",
    "# heading | cell ~~gone~~ :smile: http://auto.example",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_literal_leaves_no_character_that_markup_could_use(text: str) -> None:
    shown = literal(text)
    assert re.fullmatch(r"(?:[A-Za-z0-9 ]|&#\d+;)*", shown)
    assert html.unescape(shown) == text


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])))
def test_literal_is_undone_by_reading_the_html(text: str) -> None:
    assert html.unescape(literal(text)) == " ".join(re.sub(r"\s+", " ", text).strip().split(" "))


def test_literal_is_one_line_and_keeps_line_breaks_when_asked() -> None:
    assert literal("a\n\nb\tc") == "a b c"
    assert literal("a\n\n*b*\n", lines=True) == "a<br><br>&#42;b&#42;"


def test_control_characters_are_shown_as_such() -> None:
    assert literal("a\x00b\x1bc") == "a�b�c"
    assert escape("a\x00<") == "a�&lt;"


def test_highlight_marks_exactly_the_span() -> None:
    text = "One. Two <2>. Three."
    start = text.index("Two")
    shown = highlight(text, [Span(start, start + len("Two <2>."), 7)])
    assert shown == 'One. <mark data-cites="7">Two &lt;2&gt;.</mark> Three.'


@given(
    st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1),
    st.lists(st.tuples(st.integers(-5, 60), st.integers(-5, 60), st.integers(1, 3)), max_size=4),
)
def test_highlight_keeps_the_text_and_marks_what_each_span_covers(
    text: str, spans: list[tuple[int, int, int]]
) -> None:
    given_spans = [Span(*span) for span in spans]
    shown = highlight(text, given_spans)
    covered: dict[int, set[int]] = {}
    position = 0
    for cites, marked, plain in re.findall(
        r'<mark data-cites="([\d ]+)">(.*?)</mark>|([^<]+)', shown, re.DOTALL
    ):
        piece = html.unescape(marked or plain)
        assert text.startswith(piece, position)
        for at in range(position, position + len(piece)):
            covered[at] = {int(number) for number in cites.split()}
        position += len(piece)
    assert position == len(text)
    for at in range(len(text)):
        assert covered[at] == {span.marker for span in given_spans if span.start <= at < span.end}


def test_overlapping_spans_are_marked_for_both() -> None:
    shown = highlight("abcdef", [Span(0, 4, 1), Span(2, 6, 2)])
    assert shown == (
        '<mark data-cites="1">ab</mark><mark data-cites="1 2">cd</mark>'
        '<mark data-cites="2">ef</mark>'
    )


def test_plural() -> None:
    assert [plural(count, "document") for count in (0, 1, 1200)] == [
        "0 documents",
        "1 document",
        "1,200 documents",
    ]

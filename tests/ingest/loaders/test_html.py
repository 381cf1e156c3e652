from __future__ import annotations

import time

import pytest

from ingest.errors import LoadError
from ingest.loaders import load
from tests.ingest.loaders.checks import check_offsets, section_of


def text_of(body: str) -> str:
    document = load("a.html", f"<html><body>{body}</body></html>".encode())
    check_offsets(document)
    return document.text


def test_headings_become_sections_and_the_first_the_title() -> None:
    document = load(
        "a.html",
        b"<title>Tab</title><h1>Big</h1><p>Intro.</p><h2>One</h2><h3>Deep</h3><p>A.</p><h2>Two</h2>"
        b"<p>B.</p>",
    )
    check_offsets(document)
    assert document.title == "Big"
    assert section_of(document, "A.") == "One > Deep"
    assert section_of(document, "B.") == "Two"


def test_without_a_heading_the_title_element_is_the_title() -> None:
    assert load("a.html", b"<title> The \n tab </title><p>Text.</p>").title == "The tab"


@pytest.mark.parametrize(
    "hidden",
    [
        "<nav>SECRET</nav>",
        "<script>SECRET</script>",
        "<style>SECRET</style>",
        "<footer>SECRET</footer>",
        "<!-- SECRET -->",
        "<div hidden>SECRET</div>",
        '<div aria-hidden="true">SECRET</div>',
        '<div style="color: red; display:none">SECRET</div>',
        "<p><b>x <span hidden>SECRET</span></b></p>",
        "<ul><li>x <span hidden>SECRET</span></li><li hidden>SECRET</li></ul>",
        "<table><tr><td>x<script>SECRET</script></td></tr><tr hidden><td>SECRET</td></tr></table>",
        "<h2>x <noscript>SECRET</noscript></h2>",
        "<pre>x <script>SECRET</script></pre>",
        "<select><option>SECRET</option></select>",
    ],
)
def test_what_a_reader_does_not_see_is_left_out(hidden: str) -> None:
    assert "SECRET" not in text_of(f"<p>Seen.</p>{hidden}<p>End.</p>")


def test_a_page_inside_a_form_is_read() -> None:
    assert text_of("<form><p>Text.</p><input value='no'></form>") == "Text."


def test_main_is_read_rather_than_the_whole_body() -> None:
    assert text_of("<div>Menu</div><main><p>Text.</p></main>") == "Text."


def test_inline_marks_do_not_divide_words_and_breaks_do() -> None:
    assert text_of("<p>un<b>bro</b>ken <a href='#'>link</a><br>next</p>") == "unbroken link next"


def test_nested_lists_keep_their_order() -> None:
    body = "<ul><li>a<ul><li>b<ol><li>c</li></ol></li><li>d</li></ul></li><li>e</li></ul>"
    assert text_of(body) == "- a\n- b\n1. c\n- d\n- e"


def test_a_list_straight_inside_a_list_is_not_lost() -> None:
    assert text_of("<ul><li>a</li><ul><li>b</li></ul></ul>") == "- a\n- b"


def test_definitions_stand_beside_their_terms_and_lone_terms_stay() -> None:
    body = "<dl><dt>SICA</dt><dd>A body.</dd><dt>Alone</dt><dt>MIRPS</dt><dd>A plan.</dd></dl>"
    assert text_of(body).split("\n\n") == ["SICA: A body.", "Alone", "MIRPS: A plan."]


def test_tables_become_rows() -> None:
    document = load(
        "a.html", b"<table><caption>Sums</caption><tr><th>Year<th>Sum<tr><td>2019<td>5</table>"
    )
    check_offsets(document)
    assert document.text == "Sums\n\nYear | Sum\n2019 | 5"
    assert len(document.rows) == 2


def test_a_layout_table_loses_no_text() -> None:
    body = "<table><tr><td>Intro <table><tr><td>a</td><td>b</td></tr></table> end</td></tr></table>"
    assert text_of(body).split("\n\n") == ["Intro", "a | b", "end"]


@pytest.mark.parametrize(
    "body",
    ["<p>One<p>Two", "<div><p>One</div><p>Two</b>", "<h2>One</h3><p>Two", "One<table><tr><td>Two"],
)
def test_malformed_pages_are_read(body: str) -> None:
    found = text_of(body)
    assert "One" in found
    assert "Two" in found


def test_the_declared_encoding_is_used() -> None:
    data = '<meta charset="iso-8859-1"><p>El señor Núñez.</p>'.encode("latin-1")
    assert load("a.html", data).text == "El señor Núñez."
    assert load("a.html", "<p>El señor Núñez.</p>".encode()).text == "El señor Núñez."
    assert load("a.html", "<p>El señor Núñez.</p>".encode("utf-16")).text == "El señor Núñez."


def test_entities_are_characters() -> None:
    assert text_of("<p>a&nbsp;&amp;&lt;b&gt; &eacute;</p>") == "a &<b> é"


def test_binary_data_is_refused() -> None:
    with pytest.raises(LoadError, match="binary"):
        load("a.html", b"\x89PNG\x00\x00\x01" * 50)


@pytest.mark.parametrize(
    "tags",
    ["<div>", "<span>", "<b>", "<ul><li>", "<dl><dd>", "<table><tr><td>", "<form><i><ol>", "<pre>"],
)
def test_pages_nested_beyond_all_measure_are_read_quickly(tags: str) -> None:
    started = time.monotonic()
    document = load("a.html", tags.encode() * 30_000 + b"deep")
    check_offsets(document)
    assert document.text.endswith("deep")
    assert time.monotonic() - started < 15


def test_many_hidden_or_empty_tags_are_passed_over_quickly() -> None:
    started = time.monotonic()
    body = "<span>" * 2000 + "<i>x</i>" * 20_000 + "<p>End.</p>"
    assert text_of(body).endswith("End.")
    assert time.monotonic() - started < 15


def test_meta_tags_name_authors_and_date() -> None:
    document = load(
        "a.html",
        b'<head><meta name="author" content="Ann Lee; Bo Cruz">'
        b'<meta property="article:author" content="https://example.org/ann">'
        b'<meta name="citation_author" content="Ann Lee">'
        b'<meta property="article:published_time" content="2019-05-01T10:00:00Z">'
        b"</head><p>Text. <time datetime='2020-01-01'>New Year</time></p>",
    )
    assert document.card.authors == ("Ann Lee", "Bo Cruz")
    assert document.card.date == "2019-05-01T10:00:00+00:00"


@pytest.mark.parametrize(
    ("name", "said", "date"),
    [
        ("dc.date", "2019/5/1", "2019-05-01"),
        ("DC.Date.issued", "2019", "2019"),
        ("citation_publication_date", "2019/05", "2019-05"),
        ("date", "May 1st, 2019", "2019-05-01"),
        ("date", "1 May 2019", "2019-05-01"),
        ("date", "Wed, 01 May 2019 10:00:00 +0000", "2019-05-01T10:00:00+00:00"),
        ("date", "03/04/2019", "03/04/2019"),
        ("date", "2019-13-45", "2019-13-45"),
        ("date", "last spring", "last spring"),
    ],
)
def test_dates_are_iso_8601_where_they_can_be_read_for_certain(
    name: str, said: str, date: str
) -> None:
    page = f'<meta name="{name}" content="{said}"><p>Text.</p>'
    assert load("a.html", page.encode()).card.date == date


def test_a_lone_time_tag_is_the_date_and_several_are_none() -> None:
    one = "<p>Text. <time datetime='2020-01-02'>Then</time></p>"
    assert load("a.html", one.encode()).card.date == "2020-01-02"
    two = one + "<time datetime='2021-01-02'>Now</time>"
    assert load("a.html", two.encode()).card.date is None


def test_what_is_no_text_is_counted() -> None:
    document = load(
        "a.html",
        b"<script>x</script><p>Text.<img src='http://127.0.0.1:9/x' alt='no text'><img src='b'>"
        b"<iframe src='http://127.0.0.1:9/'></iframe><video></video></p>",
    )
    assert document.text == "Text."
    assert document.card.skipped == ("2 images", "1 recording", "1 embedded page", "1 script")


def test_the_card_names_the_encoding() -> None:
    data = '<meta charset="iso-8859-1"><p>El señor Núñez.</p>'.encode("latin-1")
    assert load("a.html", data).card.encoding == "iso8859-1"
    assert load("a.html", "<p>El señor.</p>".encode()).card.encoding == "utf-8"


def test_empty_tags_of_xhtml_end_where_they_begin() -> None:
    document = load(
        "a.xhtml",
        b'<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head>'
        b'<title/><script src="a.js"/></head><body><p>One<br/>two <a id="x"/>three&nbsp;four.</p>'
        b"<div/><p>End.</p></body></html>",
    )
    check_offsets(document)
    assert document.text == "One two three four.\n\nEnd."


def test_table_columns_are_the_rows_of_the_head() -> None:
    document = load(
        "a.html",
        b"<table><thead><tr><td>Year<td>Sum</thead><tbody><tr><td>2019<td>5</tbody></table>",
    )
    (table,) = document.tables
    assert table.columns is not None
    assert document.text[table.columns.start : table.columns.end] == "Year | Sum"


def test_headings_above_empty_rows_head_nothing() -> None:
    document = load("a.html", b"<table><tr><th>Year<th>Sum<tr><td> <td></table>")
    check_offsets(document)
    assert document.tables[0].columns is None


def test_an_encoding_that_no_page_has_is_not_believed() -> None:
    page = "<meta charset=punycode><p>" + "El año. " * 50_000
    started = time.monotonic()
    assert "El año." in load("a.html", page.encode()).text
    assert time.monotonic() - started < 10

from __future__ import annotations

import time

import pytest

from ingest.errors import LoadError
from ingest.loaders import load
from tests.ingest.loaders.checks import check_offsets


def rows_of(source: str) -> list[str]:
    document = load("a.csv", source.encode())
    check_offsets(document)
    rows = [document.text[span.start : span.end] for span in document.rows]
    assert document.text == "\n".join(rows)
    return rows


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_row_is_a_line_of_headings_and_values(separator: str) -> None:
    source = "year,sum\n2019,5\n2020,6\n".replace(",", separator)
    assert rows_of(source) == ["year: 2019; sum: 5", "year: 2020; sum: 6"]


def test_quoted_cells_may_hold_separators_quotes_and_line_ends() -> None:
    source = 'name,note\nAnn,"a, ""b""\nand c"\n'
    assert rows_of(source) == ['name: Ann; note: a, "b" and c']


def test_apostrophes_are_no_quotes() -> None:
    assert rows_of("name,note\nAnn,it's fine\nBob,'tis so, too\n") == [
        "name: Ann; note: it's fine",
        "name: Bob; note: 'tis so; too",
    ]


def test_decimal_commas_do_not_mislead_the_choice_of_separator() -> None:
    assert rows_of("año;suma\n2019;5,5\n2020;6,25\n") == [
        "año: 2019; suma: 5,5",
        "año: 2020; suma: 6,25",
    ]


def test_ragged_rows_keep_their_values() -> None:
    assert rows_of("a,b\n1\n1,2,3\n,,\n\n") == ["a: 1", "a: 1; b: 2; 3"]


def test_a_table_of_only_a_heading_is_its_heading() -> None:
    assert rows_of("year,sum\n") == ["year; sum"]


def test_one_column_is_read_whole() -> None:
    assert rows_of("note\nFirst note.\nSecond note.\n") == [
        "note: First note.",
        "note: Second note.",
    ]


def test_an_empty_table_is_refused() -> None:
    with pytest.raises(LoadError, match="No text"):
        load("a.csv", b" , ,\n,\n")


def test_a_large_table_with_many_apostrophes_is_read_quickly() -> None:
    started = time.monotonic()
    assert len(rows_of("a,b\n" + "it's, 'tis; o'clock x\n" * 5000)) == 5000
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("name", ["a.tsv", "a.tab"])
def test_tabs_alone_divide_the_cells_of_a_tab_separated_file(name: str) -> None:
    document = load(name, b"name\tnote\nAnn\ta, b, c\nBob\td, e; f, g\n")
    check_offsets(document)
    assert document.text == "name: Ann; note: a, b, c\nname: Bob; note: d, e; f, g"
    assert load(name, b"a,b\n1,2\n").text == "a,b: 1,2"


def test_quotes_inside_a_tab_separated_cell_are_characters() -> None:
    assert load("a.tsv", b'size\tname\n5"\tpipe\n"6"\tlong pipe\n').text == (
        'size: 5"; name: pipe\nsize: 6; name: long pipe'
    )


def test_a_long_heading_over_many_rows_does_not_fill_the_memory() -> None:
    with pytest.raises(LoadError, match="too much text"):
        load("a.csv", b"h" * 1_000_000 + b"\n" + b"1\n" * 100_000)

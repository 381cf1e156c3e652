from __future__ import annotations

import json
import time

import pytest

from ingest.document import LoadedDocument
from ingest.errors import LoadError
from ingest.loaders import load
from tests.ingest.loaders.checks import check_offsets, section_of


def loaded(source: object) -> LoadedDocument:
    raw = source if isinstance(source, str) else json.dumps(source)
    document = load("a.json", raw.encode())
    check_offsets(document)
    return document


def test_keys_are_headings_and_values_stand_beside_their_own() -> None:
    document = loaded(
        {"server": {"tls": {"version": "1.3"}, "port": 80, "on": True, "none": None}, "v": "2"}
    )
    assert document.text.split("\n\n") == [
        "v: 2",
        "server",
        "port: 80\non: true",
        "tls",
        "version: 1.3",
    ]
    assert section_of(document, "v: 2") is None
    assert section_of(document, "port") == "server"
    assert section_of(document, "version") == "server > tls"
    assert document.title is None


def test_an_array_of_flat_objects_is_a_table_with_a_row_an_object() -> None:
    document = loaded(
        {"people": [{"name": "Ann", "age": 4}, {"name": "Bo", "langs": ["es", "en"]}]}
    )
    assert document.text == "people\n\nname: Ann; age: 4\nname: Bo; langs: es, en"
    (table,) = document.tables
    assert document.text[table.start : table.end].count("\n") == 1
    assert section_of(document, "Ann") == "people"


def test_objects_in_an_array_are_sections_by_their_names_or_numbers() -> None:
    document = loaded([{"name": "Ann", "at": {"city": "A"}}, {"at": {"city": "B"}}])
    assert section_of(document, "city: A") == "Ann > at"
    assert section_of(document, "city: B") == "2 > at"


def test_title_authors_and_date_of_the_whole_go_to_the_card() -> None:
    document = loaded({"title": "The  report", "author": "Ann; Bo", "date": "2019-05", "x": 1})
    assert document.title == "The report"
    assert document.card.authors == ("Ann", "Bo")
    assert document.card.date == "2019-05"
    assert document.card.encoding == "utf-8"


def test_numbers_stay_as_they_are_written() -> None:
    raw = '{"a": 1.10, "b": NaN, "c": -Infinity, "d": 1e999, "e": ' + "9" * 9000 + "}"
    text = loaded(raw).text
    for part in ("a: 1.10", "b: NaN", "c: -Infinity", "d: 1e999", "e: 999"):
        assert part in text


def test_a_key_said_twice_loses_no_value() -> None:
    assert loaded('{"a": "one", "a": "two"}').text == "a: one, two"


def test_long_texts_are_prose_and_short_values_are_rows() -> None:
    prose = "A sentence of some length stands here. " * 10
    document = loaded({"short": "x", "long": prose, "lines": "One.\n\nTwo."})
    rows = [document.text[span.start : span.end] for span in document.rows]
    assert rows == ["short: x"]
    assert f"long: {prose.strip()}" in document.text
    assert "lines: One.\nTwo." in document.text


def test_a_long_array_is_a_list() -> None:
    document = loaded({"steps": ["Turn the handle until it stops moving, then wait. " * 4] * 2})
    assert document.text.startswith("steps:\n- Turn")


def test_levels_below_the_headings_stand_before_their_values() -> None:
    value: object = {"leaf": "x"}
    for key in "hgfedcba":
        value = {key: value}
    document = loaded(value)
    assert document.text.split("\n")[-1] == "g > h > leaf: x"
    assert section_of(document, "leaf") == "a > b > c > d > e > f"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_any_usual_encoding_is_read(encoding: str) -> None:
    data = '{"país": "El señor Núñez llegó más tarde."}'.encode(encoding)
    assert load("a.json", data).text == "país: El señor Núñez llegó más tarde."


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ('{"a": ', "not valid JSON"),
        ('{"a": 1}\n{"a": 2}', "named .jsonl"),
        ("[" * 200_000, "nest too deep"),
        ("[" * 150 + "1" + "]" * 150, "nest too deep"),
        ("{}", "No text"),
        ("null", "No text"),
    ],
)
def test_what_cannot_be_read_says_why(raw: str, reason: str) -> None:
    with pytest.raises(LoadError, match=reason):
        loaded(raw)


def test_a_long_key_that_stands_before_many_values_does_not_fill_the_memory() -> None:
    started = time.monotonic()
    inner = json.dumps([{"k" * 1_000_000: "v"}] * 2)[1:-1]
    with pytest.raises(LoadError, match="too much text"):
        load("a.json", f"[{','.join([inner] * 40)}]".encode())
    assert time.monotonic() - started < 10


def test_many_values_at_the_deepest_level_are_read_quickly() -> None:
    started = time.monotonic()
    raw = '{"a":' * 90 + "[" + ",".join(["[[1]]"] * 50_000) + "]" + "}" * 90
    assert loaded(raw).text.count(": 1") == 50_000
    assert time.monotonic() - started < 20

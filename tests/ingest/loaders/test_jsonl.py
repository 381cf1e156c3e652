from __future__ import annotations

import hashlib
import json
import textwrap
import time
import tracemalloc

import pytest

from ingest.document import LoadedDocument, Part
from ingest.errors import LoadError
from ingest.loaders import read
from tests.ingest.loaders.checks import check_offsets


def parts_of(data: bytes | str) -> list[Part]:
    parts = list(read("a.jsonl", data.encode() if isinstance(data, str) else data))
    for part in parts:
        if part.document is not None:
            check_offsets(part.document)
    assert len({part.name for part in parts}) == len(parts)
    return parts


def only(entry: object) -> LoadedDocument:
    (part,) = parts_of(json.dumps(entry))
    assert part.document is not None
    return part.document


def test_a_beir_line_is_a_document_of_its_text_alone() -> None:
    line = (
        '{"_id": "doc 1", "title": " The \\n title", "text": "One\\u00a0two.\\r\\n\\r\\nThree. "}'
    )
    (part,) = parts_of(line + "\n")
    assert (part.name, part.format) == ("doc 1", "jsonl")
    assert part.document is not None
    assert (part.document.title, part.document.text) == ("The title", "One two.\n\nThree.")
    assert part.sha256 == hashlib.sha256(line.encode()).hexdigest()
    assert part.size_bytes == len(line)


def test_a_number_is_an_id_too_and_without_one_the_line_is_the_name() -> None:
    lines = ['{"id": 17, "text": "a"}', "", '{"text": "b"}']
    assert [part.name for part in parts_of("\r\n".join(lines))] == ["17", "line 3"]


def test_clearly_wrapped_texts_are_joined_and_others_keep_their_lines() -> None:
    long = "Rivers carry more goods than roads do in this part of the old valley. " * 6
    assert only({"text": textwrap.fill(long, 70)}).text == long.strip()
    assert only({"text": "A\nshort\nlist"}).text == "A\nshort\nlist"


def test_a_line_with_a_title_alone_has_it_as_its_text() -> None:
    assert only({"_id": "1", "title": "Only this", "text": ""}).text == "Only this"


def test_authors_and_date_go_to_the_card_and_other_fields_are_counted() -> None:
    document = only(
        {
            "_id": "1",
            "text": "Words.",
            "authors": ["Ann Lee", {"name": "Bo Cruz"}],
            "metadata": {"date": "May 3, 2019"},
            "url": "https://example.org",
            "rank": 2,
        }
    )
    assert document.text == "Words."
    assert document.card.authors == ("Ann Lee", "Bo Cruz")
    assert document.card.date == "2019-05-03"
    assert document.card.skipped == ("2 fields (url, rank)",)
    assert document.card.encoding == "utf-8"


def test_other_objects_are_lines_of_keys_and_values() -> None:
    document = only(
        {"id": "t1", "title": "Ticket", "by": {"name": "Ann", "team": {"city": "Tz"}}, "open": True}
    )
    assert document.title == "Ticket"
    assert document.text.split() == (
        "title: Ticket open: true by > name: Ann by > team > city: Tz".split()
    )


def test_a_bad_line_fails_by_its_number_and_the_others_are_read() -> None:
    lines = ['{"text": "a"}', '{"text": "b"', "[1, 2", "null", '{"text": "  "}', '{"text": "c"}']
    parts = parts_of("\n".join(lines))
    assert [part.name for part in parts if part.document is not None] == ["line 1", "line 6"]
    failed = {part.name: part.reason for part in parts if part.document is None}
    assert list(failed) == ["line 2", "line 3", "line 4", "line 5"]
    assert "not valid JSON" in failed["line 2"]
    assert "No text" in failed["line 5"]
    assert all(part.format == "jsonl" for part in parts)


def test_a_repeated_id_fails_and_names_both_lines() -> None:
    parts = parts_of('{"_id": "x", "text": "a"}\n{"text": "b"}\n{"_id": "x", "text": "c"}')
    assert [part.name for part in parts] == ["x", "line 2", "line 3"]
    assert parts[2].document is None
    assert "Line 3" in parts[2].reason
    assert "line 1" in parts[2].reason


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks_are_understood(encoding: str) -> None:
    (part,) = parts_of('{"_id": "ñ", "text": "El año."}\n'.encode(encoding))
    assert part.document is not None
    assert (part.name, part.document.text) == ("ñ", "El año.")


def test_a_line_in_another_encoding_is_read_with_a_warning() -> None:
    parts = parts_of(b'{"text": "plain"}\n' + '{"text": "El año pasado."}'.encode("cp1252"))
    assert parts[1].document is not None
    assert parts[1].document.text == "El año pasado."
    assert parts[1].document.card.encoding == "cp1252"
    assert "not UTF-8" in parts[1].document.warnings[0]
    assert parts[0].document is not None
    assert not parts[0].document.warnings


@pytest.mark.parametrize(
    "line", ['{"a":' * 100_000, "[" * 100_000 + "]" * 100_000, '{"a":' * 150 + "1" + "}" * 150]
)
def test_deep_nesting_is_a_failed_line(line: str) -> None:
    parts = parts_of(f'{line}\n{{"text": "b"}}')
    assert "nest too deep" in parts[0].reason
    assert parts[1].document is not None


def test_a_file_of_blank_lines_is_refused() -> None:
    with pytest.raises(LoadError, match="no documents"):
        parts_of("\n \n")


def test_a_large_corpus_is_read_quickly_and_one_line_at_a_time() -> None:
    text = "Rivers carry more goods than roads do. " * 50
    data = "".join(
        json.dumps({"_id": str(number), "title": "T", "text": text}) + "\n"
        for number in range(13_000)
    ).encode()
    assert len(data) > 25_000_000
    started = time.monotonic()
    assert sum(part.document is not None for part in read("a.jsonl", data)) == 13_000
    assert time.monotonic() - started < 10
    tracemalloc.start()
    for _, _part in zip(range(2000), read("a.jsonl", data), strict=False):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000

from __future__ import annotations

from dataclasses import replace

import pytest

from ingest.document import LoadedDocument
from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.loaders.common.parts import (
    Names,
    check_nesting,
    failed,
    format_of,
    read_inside,
    read_part,
    without_repeats,
)


def test_a_name_is_given_once_and_then_with_a_number_before_its_suffix() -> None:
    names = Names()
    given = [names.give(name) for name in ("a.txt", "a (2).txt", "a.txt", "a.txt", "b", "b")]
    assert given == ["a.txt", "a (2).txt", "a (3).txt", "a (4).txt", "b", "b (2)"]


def test_parts_of_one_name_are_read_once() -> None:
    parts = [read_part("x", "text", b"a", Limits(), lambda: LoadedDocument("a")) for _ in range(2)]
    first, second = without_repeats(parts)
    assert (first.name, first.document is not None, first.reason) == ("x", True, "")
    assert (second.name, second.document) == ("x (2)", None)
    assert "same name" in second.reason


def test_a_part_without_text_or_with_too_much_is_a_failed_one() -> None:
    limits = replace(Limits(), text_chars=3)
    for text, reason in (("  ", "No text"), ("long", "too much text")):
        part = read_part("x", "text", b"abc", limits, lambda text=text: LoadedDocument(text))
        assert part.document is None
        assert reason in part.reason
        assert part.size_bytes == 3


def test_a_file_inside_that_fails_as_a_whole_is_one_failed_part() -> None:
    (part,) = read_inside("in/a.pdf", b"no pdf", Limits().inside())
    assert (part.name, part.format, part.document, part.size_bytes) == ("in/a.pdf", "pdf", None, 6)
    assert part.reason


def test_a_refused_file_that_was_not_read_has_no_hash() -> None:
    part = failed("a.exe", "why", size_bytes=7)
    assert (part.format, part.sha256, part.size_bytes) == ("exe", "", 7)
    assert format_of("README") == ""


def test_files_inside_share_one_account_and_each_level_is_counted() -> None:
    limits = replace(Limits(), nesting=1)
    inside = limits.inside()
    deeper = inside.inside()
    assert (inside.nesting, deeper.nesting) == (0, -1)
    assert inside.unpacking is deeper.unpacking
    assert limits.unpacking is None
    check_nesting(inside)
    with pytest.raises(LoadError, match="too deep"):
        check_nesting(deeper)

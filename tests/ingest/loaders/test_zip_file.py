from __future__ import annotations

import io
import stat
import struct
import time
import zipfile
import zlib
from dataclasses import replace

import pytest

from ingest.document import Part
from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.loaders import read
from tests.ingest.loaders.checks import check_offsets


def packed(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def parts_of(data: bytes, limits: Limits | None = None) -> list[Part]:
    parts = list(read("a.zip", data, limits))
    for part in parts:
        if part.document is not None:
            check_offsets(part.document)
    assert len({part.name for part in parts}) == len(parts)
    return parts


def reasons(data: bytes, limits: Limits | None = None) -> dict[str, str]:
    return {part.name: part.reason for part in parts_of(data, limits) if part.document is None}


def texts(data: bytes, limits: Limits | None = None) -> dict[str, str]:
    return {part.name: part.document.text for part in parts_of(data, limits) if part.document}


def test_files_are_read_in_order_each_by_its_own_loader() -> None:
    parts = parts_of(packed(("b/two.md", b"# Two\n\nText."), ("a.csv", b"x,y\n1,2\n")))
    assert [(part.name, part.format) for part in parts] == [
        ("b/two.md", "markdown"),
        ("a.csv", "csv"),
    ]
    assert parts[0].document is not None
    assert parts[0].document.title == "Two"
    assert parts[0].size_bytes == len(b"# Two\n\nText.")
    assert len(parts[0].sha256) == 64


def test_folders_hidden_files_and_leftovers_are_passed_over() -> None:
    names = ["d/", ".hidden.txt", ".git/a.txt", "__MACOSX/a.txt", "d/~$a.docx", "d/.DS_Store"]
    data = packed(*[(name, b"x") for name in names], ("d/seen.txt", b"Seen."))
    assert [part.name for part in parts_of(data)] == ["d/seen.txt"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/etc/passwd.txt", "absolute path"),
        ("C:/a.txt", "absolute path"),
        ("a/../../b.txt", "leads out of the archive"),
        ("..\\b.txt", "backslash"),
        ("a\x1bb.txt", "control characters"),
        ("a.exe", "No loader reads .exe files"),
        ("README", "without a suffix"),
    ],
)
def test_what_should_not_be_read_is_refused_and_the_rest_is_read(name: str, reason: str) -> None:
    data = packed((name, b"SECRET"), ("good.txt", b"Good."))
    assert texts(data) == {"good.txt": "Good."}
    assert [reason in why for why in reasons(data).values()] == [True]


def test_a_file_without_a_name_is_refused() -> None:
    data = packed(("Q", b"a"), ("good.txt", b"Good.")).replace(b"Q", b"\x00")
    assert ["control characters" in reason for reason in reasons(data).values()] == [True]
    assert texts(data) == {"good.txt": "Good."}


def test_links_are_not_followed() -> None:
    link = zipfile.ZipInfo("link.txt")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert "link to another file" in reasons(packed((link, b"/etc/passwd")))["link.txt"]


def test_encrypted_files_are_refused() -> None:
    data = bytearray(packed(("a.txt", b"x"), ("b.txt", b"Good.")))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + flags] |= 1
    assert "encrypted" in reasons(bytes(data))["a.txt"]
    assert texts(bytes(data)) == {"b.txt": "Good."}


def test_a_damaged_file_fails_alone() -> None:
    content = b"The words that will be damaged." * 5
    data = bytearray(packed(("a.txt", content), ("b.txt", b"Good.")))
    data[data.index(b"a.txt") + 8] ^= 0xFF
    assert "damaged" in reasons(bytes(data))["a.txt"]
    assert texts(bytes(data)) == {"b.txt": "Good."}


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_of_files_with_one_name_the_first_is_read_and_the_others_refused() -> None:
    data = packed(("a.txt", b"First."), ("a.txt", b"Second."), ("a.txt", b"Third."))
    assert texts(data) == {"a.txt": "First."}
    found = reasons(data)
    assert list(found) == ["a (2).txt", "a (3).txt"]
    assert all("another file of the same name" in reason for reason in found.values())


def test_names_in_utf_8_are_read_whether_marked_or_not() -> None:
    assert list(texts(packed(("año.txt", b"x")))) == ["año.txt"]
    unmarked = packed(("a__o.txt", b"x")).replace(b"a__o.txt", "año.txt".encode())
    assert list(texts(unmarked)) == ["año.txt"]
    old = packed(("a_o.txt", b"x")).replace(b"a_o.txt", "año.txt".encode("cp437"))
    assert list(texts(old)) == ["año.txt"]


def test_an_archive_inside_is_read_and_its_files_are_named_after_it() -> None:
    inner = packed(("c.txt", b"Inner."), ("bad.bin", b"x"))
    data = packed(("d/in.zip", inner), ("e.jsonl", b'{"_id": "7", "text": "A line."}'))
    assert texts(data) == {"d/in.zip#c.txt": "Inner.", "e.jsonl#7": "A line."}
    assert list(reasons(data)) == ["d/in.zip#bad.bin"]


def test_archives_may_stand_only_so_deep() -> None:
    data = packed(("end.txt", b"Deep."))
    for depth in range(3):
        data = packed((f"{depth}.zip", data))
    assert texts(data) == {"2.zip#1.zip#0.zip#end.txt": "Deep."}
    assert "too deep" in reasons(packed(("3.zip", data)))["3.zip#2.zip#1.zip#0.zip"]


def test_an_archive_that_holds_itself_ends() -> None:
    """A quine stands for one: a stored member whose bytes are the archive, told by its entry."""
    data = packed(("r.zip", b"x"))
    for _ in range(10):
        data = packed(("r.zip", data), ("r.txt", b"Words."))
    found = parts_of(data)
    assert len([part for part in found if part.document]) == 4
    assert len([part for part in found if "too deep" in part.reason]) == 1


def test_what_archives_unpack_to_is_counted_over_all_levels() -> None:
    limits = replace(Limits(), unpacked_bytes=3_000_000, unpacked_ratio=10_000)
    inner = packed(("big.txt", b"word " * 200_000))
    data = packed(*[(f"{number}.zip", inner) for number in range(5)])
    found = reasons(data, limits)
    assert list(found) == ["2.zip", "3.zip", "4.zip"]
    assert all("unpacks from" in reason for reason in found.values())


def test_what_archives_hold_is_counted_over_all_levels() -> None:
    limits = replace(Limits(), members=100)
    inner = packed(*[(f"{number}.txt", b"x") for number in range(40)])
    data = packed(*[(f"{number}.zip", inner) for number in range(5)])
    assert list(reasons(data, limits)) == ["2.zip", "3.zip", "4.zip"]


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    started = time.monotonic()
    with pytest.raises(LoadError, match="unpacks from"):
        parts_of(packed(("a.txt", bytes(50_000_000))))
    assert time.monotonic() - started < 5


def test_an_entry_that_lies_about_its_size_yields_no_more_than_it_says() -> None:
    content = b"word " * 100_000
    data = packed(("a.txt", content))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = data.index(signature) + offset
        data = data[:place] + struct.pack("<I", 10) + data[place + 4 :]
    assert "damaged" in reasons(data)["a.txt"]
    assert zlib.crc32(content[:10]) != zlib.crc32(content)


def test_many_files_of_one_name_are_refused_quickly() -> None:
    data = packed(*[(f"{number:05}.xyz", b"") for number in range(15_000)])
    for number in range(10):
        data = data.replace(f"0{number}".encode() + b"000.xyz", b"00000.xyz")
    started = time.monotonic()
    assert len(parts_of(data)) == 15_000
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("data", [b"PK\x03\x04 not really", b"\x00" * 100, packed(("d/", b""))])
def test_what_is_no_archive_or_holds_nothing_is_refused(data: bytes) -> None:
    with pytest.raises(LoadError, match="damaged or not a zip archive|holds no documents"):
        parts_of(data)

from __future__ import annotations

import pytest

from ingest.errors import LoadError
from ingest.loaders import load
from tests.ingest.loaders.checks import check_offsets, section_of

SPANISH = "La política exterior cambió. El señor Núñez llegó más tarde."


def test_headings_become_sections_and_the_first_one_the_title() -> None:
    document = load(
        "a.txt",
        b"The Long Report\n===============\n\nOpening words of the report.\n\n"
        b"= Rivers =\n\nThey rose.\n\n== Floods ==\n\nIn spring.\n\n"
        b"Harbours\n--------\n\nSilted.\n",
    )
    check_offsets(document)
    assert document.title == "The Long Report"
    assert section_of(document, "Opening") is None
    assert section_of(document, "They rose") == "Rivers"
    assert section_of(document, "In spring") == "Rivers > Floods"
    assert section_of(document, "Silted") == "Rivers > Harbours"


def test_a_short_line_alone_above_a_paragraph_is_taken_for_a_heading_but_kept_in_the_text() -> None:
    text = "The opening paragraph, long enough.\n\nSecurity\n\nThe police was reformed in 1997.\n"
    document = load("a.txt", text.encode())
    check_offsets(document)
    assert section_of(document, "police") == "Security"
    assert not any("Security" in document.text[s.start : s.end] for s in document.headings)


@pytest.mark.parametrize(
    "data",
    [
        SPANISH.encode(),
        SPANISH.encode("utf-8-sig"),
        SPANISH.encode("utf-16"),
        SPANISH.encode("utf-32"),
        SPANISH.encode("latin-1"),
        SPANISH.encode("cp1252"),
    ],
)
def test_any_usual_encoding_is_read(data: bytes) -> None:
    assert load("a.txt", data).text == SPANISH


@pytest.mark.parametrize("word", ["Café", "El año.", "“Größe” – naïve façade"])
def test_a_few_western_words_are_not_taken_for_another_script(word: str) -> None:
    document = load("a.txt", word.encode("cp1252"))
    assert document.text == word
    assert document.warnings == ("the encoding was not UTF-8; it was read as cp1252",)


def test_a_russian_file_in_its_own_encoding_is_read() -> None:
    text = "Внешняя политика страны изменилась после выборов, и договор был расторгнут. " * 3
    assert load("a.txt", text.encode("cp1251")).text == text.strip()


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 4,
        b"text that turns binary\x00\x01\x02" * 20,
        bytes(range(1, 32)) * 30,
        b"\xff\xfe\xff",
        b"\xff\xfe" + b"\x01\x00\x02\x00" * 50,
    ],
)
def test_binary_data_is_refused(data: bytes) -> None:
    with pytest.raises(LoadError, match="binary"):
        load("a.txt", data)


def test_an_empty_file_and_one_of_white_space_are_refused() -> None:
    with pytest.raises(LoadError, match="empty"):
        load("a.txt", b"")
    with pytest.raises(LoadError, match="No text was found"):
        load("a.txt", b"\xef\xbb\xbf \r\n\t\n")


@pytest.mark.parametrize("name", ["a.xyz", "README", "a.tar.gz"])
def test_an_unknown_suffix_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(LoadError, match=r"No loader reads .*\.csv .*\.pdf"):
        load(name, b"text")


def test_the_suffix_may_be_in_capitals() -> None:
    assert load("A.TXT", b"Words.").text == "Words."


def test_front_matter_names_title_authors_and_date_and_stays_out_of_the_chunks() -> None:
    document = load(
        "a.txt",
        b"---\ntitle: The Report\nauthor: Ann Lee\ndate: 3 May 2019\n---\n\n"
        b"Heading\n=======\n\nText.\n",
    )
    check_offsets(document)
    assert document.title == "The Report"
    assert document.card.authors == ("Ann Lee",)
    assert document.card.date == "2019-05-03"
    assert section_of(document, "Text.") == "Heading"
    covered = [document.text[span.start : span.end] for span in document.headings]
    assert "author: Ann Lee" in covered
    assert "Text." not in covered


def test_front_matter_without_a_title_leaves_that_to_the_first_heading() -> None:
    assert load("a.txt", b"---\ndate: 2019\n---\n\n= One =\n\nText.\n").title == "One"

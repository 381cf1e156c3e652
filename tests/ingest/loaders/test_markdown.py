from __future__ import annotations

import textwrap

import pytest

from ingest.loaders import load
from tests.ingest.loaders.checks import check_offsets, section_of

LONG = (
    "Rivers, which carry more goods than roads do in this part of the valley, have been dredged "
    "four times since the old ferry company closed, and the **eastern** bank paid most of it."
)


def test_headings_nest_and_marks_stay_in_the_text() -> None:
    document = load(
        "a.md",
        b"# T*it*le\n\nIntro **bold**.\n\n## One `x`\n\n### Deep\n\nA.\n\n## [Two](u)\n\nB.\n",
    )
    check_offsets(document)
    assert document.title == "Title"
    assert "Intro **bold**." in document.text
    assert section_of(document, "Intro") is None
    assert section_of(document, "A.") == "One x > Deep"
    assert section_of(document, "B.") == "Two"


def test_underlined_headings_are_headings() -> None:
    document = load("a.md", b"Title\n=====\n\nPart\n----\n\nText.\n")
    assert (document.title, section_of(document, "Text")) == ("Title", "Part")


def test_front_matter_names_the_title_and_stays_out_of_the_chunks() -> None:
    document = load("a.md", b'---\ntitle: "The Report"\ntags: [a]\n---\n\nText.\n')
    check_offsets(document)
    assert document.title == "The Report"
    covered = "".join(document.text[span.start : span.end] for span in document.headings)
    assert "tags" in covered
    assert "Text." not in covered


def test_hard_wrapped_paragraphs_are_joined_and_code_is_not() -> None:
    code = "```\n# not a heading\n" + "\n".join(textwrap.wrap(LONG, 60)) + "\n```"
    source = "# T\n\n" + textwrap.fill(LONG, 60) + "\n\n" + code + "\n\n" + textwrap.fill(LONG, 60)
    document = load("a.md", source.encode())
    check_offsets(document)
    assert document.text == f"# T\n\n{LONG}\n\n{code}\n\n{LONG}"
    assert document.sections == ()


def test_tables_are_rows_and_stay_as_they_are() -> None:
    table = "| a | b |\n|---|---|\n| 1. x | 2 |"
    document = load("a.md", f"# T\n\n{table}\n\nAfter.\n".encode())
    check_offsets(document)
    assert [document.text[s.start : s.end] for s in document.rows] == table.split("\n")


def test_list_items_stay_on_their_lines() -> None:
    source = "- one\n- two\n  - inner\n\n1. first\n2. second"
    assert load("a.md", source.encode()).text == source


def test_windows_line_ends_and_a_byte_order_mark_are_repaired() -> None:
    document = load("a.md", "\ufeff# T\r\n\r\nText.\r\n".encode())
    assert (document.text, document.title) == ("# T\n\nText.", "T")


@pytest.mark.parametrize(
    ("front", "authors"),
    [
        ("author: Ann Lee", ("Ann Lee",)),
        ("author: 'Ann Lee' # the editor", ("Ann Lee",)),
        ('authors: [Ann Lee, "Cruz, Bo"]', ("Ann Lee", "Cruz, Bo")),
        ("authors:\n- Ann Lee\n- Bo Cruz", ("Ann Lee", "Bo Cruz")),
        ("authors:\n  - name: Ann Lee\n    site: x\n  - name: Bo Cruz", ("Ann Lee", "Bo Cruz")),
        ("author:\n  name: Ann Lee\n  mail: a@x.org", ("Ann Lee",)),
        ("Author: Ann Lee; Bo Cruz", ("Ann Lee", "Bo Cruz")),
        ("seo:\n  author: No One\nauthor:", ()),
    ],
)
def test_front_matter_names_authors(front: str, authors: tuple[str, ...]) -> None:
    document = load("a.md", f"---\n{front}\n\ndate: 2019-05-01\n---\n# T\n\nText.".encode())
    check_offsets(document)
    assert document.card.authors == authors
    assert document.card.date == "2019-05-01"
    assert document.card.encoding == "utf-8"
    assert document.title == "T"


def test_prose_between_two_rules_is_no_front_matter() -> None:
    document = load("a.md", b"---\nWords. Not: a\nfield\n\n---\n\nText.")
    check_offsets(document)
    assert document.headings == ()
    assert document.card.date is None


def test_front_matter_alone_is_read() -> None:
    document = load("a.md", b"---\ntitle: >\n  A long\n  title\n...\n")
    check_offsets(document)
    assert document.title == "A long title"

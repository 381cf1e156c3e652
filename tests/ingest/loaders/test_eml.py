from __future__ import annotations

import io
import time
import zipfile
from dataclasses import replace
from email.message import EmailMessage

import pytest

from ingest.document import LoadedDocument, Part
from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.loaders import read
from tests.ingest.loaders.checks import check_offsets


def message(subject: str = "The plan", body: str = "Hello.\n") -> EmailMessage:
    found = EmailMessage()
    found["From"] = "Ann Lee <ann@example.org>"
    found["To"] = "bo@example.org, Núria <n@example.org>"
    found["Date"] = "Wed, 01 May 2019 10:00:00 +0200"
    found["Subject"] = subject
    if body:
        found.set_content(body)
    return found


def parts_of(source: EmailMessage | bytes) -> list[Part]:
    data = source if isinstance(source, bytes) else source.as_bytes()
    parts = list(read("a.eml", data))
    for part in parts:
        if part.document is not None:
            check_offsets(part.document)
    assert len({part.name for part in parts}) == len(parts)
    return parts


def mail(source: EmailMessage | bytes) -> LoadedDocument:
    part = parts_of(source)[0]
    assert part.name == ""
    assert part.document is not None, part.reason
    return part.document


def body(source: EmailMessage | bytes) -> str:
    return mail(source).text.partition("Subject: The plan\n\n")[2]


def raw(headers: str, text: str) -> bytes:
    return f"From: a@x.org\nSubject: The plan\n{headers}\n\n{text}".encode()


def test_a_message_is_its_headings_and_its_text() -> None:
    document = mail(message(body="One line.\n\nAnother.\n-- \nAnn\n"))
    assert document.text == (
        "From: Ann Lee <ann@example.org>\n"
        "To: bo@example.org, Núria <n@example.org>\n"
        "Date: Wed, 01 May 2019 10:00:00 +0200\n"
        "Subject: The plan\n\n"
        "One line.\n\nAnother.\n--\nAnn"
    )
    assert document.title == "The plan"
    assert document.card.authors == ("Ann Lee",)
    assert document.card.date == "2019-05-01T10:00:00+02:00"
    assert document.card.encoding == "utf-8"


def test_plain_text_is_taken_rather_than_html_and_html_where_there_is_no_text() -> None:
    both = message(body="Plain.")
    both.add_alternative("<p>Rich.</p>", subtype="html")
    assert body(both) == "Plain."
    empty = message(body=" ")
    empty.add_alternative("<p>Rich.</p><img src='http://127.0.0.1:9/x.png'>", subtype="html")
    assert body(empty) == "Rich."


def test_what_an_html_message_says_of_its_encoding_is_not_believed_over_its_header() -> None:
    html = EmailMessage()
    html["Subject"] = "The plan"
    html.set_content('<meta charset="iso-8859-1"><p>El año.</p>', subtype="html")
    assert body(html) == "El año."


def test_quoted_replies_are_kept_and_wrapped_paragraphs_joined() -> None:
    long = "Rivers carry more goods than roads do in this\npart of the old valley, and the ferry\n"
    text = f"Yes.\n\nOn Monday Bo wrote:\n> Will you come?\n> Bo\n\n{long * 3}"
    found = body(message(body=text))
    assert "On Monday Bo wrote:\n> Will you come?\n> Bo" in found
    assert "do in this part of the old valley, and the ferry Rivers" in found


def test_flowed_text_is_joined_where_it_says_so() -> None:
    text = "One \ntwo.\nThree.\n>quoted \n>still\n> other\n-- \nAnn\n"
    found = body(raw('Content-Type: text/plain; charset=utf-8; format="flowed"', text))
    assert found == "One two.\nThree.\n> quoted still\n> other\n--\nAnn"


def test_known_attachments_are_read_and_others_counted() -> None:
    source = message()
    source.add_attachment(b"a,b\n1,2\n", "text", "csv", filename="Añadido.csv")
    source.add_attachment("A note.", filename="note.txt")
    source.add_attachment(b"\x89PNG", "image", "png", filename="logo.png")
    source.add_attachment(b"x", "application", "octet-stream", filename="tool.exe")
    parts = parts_of(source)
    assert [(part.name, part.format) for part in parts] == [
        ("", "eml"),
        ("Añadido.csv", "csv"),
        ("note.txt", "text"),
    ]
    assert [part.document.text for part in parts[1:] if part.document] == ["a: 1; b: 2", "A note."]
    assert mail(source).card.skipped == ("1 image", "1 attachment")


def test_attachments_of_one_name_are_both_read() -> None:
    source = message()
    for text in ("One.", "Two."):
        source.add_attachment(text, filename="note.txt")
    parts = parts_of(source)
    assert [part.name for part in parts] == ["", "note.txt", "note (2).txt"]
    assert all(part.document for part in parts)


@pytest.mark.parametrize("name", ["../../etc/note.txt", "C:\\Users\\ann\\note.txt", "/note.txt"])
def test_the_folders_in_an_attachments_name_are_left_out(name: str) -> None:
    source = message()
    source.add_attachment("A note.", filename=name)
    assert [part.name for part in parts_of(source)] == ["", "note.txt"]


def test_a_damaged_attachment_fails_alone() -> None:
    source = message()
    source.add_attachment(b"not a pdf", "application", "pdf", filename="a.pdf")
    source.add_attachment("A note.", filename="note.txt")
    parts = parts_of(source)
    assert [(part.name, part.document is None) for part in parts] == [
        ("", False),
        ("a.pdf", True),
        ("note.txt", False),
    ]


def test_forwarded_messages_and_archives_are_read_too() -> None:
    inner = message("Inner", "Inside.")
    inner.add_attachment("Deep note.", filename="deep.txt")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("in.txt", "Packed.")
    source = message()
    source.add_attachment(inner)
    source.add_attachment(packed.getvalue(), "application", "zip", filename="a.zip")
    assert [part.name for part in parts_of(source)] == [
        "",
        "Inner.eml",
        "Inner.eml#deep.txt",
        "a.zip#in.txt",
    ]


def test_messages_may_stand_only_so_deep_in_others() -> None:
    source = message("end", "Deep.")
    for depth in range(5):
        outer = message(str(depth))
        outer.add_attachment(source)
        source = outer
    parts = parts_of(source)
    assert [part.document is not None for part in parts] == [True] * 4 + [False]
    assert "too deep" in parts[-1].reason


def test_texts_around_an_attachment_are_all_read() -> None:
    data = raw(
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b",
        "--b\nContent-Type: text/plain\n\nBefore.\n--b\nContent-Type: image/png\n\nx\n"
        "--b\nContent-Type: text/html\n\n<p>After.</p>\n--b--\n",
    )
    assert body(data) == "Before.\n\nAfter."


def test_headers_in_encoded_words_or_bare_bytes_are_read() -> None:
    data = b"From: =?utf-8?q?N=C3=BAria?= <n@x.org>\nSubject: =?iso-8859-1?q?A=F1o?=\n\nText."
    assert (mail(data).title, mail(data).card.authors) == ("Año", ("Núria",))
    assert mail("From: Núria <n@x.org>\nSubject: Año\n\nText.".encode()).title == "Año"
    assert mail("From: n@x.org\nSubject: Año\n\nText.".encode("latin-1")).title == "Año"


@pytest.mark.parametrize("charset", ["no-such-charset", "us-ascii", "utf-8", "punycode", "zlib"])
def test_a_wrong_charset_is_guessed(charset: str) -> None:
    text = "El señor Núñez llegó más tarde.".encode("cp1252")
    head = f"Subject: The plan\nContent-Type: text/plain; charset={charset}\n\n".encode()
    assert body(head + text) == text.decode("cp1252")
    assert "not UTF-8" in mail(head + text).warnings[0]


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ("Content-Type: multipart/encrypted; boundary=b", "encrypted"),
        ("Content-Type: application/pkcs7-mime; smime-type=enveloped-data", "encrypted"),
        ("Content-Type: text/plain; x=" + "(" * 5000, "too deep"),
        ("Content-Type: text/plain; " + "a=b; " * 400_000, "too long"),
    ],
)
def test_what_cannot_be_read_says_why(headers: str, reason: str) -> None:
    with pytest.raises(LoadError, match=reason):
        parts_of(raw(headers, "--b\n\nx\n--b--\n"))


def test_what_is_no_message_is_refused() -> None:
    for data in (b"Just some words.\n", b"\x00\x01\x02" * 50, b"Key: value\n\nText."):
        with pytest.raises(LoadError, match="no e-mail message"):
            parts_of(data)


@pytest.mark.parametrize("levels", [60, 3000])
def test_parts_nested_beyond_all_measure_are_refused(levels: int) -> None:
    nested = "".join(
        f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(levels)
    )
    with pytest.raises(LoadError, match="nest too deep"):
        parts_of(f"Subject: x\n{nested}\nend".encode())


def test_a_message_of_too_many_parts_is_refused() -> None:
    data = raw("Content-Type: multipart/mixed; boundary=b", "--b\n\nx\n" * 20)
    with pytest.raises(LoadError, match="more than 10 parts"):
        list(read("a.eml", data, replace(Limits(), members=10)))


def test_damaged_headers_do_not_stop_the_message() -> None:
    data = b"From: " + b"(" * 3000 + b"\nTo: <<<>>, ;:\nDate: never\nSubject: The plan\n\nText."
    assert body(data) == "Text."
    assert mail(data).card.date == "never"


@pytest.mark.parametrize("date", ["Wed, 01 May 2019 99999999999999:00:00", "1 Jan 99999", "\x00"])
def test_an_impossible_date_does_not_stop_the_message(date: str) -> None:
    assert body(raw("", "Text.").replace(b"Subject", f"Date: {date}\nSubject".encode())) == "Text."


def test_thousands_of_recipients_are_read_quickly() -> None:
    started = time.monotonic()
    to = ", ".join(f"Name <a{number}@example.org>" for number in range(50_000))
    assert mail(raw(f"To: {to}", "Text.")).text.endswith("Text.")
    assert time.monotonic() - started < 10

from __future__ import annotations

import io
import time
import zipfile

import pytest

from ingest.document import LoadedDocument
from ingest.errors import LoadError
from ingest.loaders import load
from tests.ingest.loaders.checks import check_offsets, section_of

CONTAINER = (
    '<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
    '<rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>'
)
METADATA = (
    "<dc:title>The  Book</dc:title><dc:creator>Ann Lee</dc:creator><dc:creator>Bo Cruz"
    "</dc:creator><dc:date>2019-05-01</dc:date>"
)


def chapter(body: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html><html '
        f'xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body>{body}</body></html>'
    )


def book(
    chapters: list[str],
    *,
    manifest: str = "",
    files: dict[str, str] | None = None,
    metadata: str = METADATA,
) -> bytes:
    """A book whose chapters, by their hrefs, stand in the spine in this order."""
    items = "".join(
        f'<item id="c{number}" href="{href}" media-type="application/xhtml+xml"/>'
        for number, href in enumerate(chapters)
    )
    refs = "".join(f'<itemref idref="c{number}"/>' for number in range(len(chapters)))
    opf = (
        '<package xmlns="http://www.idpf.org/2007/opf" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<metadata>{metadata}</metadata><manifest>{items}{manifest}</manifest>"
        f'<spine>{refs}<itemref idref="nav"/></spine></package>'
    )
    members = {"mimetype": "application/epub+zip", "META-INF/container.xml": CONTAINER}
    members["OPS/book.opf"] = opf
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in reversed(list((members | (files or {})).items())):
            archive.writestr(name, content)
    return buffer.getvalue()


def read(data: bytes) -> LoadedDocument:
    document = load("a.epub", data)
    check_offsets(document)
    return document


def test_chapters_are_read_in_the_order_of_the_spine() -> None:
    document = read(
        book(
            ["b.xhtml", "a.xhtml"],
            files={
                "OPS/a.xhtml": chapter("<h1>Two</h1><p>Second.</p>"),
                "OPS/b.xhtml": chapter("<h1>One</h1><h2>Deep</h2><p>First&nbsp;words.</p>"),
                "OPS/left-over.xhtml": chapter("<p>Not in the book.</p>"),
            },
        )
    )
    assert document.text == "One\n\nDeep\n\nFirst words.\n\nTwo\n\nSecond."
    assert document.title == "The Book"
    assert section_of(document, "First") == "One > Deep"
    assert section_of(document, "Second") == "Two"


def test_the_package_names_authors_and_date_and_images_are_counted() -> None:
    images = "".join(f'<item id="i{n}" href="{n}.png" media-type="image/png"/>' for n in range(2))
    document = read(
        book(["a.xhtml"], manifest=images, files={"OPS/a.xhtml": chapter("<p>Text.</p>")})
    )
    assert document.card.authors == ("Ann Lee", "Bo Cruz")
    assert document.card.date == "2019-05-01"
    assert document.card.skipped == ("2 images",)


def test_without_a_title_in_the_package_the_first_heading_is_it() -> None:
    data = book(
        ["a.xhtml"], metadata="", files={"OPS/a.xhtml": chapter("<h1>Big</h1><p>Text.</p>")}
    )
    assert read(data).title == "Big"


def test_tables_of_contents_are_no_text_and_name_chapters_without_a_heading() -> None:
    nav = chapter('<nav><ol><li><a href="b.xhtml#x">Second part</a></li></ol></nav>')
    ncx = (
        '<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap><navPoint><navLabel><text>First '
        'part</text></navLabel><content src="a.xhtml"/></navPoint></navMap></ncx>'
    )
    document = read(
        book(
            ["a.xhtml", "b.xhtml", "c.xhtml"],
            manifest='<item id="nav" href="nav.xhtml" properties="nav" '
            'media-type="application/xhtml+xml"/>'
            '<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>',
            files={
                "OPS/nav.xhtml": nav,
                "OPS/toc.ncx": ncx,
                "OPS/a.xhtml": chapter("<p>One.</p>"),
                "OPS/b.xhtml": chapter("<p>Two.</p>"),
                "OPS/c.xhtml": chapter("<p>Three.</p>"),
            },
        )
    )
    assert document.text == "One.\n\nTwo.\n\nThree."
    assert section_of(document, "One.") == "First part"
    assert section_of(document, "Two.") == "Second part"
    assert section_of(document, "Three.") == "Second part"


def test_links_are_decoded_and_lead_nowhere_outside() -> None:
    document = read(
        book(
            ["text/../a%20b.xhtml", "../../etc/passwd", "/etc/passwd", "c.xhtml"],
            files={"OPS/a b.xhtml": chapter("<p>Found.</p>")},
        )
    )
    assert document.text == "Found."
    assert document.warnings == ("3 chapters of the book are missing",)


@pytest.mark.parametrize(
    ("algorithm", "refused"),
    [
        ("http://www.idpf.org/2008/embedding", False),
        ("http://ns.adobe.com/pdf/enc#RC", False),
        ("http://www.w3.org/2001/04/xmlenc#aes128-cbc", True),
    ],
)
def test_protected_books_are_refused_and_scrambled_fonts_are_no_matter(
    algorithm: str, refused: bool
) -> None:
    encryption = (
        '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><EncryptedData '
        'xmlns="http://www.w3.org/2001/04/xmlenc#"><EncryptionMethod '
        f'Algorithm="{algorithm}"/></EncryptedData></encryption>'
    )
    data = book(
        ["a.xhtml"],
        files={"META-INF/encryption.xml": encryption, "OPS/a.xhtml": chapter("<p>Text.</p>")},
    )
    if refused:
        with pytest.raises(LoadError, match="encrypted"):
            read(data)
    else:
        assert read(data).text == "Text."


def test_entities_are_neither_expanded_nor_fetched() -> None:
    laughs = '<!DOCTYPE p [<!ENTITY a "ha"><!ENTITY f SYSTEM "file:///etc/passwd">'
    laughs += "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(20))
    container = f'<?xml version="1.0"?>{laughs}]>' + CONTAINER.partition("?>")[2].replace(
        "<rootfiles>", "<x>&f;&u;</x><rootfiles>"
    )
    evil = chapter("<p>Text. &u; &f;</p>").replace("<!DOCTYPE html>", laughs + "]>")
    started = time.monotonic()
    document = read(
        book(["a.xhtml"], files={"META-INF/container.xml": container, "OPS/a.xhtml": evil})
    )
    assert time.monotonic() - started < 5
    assert "root:" not in document.text
    assert "haha" not in document.text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"not a book at all", "damaged or not an EPUB book"),
        (book([]), "lists no chapters"),
        (book(["a.xhtml"], files={"OPS/book.opf": ""}), "damaged"),
        (book(["a.xhtml"]), "No text"),
        (book(["a.xhtml"], files={"OPS/a.xhtml": chapter("<p>Text.</p>")})[:-40], "damaged"),
    ],
)
def test_what_is_no_whole_book_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(LoadError, match=reason):
        read(data)


def test_an_archive_without_a_package_is_no_book() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
    with pytest.raises(LoadError, match="no EPUB book"):
        read(buffer.getvalue())

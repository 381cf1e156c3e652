"""HTML: the page's own text, without navigation, scripts and forms; nothing is fetched."""

from __future__ import annotations

import codecs
import re
import warnings as python_warnings
from collections import Counter

from bs4 import BeautifulSoup, XMLParsedAsHTMLWarning
from bs4.element import Tag

from ingest.document import LoadedDocument, ReportCard
from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.loaders.common.builder import TextBuilder, squeeze
from ingest.loaders.common.decode import NO_ENCODINGS
from ingest.loaders.common.metadata import author_names, counted, written_date
from ingest.loaders.html_blocks import add_blocks

SUFFIXES = {".html": "html", ".htm": "html", ".xhtml": "html"}

_XML = re.compile(rb"\s*<\?xml|[^>]*<html[^>]*\sxmlns=", re.IGNORECASE)
_EMPTY_TAG = re.compile(rb"<([A-Za-z][\w:-]*+)((?:\s[^<>]*)?)/>")
_VOID = frozenset(b"area base br col embed hr img input link meta param source track wbr".split())
_AUTHORS = ("author", "article:author", "citation_author", "dc.creator", "dcterms.creator")
_DATES = (
    "article:published_time citation_publication_date citation_date dc.date.issued dc.date "
    "dcterms.issued dcterms.date dcterms.created datepublished pubdate publishdate date"
).split()
_IMAGES = ("img", "svg", "canvas")
_RECORDINGS = ("video", "audio")
_FRAMES = ("iframe", "frame", "object", "embed")


def load(data: bytes, limits: Limits) -> LoadedDocument:
    """Read an HTML file: `main` or `article` where there is one, else `body`."""
    soup = parse(data)
    builder = TextBuilder(limits)
    root = content(soup)
    add_blocks(root, builder)
    if builder.title is None and soup.title is not None:
        builder.title = squeeze(soup.title.get_text()) or None
    builder.card = _card(soup, root)
    return builder.build()


def parse(data: bytes) -> BeautifulSoup:
    """Return a page's tree; XHTML is understood too.

    Raises:
        LoadError: The bytes are not text.
    """
    if b"\x00" in data[:4096] and not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise LoadError("The file is binary, not HTML. Give it the suffix of its real format.")
    if _XML.match(data[:1024].removeprefix(codecs.BOM_UTF8)):
        # In XML `<title/>` is an empty title, in HTML the beginning of one that ends nowhere.
        data = _EMPTY_TAG.sub(_opened, data)
    with python_warnings.catch_warnings():
        python_warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        return BeautifulSoup(data, "lxml", exclude_encodings=NO_ENCODINGS)


def content(soup: BeautifulSoup) -> Tag:
    """Return the tag that holds what the page is about."""
    found = soup.find_all(["main", "article"])
    mains = [tag for tag in found if tag.name == "main"]
    if mains or len(found) == 1:
        return (mains or found)[0]
    return soup.body or soup


def _opened(tag: re.Match[bytes]) -> bytes:
    name, attributes = tag.groups()
    return tag.group() if name.lower() in _VOID else b"<%b%b></%b>" % (name, attributes, name)


def _card(soup: BeautifulSoup, root: Tag) -> ReportCard:
    told: dict[str, list[str]] = {}
    scripts = 0
    for meta in soup.find_all(["meta", "script"]):
        scripts += meta.name == "script"
        name = next((meta[key] for key in ("name", "property", "itemprop") if meta.get(key)), "")
        said = squeeze(str(meta.get("content") or ""))
        if said:
            told.setdefault(str(name).strip().lower(), []).append(said)
    counts: Counter[str] = Counter()
    times: set[str] = set()
    for tag in root.descendants:
        if isinstance(tag, Tag):
            counts[tag.name] += 1
            if tag.name == "time" and tag.get("datetime"):
                times.add(str(tag["datetime"]))
    dates = [told[name][0] for name in _DATES if name in told]
    if not dates:
        dates = list(times) if len(times) == 1 else []
    return ReportCard(
        authors=author_names(said for name in _AUTHORS for said in told.get(name, ())),
        date=written_date(dates[0]) if dates else None,
        encoding=_encoding(soup),
        skipped=(
            *counted(sum(counts[name] for name in _IMAGES), "image"),
            *counted(sum(counts[name] for name in _RECORDINGS), "recording"),
            *counted(sum(counts[name] for name in _FRAMES), "embedded page"),
            *counted(scripts, "script"),
        ),
    )


def _encoding(soup: BeautifulSoup) -> str | None:
    try:
        return codecs.lookup(soup.original_encoding or "").name
    except LookupError:
        return None

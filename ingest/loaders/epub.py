"""EPUB: the chapters in the order in which the book has them, each read as HTML."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote
from zipfile import ZipFile

from lxml import etree

from ingest.document import LoadedDocument, ReportCard
from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.loaders.common.archive import open_archive, read_member
from ingest.loaders.common.builder import TextBuilder, squeeze
from ingest.loaders.common.metadata import author_names, counted, written_date
from ingest.loaders.html import parse
from ingest.loaders.html_blocks import add_blocks

SUFFIXES = {".epub": "epub"}

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_FONT_OBFUSCATION = frozenset(
    ["http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"]
)
_CHAPTERS = frozenset(["application/xhtml+xml", "text/html", "application/x-dtbook+xml"])
_NCX = "application/x-dtbncx+xml"
_REPLACE = "Replace the book with a whole copy."


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file of the book, as its manifest has it."""

    path: str
    kind: str
    is_nav: bool


def load(data: bytes, limits: Limits) -> LoadedDocument:
    """Read an EPUB book; the tables of contents only name chapters that have no heading."""
    with open_archive(data, limits, "an EPUB book") as archive:
        files = set(archive.namelist())
        _refuse_encrypted(archive, files, limits)
        opf = _package_path(archive, files, limits)
        package = _xml(archive, opf, limits)
        manifest = _manifest(package, opf)
        labels = _labels(archive, files, manifest, limits)
        builder = TextBuilder(limits)
        builder.title = next(iter(_metadata(package, "title")), None)
        missing = 0
        for entry in _spine(package, manifest):
            if entry.is_nav:
                continue
            if entry.path not in files:
                missing += 1
                continue
            soup = parse(read_member(archive, entry.path, limits))
            builder.section(labels.get(entry.path, ""))
            add_blocks(soup.body or soup, builder)
    if missing:
        builder.warnings.extend(f"{chapters} missing" for chapters in _are(missing))
    builder.card = _card(package, manifest)
    return builder.build()


def _are(count: int) -> tuple[str, ...]:
    return counted(count, "chapter of the book is", "chapters of the book are")


def _refuse_encrypted(archive: ZipFile, files: set[str], limits: Limits) -> None:
    """Refuse a book that is sold protected; fonts are often scrambled, which is no matter."""
    if _ENCRYPTION not in files:
        return
    for entry in _named(_xml(archive, _ENCRYPTION, limits), "EncryptedData"):
        methods = {str(found.get("Algorithm")) for found in _named(entry, "EncryptionMethod")}
        if not methods or methods - _FONT_OBFUSCATION:
            raise LoadError(
                "The book is encrypted (copy protection). Replace it with a copy without it."
            )


def _package_path(archive: ZipFile, files: set[str], limits: Limits) -> str:
    if _CONTAINER in files:
        for root in _named(_xml(archive, _CONTAINER, limits), "rootfile"):
            path = _inside("", str(root.get("full-path") or ""))
            if path in files:
                return path
    found = sorted(name for name in files if name.lower().endswith(".opf"))
    if not found:
        raise LoadError(f"The file is no EPUB book, or damaged: it has no package. {_REPLACE}")
    return found[0]


def _manifest(package: etree._Element, opf: str) -> dict[str, _Entry]:
    """Return the book's files by the ids that the package gives them."""
    entries: dict[str, _Entry] = {}
    for section in _named(package, "manifest"):
        for item in _named(section, "item"):
            entries[str(item.get("id"))] = _Entry(
                _inside(posixpath.dirname(opf), str(item.get("href") or "")),
                str(item.get("media-type") or "").lower(),
                "nav" in str(item.get("properties") or "").split(),
            )
    return entries


def _spine(package: etree._Element, manifest: dict[str, _Entry]) -> Iterator[_Entry]:
    """Yield the chapters in reading order, each once.

    Raises:
        LoadError: The book lists none.
    """
    seen: set[str] = set()
    for item in _named(package, "itemref"):
        entry = manifest.get(str(item.get("idref")))
        if entry and entry.kind in _CHAPTERS and (entry.path not in seen or not entry.path):
            seen.add(entry.path)
            yield entry
    if not seen:
        raise LoadError(f"The book lists no chapters; it is damaged. {_REPLACE}")


def _labels(
    archive: ZipFile, files: set[str], manifest: dict[str, _Entry], limits: Limits
) -> dict[str, str]:
    """Return what the tables of contents call the chapters, by their paths."""
    labels: dict[str, str] = {}
    for entry in manifest.values():
        if entry.path not in files:
            continue
        folder = posixpath.dirname(entry.path)
        if entry.is_nav:
            for link in parse(read_member(archive, entry.path, limits)).find_all("a", href=True):
                path = _inside(folder, str(link["href"]))
                labels.setdefault(path, squeeze(link.get_text()))
        elif entry.kind == _NCX:
            for point in _named(_xml(archive, entry.path, limits), "navPoint"):
                label = next(_named(point, "text"), None)
                content = next(_named(point, "content"), None)
                if label is not None and content is not None:
                    path = _inside(folder, str(content.get("src") or ""))
                    labels.setdefault(path, squeeze(label.text or ""))
    return labels


def _card(package: etree._Element, manifest: dict[str, _Entry]) -> ReportCard:
    kinds = [entry.kind.partition("/")[0] for entry in manifest.values()]
    dates = _metadata(package, "date")
    return ReportCard(
        authors=author_names(_metadata(package, "creator")),
        date=written_date(dates[0]) if dates else None,
        skipped=(
            *counted(kinds.count("image"), "image"),
            *counted(kinds.count("audio") + kinds.count("video"), "recording"),
        ),
    )


def _metadata(package: etree._Element, name: str) -> list[str]:
    """Return the values that the package's metadata give a Dublin Core element."""
    found = (squeeze(element.text or "") for element in _named(package, name))
    return [text for text in found if text]


def _inside(folder: str, href: str) -> str:
    """Return the path in the archive that a link leads to; none where it would lead out."""
    path = unquote(href.partition("#")[0])
    if not path or path.startswith("/") or ":" in path.partition("/")[0]:
        return ""
    path = posixpath.normpath(posixpath.join(folder, path))
    return "" if path.startswith("..") else path


def _xml(archive: ZipFile, path: str, limits: Limits) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, recover=True
    )
    try:
        root: etree._Element | None = etree.fromstring(read_member(archive, path, limits), parser)
    except (etree.XMLSyntaxError, ValueError) as exc:
        raise LoadError(f"The book's file {path!r} is damaged ({exc}). {_REPLACE}") from exc
    if root is None:
        raise LoadError(f"The book's file {path!r} is damaged. {_REPLACE}")
    return root


def _named(element: etree._Element, name: str) -> Iterator[etree._Element]:
    """Yield the elements of a name below, whatever their namespace."""
    yield from element.iter(f"{{*}}{name}")

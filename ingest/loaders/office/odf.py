"""OpenDocument files: opened with care, their properties, and the text of their paragraphs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from zipfile import ZipFile

from lxml import etree

from ingest.document import ReportCard
from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.loaders.common.archive import read_member
from ingest.loaders.common.builder import squeeze
from ingest.loaders.office.package import local_name, open_office, parse_xml, report_card

_SPACE = "urn:oasis:names:tc:opendocument:xmlns:"
OFFICE = f"{{{_SPACE}office:1.0}}"
TEXT = f"{{{_SPACE}text:1.0}}"
TABLE = f"{{{_SPACE}table:1.0}}"
STYLE = f"{{{_SPACE}style:1.0}}"
DRAW = f"{{{_SPACE}drawing:1.0}}"
SVG = f"{{{_SPACE}svg-compatible:1.0}}"
PRESENTATION = f"{{{_SPACE}presentation:1.0}}"

_SIGNS = frozenset({"s", "tab", "line-break"})
_LEFT_OUT = frozenset(
    {"ruby-text", "hidden-text", "hidden-paragraph", "note-citation", "tracked-changes", "desc"}
)
_OBJECTS = {"object": "embedded object", "object-ole": "embedded object", "plugin": "video"}


@dataclass(slots=True)
class Found:
    """What was met on the way through the text.

    Attributes:
        boxes: Text boxes of the paragraphs read last, to be read after them.
        notes: Notes that they refer to, to be read after them.
        counts: How many of each thing were left out so far.
    """

    boxes: list[etree._Element] = field(default_factory=list)
    notes: list[etree._Element] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


class Package:
    """The parts of an OpenDocument file."""

    def __init__(self, data: bytes, limits: Limits, kind: str, suffix: str) -> None:
        """Open the file.

        Args:
            data: The file's bytes.
            limits: What it may unpack to.
            kind: What the file should be, for the message: ``an OpenDocument text``.
            suffix: What it should be saved as, for the message.

        Raises:
            LoadError: It is encrypted, damaged, of another kind, or unpacks to too much.
        """
        self._archive: ZipFile = open_office(data, limits, kind, suffix)
        self._limits = limits
        self._names = set(self._archive.namelist())
        if b"encryption-data" in self._data("META-INF/manifest.xml"):
            raise LoadError("The file is protected by a password. Save a copy without one.")
        if "content.xml" not in self._names:
            raise LoadError(
                f"The file is damaged or not {kind}: it holds no content.xml. "
                f"Open it in the program that made it and save it as {suffix} again."
            )
        self.content = self._xml("content.xml")
        self.styles = self._xml("styles.xml") if "styles.xml" in self._names else None
        self.title = ""
        self._authors: list[str] = []
        self._dates: list[str] = []
        if "meta.xml" in self._names:
            self._read_properties(self._xml("meta.xml"))

    def body(self, name: str, kind: str) -> etree._Element:
        """Return what the body holds: ``text``, ``spreadsheet`` or ``presentation``.

        Raises:
            LoadError: It holds something else.
        """
        found = self.content.find(f"{OFFICE}body/{OFFICE}{name}")
        if found is None:
            raise LoadError(f"The file is not {kind}. Give it the suffix of its real format.")
        return found

    def style(self, path: str) -> list[etree._Element]:
        """Return the styles of a kind, those of the content after the common ones."""
        roots = [root for root in (self.styles, self.content) if root is not None]
        return [
            element
            for root in roots
            for holder in ("styles", "automatic-styles")
            for element in root.iterfind(f"{OFFICE}{holder}/{path}")
        ]

    def report_card(self, found: Found) -> ReportCard:
        """Return the report card, what is in the archive beside the text included."""
        counts = +found.counts
        counts.update({name: 0 for name in found.counts if not found.counts[name]})
        if self._has_running_heads():
            counts["headers and footers"] = 0
        if any(name.startswith(("Basic/", "Scripts/")) for name in self._names):
            counts["macros"] = 0
        return report_card(self._authors, self._dates, counts)

    def _has_running_heads(self) -> bool:
        return self.styles is not None and any(
            squeeze("".join(element.itertext()))
            for element in self.styles.iter(f"{STYLE}header", f"{STYLE}footer")
        )

    def _read_properties(self, root: etree._Element) -> None:
        texts: dict[str, str] = {}
        for element in root.iter():
            texts.setdefault(local_name(element), squeeze(element.text or ""))
        self.title = texts.get("title", "")
        self._authors = [texts.get("initial-creator") or texts.get("creator", "")]
        self._dates = [texts.get("date", ""), texts.get("creation-date", "")]

    def _data(self, name: str) -> bytes:
        return read_member(self._archive, name, self._limits) if name in self._names else b""

    def _xml(self, name: str) -> etree._Element:
        return parse_xml(self._data(name), name)


def paragraph_text(paragraph: etree._Element, found: Found) -> str:
    """Return a paragraph's text, and add to ``found`` what belongs after it or is left out."""
    parts: list[str] = [paragraph.text or ""]
    waiting: list[etree._Element | str] = []

    def add_children(element: etree._Element) -> None:
        for child in reversed(element):
            waiting.append(child.tail or "")
            waiting.append(child)

    add_children(paragraph)
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            parts.append(node)
            continue
        name = local_name(node)
        if name in _SIGNS:
            parts.append(" ")
        elif name == "note":
            found.notes.append(node)
        elif name == "annotation":
            found.counts["comment"] += 1
        elif name == "frame":
            add_frame(node, found)
        elif name == "custom-shape":
            found.boxes.append(node)
        elif name and name not in _LEFT_OUT:
            parts.append(node.text or "")
            add_children(node)
    return "".join(parts)


def add_frame(frame: etree._Element, found: Found) -> None:
    """Add what a frame holds to ``found``: a text box to read, or a thing to count.

    A frame holds the same thing in several forms, the best first.
    """
    for child in frame:
        name = local_name(child)
        if name == "text-box":
            found.boxes.append(child)
        elif name in _OBJECTS:
            found.counts[_OBJECTS[name]] += 1
        elif name == "image":
            found.counts["image"] += 1
        else:
            continue
        return


def whole(text: str | None, otherwise: int) -> int:
    """Return a whole number as it stands in an attribute; ``otherwise`` for anything else."""
    return int(text) if text and len(text) < 10 and text.isdecimal() else otherwise

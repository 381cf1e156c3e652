"""The text of one Word paragraph, as it reads with all tracked changes accepted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from ingest.loaders.office.docx_styles import W, switched_on
from ingest.loaders.office.package import alternative, local_name

_SIGNS = {"tab": " ", "ptab": " ", "br": " ", "cr": " ", "noBreakHyphen": "-"}
_FORMULA_SIGNS = {"den": "/", "sup": "^", "sub": "_"}  # what a formula shows by its layout
_LEFT_OUT = frozenset({"moveFrom", "pPr", "rPr", "rt", "instrText", "delText", "sdtPr", "sdtEndPr"})
_COUNTED = {
    "pic": "image",
    "imagedata": "image",
    "chart": "chart",
    "relIds": "diagram",
    "commentReference": "comment",
}
_NOTES = {"footnoteReference": "footnotes", "endnoteReference": "endnotes"}
TRANSPARENT = frozenset({"sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag"})


@dataclass(slots=True)
class Found:
    """What was met on the way through the text.

    Attributes:
        boxes: Text boxes of the paragraphs read last, to be read after them.
        notes: Kind and id of the notes that they refer to, to be read after them.
        counts: How many of each thing were left out so far.
        changes: Whether changes are tracked.
    """

    boxes: list[etree._Element] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    changes: bool = False


def paragraph_text(paragraph: etree._Element, found: Found) -> str:
    """Return a paragraph's text, and add to ``found`` what belongs after it or is left out."""
    parts: list[str] = []
    waiting = list(reversed(paragraph))
    while waiting:
        node = waiting.pop()
        name = local_name(node)
        if name == "t":
            parts.append(node.text or "")
        elif name in _SIGNS:
            parts.append(_SIGNS[name])
        elif name == "txbxContent":
            found.boxes.append(node)
        elif name in _NOTES:
            found.notes.append((_NOTES[name], node.get(f"{W}id", "")))
        elif name == "object":  # its picture only shows what is inside
            found.counts["embedded object"] += 1
        elif name == "del":
            found.changes = True
        elif name == "AlternateContent":
            waiting.extend(alternative(node))
        elif name in _LEFT_OUT or (name == "r" and switched_on(node, "rPr/vanish")):
            continue
        else:
            if name in _COUNTED:
                found.counts[_COUNTED[name]] += 1
            found.changes = found.changes or name == "ins"
            parts.append(_FORMULA_SIGNS.get(name, ""))
            waiting.extend(reversed(node))
    return "".join(parts)


def blocks(parent: etree._Element, found: Found) -> Iterator[etree._Element]:
    """Yield the paragraphs and tables of a body, cell or text box, in reading order."""
    waiting = list(reversed(parent))
    while waiting:
        node = waiting.pop()
        name = local_name(node)
        if name in ("p", "tbl"):
            yield node
        elif name in TRANSPARENT:
            waiting.extend(reversed(node))
        elif name == "AlternateContent":
            waiting.extend(alternative(node))
        elif name == "altChunk":
            found.counts["embedded document"] += 1
        elif name == "subDoc":
            found.counts["linked document"] += 1

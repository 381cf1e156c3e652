"""Drawings of matplotlib as SVG to put into a page: its colours, its fonts, ids of their own."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from eval.report.shown import one_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Colours that stand for a page's own; each becomes the CSS variable beside it.
INK, MUTED, RULE, ACCENT, SECOND, PAPER = (
    "#010101",
    "#020202",
    "#030303",
    "#040404",
    "#050505",
    "#060606",
)
_VARIABLES = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    RULE: "var(--rule)",
    ACCENT: "var(--accent)",
    SECOND: "var(--second)",
    PAPER: "var(--card)",
}
WIDTH = 360
"""Width of a drawing in its own units; at that width a page shows its type at 10 px."""

_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "footnote",
    "text.parse_math": False,  # a `$` in a label is a dollar
    "font.family": "DejaVu Sans",  # comes with matplotlib; wider than what a page will use
    "font.size": 10.0,
    "text.color": INK,
    "axes.edgecolor": RULE,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 10.0,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": INK,
    "xtick.major.size": 0.0,
    "ytick.major.size": 0.0,
    "xtick.minor.size": 0.0,
    "legend.frameon": False,
    "legend.labelcolor": INK,
}
_FONT = re.compile(r"font-family:[^;]*;?|stroke-miterlimit:[^;]*;?")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_HREF = "{http://www.w3.org/1999/xlink}href"


def draw(
    name: str,
    title: str,
    description: str,
    paint: Callable[[Axes], None],
    *,
    height: float = 220,
) -> str:
    """Paint a plot and return it as one `<svg>` element, the same for the same input.

    Args:
        name: The drawing's own name on its page; its ids begin with it.
        title: What it shows, for a reader who does not see it.
        description: What can be read from it.
        paint: Draws on the axes, in the colours of this module.
        height: In the drawing's units; it is `WIDTH` of them wide.
    """
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_STYLE), warnings.catch_warnings():  # type: ignore[arg-type]
        # Matplotlib only measures with its font; the reader's browser draws the characters.
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
        figure = Figure(figsize=(WIDTH / 72, height / 72), layout="constrained")
        FigureCanvasSVG(figure)
        paint(figure.add_subplot())
        written = io.StringIO()
        figure.savefig(
            written,
            format="svg",
            transparent=True,
            metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
        )
    return _inlined(written.getvalue(), name, one_line(title), one_line(description))


def _inlined(document: str, name: str, title: str, description: str) -> str:
    root = ElementTree.fromstring(document)
    names = {"title": f"{name}-title", "desc": f"{name}-desc"}
    root.attrib = {
        "viewBox": root.attrib["viewBox"],
        "role": "img",
        "aria-labelledby": " ".join(names.values()),
        "class": "plot",
    }
    for parent in list(root.iter()):
        for child in list(parent):
            if _local(child.tag) in ("metadata", "style"):
                parent.remove(child)
    used = _references(root)
    for element in root.iter():
        element.tag = _local(element.tag)
        _own(element, name, used)
    for at, (tag, text) in enumerate((("title", title), ("desc", description))):
        told = ElementTree.Element(tag, {"id": names[tag]})
        told.text = text
        root.insert(at, told)
    return re.sub(r">\s+<", "><", ElementTree.tostring(root, encoding="unicode"))


def _own(element: ElementTree.Element, name: str, used: frozenset[str]) -> None:
    """Give an element the page's colours, and ids that no other drawing has."""
    found = element.attrib.pop("id", None)
    if found in used:
        element.set("id", f"{name}-{found}")
    target = element.attrib.pop(_HREF, None)
    if target is not None:
        element.set("href", f"#{name}-{target.removeprefix('#')}")
    if "clip-path" in element.attrib:
        element.set("clip-path", _REFERENCE.sub(rf"url(#{name}-\1)", element.attrib["clip-path"]))
    if "d" in element.attrib:
        element.set("d", " ".join(element.attrib["d"].split()))
    if "style" in element.attrib:
        style = _FONT.sub("", element.attrib["style"])
        for colour, variable in _VARIABLES.items():
            style = style.replace(colour, variable)
        element.set("style", " ".join(style.split()))


def _references(root: ElementTree.Element) -> frozenset[str]:
    found = set()
    for element in root.iter():
        found.add(element.attrib.get(_HREF, "").removeprefix("#"))
        found |= set(_REFERENCE.findall(element.attrib.get("clip-path", "")))
    return frozenset(found)


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]

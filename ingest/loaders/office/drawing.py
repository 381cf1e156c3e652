"""DrawingML, which all Office programs share: paragraphs, tables, charts and diagrams."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from lxml import etree

from ingest.limits import Limits
from ingest.loaders.common.builder import cells_line, squeeze
from ingest.loaders.office.number_format import shown_number
from ingest.loaders.office.numerals import letters, roman
from ingest.loaders.office.package import check_chars, local_name
from ingest.loaders.table import PAIR_SEPARATOR

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"

_ON = ("1", "true")
_TEXTLESS_POINTS = frozenset({"doc", "pres", "parTrans", "sibTrans"})


class Paragraph(NamedTuple):
    """A paragraph's text, and its mark where it is a list item; None where its style decides."""

    text: str
    mark: str | None


def paragraphs(body: etree._Element) -> Iterator[Paragraph]:
    """Yield the paragraphs of a text body that are not empty; the mark ``""`` is no mark."""
    counts: Counter[int] = Counter()
    for paragraph in body.iterchildren(f"{A}p"):
        text = squeeze(paragraph_text(paragraph))
        if not text:
            continue
        properties = paragraph.find(f"{A}pPr")
        level = 0 if properties is None else _whole(properties.get("lvl"), 0)
        counts = Counter({at: count for at, count in counts.items() if at <= level})
        automatic = None if properties is None else properties.find(f"{A}buAutoNum")
        if automatic is not None:
            counts[level] = counts[level] + 1 or 1
            start = _whole(automatic.get("startAt"), 1)
            yield Paragraph(text, _mark(automatic.get("type", ""), counts[level] + start - 1))
            continue
        counts[level] = 0
        if properties is None:
            yield Paragraph(text, None)
        elif properties.find(f"{A}buNone") is not None:
            yield Paragraph(text, "")
        else:
            bullet = any(properties.find(f"{A}{name}") is not None for name in ("buChar", "buBlip"))
            yield Paragraph(text, "-" if bullet else None)


def paragraph_text(paragraph: etree._Element) -> str:
    """Return a paragraph's text, that of fields and formulas too."""
    parts: list[str] = []
    for node in paragraph.iter():
        name = local_name(node)
        if name == "t":
            parts.append(node.text or "")
        elif name in ("br", "tab"):
            parts.append(" ")
    return "".join(parts)


def table_lines(table: etree._Element, limits: Limits) -> tuple[list[str], int]:
    """Return a table's rows as lines, and how many of them name the columns.

    Raises:
        LoadError: It is too much text.
    """
    lines: list[str] = []
    chars = 0
    above: dict[int, str] = {}
    for row in table.iterchildren(f"{A}tr"):
        texts: dict[int, str] = {}
        for column, cell in enumerate(row.iterchildren(f"{A}tc")):
            if cell.get("hMerge") in _ON:
                continue
            if cell.get("vMerge") in _ON:
                texts[column] = above.get(column, "")
            else:
                texts[column] = "\n".join(map(paragraph_text, cell.iter(f"{A}p")))
        above = texts
        lines.append(cells_line(texts.values()))
        chars += len(lines[-1])
        check_chars(chars, limits)  # a merged cell's text comes once for each row
    properties = table.find(f"{A}tblPr")
    headed = properties is not None and properties.get("firstRow") in _ON and len(lines) > 1
    return lines, int(headed)


def chart_title(chart: etree._Element) -> str:
    """Return the title that is written over a chart, or nothing."""
    title = chart.find(f"{C}chart/{C}title")
    if title is None:
        return ""
    return squeeze(" ".join(map(paragraph_text, title.iter(f"{A}p"))))


def chart_lines(chart: etree._Element, limits: Limits) -> list[str]:
    """Return the figures that a chart was drawn from, a line a category; none where it keeps none.

    A line is the category and, for each series, ``name: value``.

    Raises:
        LoadError: It is too much text.
    """
    chars = 0
    categories: dict[int, str] = {}
    pairs: dict[int, list[str]] = {}
    for series in chart.iter(f"{C}ser"):
        names = _points(series.find(f"{C}tx"))
        name = squeeze(" ".join(names.values()))
        for path in ("cat", "xVal"):
            for at, text in _points(series.find(f"{C}{path}")).items():
                categories.setdefault(at, text)
        for path in ("val", "yVal"):
            for at, text in _points(series.find(f"{C}{path}")).items():
                pairs.setdefault(at, []).append(f"{name}: {text}" if name else text)
                chars += len(name) + len(text)
                check_chars(chars, limits)  # a series' name comes once for each category
    return [
        PAIR_SEPARATOR.join(filter(None, [categories.get(at, ""), *pairs[at]]))
        for at in sorted(pairs)
    ]


def diagram_texts(data: etree._Element) -> list[str]:
    """Return the texts of a SmartArt diagram's boxes."""
    return [
        text
        for point in data.iterfind(f"{DIAGRAM}ptLst/{DIAGRAM}pt")
        if point.get("type") not in _TEXTLESS_POINTS
        for paragraph in point.iter(f"{A}p")
        if (text := squeeze(paragraph_text(paragraph)))
    ]


def _points(parent: etree._Element | None) -> dict[int, str]:
    """Return the cached values below a chart's reference, as they are shown."""
    if parent is None:
        return {}
    found: dict[int, str] = {}
    code = parent.findtext(f".//{C}formatCode") or "General"
    for point in parent.iter(f"{C}pt"):
        value = point.findtext(f"{C}v") or ""
        numeric = local_name(point.getparent()) in ("numCache", "numLit")
        text = _shown(value, point.get("formatCode") or code) if numeric else squeeze(value)
        at = _whole(point.get("idx"), -1)
        # Names in several levels hold a place once for each, the innermost first.
        found[at] = f"{text} {found[at]}" if at in found else text
    if not found and (value := parent.findtext(f"{C}v")):
        found[0] = squeeze(value)
    return {at: text for at, text in found.items() if text}


def _shown(value: str, code: str) -> str:
    try:
        number = float(value)
        return shown_number(number, code).strip()
    except (ValueError, OverflowError):  # no number, or none that is finite
        return value


def _mark(form: str, count: int) -> str:
    if form.startswith("alpha"):
        number = letters(count)
    elif form.startswith("roman"):
        number = roman(count)
    else:
        number = str(count)
    number = number.upper() if "Uc" in form else number
    if form.endswith("ParenBoth"):
        return f"({number})"
    return f"{number})" if form.endswith("ParenR") else f"{number}."


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text and len(text) < 7 and text.isdecimal() else otherwise

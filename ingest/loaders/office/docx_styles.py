"""What Word paragraphs are by their styles and numbering: headings, list items and their marks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from ingest.loaders.office.numerals import letters, roman

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

_HEADING = re.compile(r"heading ([1-9])", re.IGNORECASE)
_LIST = re.compile(r"list (bullet|number)", re.IGNORECASE)
_CONTENTS = re.compile(r"toc \d|toc heading|table of (figures|authorities)", re.IGNORECASE)
_LEVEL_MARK = re.compile(r"%([1-9])")
_LEVELS = 9
_LONGEST_CHAIN = 50  # of styles that are based on each other


def value(parent: etree._Element | None, path: str) -> str | None:
    """Return the ``w:val`` of the element at ``path`` below ``parent``; None without either."""
    if parent is None:
        return None
    found = parent.find("/".join(W + name for name in path.split("/")))
    return None if found is None else found.get(f"{W}val")


def number(text: str | None) -> int | None:
    """Return a whole number as it stands in an attribute; None for anything else."""
    return int(text) if text and re.fullmatch(r"-?\d{1,9}", text) else None


def switched_on(parent: etree._Element | None, path: str) -> bool:
    """Whether a property that is either on or off is there and not off."""
    if parent is None:
        return False
    found = parent.find("/".join(W + name for name in path.split("/")))
    return found is not None and found.get(f"{W}val") not in ("0", "false", "off")


@dataclass(frozen=True, slots=True)
class _Style:
    name: str
    based_on: str | None
    outline: int | None
    number_id: int | None
    level: int | None


class Styles:
    """The paragraph styles of a document; built-in ones bear English names in every language."""

    def __init__(self, root: etree._Element | None) -> None:
        """Read the styles part; None where the file has none."""
        self._styles: dict[str, _Style] = {}
        self._default = ""
        for element in () if root is None else root.iterfind(f"{W}style"):
            style_id = element.get(f"{W}styleId", "")
            properties = element.find(f"{W}pPr")
            self._styles[style_id] = _Style(
                name=(value(element, "name") or "").strip(),
                based_on=value(element, "basedOn"),
                outline=number(value(properties, "outlineLvl")),
                number_id=number(value(properties, "numPr/numId")),
                level=number(value(properties, "numPr/ilvl")),
            )
            if element.get(f"{W}type") == "paragraph" and element.get(f"{W}default") == "1":
                self._default = style_id

    def heading_level(self, style_id: str | None) -> int | None:
        """Return 0 for the title's style, 1 to 9 for a heading's, None for any other."""
        for _, style in self._chain(style_id):
            if style.outline is not None:
                return style.outline + 1 if 0 <= style.outline < _LEVELS else None
            if found := _HEADING.fullmatch(style.name):
                return int(found.group(1))
            if style.name.lower() == "title":
                return 0
        return None

    def numbering(self, style_id: str | None) -> tuple[str, int, int | None] | None:
        """Return which style of the chain is numbered, by which list, and on which level."""
        for found_id, style in self._chain(style_id):
            if style.number_id is not None:
                return found_id, style.number_id, style.level
        return None

    def is_list(self, style_id: str | None) -> bool:
        """Whether a style is for list items, even where no list is given."""
        return any(_LIST.match(style.name) for _, style in self._chain(style_id))

    def is_contents(self, style_id: str | None) -> bool:
        """Whether a style is for the lines of a table of contents."""
        return any(_CONTENTS.fullmatch(style.name) for _, style in self._chain(style_id))

    def _chain(self, style_id: str | None) -> Iterator[tuple[str, _Style]]:
        current: str | None = style_id if style_id is not None else self._default
        seen: set[str] = set()
        while (
            current is not None
            and current in self._styles
            and current not in seen
            and len(seen) < _LONGEST_CHAIN
        ):
            seen.add(current)
            yield current, self._styles[current]
            current = self._styles[current].based_on


@dataclass(frozen=True, slots=True)
class _Level:
    form: str
    text: str
    start: int
    style: str | None
    legal: bool


@dataclass(slots=True)
class _List:
    levels: dict[int, _Level] = field(default_factory=dict)
    counts: list[int | None] = field(default_factory=lambda: [None] * _LEVELS)


class Numbering:
    """The numbered and bulleted lists of a document, and how far each has counted."""

    def __init__(self, root: etree._Element | None, styles: Styles) -> None:
        """Read the numbering part; None where the file has none."""
        self._lists: dict[str, _List] = {}
        self._instances: dict[int, str] = {}
        self._restarts: dict[int, dict[int, int]] = {}
        linked: dict[str, str] = {}
        for element in () if root is None else root.iterfind(f"{W}abstractNum"):
            list_id = element.get(f"{W}abstractNumId", "")
            self._lists[list_id] = _List(dict(map(_level, element.iterfind(f"{W}lvl"))))
            if style_id := value(element, "numStyleLink"):
                linked[list_id] = style_id
        for element in () if root is None else root.iterfind(f"{W}num"):
            number_id = number(element.get(f"{W}numId"))
            if number_id is None:
                continue
            self._instances[number_id] = value(element, "abstractNumId") or ""
            self._restarts[number_id] = {
                level: start
                for override in element.iterfind(f"{W}lvlOverride")
                if (level := number(override.get(f"{W}ilvl"))) is not None
                and (start := number(value(override, "startOverride"))) is not None
            }
        for list_id, style_id in linked.items():  # a list that is what a style's list is
            found = styles.numbering(style_id)
            if found is not None and found[1] in self._instances:
                self._lists[list_id] = self._lists.get(self._instances[found[1]], _List())

    def level_of(self, number_id: int, style_id: str) -> int:
        """Return the level that a list keeps for a style; the first where it keeps none."""
        levels = self._lists.get(self._instances.get(number_id, ""), _List()).levels
        return next((at for at, level in levels.items() if level.style == style_id), 0)

    def mark(self, number_id: int, at: int) -> str | None:
        """Count one item on, and return its mark.

        Returns:
            A number as the document shows it, such as ``2.1`` or ``(a)``; ``-`` for a bullet;
            empty for a level without marks; None where there is no such list.
        """
        found = self._lists.get(self._instances.get(number_id, ""))
        if found is None or at not in found.levels or not 0 <= at < _LEVELS:
            return None
        level, counts = found.levels[at], found.counts
        restart = self._restarts[number_id].pop(at, None)
        before = counts[at]
        counts[at] = (
            restart if restart is not None else level.start if before is None else before + 1
        )
        counts[at + 1 :] = [None] * (_LEVELS - at - 1)
        if level.form == "bullet":
            return "-"
        if level.form == "none":
            return ""
        for upper in range(at):
            if counts[upper] is None:
                counts[upper] = found.levels[upper].start if upper in found.levels else 1

        def shown(mark: re.Match[str]) -> str:
            index = int(mark.group(1)) - 1
            form = found.levels[index].form if index in found.levels else "decimal"
            count = counts[index]
            return _count(count if count is not None else 1, "decimal" if level.legal else form)

        return _LEVEL_MARK.sub(shown, level.text).strip()


def _level(element: etree._Element) -> tuple[int, _Level]:
    start = number(value(element, "start"))
    level = _Level(
        form=value(element, "numFmt") or "decimal",
        text=(value(element, "lvlText") or "")[:64],
        start=1 if start is None else start,
        style=value(element, "pStyle"),
        legal=switched_on(element, "isLgl"),
    )
    at = number(element.get(f"{W}ilvl"))
    return -1 if at is None else at, level


def _count(count: int, form: str) -> str:
    if form == "decimalZero":
        return f"{count:02}"
    if form in ("lowerRoman", "upperRoman"):
        numeral = roman(count)
        return numeral.upper() if form == "upperRoman" else numeral
    if form in ("lowerLetter", "upperLetter"):
        return letters(count).upper() if form == "upperLetter" else letters(count)
    return str(count)

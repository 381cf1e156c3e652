"""Lists in a document's text: the items below a sentence, and the sentence above an item."""

from __future__ import annotations

import re

_ITEM = re.compile(r"[ \t]{0,8}\n\s{0,8}+(?:[-*+•‣◦]|\(?\d{1,3}[.)]|\(?[a-z][.)])[ ]+[^\n]*[^\s]")
_ITEM_LINE = re.compile(r"\s*(?:[-*+•‣◦]|\(?\d{1,3}[.)]|\(?[a-z][.)])[ ]")
_LONGEST = 1500  # code points
NUMBERED = re.compile(
    r"\b(two|three|four|five|six|seven|several|following)\s+(?:\w+\s+){0,2}"
    r"(?:kinds?|types?|reasons?|causes?|factors?|ways?|steps?|stages?|parts?|points?|aims?|goals?|"
    r"objections?|conditions?|principles?|measures?|forms?|groups?|options?|challenges?|risks?|"
    r"consequences?|phases?|components?|elements?|pillars?|criteria|arguments?|areas?)\b",
    re.IGNORECASE,
)


def list_end(text: str, start: int, end: int) -> int:
    """Return where the list ends that ``text[start:end]`` announces, else ``end``."""
    if not _announces(text[start:end]):
        return end
    while item := _ITEM.match(text, end):
        if item.end() - start > _LONGEST:
            break
        end = item.end()
    return end


def list_around(text: str, start: int) -> tuple[int, int] | None:
    """Return the list that an item beginning at ``start`` is of, with the line that announces it.

    None where no item begins there, nothing announces the list, or it is too long to be quoted.
    """
    line = text.rfind("\n", 0, start) + 1
    if not _ITEM_LINE.fullmatch(text, line, start):
        return None
    while line > 0:
        end = line - 1
        while end > 0 and text[end - 1] == "\n":
            end -= 1
        line = text.rfind("\n", 0, end) + 1
        if start - line > _LONGEST:
            return None
        if not _ITEM_LINE.match(text, line, end):
            stop = list_end(text, line, end)
            return (line, stop) if stop > start else None
    return None


def _announces(sentence: str) -> bool:
    sentence = sentence.rstrip("*_ ")
    return sentence.endswith(":") or NUMBERED.search(sentence) is not None

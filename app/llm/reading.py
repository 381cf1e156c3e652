"""Reading what an LLM wrote: plain text, sentences, and the passages that each one cites."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from app.llm.prompt import NO_ANSWER
from app.verify.verdict import plain
from ingest.sentences import split_sentences

_THOUGHT = re.compile(
    r"\A.*?</think(?:ing)?>|<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.S | re.I
)
_HIDDEN = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)", re.S | re.I)
_BREAK = re.compile(r"<(?:br|/?p|/?div|/?li|/?h[1-6]|/?tr)\b[^<>]*>", re.I)
_TAG = re.compile(r"</?[a-z][^<>]*>", re.I)
_FENCE = re.compile(r"^\s*(?:```|~~~).*$", re.M)
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+", re.M)
_IMAGE = re.compile(r"!\[[^\]\n]{0,300}\]\([^)\n]{0,2000}\)")
_LINK = re.compile(r"\[([^\]\n]{1,300})\]\((?:[a-z]+:|www\.|[#/])[^)\n]{0,2000}\)", re.I)
_EMPHASIS = re.compile(r"\*\*|(?<!\w)(?:\*|__)(?=\S)|(?<=\S)(?:\*|__)(?!\w)|`")
_NUMBERS = r"\d{1,9}(?:\s*(?:,|;|–|-|&|and|passages?)\s*\d{1,9})*"
_MARKER = re.compile(
    rf"\[\s*(?:passages?\s*)?({_NUMBERS})\s*\]|【\s*({_NUMBERS})[^】\n]{{0,40}}】", re.I
)
_RANGE = re.compile(r"(\d+)(?:\s*[–-]\s*(\d+))?")
_JOINT = re.compile(r"\s*(?:;|,|&|and|passages?)+\s*", re.I)
_GAP = re.compile(r"\s+(?=[。！？)]|[.,;:!?…](?:[\s\"'”’)]|$))")
_LABEL = re.compile(r"\A(?:final )?answer:\s*", re.I)
_WORD = re.compile(r"\w")
_ENDED = re.compile(r"[.!?…。！？][\"'”’»)\]*]*$")
_PARAGRAPH = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence as the LLM wrote it.

    Attributes:
        text: Without markers, white space collapsed.
        cited: The numbers of the passages, in the order written, none twice.
        opens: Whether it opens a paragraph.
        ended: Whether it ends as a sentence does, rather than in the middle.
    """

    text: str
    cited: tuple[int, ...]
    opens: bool
    ended: bool


def read_answer(text: str, n_passages: int) -> list[Said]:
    """Read an answer's sentences.

    Args:
        text: What the LLM wrote, whole or so far.
        n_passages: How many passages it was given; markers beyond them are dropped.

    Returns:
        The sentences, in order. Markers that stand by themselves belong to the sentence before
        them; those that open the answer, to the one after them.
    """
    shown = _MARKER.sub(_canonical, plain_text(text))
    said: list[Said] = []
    waiting: tuple[int, ...] = ()
    position = 0
    for start, end in split_sentences(shown):
        piece = shown[start:end]
        cited = tuple(dict.fromkeys((*waiting, *_cited(piece, n_passages))))
        words = _GAP.sub("", plain(_MARKER.sub(" ", piece)))
        if not _WORD.search(words):
            if said:
                last = said[-1]
                both = tuple(dict.fromkeys((*last.cited, *cited)))
                said[-1] = Said(last.text, both, last.opens, last.ended)
            else:
                waiting = cited
            continue
        opens = not said or bool(_PARAGRAPH.search(shown, position, start))
        said.append(Said(words, cited, opens, bool(_ENDED.search(words))))
        waiting = ()
        position = end
    return said


def declines(said: Said) -> bool:
    """Whether a sentence says that the passages hold no answer."""
    return NO_ANSWER in said.text


def plain_text(text: str) -> str:
    """Return an LLM's text without its thoughts, HTML, code fences, links and emphasis."""
    text = _HIDDEN.sub("", _THOUGHT.sub("", text))
    text = html.unescape(_TAG.sub("", _BREAK.sub("\n", text)))
    text = _LINK.sub(_link_text, _IMAGE.sub("", _FENCE.sub("", text)))
    return _LABEL.sub("", _EMPHASIS.sub("", _HEADING.sub("", text)).strip())


def _link_text(found: re.Match[str]) -> str:
    """Return a link's text, its brackets kept where it is one of our markers: ``[2](#p2)``."""
    return found.group(1) if re.search(r"[^\W\d]", found.group(1)) else f"[{found.group(1)}]"


def _canonical(found: re.Match[str]) -> str:
    """Return a marker as the splitter of sentences knows it: ``[1,2]``."""
    numbers = _JOINT.sub(",", found.group(1) or found.group(2))
    return f"[{numbers}]"


def _cited(piece: str, n_passages: int) -> list[int]:
    """Return the numbers that a sentence's markers name, those of passages that there are."""
    numbers: list[int] = []
    for marker in _MARKER.finditer(piece):
        for found in _RANGE.finditer(marker.group(1) or marker.group(2)):
            first = int(found.group(1))
            last = int(found.group(2) or first)
            numbers += range(max(1, first), min(last, n_passages) + 1)
    return numbers

"""The reading order of a page whose prose stands in columns.

A page is cut where a vertical gutter stays clear of words over several lines with prose on both
sides (the vertical cut of the recursive XY-cut by Nagy and Seth, 1984; lines that run across the
gutter, such as a title, make the horizontal cuts). What is left of the gutter is read before
what is right of it, and each side is cut again. A page without such a gutter stays as it is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from ingest.loaders.pdfs.lines import Line, Word

_DEEPEST = 4  # cuts in cuts: enough for the five columns of a newspaper
_FEWEST_LINES = 4  # a side of fewer lines is no column of prose
_NARROWEST_GUTTER = 0.8  # in type sizes
_FEWEST_TOGETHER = 2 * _FEWEST_LINES - 1
_BESIDE = 0.3  # of their height together that columns must share
_SLOT = 2.0  # points: how finely gutters are looked for
_WORDY = 3  # words of letters: fewer in most lines are labels, not prose
_FEWEST_LETTERED = 2 * _FEWEST_LINES  # words on a side
_FILLED = 0.6
_NARROWEST_PAGE = 20  # in type sizes
_MOST_PLACES = 20_000_000  # slots times lines: a page of more is no page of columns
_MOST_TRIES = 2_000
_LARGER = 1.12
_ALONE = 1.5  # in type sizes
_DENSE = 0.75
_LETTERS = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class _Cut:
    top: int  # places in the lines from top to bottom, half-open
    bottom: int
    gutter: float


def regions(lines: Sequence[Line]) -> list[list[Line]]:
    """Divide a page's lines into regions in reading order.

    Args:
        lines: The page's lines in the file's own order.

    Returns:
        Lists of lines: a column, or what stands across the columns. One list, in the order
        given, where the page has no columns; a line that runs over a gutter comes divided.
    """
    return _divided(list(lines), _DEEPEST)


def _divided(lines: list[Line], depth: int) -> list[list[Line]]:
    if depth == 0 or len(lines) < _FEWEST_TOGETHER // 2:
        return [lines] if lines else []
    down = sorted((line for line in lines if line.words), key=lambda line: -line.baseline)
    cut = _best_cut(down)
    if cut is None:
        return [lines]
    top, bottom = down[cut.top].baseline + 0.1, down[cut.bottom - 1].baseline - 0.1
    above, left, right, below = [], [], [], []
    for line in lines:
        if not line.words or line.baseline > top:
            above.append(line)
        elif line.baseline < bottom:
            below.append(line)
        else:
            one, other = _split(line, cut.gutter)
            left += [one] if one else []
            right += [other] if other else []
    return [region for part in (above, left, right, below) for region in _divided(part, depth - 1)]


def _split(line: Line, gutter: float) -> tuple[Line | None, Line | None]:
    if line.right < gutter:
        return line, None
    if line.left >= gutter:
        return None, line
    left = tuple(word for word in line.words if word.left < gutter)
    right = tuple(word for word in line.words if word.left >= gutter)
    if not left or not right:
        return (line, None) if left else (None, line)
    return line.of(left), line.of(right)


def _best_cut(down: Sequence[Line]) -> _Cut | None:
    """Return the gutter with prose on both sides that clears the most lines; None for none."""
    if not down:
        return None
    size = median(line.size for line in down)
    start = min(line.left for line in down)
    width = max(line.right for line in down) - start
    slots = int(width / _SLOT) + 1
    if width < _NARROWEST_PAGE * size or slots * len(down) > _MOST_PLACES:
        return None
    clear = np.array([_clear(line, start, slots, _NARROWEST_GUTTER * size) for line in down])
    for at in range(len(down)):
        if _stands_alone(down, at, size):
            clear[at] = False
    lettered = np.array(
        [(at, w.left) for at, x in enumerate(down) for w in x.words if _LETTERS.search(w.text)]
    ).reshape(-1, 2)
    best, most = None, _FEWEST_TOGETHER - 1
    before, tries = -2, 0
    for slot in _candidates(clear):
        alike = slot == before + 1 and bool((clear[:, slot] == clear[:, before]).all())
        before = slot
        if alike:
            continue
        for begin, end in _runs(clear[:, slot]):
            if end - begin <= most or tries == _MOST_TRIES:
                continue
            tries += 1
            cut = _Cut(begin, end, start + slot * _SLOT)
            inside = (lettered[:, 0] >= begin) & (lettered[:, 0] < end)
            after = int((inside & (lettered[:, 1] >= cut.gutter)).sum())
            if min(after, int(inside.sum()) - after) < max(_FEWEST_LETTERED, (end - begin) // 2):
                continue  # figures and labels alone stand on one side
            if _is_between_columns(down[begin:end], cut.gutter):
                best, most = cut, end - begin
    return best and _centred(best, down, clear, start)


def _centred(cut: _Cut, down: Sequence[Line], clear: NDArray[np.bool_], start: float) -> _Cut:
    """Move a cut to the middle of its gutter, which titles that reach into the gutter cross."""
    halves = [_split(line, cut.gutter) for line in down[cut.top : cut.bottom]]
    ends = sorted(left.right for left, _ in halves if left is not None)
    begins = sorted(right.left for _, right in halves if right is not None)
    middle = (ends[int(0.9 * (len(ends) - 1))] + begins[int(0.1 * (len(begins) - 1))]) / 2
    slot = min(max(int((middle - start) / _SLOT), 0), clear.shape[1] - 1)
    runs = _runs(clear[cut.top : cut.bottom, slot])
    if not runs:
        return cut
    top, bottom = max(runs, key=lambda run: run[1] - run[0])
    moved = _Cut(cut.top + top, cut.top + bottom, middle)
    good = bottom - top >= _FEWEST_TOGETHER
    return moved if good and _is_between_columns(down[moved.top : moved.bottom], middle) else cut


def _stands_alone(down: Sequence[Line], at: int, size: float) -> bool:
    """Whether a line is a heading with nothing beside it: it heads all columns below it."""
    line = down[at]
    if line.size <= size * _LARGER:
        return False
    near = [*down[max(at - 1, 0) : at], *down[at + 1 : at + 2]]
    return all(abs(line.baseline - other.baseline) > _ALONE * line.size for other in near)


def _candidates(clear: NDArray[np.bool_]) -> list[int]:
    """Return the slots, edges aside, that enough lines on end leave clear."""
    lines, slots = clear.shape
    if lines < _FEWEST_TOGETHER:
        return []
    on_end = clear[: lines - _FEWEST_TOGETHER + 1].copy()
    for shift in range(1, _FEWEST_TOGETHER):
        on_end &= clear[shift : lines - _FEWEST_TOGETHER + 1 + shift]
    inner: NDArray[np.bool_] = np.asarray(on_end.any(axis=0))
    edge = slots // 8
    return [int(slot) for slot in np.flatnonzero(inner) if edge <= slot < slots - edge]


def _runs(clear: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the half-open ranges of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], clear.astype(np.int8), [0]))))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _clear(line: Line, start: float, slots: int, gap: float) -> NDArray[np.bool_]:
    """Return, slot by slot, whether a gutter there would not run through the line."""
    clear = np.ones(slots, dtype=np.bool_)
    left, right = line.words[0].left, line.words[0].right
    for word in (*line.words, Word(math.inf, math.inf, "")):
        if word.left - right >= gap:
            clear[max(int((left - start) / _SLOT), 0) : int((right - start) / _SLOT) + 1] = False
            left = word.left
        right = max(right, word.right)
    return clear


def _is_between_columns(down: Sequence[Line], gutter: float) -> bool:
    lefts = sum(line.left < gutter for line in down)
    rights = sum(line.right > gutter for line in down)
    if lefts < _FEWEST_LINES or rights < _FEWEST_LINES:
        return False
    halves = [_split(line, gutter) for line in down]
    left = [line for line, _ in halves if line is not None]
    right = [line for _, line in halves if line is not None]
    # Columns may end at different heights, but text above other text stands in no columns.
    beside = min(left[0].baseline, right[0].baseline) - max(left[-1].baseline, right[-1].baseline)
    if beside < _BESIDE * (down[0].baseline - down[-1].baseline):
        return False
    step = min(_step(left), _step(right))
    return all(_is_dense(side, step) and _is_prose(side) for side in (left, right))


def _step(lines: Sequence[Line]) -> float:
    """Return how far a side's lines usually stand below each other, in points."""
    steps = [a.baseline - b.baseline for a, b in zip(lines, lines[1:], strict=False)]
    return median([step for step in steps if step > 1.0] or [lines[0].size])


def _is_dense(lines: Sequence[Line], step: float) -> bool:
    """Whether lines follow each other throughout, as they do not in a table's wrapped cells."""
    height = lines[0].baseline - lines[-1].baseline
    return len(lines) * step >= _DENSE * height


def _is_prose(lines: Sequence[Line]) -> bool:
    """Whether most lines hold several words and fill the width that they share."""
    left = min(line.left for line in lines)
    width = max(line.right for line in lines) - left
    wordy = filled = 0
    for line in lines:
        words = len(_LETTERS.findall(line.text))
        wordy += words >= _WORDY and words >= 0.5 * len(line.words)
        inked = sum(word.right - word.left for word in line.words)
        filled += inked >= _FILLED * width
    return wordy >= 0.6 * len(lines) and filled >= 0.5 * len(lines)

"""Tables whose cells are enclosed by rules: each cell takes all its words, however many lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.loaders.common.builder import cells_line
from ingest.loaders.pdfs.grid import Grid
from ingest.loaders.pdfs.lattice import Lattice
from ingest.loaders.pdfs.lines import STRAY, Line, Word, join_lines
from ingest.loaders.pdfs.names import names_columns
from ingest.loaders.pdfs.rows import Cell, cells_of

_INSIDE = 0.3  # type sizes above its baseline that a word surely covers
_LEVEL = 0.5  # type sizes: words of one line in a cell stand no farther apart
_LARGEST_SHARE = 0.6  # of a table's words that one cell holds; more are a page in a frame
_FEW_WORDS = 60
_MOST_HEADINGS = 3
_SAME_LINES = 4  # lines in all cells of a row: the rows between them have no rules
_MOST_UNRULED = 2  # rows of a table whose own rows have no rules: its headings and its body


@dataclass(slots=True)
class _Content:
    """What stands in a cell."""

    words: list[tuple[float, float, bool, Word]] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Return its lines from top to bottom."""
        levels: list[list[tuple[float, float, bool, Word]]] = []
        for word in sorted(self.words, key=lambda word: -word[0]):
            if levels and levels[-1][0][0] - word[0] <= _LEVEL * max(levels[-1][0][1], word[1]):
                levels[-1].append(word)
            else:
                levels.append([word])
        lines: list[str] = []
        for level in levels:
            words = sorted((word for *_, word in level), key=lambda word: word.left)
            size = max(size for _, size, _, _ in level)
            lines.append(" ".join(cell.text for cell in cells_of(words, size)))
        return lines

    @property
    def bold(self) -> bool:
        return all(bold for _, _, bold, _ in self.words)


def take_ruled(
    lines: Sequence[Line], found: Sequence[Lattice]
) -> tuple[list[Line], dict[int, Grid | None]]:
    """Take a page's ruled tables out of its lines.

    Args:
        lines: The page's lines.
        found: Grids of rules on the page; those that hold no table are passed over.

    Returns:
        The lines, a table's replaced by blank ones that keep its place among columns; and by the
        identity of each blank line the table that belongs there, None below its first line.
    """
    left = list(lines)
    tables: dict[int, Grid | None] = {}
    for lattice in found:
        contents, rest = _contents(left, lattice)
        grid = _grid(lattice, contents, lines[0].page) if len(contents) > 1 else None
        if grid is None:
            continue
        left = []
        first = True
        for line, kept in rest:
            if kept is line or kept is not None:
                left.append(kept)
            if kept is not line:
                blank = _blank(line, lattice)
                left.append(blank)
                tables[id(blank)] = grid if first else None
                first = False
    return left, tables


def _blank(line: Line, lattice: Lattice) -> Line:
    word = Word(max(lattice.xs[0], line.left), min(lattice.xs[-1], line.right), "")
    return line.of((word,))


def _contents(
    lines: Sequence[Line], lattice: Lattice
) -> tuple[dict[int, _Content], list[tuple[Line, Line | None]]]:
    """Return what the cells hold by their numbers, and what of each line stands outside."""
    contents: dict[int, _Content] = {}
    rest: list[tuple[Line, Line | None]] = []
    for line in lines:
        height = line.baseline + _INSIDE * line.size
        outside: list[Word] = []
        for word in line.words:
            place = lattice.place((word.left + word.right) / 2, height) if word.text else None
            if place is None:
                outside.append(word)
                continue
            owner = lattice.owners[place[0]][place[1]]
            content = contents.setdefault(owner, _Content())
            content.words.append((line.baseline, line.size, line.bold, word))
        if len(outside) == len(line.words):
            rest.append((line, line))
        else:
            rest.append((line, line.of(tuple(outside)) if outside else None))
    return contents, rest


def _grid(lattice: Lattice, contents: dict[int, _Content], page: int) -> Grid | None:
    """Return the table in a grid of rules; None where it encloses something else."""
    sizes = [len(content.words) for content in contents.values()]
    if max(sizes) > max(_FEW_WORDS, _LARGEST_SHARE * sum(sizes)):
        return None
    said: set[int] = set()
    rows: list[list[str]] = []
    bold: list[bool] = []
    colours: list[tuple[int, int, int] | None] = []
    unruled = 0
    for owners, colour in zip(lattice.owners, lattice.colours, strict=True):
        cells: list[list[str]] = []
        for owner in owners:
            # A cell that spans several places is said at the first.
            cells.append(contents[owner].lines() if owner in contents.keys() - said else [])
            said.add(owner)
        if not any(cells):
            continue
        if _holds_figures_in_lines(cells):
            return None
        unruled += _has_same_lines(cells)
        rows.append([STRAY.sub("", join_lines(cell)) for cell in cells])
        bold.append(all(contents[owner].bold for owner in owners if owner in contents))
        colours.append(colour)
    if unruled and len(rows) <= _MOST_UNRULED:
        return None
    if sum(sum(map(bool, row)) > 1 for row in rows) < 2:
        return None  # boxes below each other, or a form that nobody has filled in
    used = [at for at in range(len(lattice.xs) - 1) if any(row[at] for row in rows)]
    kept = tuple(tuple(row[at] for at in used) for row in rows)
    named = _headings_apart(bold, colours)
    guessed = named == 0 and names_columns(kept[0], kept[1:])
    return Grid(
        rows=tuple(cells_line(row) for row in kept),
        heading_rows=named or int(guessed),
        page=page,
        cells=kept,
        edges=tuple(lattice.xs[at] - lattice.xs[0] for at in used),
        guessed=guessed,
    )


def _holds_figures_in_lines(cells: Sequence[Sequence[str]]) -> bool:
    """Whether several rows of numbers stand between two rules, as in tables ruled in part."""
    return any(
        len(cell) > 1 and all(Cell(0, 0, line).is_amount for line in cell) for cell in cells[1:]
    )


def _has_same_lines(cells: Sequence[Sequence[str]]) -> bool:
    counts = {len(cell) for cell in cells if cell}
    return len(counts) == 1 and min(counts) >= _SAME_LINES and sum(map(bool, cells)) > 1


def _headings_apart(bold: Sequence[bool], colours: Sequence[tuple[int, int, int] | None]) -> int:
    """Count the rows at the top that are set apart: all bold, or on a ground of their own."""
    if False in bold and bold[0]:
        count = bold.index(False)
        return count if count <= _MOST_HEADINGS else 0
    first = colours[0]
    count = next((at for at, colour in enumerate(colours) if colour != first), len(colours))
    # Rows may be shaded by turns.
    return count if first and count <= _MOST_HEADINGS and first not in colours[count:] else 0

"""The cells that a page's rules enclose."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ingest.loaders.pdfs.objects import Ground, Rule, Rules

_NEAR = 2.5  # points: rules that are nearer are one, and rules so near meet
_OPEN_SIDE = 8.0  # points that rules run beyond the last one across them where a side is open
_MOST_CROSSINGS = 250_000  # rules across times rules down: more are a drawing or graph paper
_MOST_CELLS = 10_000
_MOST_COLUMNS = 100
_MOST_PARTS = 500  # groups of rules that cross
_MOST_TABLES = 50  # on a page; more are a drawing or a map


@dataclass(frozen=True, slots=True)
class Lattice:
    """A grid of cells, some of which may span several places of it.

    Attributes:
        xs: Edges of the columns from left to right, in points.
        ys: Edges of the rows from the bottom up, in points.
        owners: For each row from the top and each column, the number of the cell there.
        colours: For each row from the top, its ground's colour; None for none.
    """

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    owners: tuple[tuple[int, ...], ...]
    colours: tuple[tuple[int, int, int] | None, ...]

    @property
    def area(self) -> float:
        """How much of the page it covers, in square points."""
        return (self.xs[-1] - self.xs[0]) * (self.ys[-1] - self.ys[0])

    def place(self, x: float, y: float) -> tuple[int, int] | None:
        """Return the row from the top and the column that hold a place; None outside."""
        column, row = bisect_right(self.xs, x) - 1, bisect_right(self.ys, y) - 1
        if 0 <= column < len(self.xs) - 1 and 0 <= row < len(self.ys) - 1:
            return len(self.ys) - 2 - row, column
        return None


def lattices(rules: Rules) -> list[Lattice]:
    """Return the grids of at least two rows and two columns that rules make, small ones first."""
    if min(len(rules.across), len(rules.down)) < 2:
        return []
    across, down = _merged(rules.across), _merged(rules.down)
    if len(across) * len(down) > _MOST_CROSSINGS:
        return []
    parts = [part for part in _connected(across, down) if min(map(len, part)) > 0]
    if len(parts) > _MOST_PARTS:
        return []
    made = (_lattice(*part, rules.grounds) for part in parts)
    found = sorted((lattice for lattice in made if lattice), key=lambda lattice: lattice.area)
    return found if len(found) <= _MOST_TABLES else []


def _merged(rules: Iterable[Rule]) -> list[Rule]:
    """Join rules that lie on one line and touch, as those do that are drawn cell by cell."""
    groups: list[list[Rule]] = []
    for rule in sorted(rules):
        if groups and rule.at - groups[-1][0].at <= _NEAR:
            groups[-1].append(rule)
        else:
            groups.append([rule])
    merged: list[Rule] = []
    for group in groups:
        at = sum(rule.at for rule in group) / len(group)
        start, end = float("inf"), float("-inf")
        for rule in sorted(group, key=lambda rule: rule.start):
            if rule.start > end + _NEAR:
                if end > start:
                    merged.append(Rule(at, start, end))
                start = rule.start
                end = rule.end
            end = max(end, rule.end)
        merged.append(Rule(at, start, end))
    return merged


def _connected(across: Sequence[Rule], down: Sequence[Rule]) -> list[tuple[list[Rule], list[Rule]]]:
    """Divide rules into groups that hang together by crossing each other."""
    parents = list(range(len(across) + len(down)))
    heights = [rule.at for rule in across]  # ascending
    for at, rule in enumerate(down, len(across)):
        first = bisect_left(heights, rule.start - _NEAR)
        end = bisect_right(heights, rule.end + _NEAR)
        for other in range(first, end):
            if across[other].start - _NEAR <= rule.at <= across[other].end + _NEAR:
                parents[_root(parents, other)] = _root(parents, at)
    parts: dict[int, tuple[list[Rule], list[Rule]]] = {}
    for at, rule in enumerate((*across, *down)):
        part = parts.setdefault(_root(parents, at), ([], []))
        part[at >= len(across)].append(rule)
    return list(parts.values())


def _root(parents: list[int], at: int) -> int:
    while parents[at] != at:
        parents[at] = parents[parents[at]]
        at = parents[at]
    return at


def _lattice(
    across: Sequence[Rule], down: Sequence[Rule], grounds: Sequence[Ground]
) -> Lattice | None:
    if not across or not down:
        return None
    xs, ys = _edges(down, across), _edges(across, down)
    columns, rows = len(xs) - 1, len(ys) - 1
    if min(columns, rows) < 2 or columns > _MOST_COLUMNS or columns * rows > _MOST_CELLS:
        return None
    owners = list(range(columns * rows))  # numbered row by row from the top
    middles = [(a + b) / 2 for a, b in zip(xs, xs[1:], strict=False)]
    levels = [(a + b) / 2 for a, b in zip(ys, ys[1:], strict=False)][::-1]
    walls = [_at(down, x) for x in xs[1:-1]]
    floors = [_at(across, y) for y in ys[1:-1]][::-1]
    for row in range(rows):
        for column in range(columns):
            at = row * columns + column
            if column < columns - 1 and not _covers(walls[column], levels[row]):
                owners[_root(owners, at + 1)] = _root(owners, at)
            if row < rows - 1 and not _covers(floors[row], middles[column]):
                owners[_root(owners, at + columns)] = _root(owners, at)
    cells = tuple(
        tuple(_root(owners, row * columns + column) for column in range(columns))
        for row in range(rows)
    )
    centre = middles[0]
    colours = tuple(_colour(grounds, centre, level) for level in levels)
    return Lattice(xs, ys, cells, colours)


def _edges(rules: Sequence[Rule], crossing: Sequence[Rule]) -> tuple[float, ...]:
    """Return where rules lie, and where those across them end, if a table's side is open."""
    edges = sorted({rule.at for rule in rules})
    start, end = min(rule.start for rule in crossing), max(rule.end for rule in crossing)
    if start < edges[0] - _OPEN_SIDE:
        edges.insert(0, start)
    if end > edges[-1] + _OPEN_SIDE:
        edges.append(end)
    return tuple(edges)


def _at(rules: Sequence[Rule], place: float) -> list[Rule]:
    return [rule for rule in rules if abs(rule.at - place) <= _NEAR]


def _covers(rules: Sequence[Rule], place: float) -> bool:
    return any(rule.start <= place <= rule.end for rule in rules)


def _colour(grounds: Sequence[Ground], x: float, y: float) -> tuple[int, int, int] | None:
    """Return the colour of what was filled last at a place."""
    for ground in reversed(grounds):
        if ground.left <= x <= ground.right and ground.bottom <= y <= ground.top:
            return ground.colour
    return None

"""Groups of a run's questions: kinds, near misses, splits and other languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eval.report.catalogue import Area
from eval.report.shown import Shown, read_figures

_LANGUAGES = {"en": "English", "es": "Spanish"}


@dataclass(frozen=True, slots=True)
class Group:
    """Some of a run's questions, with their figures by key."""

    title: str
    figures: Mapping[str, Shown]


@dataclass(frozen=True, slots=True)
class Table:
    """The figures of one area: a line a group."""

    area: Area
    groups: tuple[Group, ...]


def groups_of(summary: Mapping[str, Any]) -> list[Group]:
    """Return a summary's groups: all questions in the main language first, others last."""
    groups = [Group("all", read_figures(summary["overall"]))]
    groups += [_group(kind, group) for kind, group in summary["by_kind"].items()]
    if summary["near_misses"]["questions"]:
        groups.append(_group("near misses", summary["near_misses"]))
    groups += [_group(f"split: {name}", group) for name, group in summary["by_split"].items()]
    groups += [
        _group(f"in {_LANGUAGES.get(code, code)}", group)
        for code, group in summary["by_language"].items()
        if code != summary["language"]
    ]
    return groups


def table_of(area: Area, groups: Sequence[Group]) -> Table:
    """Return an area's figures for the groups that some of them apply to."""
    keys = [entry.key for entry in area.entries]
    return Table(
        area,
        tuple(
            group
            for group in groups
            if any(key in group.figures and group.figures[key].n_total for key in keys)
        ),
    )


def _group(title: str, group: Mapping[str, Any]) -> Group:
    return Group(title, read_figures(group["figures"]))

"""A grid of settings: every combination of the values that a sweep is to compare."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr, ValidationError

from app.settings import AppSettings
from eval.settings import EvalSettings
from ingest.errors import FootnoteError

# The documents must stay the same, and where a server listens changes no answer.
_NOT_SWEPT = (
    "documents",
    "storage",
    "max_file_mb",
    "max_pages",
    "file_timeout_s",
    "host",
    "port",
)
_NONE = "none"


class SweepError(FootnoteError):
    """A sweep that cannot be made."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The values to be tried.

    Attributes:
        base: The settings that all combinations share.
        axes: Each swept setting's name with its values, in the order given.
    """

    base: EvalSettings
    axes: Mapping[str, tuple[Any, ...]]

    @property
    def combinations(self) -> list[dict[str, Any]]:
        """Every combination of values, the last axis' running fastest."""
        return [
            dict(zip(self.axes, values, strict=True))
            for values in itertools.product(*self.axes.values())
        ]

    def settings(self, combination: Mapping[str, Any]) -> EvalSettings:
        """Return the settings of a combination.

        Raises:
            SweepError: Its values do not go together.
        """
        return _with(self.base, combination)


def parse_grid(base: EvalSettings, entries: Sequence[str]) -> Grid:
    """Read what a sweep is to compare.

    Args:
        base: The settings in force.
        entries: ``NAME=V1,V2`` each, a setting by its name in lower case; ``none`` is the value
            of a setting that is not set.

    Raises:
        SweepError: An entry has another form, names no setting that can be swept, or a value
            does not fit it.
    """
    axes: dict[str, tuple[Any, ...]] = {}
    for entry in entries:
        name, divider, values = entry.partition("=")
        if not divider or not values:
            raise SweepError(
                f"{entry!r} is no setting with its values. Write NAME=V1,V2, such as "
                "dense_weight=0.3,0.5,0.7."
            )
        if name not in sweepable():
            raise SweepError(
                f"{name!r} is no setting that can be swept. Choose among {', '.join(sweepable())}."
            )
        if name in axes:
            raise SweepError(f"{name!r} is given twice. Put all its values behind one name.")
        found = tuple(_value(base, name, text.strip()) for text in values.split(","))
        if len(set(found)) < len(found):
            raise SweepError(f"{entry!r} holds a value twice. Leave one out.")
        axes[name] = found
    if not axes:
        raise SweepError(
            "There is no setting to sweep. Give one with its values, such as top_k=5,10,20."
        )
    grid = Grid(base, axes)
    for combination in grid.combinations:
        grid.settings(combination)
    return grid


def sweepable() -> list[str]:
    """Return the names of the settings that a sweep takes: those that may change an answer."""
    return [
        name
        for name, field in AppSettings.model_fields.items()
        if name not in _NOT_SWEPT and field.annotation != SecretStr | None
    ]


def _value(base: EvalSettings, name: str, text: str) -> Any:
    unset = text.lower() == _NONE and EvalSettings.model_fields[name].default is None
    return getattr(_with(base, {name: None if unset else text}), name)


def _with(base: EvalSettings, changes: Mapping[str, Any]) -> EvalSettings:
    try:
        return EvalSettings.model_validate({**base.model_dump(), **changes})
    except ValidationError as exc:
        first = exc.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else ", ".join(changes)
        raise SweepError(
            f"{name}={first['input']} cannot be used: {first['msg']}. Correct the value."
        ) from exc

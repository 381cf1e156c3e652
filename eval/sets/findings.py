"""What the checks of an evaluation set find, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from eval.sets.cases import Case


class Check(StrEnum):
    """What a finding is about."""

    SCHEMA = "schema"
    DUPLICATE_ID = "duplicate id"
    DRAFT = "draft"
    REFERENCE = "reference"
    KEY_FACT = "key fact"
    NEAR_DUPLICATE = "near-duplicate"
    LEAK = "leak between splits"
    UNEVEN = "uneven halves"
    NO_KEY_FACTS = "no key facts"
    UNKNOWN_FIELD = "unknown field"


WARNINGS = frozenset({Check.LEAK, Check.UNEVEN, Check.NO_KEY_FACTS, Check.UNKNOWN_FIELD})
"""Findings that break nothing; every other one does."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong with a set, and where.

    Attributes:
        check: What found it.
        lines: The lines of the file that it is about, ascending; none where it is about the set.
        query_ids: The questions on those lines, as far as they say their ids.
        message: What is wrong and what to do.
    """

    check: Check
    lines: tuple[int, ...]
    query_ids: tuple[str, ...]
    message: str

    @property
    def breaks(self) -> bool:
        """Whether the set must not be used as it stands."""
        return self.check not in WARNINGS


@dataclass(frozen=True, slots=True)
class Entry:
    """A line that holds a question: its number, from 1, and its case."""

    line: int
    case: Case


@dataclass(frozen=True, slots=True)
class SetReport:
    """What the checks of a set came to.

    Attributes:
        path: The file.
        cases: The questions that could be read.
        findings: By check, then by line.
        not_made: The checks that could not be made, each with its reason.
    """

    path: Path
    cases: tuple[Case, ...]
    findings: tuple[Finding, ...]
    not_made: dict[Check, str]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that break the set."""
        return tuple(finding for finding in self.findings if finding.breaks)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that break nothing."""
        return tuple(finding for finding in self.findings if not finding.breaks)

    @property
    def clean(self) -> bool:
        """Whether every check was made and none found anything."""
        return not self.findings and not self.not_made

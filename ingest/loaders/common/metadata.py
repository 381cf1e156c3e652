"""Dates and names as files write them, made alike for the report card."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from email.utils import parsedate_to_datetime

from ingest.loaders.common.builder import squeeze

_LONGEST = 200
_YEAR_FIRST = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?$")
_WORDS = re.compile(
    r"(?:(?P<day>\d{1,2})(?:st|nd|rd|th)?[ -])?(?P<month>[A-Za-z]{3,9})\.?"
    r"(?: (?P<after>\d{1,2})(?:st|nd|rd|th)?,?)?[ -](?P<year>\d{4})$"
)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()


def written_date(text: str) -> str | None:
    """Return a date in ISO 8601, as exact as it was written: `2019`, `2019-05`, `2019-05-01`.

    What cannot be read for certain, such as `03/04/2019`, stays as it is.
    """
    text = squeeze(text)[:_LONGEST]
    if not text:
        return None
    found = _YEAR_FIRST.match(text)
    if found:
        return _checked(text, *found.groups())
    try:
        return datetime.fromisoformat(text.upper() if text[-1:] == "z" else text).isoformat()
    except ValueError:
        pass
    found = _WORDS.match(text)
    if found and found["month"][:3].lower() in _MONTHS and not (found["day"] and found["after"]):
        month = str(_MONTHS.index(found["month"][:3].lower()) + 1)
        return _checked(text, found["year"], month, found["day"] or found["after"])
    try:
        return parsedate_to_datetime(text).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return text


def _checked(text: str, year: str, month: str | None, day: str | None) -> str:
    """Return the date's parts in ISO 8601, or ``text`` where there is no such day."""
    try:
        whole = date(int(year), int(month or 1), int(day or 1)).isoformat()
    except ValueError:
        return text
    return whole if day else whole[:7] if month else whole[:4]


def author_names(values: Iterable[str]) -> tuple[str, ...]:
    """Return authors' names in order, each once; a semicolon divides several in one value.

    Links, by which some pages name an author's profile, are no names.
    """
    names = (squeeze(name)[:_LONGEST] for value in values for name in value.split(";"))
    found = (name for name in names if name and not re.match(r"(?i)(?:https?:)?//", name))
    return tuple(dict.fromkeys(found))


def counted(count: int, one: str, several: str = "") -> tuple[str, ...]:
    """Return an entry of what was skipped, `3 images`, or none for a count of 0."""
    if not count:
        return ()
    return (f"{count} {one if count == 1 else several or one + 's'}",)

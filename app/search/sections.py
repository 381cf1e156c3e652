"""What a section's heading tells of its text."""

from __future__ import annotations

import re

from ingest.document import SECTION_SEPARATOR

_BIBLIOGRAPHY = re.compile(
    r"(?:\d[\d.]*\s+)?(?:sources?|references|bibliography|works cited|further reading|notes|"
    r"fuentes|referencias|bibliograf[ií]a)",
    re.IGNORECASE,
)


def is_bibliography(section: str | None) -> bool:
    """Whether a heading path ends in one such as "Sources" or "References"."""
    last = (section or "").rpartition(SECTION_SEPARATOR)[2]
    return bool(_BIBLIOGRAPHY.fullmatch(last.strip(" .:")))

"""What the readers of zipped office formats share: opening, hardened XML, what was left out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from zipfile import ZipFile

from lxml import etree

from ingest.document import ReportCard
from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.loaders.common.archive import open_archive
from ingest.loaders.common.builder import squeeze

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?=$|[T ])")


def open_office(data: bytes, limits: Limits, kind: str, suffix: str) -> ZipFile:
    """Open a zipped office file.

    Args:
        data: The file's bytes.
        limits: What it may unpack to.
        kind: What the file should be, for the message: ``a Word file``.
        suffix: What it should be saved as, for the message.

    Raises:
        LoadError: It is encrypted or of an old binary format, damaged, or unpacks to too much.
    """
    if data.startswith(_OLE):
        raise LoadError(
            "The file is password-protected, or of an old format under a new name. "
            f"Open it in the program that made it and save it as {suffix} without a password."
        )
    return open_archive(data, limits, kind)


def parse_xml(data: bytes, name: str) -> etree._Element:
    """Parse a member of an office file; nothing is fetched, no entity is expanded.

    Raises:
        LoadError: It is no well-formed XML, or declares a document type, as no office program does.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as exc:
        raise LoadError(
            f"The file is damaged inside, in {name} ({exc}). Open it in the program that made it "
            "and save it again."
        ) from exc
    if root.getroottree().docinfo.internalDTD is not None:
        raise LoadError(
            f"The file declares XML entities in {name}, which are not read since they can be a "
            "trap. Open it in an office program and save it again."
        )
    return root


def check_chars(chars: int, limits: Limits) -> None:
    """Refuse a file as soon as its text is known to be too long, before memory is full of it.

    Raises:
        LoadError: ``chars`` is more than the limits allow.
    """
    if chars > limits.text_chars:
        raise LoadError(
            f"The file holds too much text (more than {limits.text_chars:,} characters). "
            "Divide it into several files."
        )


def local_name(element: etree._Element) -> str:
    """Return an element's name without its namespace; empty for comments and the like."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def alternative(node: etree._Element) -> list[etree._Element]:
    """Return the one form of a thing that is given in several: the newest, else the fallback."""
    for name in ("Choice", "Fallback"):
        for form in node:
            if local_name(form) == name:
                return [form]
    return []


def report_card(
    authors: Iterable[str], dates: Iterable[str], skipped: Mapping[str, int]
) -> ReportCard:
    """Return the report card of an office file.

    Args:
        authors: As the properties name them; several may stand in one, divided by semicolons.
        dates: The best first; the first that can be read counts.
        skipped: How many of each kind of thing were left out, by its name for one of them; what
            cannot be counted stands with 0.
    """
    names = [squeeze(name) for entry in authors for name in entry.split(";")]
    return ReportCard(
        authors=tuple(dict.fromkeys(name for name in names if name)),
        date=next((day for date in dates if (day := iso_day(date))), None),
        skipped=tuple(
            f"{count:,} {name if count == 1 else _plural(name)}" if count else name
            for name, count in skipped.items()
        ),
    )


def iso_day(date: str) -> str | None:
    """Return the day of an ISO 8601 date and time; None where it is none, or unset."""
    day = _DAY.match(date.strip())
    return day.group() if day and not date.startswith("0") else None


def _plural(name: str) -> str:
    return f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"

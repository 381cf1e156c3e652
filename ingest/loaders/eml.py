"""E-mail messages: the message itself, and its attachments through their own loaders."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

from ingest.document import LoadedDocument, Part, ReportCard
from ingest.errors import LoadError
from ingest.limits import MIB, Limits
from ingest.loaders.common.builder import TextBuilder
from ingest.loaders.common.metadata import author_names, counted, written_date
from ingest.loaders.common.parts import (
    Names,
    check_nesting,
    is_known,
    read_inside,
    read_part,
    without_repeats,
)
from ingest.loaders.eml_body import Attachment, Body, body_of, header, senders
from ingest.loaders.html import content, parse
from ingest.loaders.html_blocks import add_blocks
from ingest.repair import clean_lines, unwrap, wrap_width

SUFFIXES = {".eml": "eml"}

_SHOWN = ("From", "To", "Cc", "Date", "Subject")
_PROOF = (*_SHOWN, "Received", "Message-ID", "MIME-Version", "Return-Path")
_PART_HEADER = re.compile(rb"^content-type:[^\n]*(?:\n[ \t][^\n]*)*", re.MULTILINE | re.IGNORECASE)
_MOST_PART_HEADERS = MIB  # the library takes a minute for so many


def parts(data: bytes, limits: Limits) -> Iterator[Part]:
    """Read an e-mail message and its attachments.

    Args:
        data: The message's bytes.
        limits: What it may hold, and how deep files may stand in it.

    Yields:
        The message, with the empty name; then the attachments whose format is known, named by
        their file names, with a number where two are alike.

    Raises:
        LoadError: It is no message, is encrypted, or stands or nests too deep.
    """
    check_nesting(limits)
    message = _message(data)
    body = body_of(message, limits.members)
    known = [found for found in body.attachments if is_known(found.name)]
    others = [found for found in body.attachments if not is_known(found.name)]
    yield read_part("", "eml", data, limits, lambda: _load(message, body, others, limits))
    names, inside = Names(), limits.inside()
    yield from without_repeats(
        part
        for attachment in known
        for part in read_inside(names.give(attachment.name), attachment.content(), inside)
    )


def _message(data: bytes) -> EmailMessage:
    headers = sum(len(found.group()) for found in _PART_HEADER.finditer(data))
    if headers > _MOST_PART_HEADERS:
        raise LoadError("The message's headers are damaged, or far too long. Save it anew.")
    try:
        message = BytesParser(policy=policy.default).parsebytes(data)
    except RecursionError as exc:
        raise LoadError("The message's parts nest too deep to be read. Save it anew.") from exc
    if not isinstance(message, EmailMessage) or not any(name in message for name in _PROOF):
        raise LoadError(
            "The file is no e-mail message: it has no sender, date or subject. Give it the suffix "
            "of its real format, or save the message again."
        )
    return message


def _load(
    message: EmailMessage, body: Body, skipped: list[Attachment], limits: Limits
) -> LoadedDocument:
    builder = TextBuilder(limits)
    builder.title = header(message, "Subject") or None
    for name in _SHOWN:
        if value := header(message, name):
            builder.row(f"{name}: {value}")
    for text, is_html in body.texts:
        if is_html:
            # With the mark, what the page says of its own encoding, true of its bytes, is passed.
            data = codecs.BOM_UTF8 + text.encode("utf-8", "replace")
            add_blocks(content(parse(data)), builder)
        else:
            _add_plain(text, builder)
    builder.warnings.extend(dict.fromkeys(body.warnings))
    images = sum(attachment.is_image() for attachment in skipped)
    builder.card = ReportCard(
        authors=author_names(senders(message)),
        date=written_date(header(message, "Date")),
        encoding=body.encoding,
        skipped=(*counted(images, "image"), *counted(len(skipped) - images, "attachment")),
    )
    return builder.build()


def _add_plain(text: str, builder: TextBuilder) -> None:
    """Add a plain text, quoted replies included; lines that stand together stay together."""
    lines = clean_lines(text).split("\n")
    block: list[str] = []
    for line in [*unwrap(lines, wrap_width(lines)), ""]:
        if line.strip():
            block.append(line)
        elif block:
            builder.lines(block)
            block = []

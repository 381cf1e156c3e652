"""What an e-mail message holds: its headers, the texts that are read, and its attachments."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.utils import getaddresses
from typing import TypeVar

from ingest.errors import LoadError
from ingest.loaders.common.builder import squeeze
from ingest.loaders.common.decode import NO_ENCODINGS, decode

_T = TypeVar("_T")

_DEEPEST = 50
_LONGEST_HEADER = 10_000
_LONGEST_NAME = 200
_SEALED = frozenset(["application/pkcs7-mime", "application/x-pkcs7-mime"])
_AS_IT_WAS = policy.default.clone(refold_source="none")
# The library's header parser fails in these ways on headers that break the rules.
_HEADER_ERRORS = (
    ValueError,
    LookupError,
    AttributeError,
    TypeError,
    RecursionError,
    ArithmeticError,
)
_UNSAFE = re.compile(r"[\x00-\x1f\x7f]")
_SIGNATURE = "-- "


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that comes with a message; ``name`` is empty where it has none."""

    name: str
    kind: str
    part: EmailMessage

    def content(self) -> bytes:
        """Return the file's bytes."""
        if self.part.get_content_type() != "message/rfc822":
            return _payload(self.part)
        try:
            return _inner(self.part).as_bytes(policy=_AS_IT_WAS)
        except _HEADER_ERRORS:
            return b""  # which is refused as empty

    def is_image(self) -> bool:
        """Whether it is a picture, as those of signatures are."""
        return self.kind.startswith("image/")


@dataclass(slots=True)
class Body:
    """The texts of a message in order, each with whether it is HTML, and its attachments."""

    texts: list[tuple[str, bool]] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    encoding: str | None = None


def header(message: EmailMessage, name: str) -> str:
    """Return a header's value on one line, decoded; empty where there is none."""
    raw = next((value for key, value in message.raw_items() if key.lower() == name.lower()), "")
    text = squeeze(_repaired(str(raw)))
    if len(text) > _LONGEST_HEADER:  # as with thousands of recipients
        text = text[:_LONGEST_HEADER].rpartition(",")[0] + " …"
    parsed = _guarded(lambda: str(policy.default.header_factory(name, text)), text)
    return squeeze(_repaired(parsed))


def senders(message: EmailMessage) -> list[str]:
    """Return the names of those who wrote a message, or their addresses where it has no names."""
    written = header(message, "From")
    found = _guarded(lambda: getaddresses([written]), [("", written)])
    return [(name or address).replace(";", ",") for name, address in found]


def body_of(message: EmailMessage, most_parts: int) -> Body:
    """Return what a message holds; of alternatives plain text is taken rather than HTML.

    Args:
        message: The message.
        most_parts: How many parts it may have.

    Raises:
        LoadError: It is encrypted, nests too deep, or has too many parts.
    """
    body, parts = Body(), 0
    waiting = [(message, True, 0)]
    while waiting:
        part, wanted, depth = waiting.pop()
        parts += 1
        if parts > most_parts:
            raise LoadError(f"The message has more than {most_parts:,} parts. Save it in pieces.")
        if depth > _DEEPEST:
            raise LoadError("The message's parts nest too deep to be read. Save it anew.")
        kind = part.get_content_type()
        if kind == "multipart/encrypted" or (kind in _SEALED and not depth):
            raise LoadError(
                "The message is encrypted, or signed in a way that hides its text. Open it in "
                "the mail program and save it without."
            )
        if kind.startswith("message/"):
            name = _file_name(part)
            if kind == "message/rfc822" and not name:
                name = _safe(header(_inner(part), "Subject")) or "message"
            is_eml = kind == "message/rfc822" and not name.lower().endswith(".eml")
            body.attachments.append(Attachment(f"{name}.eml" if is_eml else name, kind, part))
        elif part.is_multipart():
            children = [child for child in part.get_payload() if isinstance(child, EmailMessage)]
            chosen = _chosen(children) if kind == "multipart/alternative" else children
            waiting.extend(
                (child, wanted and any(child is one for one in chosen), depth + 1)
                for child in reversed(children)
            )
        elif kind in ("text/plain", "text/html") and not _is_attachment(part):
            if wanted:
                _add_text(body, part, is_html=kind == "text/html")
        else:
            body.attachments.append(Attachment(_file_name(part), kind, part))
    return body


def _chosen(children: list[EmailMessage]) -> list[EmailMessage]:
    """Return the alternative that is read: plain text that says something, else the last."""
    for child in children:
        if child.get_content_type() == "text/plain" and _payload(child).strip():
            return [child]
    readable = [
        child
        for child in children
        if child.is_multipart() or child.get_content_type() == "text/html"
    ]
    return readable[-1:]


def _add_text(body: Body, part: EmailMessage, *, is_html: bool) -> None:
    data = _payload(part)
    if not data.strip():
        return
    try:
        encoding = codecs.lookup(_guarded(part.get_content_charset, None) or "utf-8").name
        if encoding.replace("-", "_") in NO_ENCODINGS:
            raise LookupError(encoding)
        text = data.decode(encoding)
    except (ValueError, LookupError):
        text, encoding, warnings = decode(data)
        body.warnings.extend(warnings)
    flowed: dict[str, str] = _guarded(lambda: dict(part["Content-Type"].params), {})
    if not is_html and str(flowed.get("format", "")).lower() == "flowed":
        text = _unflowed(text, delete_space=str(flowed.get("delsp", "")).lower() == "yes")
    body.texts.append((text, is_html))
    body.encoding = body.encoding or encoding


def _unflowed(text: str, *, delete_space: bool) -> str:
    """Join the lines that RFC 3676 marks as going on, by a space at their ends."""
    lines: list[list[str]] = []
    depth_before, goes_on = 0, False
    for line in text.splitlines():
        quoted = line.lstrip(">")
        depth = len(line) - len(quoted)
        words = quoted.removeprefix(" ")
        soft = words.endswith(" ") and words != _SIGNATURE
        if goes_on and depth == depth_before and words != _SIGNATURE:
            lines[-1].append(words)
        else:
            lines.append([">" * depth + " " * bool(depth) + words])
        if soft and delete_space:
            lines[-1][-1] = lines[-1][-1][:-1]
        depth_before, goes_on = depth, soft
    return "\n".join("".join(line) for line in lines)


def _is_attachment(part: EmailMessage) -> bool:
    disposition = _guarded(part.get_content_disposition, None)
    return disposition == "attachment" or bool(_file_name(part))


def _file_name(part: EmailMessage) -> str:
    """Return an attachment's own name, without the folders that some programs leave in it."""
    return _safe(_guarded(part.get_filename, None) or "")


def _safe(name: str) -> str:
    name = _UNSAFE.sub(" ", _repaired(name)).replace("\\", "/").rpartition("/")[2].strip()
    stem, dot, suffix = name.rpartition(".")
    return f"{stem[:_LONGEST_NAME]}{dot}{suffix[:_LONGEST_NAME]}"


def _inner(part: EmailMessage) -> EmailMessage:
    """Return the message that a `message/rfc822` part holds."""
    payload = part.get_payload()
    found = payload[0] if isinstance(payload, list) and payload else None
    return found if isinstance(found, EmailMessage) else EmailMessage()


def _payload(part: EmailMessage) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _repaired(text: str) -> str:
    """Return ``text`` with the bytes read that its header holds against the rules."""
    try:
        text.encode()
    except UnicodeEncodeError:
        data = text.encode("utf-8", "surrogateescape")
        try:
            return data.decode()
        except UnicodeDecodeError:
            return data.decode("cp1252", "replace")
    return text


def _guarded(read: Callable[[], _T], otherwise: _T) -> _T:
    """Return what a header says, or ``otherwise`` where the library cannot read it."""
    try:
        return read()
    except _HEADER_ERRORS:
        return otherwise

"""Bytes to text, whatever the encoding, for the text formats."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from charset_normalizer import from_bytes

from ingest.errors import LoadError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Python decodes these too, which no document is written in; some take hours for a large one.
NO_ENCODINGS = ("idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape")
_BINARY_SHARE = 0.1
_ACCENTED_SHARE = 0.3
_SIGN_IN_WORD = re.compile(
    "[^\\W\\d_][\u00a1-\u00a9\u00ab\u00ac\u00ae-\u00b6\u00b8\u00b9\u00bb-\u00bf\u00d7\u00f7][^\\W\\d_]"
)


class Decoded(NamedTuple):
    """A text file's text, the encoding it was read with, and a warning where that is a guess."""

    text: str
    encoding: str
    warnings: tuple[str, ...] = ()


def decode(data: bytes) -> Decoded:
    """Decode a text file.

    Raises:
        LoadError: The bytes are not text.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            try:
                text = data.decode(encoding)
            except UnicodeDecodeError as exc:
                raise _binary() from exc
            _refuse_binary(text)
            return Decoded(text, encoding.removesuffix("-sig"))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        if b"\x00" in data[:4096]:
            raise _binary() from None
        text, encoding = _guess(data)
        _refuse_binary(text)
        return Decoded(text, encoding, (f"the encoding was not UTF-8; it was read as {encoding}",))
    _refuse_binary(text)
    return Decoded(text, "utf-8")


def _guess(data: bytes) -> tuple[str, str]:
    """Return the text and the encoding that fits best, Western European before all others.

    A detector alone takes short Spanish texts for Polish or Chinese ones, since the same bytes are
    letters there too.
    """
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        text = ""
    letters = [char for char in text[:65536] if char.isalpha()]
    accented = sum(1 for char in letters if not char.isascii())
    few = accented <= _ACCENTED_SHARE * len(letters) + 1  # one, in a word or two, tells nothing
    if letters and few and not _SIGN_IN_WORD.search(text):
        return text, "cp1252"
    best = from_bytes(data).best()
    if best is None:
        raise _binary()
    return str(best), best.encoding


def _refuse_binary(text: str) -> None:
    sample = text[:8192]
    control = sum(1 for char in sample if ord(char) < 32 and char not in "\t\n\r\f\v\x1b")
    if control > _BINARY_SHARE * len(sample) or "\x00" in sample:
        raise _binary()


def _binary() -> LoadError:
    return LoadError(
        "The file is binary, not text. Give it the suffix of its real format, or remove it."
    )

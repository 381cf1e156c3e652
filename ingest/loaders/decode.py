"""Bytes to text, whatever the encoding, for the text formats."""

from __future__ import annotations

import codecs

from charset_normalizer import from_bytes

from ingest.errors import LoadError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BINARY_SHARE = 0.1


def decode(data: bytes) -> tuple[str, tuple[str, ...]]:
    """Decode a text file.

    Returns:
        The text, and warnings: one where the encoding had to be guessed.

    Raises:
        LoadError: The bytes are not text.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            try:
                return data.decode(encoding), ()
            except UnicodeDecodeError as exc:
                raise _binary() from exc
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        best = None if b"\x00" in data[:4096] else from_bytes(data).best()
        if best is None:
            raise _binary() from None
        text = str(best)
        _refuse_binary(text)
        return text, (f"the encoding was not UTF-8; it was read as {best.encoding}",)
    _refuse_binary(text)
    return text, ()


def _refuse_binary(text: str) -> None:
    sample = text[:8192]
    control = sum(1 for char in sample if ord(char) < 32 and char not in "\t\n\r\f\v\x1b")
    if control > _BINARY_SHARE * len(sample) or "\x00" in sample:
        raise _binary()


def _binary() -> LoadError:
    return LoadError(
        "The file is binary, not text. Give it the suffix of its real format, or remove it."
    )

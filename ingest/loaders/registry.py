"""Which loader reads which file.

A loader is a module of this package with a literal ``SUFFIXES = {".suffix": "format"}`` and

- ``load(data: bytes, limits: Limits) -> LoadedDocument`` for a file that is one document, or
- ``parts(data: bytes, limits: Limits) -> Iterator[Part]`` for a file that holds several.

Adding a format is adding such a module: it is found by its ``SUFFIXES``, which are read from the
source, since many readers are slow to import and most files need only one of them.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path, PurePath
from types import ModuleType

from ingest.document import LoadedDocument, Part
from ingest.errors import LoadError
from ingest.limits import Limits

_SUFFIXES = re.compile(r"^SUFFIXES = (\{.*?\})$", re.MULTILINE | re.DOTALL)


@cache
def _formats() -> dict[str, tuple[str, str]]:
    """Map each suffix to its format and the name of its loader's module."""
    found: dict[str, tuple[str, str]] = {}
    for path in sorted(Path(__file__).parent.glob("*.py")):
        announced = _SUFFIXES.search(path.read_text(encoding="utf-8"))
        if announced:
            for suffix, form in ast.literal_eval(announced.group(1)).items():
                found[suffix] = (form, path.stem)
    return found


def supported_suffixes() -> tuple[str, ...]:
    """Return the file name suffixes that can be read, sorted."""
    return tuple(sorted(_formats()))


def require_format(name: str) -> str:
    """Return the format of a file by its suffix.

    Raises:
        LoadError: No loader reads such files.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix not in _formats():
        kind = f"{suffix} files" if suffix else "files without a suffix"
        raise LoadError(
            f"No loader reads {kind}. Convert it to one of {' '.join(supported_suffixes())}, "
            "or move it out of the documents folder."
        )
    return _formats()[suffix][0]


def read(name: str, data: bytes, limits: Limits | None = None) -> Iterator[Part]:
    """Read a file, document by document.

    Args:
        name: The file's name; its suffix chooses the loader.
        data: The file's bytes.
        limits: What the file may cost; the defaults where left out.

    Yields:
        The file's documents, each read or with the reason why not; a plain file's only one has
        the empty name.

    Raises:
        LoadError: The format is unknown, or the file as a whole is empty, damaged or too large.
    """
    limits = limits or Limits()
    form = require_format(name)
    loader = _loader(name)
    check_size(data, limits)
    if not hasattr(loader, "parts"):
        document = load(name, data, limits)
        yield Part("", form, hashlib.sha256(data).hexdigest(), len(data), document)
        return
    found = 0
    try:
        for part in loader.parts(data, limits):
            found += 1
            yield part
    except (LoadError, MemoryError, RecursionError):
        raise
    except Exception as exc:  # readers fail on damaged files in ways of their own
        raise _damaged(exc) from exc
    if not found:
        raise LoadError("The file holds no documents. Replace it, or delete it.")


def load(name: str, data: bytes, limits: Limits | None = None) -> LoadedDocument:
    """Turn a file that is one document into text with pages and sections.

    Args:
        name: The file's name; its suffix chooses the loader.
        data: The file's bytes.
        limits: What the file may cost; the defaults where left out.

    Returns:
        The loaded document; its text is not empty.

    Raises:
        LoadError: The format is unknown or holds several documents, or the file is empty,
            damaged, protected, textless or too large.
    """
    limits = limits or Limits()
    require_format(name)
    loader = _loader(name)
    check_size(data, limits)
    if not hasattr(loader, "load"):
        raise LoadError("The file holds several documents, where one is read. Unpack it first.")
    try:
        document: LoadedDocument = loader.load(data, limits)
    except (LoadError, MemoryError, RecursionError):
        raise
    except Exception as exc:  # readers fail on damaged files in ways of their own
        raise _damaged(exc) from exc
    check_text(document, limits)
    return document


def check_size(data: bytes, limits: Limits) -> None:
    """Refuse a file that is empty or too large.

    Raises:
        LoadError: The message says which.
    """
    if not data:
        raise LoadError("The file is empty (0 bytes). Replace it, or delete it.")
    if len(data) > limits.file_bytes:
        raise too_large(len(data), limits)


def too_large(size_bytes: int, limits: Limits) -> LoadError:
    """Return the error for a file over the size limit."""
    return LoadError(
        f"The file is too large ({size_bytes / 1048576:.0f} MB; the limit is "
        f"{limits.file_bytes / 1048576:.0f} MB). Divide it, or raise FOOTNOTE_MAX_FILE_MB."
    )


def check_text(document: LoadedDocument, limits: Limits) -> None:
    """Refuse a document without text, or with more than may be indexed.

    Raises:
        LoadError: The message says which.
    """
    if not document.text.strip():
        raise LoadError(
            "No text was found in the file. If its pages are scanned images, run text "
            "recognition (OCR) on it first."
        )
    if len(document.text) > limits.text_chars:
        raise too_much_text(len(document.text), limits)


def too_much_text(chars: int, limits: Limits) -> LoadError:
    """Return the error for a document of ``chars`` code points or more."""
    return LoadError(
        f"The file holds too much text ({chars:,} characters; the limit is "
        f"{limits.text_chars:,}). Divide it into several files."
    )


def _loader(name: str) -> ModuleType:
    return import_module(f"ingest.loaders.{_formats()[PurePath(name).suffix.lower()][1]}")


def _damaged(exc: Exception) -> LoadError:
    return LoadError(
        f"The file is damaged, or of a kind that its reader does not know "
        f"({type(exc).__name__}: {exc}). Save it again from the program that made it."
    )

"""Which loader reads which file. Adding a format is one module and one line here."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import PurePath

from ingest.document import LoadedDocument
from ingest.errors import LoadError

Loader = Callable[[bytes], LoadedDocument]

# suffix -> (format, module of this package that has `load(data: bytes) -> LoadedDocument`)
_FORMATS: dict[str, tuple[str, str]] = {
    ".md": ("markdown", "markdown"),
    ".markdown": ("markdown", "markdown"),
    ".txt": ("text", "plain"),
    ".text": ("text", "plain"),
    ".html": ("html", "html"),
    ".htm": ("html", "html"),
    ".pdf": ("pdf", "pdf"),
    ".docx": ("docx", "docx"),
    ".csv": ("csv", "table"),
}


def supported_suffixes() -> tuple[str, ...]:
    """Return the file name suffixes that can be read, in order of the registry."""
    return tuple(_FORMATS)


def require_format(name: str) -> str:
    """Return the format of a file by its suffix.

    Raises:
        LoadError: No loader reads such files.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix not in _FORMATS:
        known = " ".join(sorted(_FORMATS))
        kind = f"{suffix} files" if suffix else "files without a suffix"
        raise LoadError(
            f"No loader reads {kind}. Convert it to one of {known}, "
            "or move it out of the documents folder."
        )
    return _FORMATS[suffix][0]


def load(name: str, data: bytes) -> LoadedDocument:
    """Turn a file into text with pages and sections.

    Args:
        name: The file's name; its suffix chooses the loader.
        data: The file's bytes.

    Returns:
        The loaded document; its text is not empty.

    Raises:
        LoadError: The format is unknown, or the file is empty, damaged, protected or textless.
    """
    require_format(name)
    suffix = PurePath(name).suffix.lower()
    if not data:
        raise LoadError("The file is empty (0 bytes). Replace it, or delete it.")
    loader: Loader = import_module(f"ingest.loaders.{_FORMATS[suffix][1]}").load
    try:
        document = loader(data)
    except LoadError:
        raise
    except Exception as exc:  # readers fail on damaged files in ways of their own
        raise LoadError(
            f"The file is damaged, or of a kind that its reader does not know "
            f"({type(exc).__name__}: {exc}). Save it again from the program that made it."
        ) from exc
    if not document.text.strip():
        raise LoadError(
            "No text was found in the file. If its pages are scanned images, run text "
            "recognition (OCR) on it first."
        )
    return document

"""The errors that Footnote raises on purpose.

A message says what happened, to which input, and what to do about it.
"""


class FootnoteError(Exception):
    """Base of every error that a user can mend."""


class SettingsError(FootnoteError):
    """A setting holds a value that cannot be used."""


class LoadError(FootnoteError):
    """A file could not be turned into text; the message is its reason in the ingest report."""


class EmbedderError(FootnoteError):
    """The embedding model failed to load or to run."""


class LibraryError(FootnoteError):
    """The library is missing, of another make, or damaged."""


class EmptyLibraryError(LibraryError):
    """Nothing has been indexed yet."""


class LibraryLockedError(LibraryError):
    """Another process is writing to the library."""


class UnknownDocumentError(LibraryError):
    """A document id that the library does not hold."""

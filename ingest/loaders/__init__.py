"""The registry of formats: one small module each, from a file's bytes to its text."""

from ingest.loaders.registry import load, read, require_format, supported_suffixes

__all__ = ["load", "read", "require_format", "supported_suffixes"]

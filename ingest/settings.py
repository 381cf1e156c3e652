"""The library's settings: typed, frozen, built once at the edge and passed in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ingest.errors import SettingsError
from ingest.limits import MIB, Limits

ROOT = Path(__file__).resolve().parents[1]
PREFIX = "FOOTNOTE_"


class LibrarySettings(BaseModel):
    """Where documents and library stand, and how documents are embedded.

    Each field is the environment variable ``FOOTNOTE_<FIELD>``; a `.env` file in the project's
    root is read first, and the environment wins.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    path_fields: ClassVar[tuple[str, ...]] = ("documents", "storage")

    documents: Path = Field(
        default=ROOT / "data" / "documents", description="Folder of source documents."
    )
    storage: Path = Field(
        default=ROOT / "storage",
        description="Folder of the library, added files and evaluation runs.",
    )
    embed_model: str = Field(
        default="all-MiniLM-L6-v2",
        min_length=1,
        description="Embedding model: the packaged one, a local path, or a hub name.",
    )
    embed_backend: Literal["auto", "torch"] = Field(
        default="auto",
        description="How the model is run: the fastest way that fits, or the reference, torch.",
    )
    chunk_tokens: int = Field(
        default=256,
        ge=64,
        le=8192,
        description="Longest embedded form of a chunk, in the embedder's tokens; "
        "never more than the model reads.",
    )

    chunk_overlap: int = Field(
        default=0,
        ge=0,
        le=1024,
        description="Tokens of whole sentences that a chunk repeats of the one before, at most.",
    )
    max_file_mb: int = Field(
        default=200, ge=1, le=100_000, description="Largest file that is read, in megabytes."
    )
    max_pages: int = Field(
        default=20_000, ge=1, le=1_000_000, description="Most pages of a document that is read."
    )
    file_timeout_s: float = Field(
        default=120.0,
        gt=0,
        le=86_400,
        description="Longest that a file may take without a sign of progress, in seconds.",
    )

    @field_validator("documents", "storage")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return _expanded(value).resolve()

    def limits(self) -> Limits:
        """Return what one file may cost."""
        return Limits(
            file_bytes=self.max_file_mb * MIB, pages=self.max_pages, seconds=self.file_timeout_s
        )

    @property
    def added(self) -> Path:
        """Folder that holds files which were added from elsewhere."""
        return self.storage / "added"

    @classmethod
    def load(
        cls, environ: Mapping[str, str] | None = None, env_file: Path | None = ROOT / ".env"
    ) -> Self:
        """Build the settings from `.env` and the environment.

        Args:
            environ: The environment; ``os.environ`` by default.
            env_file: The `.env` file, its relative paths counted from its own folder; None for
                none.

        Raises:
            SettingsError: A value is not usable; the message names the variable.
        """
        values: dict[str, Any] = {}
        if env_file is not None and env_file.is_file():
            for name, text in _read_env(env_file).items():
                field_name = cls._field(name)
                if field_name is None or not text:
                    continue
                if field_name in cls.path_fields and not text.startswith("~"):
                    text = str(env_file.parent / text)
                values[field_name] = text
        for name, text in (os.environ if environ is None else environ).items():
            field_name = cls._field(name)
            if field_name is not None and text:
                values[field_name] = text
        try:
            return cls.model_validate(values)
        except ValidationError as exc:
            first = exc.errors()[0]
            variable = PREFIX + str(first["loc"][0]).upper() if first["loc"] else PREFIX
            raise SettingsError(
                f"{variable} is set to {first['input']!r}, which cannot be used: {first['msg']}. "
                "Correct it in the environment or in .env, or unset it for the default."
            ) from exc

    @classmethod
    def _field(cls, variable: str) -> str | None:
        name = variable.removeprefix(PREFIX).lower()
        return name if variable.startswith(PREFIX) and name in cls.model_fields else None


def _read_env(path: Path) -> dict[str, str | None]:
    try:
        return dict(dotenv_values(path))
    except (OSError, UnicodeDecodeError) as exc:
        raise SettingsError(
            f"The settings file {str(path)!r} cannot be read ({exc}). "
            "Save it as UTF-8 text that you may read, or remove it."
        ) from exc


def _expanded(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError as exc:  # `~name` of a user that there is not
        raise ValueError(str(exc)) from exc

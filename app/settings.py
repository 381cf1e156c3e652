"""The application's settings, on top of the library's."""

from __future__ import annotations

from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from ingest.errors import SettingsError
from ingest.settings import PREFIX, LibrarySettings


class AppSettings(LibrarySettings):
    """How questions are answered, by which LLM if any, and where the page is served."""

    top_k: int = Field(default=10, ge=1, le=100, description="Passages retrieved for a question.")
    dense_weight: float = Field(
        default=0.5,
        ge=0.0,
        le=1.0,
        description="Weight of the embedding similarity in the fusion; the rest is BM25's.",
    )
    rerank_model: str | None = Field(
        default=None,
        description="Cross-encoder that reorders passages: a local folder or a hub name.",
    )
    rerank_top_n: int = Field(
        default=20, ge=1, le=100, description="Fused passages that the cross-encoder reorders."
    )
    max_sentences: int = Field(
        default=5, ge=1, le=20, description="Most sentences of an extractive answer."
    )
    answer_threshold: float = Field(
        default=0.5,
        ge=0.0,
        le=1.0,
        description="Confidence below which a question is not answered; 0 answers always.",
    )
    max_question_chars: int = Field(
        default=4000, ge=100, le=100_000, description="Longest question that is taken."
    )
    host: str = Field(default="127.0.0.1", description="Address that `footnote serve` binds.")
    port: int = Field(default=7860, ge=1, le=65535, description="Port of `footnote serve`.")
    llm_base_url: str | None = Field(
        default=None,
        description="OpenAI-compatible endpoint that writes answers; none: extractive answers.",
    )
    llm_model: str | None = Field(default=None, description="Model to ask that endpoint for.")
    llm_api_key: SecretStr | None = Field(default=None, description="The endpoint's key, if any.")
    llm_timeout_s: float = Field(
        default=60.0,
        gt=0.0,
        le=3600.0,
        description="Longest that an answer waits for the LLM, in seconds, all tries together.",
    )
    llm_context_tokens: int = Field(
        default=8192, ge=1024, le=4_000_000, description="Tokens that the model reads and writes."
    )
    llm_max_tokens: int = Field(
        default=1024, ge=64, le=100_000, description="Longest answer of the LLM, in tokens."
    )
    llm_retries: int = Field(
        default=2, ge=0, le=10, description="How often a request that failed is sent again."
    )
    strict: bool = Field(
        default=False,
        description="Leave out what the LLM writes that no document bears out, not just mark it.",
    )

    @property
    def uses_llm(self) -> bool:
        """Whether an LLM writes the answers."""
        return self.llm_base_url is not None and self.llm_model is not None

    @field_validator("llm_base_url")
    @classmethod
    def _http(cls, value: str | None) -> str | None:
        return http_address(value, "llm", without="extractive answers")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        both_or_none(self, "llm", "Set both for answers by an LLM, or neither for extractive ones.")
        if self.llm_max_tokens > self.llm_context_tokens // 2:
            raise SettingsError(
                f"FOOTNOTE_LLM_MAX_TOKENS is {self.llm_max_tokens}, more than half of "
                f"FOOTNOTE_LLM_CONTEXT_TOKENS, {self.llm_context_tokens}. Lower it, or raise the "
                "other to what the model reads: the passages need the rest."
            )
        return self


def http_address(value: str | None, who: str, *, without: str) -> str | None:
    """Check the address of an OpenAI-compatible endpoint.

    Args:
        value: What ``FOOTNOTE_<WHO>_BASE_URL`` is set to.
        who: Whose endpoint it is, as its settings begin: ``llm`` or ``judge``.
        without: What there is where no address is set.

    Returns:
        The address without white space and slashes around it; None for none.

    Raises:
        SettingsError: It is no http or https address, or more than one.
    """
    if value is None:
        return None
    prefix = f"{PREFIX}{who.upper()}"
    # The value is left out of the message: it may hold a password.
    try:
        url = urlsplit(value.strip())
        named = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        named = False
    if not named or any(char.isspace() for char in value.strip()):
        raise SettingsError(
            f"{prefix}_BASE_URL is not an http or https address. Set it to one such as "
            f"http://127.0.0.1:11434/v1, or unset it for {without}."
        )
    if url.username is not None or url.query or url.fragment:
        raise SettingsError(
            f"{prefix}_BASE_URL holds more than an address. Leave out user, password and "
            f"anything after `?` or `#`; a key goes into {prefix}_API_KEY."
        )
    return value.strip().rstrip("/")


def both_or_none(settings: AppSettings, who: str, remedy: str) -> None:
    """Check that an endpoint's address and its model are both set, or neither.

    Raises:
        SettingsError: One of them is missing.
    """
    for name, other in ((f"{who}_base_url", f"{who}_model"), (f"{who}_model", f"{who}_base_url")):
        if getattr(settings, name) is not None and getattr(settings, other) is None:
            raise SettingsError(
                f"{PREFIX}{name.upper()} is set and {PREFIX}{other.upper()} is not. {remedy}"
            )

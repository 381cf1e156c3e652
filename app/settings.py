"""The application's settings, on top of the library's."""

from __future__ import annotations

from pydantic import Field

from ingest.settings import LibrarySettings


class AppSettings(LibrarySettings):
    """How questions are answered and where the page is served."""

    top_k: int = Field(default=10, ge=1, le=100, description="Passages retrieved for a question.")
    dense_weight: float = Field(
        default=0.5,
        ge=0.0,
        le=1.0,
        description="Weight of the embedding similarity in the fusion; the rest is BM25's.",
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

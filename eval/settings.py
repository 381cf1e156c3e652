"""The evaluation's settings, on top of the application's: which LLM judges, and at what cost."""

from __future__ import annotations

from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator

from app.settings import AppSettings, both_or_none, http_address


class EvalSettings(AppSettings):
    """How answers are evaluated; without a judge, by figures that need no LLM."""

    judge_base_url: str | None = Field(
        default=None, description="OpenAI-compatible endpoint of the LLM that judges answers."
    )
    judge_model: str | None = Field(default=None, description="Model to ask that endpoint for.")
    judge_api_key: SecretStr | None = Field(default=None, description="The endpoint's key, if any.")
    judge_timeout_s: float = Field(
        default=60.0, gt=0.0, le=3600.0, description="Longest that one request takes, in seconds."
    )
    judge_retries: int = Field(
        default=3, ge=0, le=10, description="How often a question that failed is put again."
    )
    judge_jobs: int = Field(
        default=4, ge=1, le=64, description="Most requests that are under way at once."
    )
    judge_max_tokens: int = Field(
        default=2048, ge=64, le=100_000, description="Longest answer of the judge, in tokens."
    )
    judge_input_price: float = Field(
        default=0.0, ge=0.0, description="Price of a million tokens that it reads, in USD."
    )
    judge_output_price: float = Field(
        default=0.0, ge=0.0, description="Price of a million tokens that it writes, in USD."
    )

    @property
    def has_judge(self) -> bool:
        """Whether an LLM can judge."""
        return self.judge_base_url is not None and self.judge_model is not None

    @field_validator("judge_base_url")
    @classmethod
    def _judge_http(cls, value: str | None) -> str | None:
        return http_address(value, "judge", without="figures that need no LLM")

    @model_validator(mode="after")
    def _whole_judge(self) -> Self:
        both_or_none(
            self, "judge", "Set both for an LLM that judges answers, or neither to do without."
        )
        return self

"""What every encoder is: texts in, unit vectors out, and the shape of the model behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ModelShape:
    """What must be known of a model beside its weights.

    Attributes:
        window: Most tokens that it reads of one text, special ones included.
        dimension: Length of its vectors.
        pad_id: The token that fills a batch's shorter texts; it is masked.
        document_prompt: What the model wants before a document's text.
        query_prompt: What it wants before a question.
    """

    window: int
    dimension: int
    pad_id: int
    document_prompt: str
    query_prompt: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text to embed: as it was given, and its tokens behind the model's own prompt."""

    text: str
    tokens: Sequence[int]


class Encoder(Protocol):
    """A loaded model; safe to share between threads."""

    @property
    def label(self) -> str:
        """How the model is run, in words, such as ``OpenVINO, bfloat16``."""

    @property
    def shape(self) -> ModelShape:
        """The model's window, dimension and prompts."""

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's own tokenizer, which neither cuts nor pads."""

    def encode(self, texts: Sequence[Text], *, query: bool) -> Vectors:
        """Embed texts, longest first so that texts of like length stand together.

        Returns:
            Shape ``(len(texts), dimension)`` float32, unit length.
        """


def as_mapping(shape: ModelShape) -> Mapping[str, int | str]:
    """Return the shape as JSON-ready values."""
    return {name: getattr(shape, name) for name in shape.__slots__}

"""What every encoder is: texts in, unit vectors out, and the shape of the model behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

Vectors = NDArray[np.float32]
TokenRange = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ModelShape:
    """What must be known of a model beside its weights.

    Attributes:
        window: Most tokens that it reads of one text, special ones included.
        dimension: Length of its vectors.
        pad_id: The token that fills a batch's shorter texts; it is masked.
        document_prompt: What the model wants before a document's text.
        query_prompt: What it wants before a question.
        mean_pooled: Whether its vector of a text is the mean over the text's tokens, so that the
            mean over a sentence's tokens is a vector of that sentence in its context.
    """

    window: int
    dimension: int
    pad_id: int
    document_prompt: str
    query_prompt: str
    mean_pooled: bool = False


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

    def encode_parts(
        self, texts: Sequence[Text], parts: Sequence[Sequence[TokenRange]]
    ) -> tuple[Vectors, list[Vectors]]:
        """Embed texts, and parts of each in the context of the whole; for mean pooling only.

        Late chunking (Günther et al. 2024): the model reads the whole text once, and a part's
        vector is the mean of its tokens' outputs.

        Args:
            texts: As for `encode`.
            parts: Half-open ranges of each text's tokens, none empty.

        Returns:
            The texts' vectors as `encode` gives them, and for each text an array
            ``(len(parts), dimension)`` float32, unit length.
        """


def pooled_parts(hidden: NDArray[np.floating], parts: Sequence[TokenRange]) -> Vectors:
    """Return unit means over ranges of tokens.

    Args:
        hidden: The model's output for each token of a text, ``(n_tokens, dimension)``.
        parts: Half-open ranges of tokens, none empty.

    Returns:
        Shape ``(len(parts), dimension)`` float32.
    """
    means = np.empty((len(parts), hidden.shape[1]), dtype=np.float32)
    for row, (first, last) in zip(means, parts, strict=True):
        row[:] = hidden[first:last].mean(axis=0)
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
    return means


def as_mapping(shape: ModelShape) -> Mapping[str, int | str | bool]:
    """Return the shape as JSON-ready values."""
    return {name: getattr(shape, name) for name in shape.__slots__}

"""Texts measured in the embedder's own tokens, without the embedder's weights."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from tokenizers import Tokenizer


class TokenCounter:
    """Counts the tokens of texts; safe to share between threads."""

    def __init__(self, tokenizer: Tokenizer, window: int) -> None:
        """Wrap a tokenizer that neither cuts nor pads.

        Args:
            tokenizer: The embedder's own.
            window: Most tokens that the embedder reads of one text, special ones included.
        """
        self.tokenizer = tokenizer
        self.window = window

    @classmethod
    def from_json(cls, tokenizer: str, window: int) -> TokenCounter:
        """Rebuild a counter from its tokenizer's serialised form."""
        return cls(Tokenizer.from_str(tokenizer), window)

    def to_json(self) -> str:
        """Return the tokenizer's serialised form."""
        return str(self.tokenizer.to_str())

    @cached_property
    def special_tokens(self) -> int:
        """How many tokens the tokenizer adds to every text."""
        return int(self.tokenizer.num_special_tokens_to_add(False))

    def token_starts(self, text: str) -> list[int]:
        """Return the offset of each token of ``text``, in code points, ascending."""
        encoding = self.tokenizer.encode(text, add_special_tokens=False)
        return [start for start, _ in encoding.offsets]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return each text's length in tokens, special ones included."""
        return [len(found) for found in self.tokenizer.encode_batch_fast(list(texts))]

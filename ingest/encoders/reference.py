"""The reference: sentence-transformers, which runs every model on every device it knows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tokenizers import Tokenizer

from ingest.encoders.base import ModelShape, Text, TokenRange, Vectors, pooled_parts
from ingest.errors import EmbedderError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_DOCUMENT_PROMPTS = ("document", "passage", "corpus")  # the names sentence-transformers looks for
_BATCH_SIZE = 8  # of long texts more gains nothing on two cores
_USUAL_WINDOW = 512  # of a model that does not tell


class ReferenceEncoder:
    """A sentence-transformers model in float32, on CUDA or MPS where there is one."""

    def __init__(self, model: SentenceTransformer, name: str) -> None:
        """Wrap a loaded model; use `load`."""
        self.model = model
        self.tokenizer = counting_tokenizer(model.tokenizer, name)
        self.shape = model_shape(model)
        self.label = f"sentence-transformers, float32 on {model.device.type}"

    @classmethod
    def load(cls, name: str, path: str, *, local: bool, device: str | None) -> ReferenceEncoder:
        """Load a model.

        Args:
            name: How the settings call it.
            path: A folder, or a hub name.
            local: Whether it must be on this machine already.
            device: A torch device; None lets sentence-transformers choose.

        Raises:
            EmbedderError: It cannot be loaded, or has no tokenizer that counts.
        """
        try:
            from sentence_transformers import SentenceTransformer
            from transformers.utils import logging as transformers_logging
        except ImportError as exc:
            raise EmbedderError(
                f"sentence-transformers cannot be imported ({exc}). Run `make setup` again."
            ) from exc
        # It draws on stderr at every load.
        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            return cls(SentenceTransformer(path, device=device, local_files_only=local), name)
        except EmbedderError:
            raise
        except Exception as exc:
            raise EmbedderError(
                f"The embedding model {name!r} could not be loaded ({exc}). Set "
                "FOOTNOTE_EMBED_MODEL to 'all-MiniLM-L6-v2', to a folder that holds a "
                "sentence-transformers model, or to a hub name that this machine can reach."
            ) from exc

    def encode(self, texts: Sequence[Text], *, query: bool) -> Vectors:
        """Embed texts: ``(len(texts), dimension)`` float32, unit length."""
        encode = self.model.encode_query if query else self.model.encode_document
        vectors = encode(
            [text.text for text in texts],
            batch_size=_BATCH_SIZE,
            normalize_embeddings=True,
            show_progress_bar=False,
            convert_to_numpy=True,
        )
        return np.asarray(vectors, dtype=np.float32)

    def encode_parts(
        self, texts: Sequence[Text], parts: Sequence[Sequence[TokenRange]]
    ) -> tuple[Vectors, list[Vectors]]:
        """Embed texts and parts of each, as `Encoder.encode_parts` says."""
        outputs: Any = self.model.encode_document(
            [text.text for text in texts],
            batch_size=_BATCH_SIZE,
            output_value=None,
            show_progress_bar=False,
        )
        found = np.empty((len(texts), self.shape.dimension), dtype=np.float32)
        inside: list[Vectors] = []
        for row, output, ranges in zip(found, outputs, parts, strict=True):
            vector = np.asarray(output["sentence_embedding"].float().cpu(), dtype=np.float32)
            row[:] = vector / max(float(np.linalg.norm(vector)), 1e-12)
            hidden = np.asarray(output["token_embeddings"].float().cpu(), dtype=np.float32)
            inside.append(pooled_parts(hidden, ranges))
        return found, inside


def pooling(model: SentenceTransformer) -> str | None:
    """Return how a model pools, ``mean`` or ``cls``; None where it does otherwise.

    Only models of a transformer, a pooling and perhaps a normalisation are told.
    """
    modules: Any = list(model)
    kinds = [type(module).__name__ for module in modules]
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return None
    mode = modules[1].get_config_dict()
    on = [key for key, value in mode.items() if key.startswith("pooling_mode_") and value is True]
    if on == ["pooling_mode_mean_tokens"] or mode.get("pooling_mode") == "mean":
        return "mean"
    if on == ["pooling_mode_cls_token"] or mode.get("pooling_mode") == "cls":
        return "cls"
    return None


def model_shape(model: SentenceTransformer) -> ModelShape:
    """Return what a loaded model tells of itself."""
    prompts = {key: value or "" for key, value in (model.prompts or {}).items()}
    default = prompts.get(model.default_prompt_name or "", "")
    document = next((prompts[key] for key in _DOCUMENT_PROMPTS if prompts.get(key)), default)
    return ModelShape(
        window=int(model.max_seq_length or _USUAL_WINDOW),
        dimension=int(model.get_embedding_dimension() or 0),
        pad_id=int(getattr(model.tokenizer, "pad_token_id", None) or 0),
        document_prompt=document,
        query_prompt=prompts.get("query") or default,
        mean_pooled=pooling(model) == "mean",
    )


def counting_tokenizer(tokenizer: Any, name: str) -> Tokenizer:
    """Return a copy of a model's tokenizer that counts every token; the model's keeps cutting.

    Raises:
        EmbedderError: The model has only a slow tokenizer, which knows no offsets.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise EmbedderError(
            f"The embedding model {name!r} has no fast tokenizer, so chunks cannot be measured. "
            "Choose another model with FOOTNOTE_EMBED_MODEL."
        )
    counter: Tokenizer = type(backend).from_str(backend.to_str())
    counter.no_truncation()
    counter.no_padding()
    return counter


def is_folder(name: str) -> bool:
    """Whether a model's name is a folder of this machine."""
    return Path(name).expanduser().is_dir()

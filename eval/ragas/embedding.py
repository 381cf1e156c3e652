"""The library's embedder, as RAGAS wants one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.embed import Embedder

if TYPE_CHECKING:
    from ragas.embeddings.base import BaseRagasEmbedding


def library_embedding(embedder: Embedder) -> BaseRagasEmbedding:
    """Wrap the library's embedder for RAGAS; its tracking is off already (`without_tracking`)."""
    from ragas.embeddings.base import BaseRagasEmbedding

    class LibraryEmbedding(BaseRagasEmbedding):
        """The embedder that also made the library's vectors."""

        def embed_text(self, text: str, **kwargs: Any) -> list[float]:
            """Embed a text; one beyond the model's window is the mean of its parts."""
            mean = embedder.embed_sentences(parts(text, embedder)).mean(axis=0)
            return [float(value) for value in mean]

        async def aembed_text(self, text: str, **kwargs: Any) -> list[float]:
            """As `embed_text`."""
            return self.embed_text(text, **kwargs)

    return LibraryEmbedding()


def parts(text: str, embedder: Embedder) -> list[str]:
    """Cut a text into parts that the embedder reads whole; joined they are the text again."""
    starts = embedder.token_starts(text)
    room = embedder.window - embedder.special_tokens
    cuts = [0, *starts[room::room], len(text)]
    return [text[begin:end] for begin, end in zip(cuts, cuts[1:], strict=False)]

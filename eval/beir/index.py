"""The library of a BEIR set's corpus: its own, and kept for the next run of the same corpus."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from app.settings import AppSettings
from eval.beir.sets import CORPUS, BeirError
from ingest.document import IngestReport
from ingest.embed import Embedder
from ingest.library import FORMAT_VERSION
from ingest.limits import MIB
from ingest.progress import Progress
from ingest.sync import sync


def library_settings(settings: AppSettings, corpus: Path, embedder: Embedder) -> AppSettings:
    """Return settings whose storage is known by what makes the index what it is."""
    made_of = (embedder.name, settings.chunk_tokens, settings.chunk_overlap, FORMAT_VERSION)
    try:
        with corpus.open("rb") as handle:
            digest = hashlib.file_digest(handle, "sha256")
        size = corpus.stat().st_size
    except OSError as exc:
        raise BeirError(f"The corpus {str(corpus)!r} cannot be read ({exc}).") from exc
    digest.update(repr(made_of).encode())
    storage = settings.storage / "beir" / digest.hexdigest()[:16]
    largest_mb = min(100_000, max(settings.max_file_mb, size // MIB + 1))
    changes = {
        "documents": storage / "documents",
        "storage": storage,
        "max_file_mb": largest_mb,
    }
    return settings.model_copy(update=changes)


def index_corpus(
    own: AppSettings, corpus: Path, embedder: Embedder, progress: Progress | None = None
) -> IngestReport:
    """Bring the set's own library in step with the corpus; one that was cut short is finished."""
    copied = own.documents / CORPUS
    try:
        if not copied.is_file():
            own.documents.mkdir(parents=True, exist_ok=True)
            partial = own.documents / f".{CORPUS}.partial"
            shutil.copyfile(corpus, partial)
            os.replace(partial, copied)
    except OSError as exc:
        raise BeirError(
            f"The index in {str(own.storage)!r} cannot be written ({exc}). Check permissions and "
            "free space, or set FOOTNOTE_STORAGE to another folder."
        ) from exc
    return sync(own, progress=progress, embedder=embedder)

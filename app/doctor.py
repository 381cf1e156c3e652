"""`footnote doctor`: what works, what does not, and how to mend it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TypeVar

from pydantic import SecretStr

from app.settings import AppSettings
from ingest.errors import FootnoteError
from ingest.settings import PREFIX

_SECRET_SIGNS = frozenset({"key", "token", "secret", "password", "auth"})
_PROBE = "Is this sentence embedded?"
S = TypeVar("S", bound=AppSettings)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; ``remedy`` says how to mend it."""

    name: str
    ok: bool
    finding: str
    remedy: str = ""

    def to_dict(self) -> dict[str, object]:
        """Return the check as JSON-ready values."""
        return {
            "name": self.name,
            "ok": self.ok,
            "finding": self.finding,
            "remedy": self.remedy,
        }


def examine(
    settings_type: type[S], more: Sequence[tuple[str, Callable[[S], str]]] = ()
) -> tuple[list[Check], dict[str, str]]:
    """Check settings, model, library, reranker, answerer and page.

    Args:
        settings_type: The settings in force are loaded as these.
        more: Names and looks of the floors above, which come last; a look returns what it found,
            and raises where something is to be mended.

    Returns:
        The checks in that order, and the settings in force with secrets masked.
    """
    try:
        settings = settings_type.load()
    except FootnoteError as exc:
        return [Check("settings", False, str(exc), "Correct the setting and run this again.")], {}
    checks = [_check_settings(settings_type)]
    for name, look in (
        ("documents", _documents),
        ("embedding model", _model),
        ("library", _library),
        ("reranker", _reranker),
        ("answers", _answers),
        ("page", _page),
        *more,
    ):
        checks.append(_guarded(name, look, settings))
    return checks, in_force(settings)


def in_force(settings: AppSettings) -> dict[str, str]:
    """Return each setting's variable and value, secrets masked."""
    shown = {}
    for name, value in settings.model_dump().items():
        # By its parts: `chunk_tokens` is no token.
        secret = isinstance(value, SecretStr) or not _SECRET_SIGNS.isdisjoint(name.split("_"))
        shown[PREFIX + name.upper()] = "********" if secret and value else str(value)
    return shown


def _guarded(name: str, look: Callable[[S], str], settings: S) -> Check:
    try:
        return Check(name, True, look(settings))
    except FootnoteError as exc:
        finding, _, remedy = str(exc).partition(". ")
        return Check(name, False, finding.rstrip(".") + ".", remedy)
    except (ImportError, OSError) as exc:
        return Check(name, False, str(exc), "Install the project's packages again: `make setup`.")


def _check_settings(settings_type: type[AppSettings]) -> Check:
    known = {PREFIX + name.upper() for name in settings_type.model_fields}
    strange = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if strange:
        return Check(
            "settings",
            False,
            f"{', '.join(strange)} is set, and this version has no such setting.",
            "Unset it, or correct its name; the README's table lists the settings.",
        )
    return Check("settings", True, "all known")


def _documents(settings: AppSettings) -> str:
    if not settings.documents.is_dir():
        raise FootnoteError(
            f"The documents folder {str(settings.documents)!r} does not exist. "
            "Make it, or set FOOTNOTE_DOCUMENTS."
        )
    return str(settings.documents)


def _model(settings: AppSettings) -> str:
    from ingest.embed import Embedder

    embedder = Embedder.of(settings)
    vector = embedder.embed_query(_PROBE)
    return (
        f"{embedder.name}, {len(vector)} dimensions, reads {embedder.window} tokens; "
        f"run by {embedder.label}"
    )


def _library(settings: AppSettings) -> str:
    from ingest.library import open_library

    library = open_library(settings)
    try:
        documents, chunks = library.counts()
        vectors = library.vectors.count()
        if vectors != chunks:
            raise FootnoteError(
                f"The library has {chunks} chunks but {vectors} vectors. "
                "Rebuild it with `footnote ingest --rebuild`."
            )
        return f"{documents} documents, {chunks} chunks, generation {library.name}"
    finally:
        library.close()


def _reranker(settings: AppSettings) -> str:
    if settings.rerank_model is None:
        return "none; passages stand in the order of the fusion"
    from app.records import Passage
    from app.search.rerank import Reranker

    probe = Passage("probe", "probe", "", None, None, 0, len(_PROBE), _PROBE, 1.0, {})
    Reranker(settings.rerank_model).rerank(_PROBE, [probe], 1)
    return f"{settings.rerank_model}, reorders the first {settings.rerank_top_n} passages"


def _answers(settings: AppSettings) -> str:
    if not settings.uses_llm:
        return "extractive, in the documents' own sentences; no LLM is used and none is needed"
    from app.llm.client import LlmClient

    seconds = LlmClient(settings).probe()
    return f"by {settings.llm_model} at {settings.llm_base_url}, which answered in {seconds:.1f} s"


def _page(settings: AppSettings) -> str:
    try:
        gradio = version("gradio")
    except PackageNotFoundError as exc:
        raise ImportError("gradio is not installed") from exc
    from importlib.resources import files

    assets = [entry.name for entry in files("app.ui").iterdir() if entry.name.endswith("css")]
    if not assets:
        raise FootnoteError("The page's style sheet is missing. Install the project again.")
    return f"gradio {gradio}, own assets found, nothing is loaded from outside"

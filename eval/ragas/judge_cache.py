"""Judgements that were paid for once: an append-only file for each judge.

RAGAS's own `DiskCacheBackend` is not used. Its key leaves out the model and the endpoint, so that
one judge would be given the words of another, and it unpickles what it finds on disk.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

from eval.ragas.judge_client import TEMPERATURE
from eval.settings import EvalSettings
from ingest.errors import FootnoteError

FOLDER = "judgements"
_LANGUAGE = "english"  # of RAGAS's prompts, whatever the language of the answers
_FORM = 1  # raised when our own part of a question to the judge changes
_DIGEST_CHARS = 24


class JudgementCacheError(FootnoteError):
    """The file of judgements cannot be read or written."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A score that a judge gave.

    Attributes:
        score: From 0 to 1, higher is better.
        reason: What the judge held against the answer; empty where it said nothing.
        prompt_tokens: Tokens that it read for it.
        completion_tokens: Tokens that it wrote for it.
    """

    score: float
    reason: str
    prompt_tokens: int
    completion_tokens: int


class JudgementCache:
    """The scores of one judge; further processes may use the same file at the same time."""

    def __init__(self, path: Path) -> None:
        """Name the file, which need not exist; nothing is read yet."""
        self.path = path
        self._known: dict[str, Judged] = {}

    @classmethod
    def of(cls, settings: EvalSettings) -> Self:
        """Open the judgements of the settings' judge.

        Raises:
            JudgementCacheError: The file cannot be read.
        """
        cache = cls(settings.storage / FOLDER / f"{judge_id(settings)}.jsonl")
        cache._read()
        return cache

    def get(self, key: str) -> Judged | None:
        """Return the score under a key, None where that was not judged yet."""
        return self._known.get(key)

    def put(self, key: str, figure: str, judged: Judged, documents: tuple[str, ...]) -> None:
        """Keep a score, on disk before this returns.

        Args:
            key: As `judgement_key` makes it.
            figure: The figure that it is for.
            judged: The score.
            documents: What the reason may quote, so that a purge finds it.

        Raises:
            JudgementCacheError: The file cannot be written.
        """
        self._known[key] = judged
        line = json.dumps(
            {
                "key": key,
                "figure": figure,
                "score": judged.score,
                "reason": judged.reason,
                "prompt_tokens": judged.prompt_tokens,
                "completion_tokens": judged.completion_tokens,
                "documents": documents,
            },
            ensure_ascii=False,
        )
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            _append(self.path, line.encode("utf-8", "replace"))
        except OSError as exc:
            raise JudgementCacheError(
                f"The judgement cannot be kept in {str(self.path)!r} ({exc.strerror}). Check "
                "permissions and free space, and run it again: what was judged is not lost."
            ) from exc

    def _read(self) -> None:
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return
        except OSError as exc:
            raise JudgementCacheError(
                f"The judgements in {str(self.path)!r} cannot be read ({exc.strerror}). Check "
                "permissions, or move the file away to have everything judged anew."
            ) from exc
        for line in content.split(b"\n"):
            entry = _entry(line)
            if entry is not None:
                self._known[entry[0]] = entry[1]


def judge_id(settings: EvalSettings) -> str:
    """Return what tells one judge from another: a hash of all that its scores depend on."""
    return _digest(
        {
            "base_url": settings.judge_base_url,
            "model": settings.judge_model,
            "temperature": TEMPERATURE,
            "max_tokens": settings.judge_max_tokens,
            "ragas": version("ragas"),
            "language": _LANGUAGE,
            "form": _FORM,
        }
    )


def judgement_key(figure: str, inputs: Mapping[str, Any], embed_model: str | None = None) -> str:
    """Return the key of one score.

    Args:
        figure: The figure that is judged.
        inputs: What the judge is shown.
        embed_model: The embedder that the score depends on, if any.
    """
    return _digest({"figure": figure, "inputs": inputs, "embed_model": embed_model})


def _digest(value: Mapping[str, Any]) -> str:
    text = json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_CHARS]


def _append(path: Path, line: bytes) -> None:
    """Write a line in one go, which O_APPEND puts behind whatever another process wrote."""
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        # A process that was killed may have left half a line; that one is lost, not this one too.
        torn = False
        if os.fstat(handle).st_size:
            os.lseek(handle, -1, os.SEEK_END)
            torn = os.read(handle, 1) != b"\n"
        data = (b"\n" if torn else b"") + line + b"\n"
        if os.write(handle, data) != len(data):
            raise OSError(28, "no space is left")
        os.fsync(handle)
    finally:
        os.close(handle)


def _entry(line: bytes) -> tuple[str, Judged] | None:
    """Return what a line holds; None for one that is torn or damaged, which is judged again."""
    try:
        entry = json.loads(line)
        score = float(entry["score"])
        if not 0.0 <= score <= 1.0:
            return None
        return str(entry["key"]), Judged(
            score,
            str(entry["reason"]),
            int(entry["prompt_tokens"]),
            int(entry["completion_tokens"]),
        )
    except (ValueError, KeyError, TypeError):
        return None

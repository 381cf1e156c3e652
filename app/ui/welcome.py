"""The page before the first question: what it is for, and where to begin."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

from app.ui.text import escape, literal, plural

_MOST_EXAMPLES = 4


def examples(path: Path, documents: Collection[str]) -> list[str]:
    """Read the example questions that a library can answer.

    Args:
        path: JSON Lines of ``question`` and the ``document`` that answers it; may be missing.
        documents: Ids of the documents in the library.

    Returns:
        At most four questions, in the file's order.
    """
    if not path.is_file():
        return []
    entries = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    known = [entry["question"] for entry in entries if entry["document"] in documents]
    return known[:_MOST_EXAMPLES]


def welcome_html(document_count: int, folder: Path) -> str:
    """Return the empty state, for the chat: a heading, a sentence, and how to begin.

    Args:
        document_count: How many documents the library holds.
        folder: Where documents are put.
    """
    if document_count == 0:
        return (
            '<div class="fn-welcome"><h2>Your library is empty</h2>'
            "<p>Put documents into</p>"
            f'<p><code class="fn-folder">{literal(str(folder))}</code></p>'
            "<p>and run <code>footnote ingest</code>. "
            "This page notices when they are ready.</p></div>"
        )
    return (
        '<div class="fn-welcome"><h2>Ask your documents</h2>'
        f"<p>Every sentence of an answer carries a footnote to the exact words "
        f"of {_library(document_count)}.</p></div>"
    )


def alert_html(message: str) -> str:
    """Return an error message for the line above the question; nothing for no message."""
    if not message:
        return ""
    return f'<p class="fn-alert" role="alert" dir="auto">{escape(message)}</p>'


def _library(document_count: int) -> str:
    return (
        "your one document" if document_count == 1 else f"your {plural(document_count, 'document')}"
    )

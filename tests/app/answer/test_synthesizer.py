"""The synthesizers' base: nothing of LlamaIndex's own models is looked for."""

from __future__ import annotations

import subprocess
import sys

from ingest.settings import ROOT


def test_an_engine_starts_without_the_imports_that_an_extractive_answer_does_not_need() -> None:
    code = (
        "import sys\n"
        "from app.engine import FootnoteQueryEngine\n"
        "from app.settings import AppSettings\n"
        "FootnoteQueryEngine(AppSettings())\n"
        "print(*sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "app.answer.extract" in loaded
    unneeded = {"torch", "transformers", "sentence_transformers", "sklearn", "openai", "gradio"}
    assert not loaded & (unneeded | {"tiktoken_ext.openai_public", "ragas", "pandas"})

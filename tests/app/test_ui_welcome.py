from __future__ import annotations

import html
import json
from pathlib import Path

from app.ui.welcome import alert_html, examples, welcome_html
from ingest.settings import ROOT


def test_examples_are_those_whose_document_is_in_the_library(tmp_path: Path) -> None:
    path = tmp_path / "examples.jsonl"
    lines = [{"question": f"Q{at}?", "document": f"{at % 2}.txt"} for at in range(12)]
    path.write_text("\n".join(json.dumps(line) for line in lines) + "\n\n", "utf-8")
    assert examples(path, {"1.txt"}) == ["Q1?", "Q3?", "Q5?", "Q7?"]
    assert examples(path, {"other.txt"}) == []
    assert examples(tmp_path / "none.jsonl", {"1.txt"}) == []


def test_the_dossier_has_examples() -> None:
    path = ROOT / "data" / "examples.jsonl"
    documents = {file.name for file in (ROOT / "data" / "documents").iterdir()}
    assert len(examples(path, documents)) == 4


def test_an_empty_library_says_where_documents_go() -> None:
    shown = welcome_html(0, Path("/srv/docs & <more>"))
    assert "Your library is empty" in shown
    assert "/srv/docs & <more>" in html.unescape(shown)
    assert "<more>" not in shown
    assert "footnote ingest" in shown


def test_a_library_is_counted() -> None:
    assert "your 12 documents" in welcome_html(12, Path("/srv"))
    assert "your one document" in welcome_html(1, Path("/srv"))


def test_alerts_are_escaped_and_nothing_is_nothing() -> None:
    assert alert_html("") == ""
    assert "&lt;img&gt;" in alert_html("<img>")
    assert 'role="alert"' in alert_html("x")

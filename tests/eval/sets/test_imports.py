from __future__ import annotations

from pathlib import Path

import pytest

from app.records import Turn
from eval.sets.cases import EvaluationSetError, Reference
from eval.sets.imports import Imported, Quote, Sample, place_all, write_documents

PASSAGE = "The weir is low. It was built by  Tom\nHale."
TEXTS = {
    "weir.md": "# Weir\n\nThe weir is low. It was built by Tom Hale. Eels pass it.",
    "list.md": "Works by Tom Hale. It was built by Tom Hale.",
}


def quote(passage: str, words: str | None = None) -> Quote:
    start = passage.index(words) if words else 0
    return Quote(passage, start, start + len(words or passage))


def place(*samples: Sample, texts: dict[str, str] | None = None) -> tuple[object, dict[str, str]]:
    placed = place_all(Imported(samples, (("row 9", "empty"),), {}), texts or TEXTS)
    return placed.cases, dict(placed.unplaced)


def test_gold_stands_in_the_documents_that_hold_the_whole_passage() -> None:
    sample = Sample("a", "Who built the weir?", quotes=(quote(PASSAGE, "Tom\nHale"),))
    placed = place_all(Imported((sample,), (), {}), TEXTS)
    (case,) = placed.cases
    assert case.references == (Reference(document="weir.md", text="It was built by Tom Hale."),)
    assert (case.kind, case.language, case.answerable) == ("fact", "en", True)
    assert placed.unplaced == ()


def test_without_its_passage_a_quote_must_stand_in_one_document_alone() -> None:
    eels = Sample("a", "What passes?", quotes=(quote("Fish rise. Eels pass it.", "Eels"),))
    both = Sample("b", "Who?", quotes=(quote("Long ago. It was built by Tom Hale.", "Tom"),))
    none = Sample("c", "Who?", quotes=(quote("It was built by Ann Hale."),))
    part = Sample("d", "Who?", quotes=(quote("eir is low."),))
    cases, reasons = place(eels, both, none, part)
    assert [case.query_id for case in cases] == ["a"]  # type: ignore[attr-defined]
    assert reasons["b"].startswith("2 documents hold")
    assert reasons["c"] == "no document holds 'It was built by Ann Hale.'"
    assert reasons["d"].startswith("no document holds")
    assert reasons["row 9"] == "empty"


def test_a_question_without_passages_is_placed_by_its_answer() -> None:
    cases, reasons = place(
        Sample("a", "What passes the weir?", reference_answer="Eels pass it"),
        Sample("b", "Who?", reference_answer="by Tom Hale"),
        Sample("c", "Who?", reference_answer="Tom Hale"),
        Sample("d", "What?", reference_answer="Trout pass it"),
    )
    (case,) = cases  # type: ignore[misc]
    assert case.references == (Reference(document="weir.md", text="Eels pass it."),)
    assert "2 documents hold its reference answer" in reasons["b"]
    assert reasons["c"] == "it names no passage that answers it"
    assert "no document holds its reference answer" in reasons["d"]


def test_unanswerable_questions_need_no_place_and_no_query_id_stands_twice() -> None:
    lost = Sample("a", "Who blew it up?", answerable=False, near_miss=True)
    cases, reasons = place(lost, Sample("a", "Other?", answerable=False))
    (case,) = cases  # type: ignore[misc]
    assert (case.kind, case.near_miss, case.references) == ("unanswerable", True, ())
    assert "second time" in reasons["a"]


def test_history_and_language_are_kept() -> None:
    turns = (Turn("user", "¿Hay una presa?"),)
    sample = Sample("a", "¿Quién la construyó?", turns, answerable=False)
    cases, _ = place(sample)
    assert cases[0].history == turns  # type: ignore[index]
    assert cases[0].language == "es"  # type: ignore[index]


def test_passages_are_written_once_and_read_as_ingest_reads_them(tmp_path: Path) -> None:
    root = tmp_path / "documents"
    passages = {"The Weir": "One line\nthat goes on.\n\nSecond.", "the weir!": "Other.", "¡": "x y"}
    texts = write_documents(passages, root / "set", root)
    assert list(texts) == ["set/the-weir.txt", "set/the-weir-2.txt", "set/passage.txt"]
    assert (root / "set" / "the-weir-2.txt").read_text(encoding="utf-8") == "Other.\n"
    assert "One line that goes on." in " ".join(texts["set/the-weir.txt"].split())
    assert write_documents(passages, root / "set", root) == texts
    assert list(write_documents({"A": "x"}, tmp_path / "else", root)) == ["a.txt"]


def test_a_file_with_other_words_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(EvaluationSetError, match=r"b\.txt' is there already"):
        write_documents({"a": "x", "b": "y"}, tmp_path, tmp_path)
    assert not (tmp_path / "a.txt").exists()

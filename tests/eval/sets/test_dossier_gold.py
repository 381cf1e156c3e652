from __future__ import annotations

from collections import Counter

from eval.cli import DEFAULT_SET
from eval.figures.metrics import holders
from eval.sets.cases import load_cases, locate_all
from eval.sets.places import Place
from ingest.library import Library


def test_every_gold_quote_stands_in_the_dossier_and_in_a_chunk(library: Library) -> None:
    cases = load_cases(DEFAULT_SET)
    golds = locate_all(cases, library)
    chunks = {
        chunk.chunk_id: Place(chunk.doc_id, chunk.start, chunk.end)
        for chunk in library.chunks.values()
    }
    for case in cases:
        assert len(golds[case.query_id]) == len(case.references)
        for reference, gold in zip(case.references, golds[case.query_id], strict=True):
            for spot in gold:
                text = library.documents[spot.document].text[spot.start : spot.end]
                assert text.split() == reference.text.split()
            assert holders([gold], chunks), (case.query_id, reference)


def test_the_set_is_large_and_varied_enough() -> None:
    cases = load_cases(DEFAULT_SET)
    assert len(cases) >= 40
    assert sum(not case.answerable for case in cases) >= 10
    assert sum(bool(case.history) for case in cases) >= 6
    assert all(case.reference_answer for case in cases if case.answerable)
    sizes = Counter(case.split for case in cases)
    assert set(sizes) == {"tune", "test"}
    assert min(sizes.values()) >= 20


def test_no_question_stands_in_both_splits() -> None:
    asked = [
        (case.question.casefold(), tuple(turn.content for turn in case.history))
        for case in load_cases(DEFAULT_SET)
    ]
    assert len(asked) == len(set(asked))

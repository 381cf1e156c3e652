from __future__ import annotations

import re
from collections import Counter

from eval.cli import DEFAULT_SET
from eval.figures.metrics import holders
from eval.sets.cases import load_cases, locate_all
from eval.sets.places import Place
from ingest.library import Library
from ingest.settings import ROOT

AT_LEAST = {
    "fact": 18,
    "number": 14,
    "why": 12,
    "how": 10,
    "list": 10,
    "table": 10,
    "comparison": 12,
    "definition": 10,
    "paraphrase": 14,
    "follow-up": 28,
    "unanswerable": 46,
}
NEAR_MISSES = 26
SPANISH = 10
MOST_REFERENCES = 6
MOST_TURNS = 5


def test_every_gold_quote_stands_in_the_dossier_and_in_a_chunk(library: Library) -> None:
    cases = load_cases(DEFAULT_SET)
    golds = locate_all(cases, library)
    chunks = {
        chunk.chunk_id: Place(chunk.doc_id, chunk.start, chunk.end)
        for chunk in library.chunks.values()
    }
    for case in cases:
        assert len(golds[case.query_id]) == len(case.references) <= MOST_REFERENCES
        for reference, gold in zip(case.references, golds[case.query_id], strict=True):
            for spot in gold:
                text = library.documents[spot.document].text[spot.start : spot.end]
                assert text.split() == reference.text.split()
            assert holders([gold], chunks), (case.query_id, reference)


def test_every_kind_has_its_number_and_is_halved_evenly() -> None:
    cases = load_cases(DEFAULT_SET)
    kinds = Counter(case.kind for case in cases)
    assert kinds.keys() == AT_LEAST.keys()
    for kind, least in AT_LEAST.items():
        assert kinds[kind] >= least, kind
        halves = Counter(case.split for case in cases if case.kind == kind)
        assert abs(halves["tune"] - halves["test"]) <= 1, kind


def test_the_datasheet_counts_what_is_there() -> None:
    cases = load_cases(DEFAULT_SET)
    text = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (?:\*\*)?([\w-]+)(?:\*\*)?((?: \| \d+){6}) \|$", text, re.MULTILINE)
    stated = {kind: [int(cell) for cell in cells.split("|")[1:]] for kind, cells in rows}
    groups = {kind: [case for case in cases if case.kind == kind] for kind in AT_LEAST}
    assert stated == {
        kind: [
            sum(case.split == "tune" for case in group),
            sum(case.split == "test" for case in group),
            sum(case.language == "es" for case in group),
            sum(not case.answerable for case in group),
            sum(case.near_miss for case in group),
            len(group),
        ]
        for kind, group in (groups | {"all": list(cases)}).items()
    }


def test_the_query_ids_count_up_in_order() -> None:
    names = [case.query_id for case in load_cases(DEFAULT_SET)]
    counted = [name for name in names if re.fullmatch(r"q\d+", name)]
    assert counted == [f"q{number:03}" for number in range(1, len(counted) + 1)]


def test_unanswerable_questions_are_mostly_near_misses() -> None:
    unanswerable = [case for case in load_cases(DEFAULT_SET) if case.kind == "unanswerable"]
    assert not any(case.answerable for case in unanswerable)
    assert sum(case.near_miss for case in unanswerable) >= NEAR_MISSES


def test_ten_questions_are_in_spanish_and_the_halves_share_them() -> None:
    spanish = [case for case in load_cases(DEFAULT_SET) if case.language == "es"]
    assert len(spanish) >= SPANISH
    assert len({case.kind for case in spanish}) >= SPANISH / 2
    assert sum(not case.answerable for case in spanish) == 2
    halves = Counter(case.split for case in spanish)
    assert halves["tune"] == halves["test"]


def test_every_follow_up_has_its_own_conversation_and_nothing_else_has_one() -> None:
    cases = load_cases(DEFAULT_SET)
    for case in cases:
        assert bool(case.history) == (case.kind == "follow-up"), case.query_id
        assert len(case.history) <= MOST_TURNS, case.query_id
    follow_ups = [case.history for case in cases if case.history]
    assert len(set(follow_ups)) == len(follow_ups)
    assert any(all(turn.role == "user" for turn in history) for history in follow_ups)
    assert any(turn.role == "assistant" for history in follow_ups for turn in history)


def test_answerable_questions_have_an_answer_with_key_facts() -> None:
    for case in load_cases(DEFAULT_SET):
        assert bool(case.reference_answer) == case.answerable, case.query_id
        assert bool(case.key_facts) == case.answerable, case.query_id
        assert not case.draft, case.query_id

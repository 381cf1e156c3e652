"""The benchmark of answers: every question once, every part timed, imports read aright."""

from __future__ import annotations

import pytest

from app.settings import AppSettings
from eval.benchmarks.answers import parse_imports, read_questions, warm

LINES = [
    '{"question": "Who signed the agreement?", "id": "a"}',
    "",
    '{"question": "Who signed the agreement?", "id": "b"}',
    '{"question": "And when?", "history": [{"role": "user", "content": "Who signed it?"}]}',
    '{"question": "And when?", "history": [{"role": "user", "content": "Who left?"}]}',
]


def test_no_question_is_asked_twice() -> None:
    questions = read_questions(LINES)
    assert [one.question_id for one in questions] == ["b", None, None]
    assert len({(one.text, one.history) for one in questions}) == 3


def test_every_part_of_every_answer_is_timed(dossier: AppSettings) -> None:
    laps = warm(dossier, read_questions(LINES), repeat=2)
    parts = {"condense", "embed", "retrieve", "answer"}
    assert laps.keys() == parts | {"all", "one embedding"}
    assert {len(values) for values in laps.values()} == {4}
    for at, whole in enumerate(laps["all"]):
        assert 0 < sum(laps[part][at] for part in parts) <= whole


def test_imports_are_read_with_all_that_they_pull() -> None:
    seconds = parse_imports(
        [
            "import time: self [us] | cumulative | imported package",
            "import time:    100000 |     100000 |   numpy.core",
            "import time:     50000 |     150000 | numpy",
            "a warning that stands between",
            "import time:     25000 |      25000 | json",
        ]
    )
    assert seconds == {"all": pytest.approx(0.175), "numpy": pytest.approx(0.15)}

from __future__ import annotations

import io

import pytest
from rich.console import Console

from eval.console import EvalProgress


@pytest.mark.parametrize(
    ("query_id", "expected"), [("[/a] [red]b", "[/a] [red]b"), ("c\x1b]0;owned", "c ]0;owned")]
)
def test_an_id_is_shown_to_the_letter_and_steers_nothing(query_id: str, expected: str) -> None:
    screen = io.StringIO()
    with EvalProgress(Console(file=screen, force_terminal=True, width=100)) as progress:
        progress.questions(1)
        progress.question_done(query_id)
        progress.judgement_done(query_id)
    assert expected in screen.getvalue()

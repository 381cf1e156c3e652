from __future__ import annotations

import re

from eval.report.text import render
from tests.eval.report.made import every_end, hostile, run_of


def test_a_figure_stands_with_its_interval_and_its_counts() -> None:
    text = render(run_of(every_end()))
    row = re.search(r"^cited_hit +(.*)$", text, re.MULTILINE)
    assert row is not None
    assert re.fullmatch(r"0\.250 \[0\.00, \d\.\d\d\] +3/4", row[1])
    assert re.search(r"^key_fact_recall +– +0/0$", text, re.MULTILINE)


def test_other_languages_and_near_misses_are_told_apart() -> None:
    text = render(run_of(every_end()))
    assert re.search(r"^in Spanish +1/1  1\.000 ", text, re.MULTILINE)
    assert re.search(r"^near misses +1/1  1\.000 ", text, re.MULTILINE)


def test_a_terminal_gets_no_control_characters() -> None:
    text = render(run_of(hostile()))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)

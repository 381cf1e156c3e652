from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from eval.figures.scoring import Outcome
from eval.report.comparison_page import render_comparison_page, write_comparison_page
from eval.runs.compare import compare
from eval.runs.folder import Run, RunError
from tests.eval.report.made import (
    ASTRAY,
    GOLD,
    LAMP,
    RIGHT,
    answered,
    case,
    every_end,
    hostile,
    outcome,
    run_of,
)


def many(cited: bool) -> list[Outcome]:
    """Answers to twelve questions, all citing the gold or none."""
    answer, scores = (answered(GOLD), RIGHT) if cited else (answered(LAMP), ASTRAY)
    return [outcome(case(f"q{number}"), answer, scores) for number in range(12)]


def run(outcomes: list[Outcome], name: str, **changes: object) -> Run:
    return run_of(outcomes, Path("runs") / name, **changes)


@pytest.fixture(scope="module")
def fallen() -> BeautifulSoup:
    """A run that cites well, and one that cites other sentences in every answer."""
    other = {"answer_threshold": 0.7, "top_k": 10}
    comparison = compare(
        run([*many(True), every_end()[0]], "before"), run(many(False), "after", settings=other)
    )
    return BeautifulSoup(render_comparison_page(comparison), "lxml")


def words(page: BeautifulSoup, selector: str) -> list[str]:
    return [" ".join(tag.get_text(" ").split()) for tag in page.select(selector)]


def test_a_figure_that_fell_beyond_noise_is_marked(fallen: BeautifulSoup) -> None:
    rows = {row.split(" 1.000")[0]: row for row in words(fallen, "table.figures tbody tr")}
    assert rows["Gold cited"] == (
        "Gold cited 1.000 0.000 -1.000 [-1.000, -1.000] 12 worse"  # every draw alike
    )
    assert rows["Right decision"].endswith("+0.000 [+0.000, +0.000] 12 within noise")


def test_lost_questions_stand_with_both_answers(fallen: BeautifulSoup) -> None:
    assert words(fallen, "#lost") == ["12 lost"]
    assert words(fallen, "#gained") == ["0 gained"]
    first = words(fallen, ".change")[0]
    assert first.startswith("q0 Who kept it? Wanted Ada Merrow kept it. A cites 100%")
    assert f"{GOLD} 1 verbatim" in first
    assert f"B cites other sentences; gold retrieved at rank 2 {LAMP} 1 verbatim" in first
    assert len(fallen.select(".change .record")) == 24
    numbers = [str(record["id"]) for record in fallen.select(".record")]
    assert len(numbers) == len(set(numbers))


def test_what_the_runs_are_made_of_is_said_where_it_differs(fallen: BeautifulSoup) -> None:
    made = words(fallen, 'section[aria-labelledby="made"]')[0]
    assert "settings.answer_threshold 0.5 0.7" in made
    assert "settings.answer_threshold 0.5 → 0.7" in words(fallen, "header")[0]
    assert "settings.top_k" not in made
    assert "Left out, for they stand in one run alone or differ: right" in made


def test_the_same_run_twice_differs_in_nothing() -> None:
    one = run(every_end(), "one")
    html = render_comparison_page(compare(one, replace(one, folder=Path("runs/two"))))
    assert "Figures better in B beyond noise: 0; worse: 0. Questions gained: 0; lost: 0." in html
    assert "Both are of one set, one library, the same versions and the same settings." in html


def test_hostile_text_stays_text() -> None:
    wild = hostile()
    tame = replace(wild[0], scores=RIGHT)
    comparison = compare(run([tame, wild[1]], "<img src=x>"), run(list(wild), "<script>"))
    page = BeautifulSoup(render_comparison_page(comparison), "lxml")
    assert {tag.name for tag in page.find_all(True)}.isdisjoint({"script", "img", "object"})
    assert not [name for tag in page.find_all(True) for name in tag.attrs if name.startswith("on")]
    assert words(page, "h1") == ["<img src=x> and <script>"]


def test_a_page_that_cannot_be_written_is_one_message(tmp_path: Path) -> None:
    one = run(every_end()[:1], "one")
    write_comparison_page(compare(one, one), tmp_path / "comparison.html")
    assert (tmp_path / "comparison.html").is_file()
    with pytest.raises(RunError, match="cannot be written"):
        write_comparison_page(compare(one, one), tmp_path / "absent" / "comparison.html")

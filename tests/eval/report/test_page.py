from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag
from hypothesis import given
from hypothesis import strategies as st

from eval.report.html import pieces
from eval.report.page import render_page, write_page
from eval.runs.folder import RunError
from eval.sets.places import Place
from tests.eval.report.made import (
    GOLD,
    HOSTILE,
    RIGHT,
    answered,
    case,
    every_end,
    hostile,
    outcome,
    passage,
    run_of,
)


@pytest.fixture(scope="module")
def html() -> str:
    return render_page(run_of(every_end()))


@pytest.fixture(scope="module")
def page(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "lxml")


@pytest.fixture(scope="module")
def wild() -> str:
    return render_page(run_of(hostile()))


def record(page: BeautifulSoup, query_id: str) -> Tag:
    """Return the record of a question, by way of the table's link to it."""
    link = page.select_one(f'table.all th a:-soup-contains-own("{query_id}")')
    assert link is not None
    found = page.select_one(str(link["href"]))
    assert found is not None
    return found


def words(tag: Tag | None) -> str:
    assert tag is not None
    return " ".join(tag.get_text(" ").split())


def test_the_head_says_what_was_measured_when_and_with_what(page: BeautifulSoup) -> None:
    assert words(page.h1) == "Evaluation of lighthouse.jsonl"
    head = words(page.header)
    assert "7 questions: 4 answered, 2 refused, 1 failed. Figures are of the " in head
    assert "1 March 2026, 09:05 UTC" in head
    assert "extractive, no LLM" in head
    assert "2 documents, 9 chunks (cdcdcdcdcdcd)" in head
    assert "7 questions, seed 11" in head
    assert "all-MiniLM-L6-v2" in head


def test_the_strip_shows_five_figures_with_intervals_and_counts(page: BeautifulSoup) -> None:
    cards = page.select(".strip li")
    assert len(cards) == 5
    decision = words(cards[0])
    assert decision.startswith("Right decision 0.500 [")
    assert "6/6" not in decision  # the failed question is due and has no score
    assert "5/6" in decision


def test_every_figure_of_the_summary_is_in_the_table(page: BeautifulSoup) -> None:
    summary = run_of(every_end()).summary
    due = [key for key, figure in summary["overall"].items() if figure["n_total"]]
    rows = page.select("table.figures tbody tr:not(.area)")
    assert len(rows) == len(due)
    assert all(row.th is not None and row.th["scope"] == "row" for row in rows)


def test_other_languages_stand_apart(page: BeautifulSoup) -> None:
    titles = [words(row) for row in page.select("table.groups:first-of-type th[scope=row]")]
    assert titles[0] == "all"
    assert "in Spanish" in titles
    assert "near misses" in titles


def test_failures_are_listed_first(page: BeautifulSoup) -> None:
    assert "failed The question is too long" not in words(page.header)
    listed = page.select(".failures li")
    assert [words(entry) for entry in listed] == [
        "failed Who kept it? The question is too long. Shorten it."
    ]
    first = page.select_one("table.all tbody tr")
    assert first is not None
    assert first["data-state"] == "failed"


def test_every_question_stands_on_the_page_once_in_full(page: BeautifulSoup) -> None:
    numbers = [str(found["id"]) for found in page.select(".record")]
    links = [str(link["href"]).removeprefix("#") for link in page.select("table.all th a")]
    assert len(numbers) == 7
    assert sorted(numbers) == sorted(links) == sorted(f"q-{number}" for number in range(1, 8))


def test_a_record_shows_what_one_needs_to_judge_the_answer(page: BeautifulSoup) -> None:
    astray = words(record(page, "astray"))
    for told in (
        "gold not cited",
        "user Tell me about the lighthouse.",
        "Ada Merrow kept it.",
        "The lamp was lit in 1874. 1 verbatim",
        "tower.md, page 3, Keepers",
        "The keeper was Ada Merrow. tower.md not cited",
        "gold first at rank 2",
    ):
        assert told in astray
    assert "unsupported" in words(record(page, "invented"))
    assert "The documents do not answer this question." in words(record(page, "due"))


def test_key_facts_say_whether_the_answer_tells_them() -> None:
    facts = (("1874", "in the seventies"), ("Ada Merrow",))
    told = outcome(case("facts", key_facts=facts), answered(GOLD), RIGHT)
    page = BeautifulSoup(render_page(run_of([told])), "lxml")
    assert [words(fact) for fact in page.select(".keys li")] == [
        "1874 / in the seventies not told",
        "Ada Merrow told",
    ]


def test_the_gold_is_marked_in_the_passages_and_nothing_else_is(page: BeautifulSoup) -> None:
    right = record(page, "right")
    marks = [mark for mark in right.select(".passages mark")]
    assert [mark.get_text() for mark in marks] == [GOLD]
    assert marks[0]["class"] == ["gold", "cited"]
    astray = [(m.get_text(), m["class"]) for m in record(page, "astray").select(".passages mark")]
    assert astray == [("The lamp was lit in 1874.", ["cited"]), (GOLD, ["gold"])]
    assert [str(item.get("class")) for item in right.select(".passages li")] == [
        "None",
        "['holds']",
    ]


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=5), st.integers(0, 9))
def test_the_pieces_of_a_passage_are_its_text(spans: list[tuple[int, int]], start: int) -> None:
    source = passage("The lamp was lit in 1874 by Ada.", start=start)
    golds = [(Place("tower.md", *span),) for span in spans[:3]]
    cut = pieces(source, golds, [Place("tower.md", *span) for span in spans[3:]])
    assert "".join(piece.text for piece in cut) == source.text
    position = start
    for piece in cut:
        for at in range(position, position + len(piece.text)):
            assert piece.gold == any(first <= at < last for first, last in spans[:3])
            assert piece.cited == any(first <= at < last for first, last in spans[3:])
        position += len(piece.text)


def test_the_filters_select_rows_by_their_marks(html: str, page: BeautifulSoup) -> None:
    rows = page.select("table.all tbody tr")
    for group, mark in (("state", "data-state"), ("kind", "data-kind")):
        for choice in page.select(f'input[name="{group}"]:not([checked])'):
            value = str(choice["id"]).removeprefix(f"{group}-")
            assert any(row[mark] == value for row in rows)
            assert f'#{choice["id"]}:checked) .all tr[{mark}]:not([{mark}="{value}"])' in html


def test_the_page_holds_no_script_and_lets_nothing_be_fetched(page: BeautifulSoup) -> None:
    assert page.find("script") is None
    policy = page.select_one('meta[http-equiv="Content-Security-Policy"]')
    assert policy is not None
    assert str(policy["content"]).startswith(
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    )
    for tag in page.find_all(True):
        assert tag.get("src") is None
        assert not [name for name in tag.attrs if name.startswith("on")]
        assert str(tag.get("href", "#")).startswith(("#", "data:"))


def test_hostile_text_stays_text(wild: str) -> None:
    page = BeautifulSoup(wild, "lxml")
    assert {tag.name for tag in page.find_all(True)}.isdisjoint({"script", "img", "object"})
    assert len(page.find_all("style")) == 1
    assert "${document.title} {{ 7 * 7 }} {% raw %} <!-- -->" in page.get_text()
    shown = re.sub(r"[\x00\x1b]", "\ufffd", HOSTILE)
    for place in (".asked [dir]", ".sentence", ".quotes q", ".turns [dir]", ".notice", "cite"):
        found = [tag.get_text() for tag in page.select(place)]
        assert any(text.startswith(shown) for text in found), place
    assert wild.encode("utf-8")


def test_a_hostile_run_names_only_our_own_attributes(wild: str) -> None:
    page = BeautifulSoup(wild, "lxml")
    for tag in page.find_all(True):
        assert not [name for name in tag.attrs if name.startswith("on")]
        assert "javascript" not in str(tag.get("href", ""))


def test_a_run_without_answers_or_without_troubles_still_has_its_page() -> None:
    right, *_, failed, _ = every_end()
    assert "Every question has full marks." in render_page(run_of([right]))
    alone = render_page(run_of([failed]))
    assert "No question was answered, so there is no confidence to judge." in alone


def test_a_judge_that_failed_is_told_from_a_score_of_nothing() -> None:
    right = every_end()[0]
    judged = {"judge_faithfulness": None, "judge_answer_relevancy": 0.0}
    page = BeautifulSoup(render_page(run_of([replace(right, judged=judged)])), "lxml")
    scores = words(page.select_one(".scores"))
    assert "judge_faithfulness none" in scores
    assert "judge_answer_relevancy 0.000" in scores


def test_the_same_run_is_written_as_the_same_page(html: str, tmp_path: Path) -> None:
    write_page(run_of(every_end()), tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == html
    with pytest.raises(RunError, match="cannot be written"):
        write_page(run_of(every_end()[:1]), tmp_path / "absent" / "report.html")

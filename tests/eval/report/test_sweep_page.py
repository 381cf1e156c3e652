"""A sweep's page: what it names as best, and that whatever it shows is escaped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from eval.figures.scoring import FIGURES
from eval.figures.summary import Figure
from eval.report.sweep_page import render_sweep_page, write_sweep_page
from eval.sweep.libraries import Index
from eval.sweep.standing import Standing
from eval.sweep.sweep import Combination, Sweep
from ingest.embed import Embedder
from tests.eval.report.made import HOSTILE


def combination(rerank: str | None, value: float, ms: float, standing: Standing) -> Combination:
    figure = Figure(value, value - 0.1, value + 0.1, 20, 20)
    time: dict[str, Any] = {"value": ms, "low": ms, "high": ms, "n_scored": 20, "n_total": 20}
    return Combination(
        settings={"top_k": 5, "rerank_model": rerank},
        figures=dict.fromkeys(("success", *FIGURES), figure),
        latency_ms={"p50": time, "p95": time},
        standing=standing,
        failed=(),
        index=Index(Path("storage"), Embedder(), 211, 1_600_000, None),
        run=Path("runs") / "one",
        asked=True,
    )


def made(rerank: str = "cross-encoder") -> Sweep:
    plan: dict[str, Any] = {
        "axes": {"top_k": [5], "rerank_model": [None, rerank]},
        "set": {"path": "questions.jsonl", "sha256": "0" * 64},
        "choice": {"sample": None, "seed": 0, "split": "tune"},
        "shared": {"dense_weight": 0.5, "llm_model": None},
    }
    worse = Standing("below", -0.2, -0.3, -0.1)
    ways = (
        combination(None, 0.6, 20.0, worse),
        combination(rerank, 0.8, 90.0, Standing("best", 0.0)),
    )
    return Sweep(Path("sweep"), "success", plan, ways)


def words(page: BeautifulSoup, selector: str) -> list[str]:
    return [" ".join(tag.get_text(" ").split()) for tag in page.select(selector)]


@pytest.fixture(scope="module")
def page() -> BeautifulSoup:
    return BeautifulSoup(render_sweep_page(made()), "lxml")


def test_the_best_is_named_and_every_combination_has_a_row(page: BeautifulSoup) -> None:
    assert "Best by Success: top_k=5 rerank_model=cross-encoder" in words(page, ".lead")[0]
    first, second = words(page, "table.figures tbody tr")
    assert first.startswith("5 none below -0.200 [-0.30, -0.10] 0.600 [0.50, 0.70]")
    assert first.endswith("20 ms 20 ms – 1.6 MB")
    assert second.startswith("5 cross-encoder best 0.800")
    assert {"Set questions.jsonl", "Chosen by the tune half"} <= set(words(page, ".facts div"))


def test_quality_is_plotted_against_latency(page: BeautifulSoup) -> None:
    drawing = page.select_one("svg.plot desc")
    assert drawing is not None
    assert "5 · none (0.600, 20 ms)" in drawing.get_text()


def test_what_a_setting_holds_is_escaped(page: BeautifulSoup, tmp_path: Path) -> None:
    write_sweep_page(made(HOSTILE), tmp_path / "sweep.html")
    hostile = BeautifulSoup((tmp_path / "sweep.html").read_text(encoding="utf-8"), "lxml")
    assert not hostile.select("script, img, a[href^=javascript]")
    assert len(hostile.select("svg")) == len(page.select("svg"))
    assert "document.title" in words(hostile, "table.figures tbody tr")[1]

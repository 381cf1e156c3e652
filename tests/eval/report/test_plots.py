from __future__ import annotations

import re
from xml.etree import ElementTree

import matplotlib
import pytest

from eval.figures.calibration import at_threshold, reliability, trade_off
from eval.report import plots
from eval.report.plots import Point, pareto_front
from eval.report.shown import Shown
from tests.eval.report.made import HOSTILE

HALF = Shown(0.5, 0.25, 0.75, 4, 4)
ALL = Shown(0.6, 0.5, 0.7, 10, 10)
JUDGED = [(0.1, False), (0.3, False), (0.6, True), (0.7, False), (0.9, True)]
POINTS = [
    Point("small", 0.60, 0.5, 0.7, 20.0),
    Point("slow and worse", 0.55, 0.4, 0.6, 90.0),
    Point("large", 0.80, 0.7, 0.9, 60.0),
    Point("as good, slower", 0.80, None, None, 70.0),
]


def drawings() -> dict[str, str]:
    return {
        "kinds": plots.by_group("kinds", "Gold cited", {"fact": HALF, "why": ALL}, ALL),
        "reliability": plots.reliability("reliability", reliability(JUDGED), 0.5, 0.2),
        "trade": plots.trade_off("trade", trade_off(JUDGED), at_threshold(JUDGED, 0.5)),
        "latency": plots.latency("latency", {"retrieve": [4.0, 9.0, 2.0], "answer": [0.0, 80.0]}),
        "ranks": plots.gold_ranks("ranks", [1, 1, 3, None, 10], 10),
        "sweep": plots.quality_latency("sweep", POINTS, "key facts"),
    }


@pytest.fixture(scope="module")
def drawn() -> dict[str, str]:
    return drawings()


def test_a_drawing_is_an_image_with_a_title_and_a_description(drawn: dict[str, str]) -> None:
    for name, drawing in drawn.items():
        root = ElementTree.fromstring(drawing)
        assert root.tag == "svg"
        assert root.attrib["role"] == "img"
        named = root.attrib["aria-labelledby"].split()
        told = {element.attrib.get("id"): element.text for element in root[:2]}
        assert list(told) == named == [f"{name}-title", f"{name}-desc"]
        assert all(told.values())


def test_a_drawing_takes_the_colours_and_the_font_of_its_page(drawn: dict[str, str]) -> None:
    for name, drawing in drawn.items():
        assert not re.search(r"#[0-9a-f]{6}\b", drawing), name
        assert "font-family" not in drawing
        assert "var(--accent)" in drawing
        assert "<text" in drawing


def test_a_drawing_fetches_nothing_and_styles_nothing_else(drawn: dict[str, str]) -> None:
    for drawing in drawn.values():
        for mark in ("http", "<style", "<metadata", "<!DOCTYPE", "xmlns"):
            assert mark not in drawing


def test_the_ids_of_a_page_are_unique_and_every_reference_has_its_target(
    drawn: dict[str, str],
) -> None:
    page = "".join(drawn.values())
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    used = re.findall(r'href="#([^"]+)"', page) + re.findall(r"url\(#([^)]+)\)", page)
    assert used
    assert set(used) <= set(ids)


def test_the_same_input_is_drawn_alike_and_leaves_matplotlib_as_it_was() -> None:
    before = dict(matplotlib.rcParams)
    assert drawings() == drawings()
    assert dict(matplotlib.rcParams) == before


def test_names_from_outside_stay_text() -> None:
    drawing = plots.by_group("kinds", HOSTILE, {HOSTILE: HALF, "日本 $x$ 🙂": HALF}, ALL)
    root = ElementTree.fromstring(drawing)
    assert {element.tag for element in root.iter()} <= set(
        "svg title desc g path defs use text clipPath rect".split()
    )
    texts = [element.text or "" for element in root.iter("text")]
    assert "日本 $x$ 🙂" in texts
    assert any(text.startswith("</style>") and text.endswith("…") for text in texts)


def test_the_description_tells_what_the_plot_shows(drawn: dict[str, str]) -> None:
    assert "fact 0.500 [0.25, 0.75]; why 0.600 [0.50, 0.70]" in drawn["kinds"]
    assert "0.9 to 1.0: 1 of 1 answerable" in drawn["reliability"]
    assert "100% of the answerable questions are answered and 67%" in drawn["trade"]
    assert "retrieve: median 4.0 ms, 95th percentile 9.0 ms" in drawn["latency"]
    assert "Of 5 answerable questions, 2 have gold in the first passage and 1" in drawn["ranks"]
    assert "On the Pareto front: small (0.600, 20 ms), large (0.800, 60 ms)." in drawn["sweep"]


def test_nothing_to_show_is_drawn_empty() -> None:
    none = Shown(None, None, None, 0, 0)
    for drawing in (
        plots.by_group("a", "Gold cited", {"fact": none}, none),
        plots.reliability("b", (), 0.5, None),
        plots.latency("c", {}),
        plots.gold_ranks("d", [], 10),
        plots.quality_latency("e", []),
    ):
        assert ElementTree.fromstring(drawing).tag == "svg"


def test_the_pareto_front_holds_what_nothing_beats() -> None:
    assert [point.label for point in pareto_front(POINTS)] == ["small", "large"]
    twin = Point("twin", 0.60, None, None, 20.0)
    assert [point.label for point in pareto_front([*POINTS, twin])] == ["small", "large"]
    assert pareto_front([]) == []

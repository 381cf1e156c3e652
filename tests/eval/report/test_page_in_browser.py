"""The page in a real browser, opened from disk as a reader does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from eval.report.comparison_page import write_comparison_page
from eval.report.page import write_page
from eval.runs.compare import compare
from tests.browser import chromium
from tests.eval.report.made import ASTRAY, every_end, hostile, run_of

pytestmark = pytest.mark.browser

Visit = Callable[..., Page]
# Only regions that scroll by themselves may hold something wider than the window.
TOO_WIDE = """
() => [...document.querySelectorAll("body *")]
    .filter(one => one.getBoundingClientRect().right > innerWidth + 1)
    .filter(one => !one.closest(".scroll, svg"))
    .map(one => one.outerHTML.slice(0, 90))
"""
# Text whose contrast with what is behind it is below 4.5:1, as WCAG 2 computes it.
WEAK_TEXT = """
() => {
    const channel = c =>
        (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) =>
        0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
    const behind = one => {
        for (; one; one = one.parentElement) {
            const found = numbers(getComputedStyle(one).backgroundColor);
            if (found.length < 4 || found[3] > 0) return found;
        }
    };
    const bad = [];
    for (const one of document.querySelectorAll("body *")) {
        if (![...one.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
        const style = getComputedStyle(one);
        const inside = one.closest("svg");
        if (one.matches("svg title, svg desc")) continue;
        const ink = light(numbers(inside ? style.fill : style.color));
        const paper = light(behind(inside ? inside.parentElement : one));
        const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
        if (ratio < 4.5) bad.push(`${ratio.toFixed(2)} ${one.outerHTML.slice(0, 90)}`);
    }
    return bad;
}
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages of a plain run and of one that is hostile throughout."""
    folder = tmp_path_factory.mktemp("pages")
    files = {name: folder / f"{name}.html" for name in ("plain", "hostile", "comparison")}
    write_page(run_of(every_end()), files["plain"])
    write_page(run_of(hostile()), files["hostile"])
    lost = [replace(end, scores=ASTRAY) for end in every_end()]
    write_comparison_page(compare(run_of(every_end()), run_of(lost)), files["comparison"])
    return files


@pytest.fixture
def visit(browser: Browser, files: dict[str, Path]) -> Iterator[Visit]:
    """Open a page; at the end, nothing but files were fetched and nothing complained."""
    contexts, fetched, complaints = [], [], []

    def visited(name: str = "plain", width: int = 1400, **options: object) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            reduced_motion="reduce",
            **options,  # type: ignore[arg-type]
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("request", lambda sent: fetched.append(sent.url.split("#")[0]))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text))
        page.goto(files[name].as_uri())
        return page

    yield visited
    for context in contexts:
        context.close()
    assert set(fetched) <= {path.as_uri() for path in files.values()}
    assert complaints == []


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")


@pytest.mark.parametrize("name", ["plain", "hostile", "comparison"])
def test_nothing_is_fetched_nothing_overflows_and_text_stays_text(visit: Visit, name: str) -> None:
    page = visit(name)
    unfold(page)
    for width in (360, 1400):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(TOO_WIDE) == []
    titled = "made and made" if name == "comparison" else "Evaluation of lighthouse.jsonl"
    expect(page).to_have_title(titled)
    assert page.locator("script, img, iframe, object").count() == 0


def test_a_beacon_that_got_through_would_be_held_back_by_the_policy(
    browser: Browser, files: dict[str, Path], tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    planted = '<img src="http://127.0.0.1:9/beacon.png"><script>document.title = "broken"</script>'
    whole = files["plain"].read_text(encoding="utf-8").replace("</main>", f"{planted}</main>")
    path.write_text(whole, encoding="utf-8")
    context = browser.new_context()
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text))
    page.goto(path.as_uri())
    assert page.title() == "Evaluation of lighthouse.jsonl"
    assert len([line for line in refused if "Content Security Policy" in line]) == 2
    context.close()


@pytest.mark.parametrize("name", ["plain", "comparison"])
def test_text_has_contrast_in_light_and_dark(visit: Visit, name: str) -> None:
    page = visit(name)
    unfold(page)
    for scheme, paper in (("light", "rgb(251, 250, 246)"), ("dark", "rgb(24, 22, 19)")):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == paper
        assert page.evaluate(WEAK_TEXT) == []


def test_the_checks_would_see_pale_text_and_what_is_too_wide(visit: Visit) -> None:
    page = visit(width=360)
    planted = '<p style="color: #aaa; width: 500px">pale and wide</p>'
    page.locator("main").evaluate(f"main => main.insertAdjacentHTML('beforeend', '{planted}')")
    assert len(page.evaluate(TOO_WIDE)) == 1
    assert "pale and wide" in page.evaluate(WEAK_TEXT)[0]


def test_a_filter_leaves_the_rows_that_it_names(visit: Visit) -> None:
    page = visit()
    rows = page.locator("table.all tbody tr:visible")
    expect(rows).to_have_count(7)
    page.get_by_text("wrong decision 2").click()
    expect(rows).to_have_count(2)
    page.locator("label", has_text="unanswerable").click()
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("invented")
    page.get_by_text("every kind").click()
    page.locator("#state-wrong-decision").press("ArrowRight")
    expect(rows).to_contain_text("astray")


def test_a_row_leads_to_its_record_inside_a_fold(visit: Visit) -> None:
    page = visit(width=360)
    record = page.locator(".rest .record").last
    expect(record).to_be_hidden()
    number = record.get_attribute("id")
    page.locator(f'table.all a[href="#{number}"]').click()
    expect(record).to_be_visible()
    expect(record).to_be_in_viewport()


def test_the_keyboard_sees_where_it_is(visit: Visit) -> None:
    page = visit()
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the report")
    expect(skip).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_the_printed_page_is_on_white_paper_without_controls(visit: Visit) -> None:
    page = visit(color_scheme="dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    expect(page.locator("nav")).to_be_hidden()
    expect(page.locator(".filters")).to_be_hidden()

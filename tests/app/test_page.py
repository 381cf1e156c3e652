"""The page in a real browser. `open_page` also fails each test on any request to another host."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.engine import FootnoteQueryEngine
from app.records import Answer, Question
from app.settings import AppSettings
from ingest.embed import Embedder
from ingest.sync import sync
from tests.app.conftest import OpenPage, Serve

pytestmark = [
    pytest.mark.browser,
    # Gradio counts its queue with an option that pandas is about to drop.
    pytest.mark.filterwarnings("ignore:.future.no_silent_downcasting. is deprecated"),
]

REMITTANCES = "What share of Guatemala's GDP do remittances make up?"
SUSPENDED = "When was the Safe Third Country agreement suspended?"


def ask(page: Page, question: str) -> None:
    """Type a question, send it with Enter, and wait for its answer."""
    answers = page.locator(".fn-answer")
    before = answers.count()
    box = page.get_by_label("Your question")
    box.fill(question)
    box.press("Enter")
    expect(answers).to_have_count(before + 1)
    expect(page.locator(f"#sources-{before + 1}")).to_be_visible()


def in_view(page: Page, selector: str) -> bool:
    """Whether the top of an element is inside the window and inside the sources panel."""
    return bool(
        page.evaluate(
            """selector => {
                const box = document.querySelector(selector).getBoundingClientRect();
                const panel = document.querySelector("#fn-right").getBoundingClientRect();
                const top = Math.max(0, panel.top);
                return box.bottom > top && box.top < Math.min(innerHeight, panel.bottom);
            }""",
            selector,
        )
    )


def overflow(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def test_a_marker_leads_to_its_passage_and_back(
    site: str, engine: FootnoteQueryEngine, open_page: OpenPage
) -> None:
    page = open_page(site)
    assert page.title() == "Footnote"
    ask(page, REMITTANCES)
    record = engine.answer(Question(REMITTANCES))
    for citation in (record.citations[0], record.citations[-1]):
        page.evaluate("document.querySelector('#fn-right').scrollTop = 1e6")
        link = page.locator(".fn-ref", has_text=f"[{citation.marker}]")
        card_id = link.get_attribute("href")
        link.click()
        card = page.locator(str(card_id))
        expect(card).to_have_class(re.compile(r"\bfn-flash\b"))
        expect(card).to_be_focused()
        mark = card.locator(f'mark[data-cites~="{citation.marker}"]')
        assert mark.first.text_content() == citation.quote
        assert in_view(page, f'{card_id} mark[data-cites~="{citation.marker}"]')
        assert citation.title in card.inner_text()
    first = page.locator(".fn-ref").first
    page.locator(f"{first.get_attribute('href')} .fn-back").first.press("Enter")
    expect(first).to_be_focused()
    first.press("Enter")
    expect(page.locator(str(first.get_attribute("href")))).to_be_focused()


def test_follow_ups_and_each_answer_s_own_sources(site: str, open_page: OpenPage) -> None:
    page = open_page(site)
    ask(page, SUSPENDED)
    expect(page.get_by_label("Your question")).to_be_focused()
    ask(page, "Who signed it?")
    expect(page.locator(".fn-understood")).to_contain_text("Safe Third Country")
    expect(page.locator("#sources-1")).to_be_hidden()
    page.locator("#answer-1 .fn-ref").first.click()
    expect(page.locator("#sources-1")).to_be_visible()
    expect(page.locator("#sources-2")).to_be_hidden()
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".fn-answer")).to_have_count(0)
    expect(page.locator(".fn-panel-empty")).to_be_visible()
    ask(page, "Who signed it?")
    expect(page.locator(".fn-understood")).to_have_count(0)


def test_an_example_is_asked_and_an_answer_copied(site: str, open_page: OpenPage) -> None:
    page = open_page(site, permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name=REMITTANCES).click()
    expect(page.locator(".fn-question")).to_have_text(REMITTANCES)
    expect(page.locator(".fn-answer")).to_be_visible()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator(".fn-text").text_content()
    assert "[1]" in copied


def test_abstaining_is_its_own_state(site: str, open_page: OpenPage) -> None:
    page = open_page(site)
    ask(page, "What is the capital of Mongolia?")
    answer = page.locator(".fn-abstained")
    expect(answer).to_contain_text("Not in your documents")
    expect(answer.locator(".fn-missing")).to_have_text("Mongolia")
    expect(answer.locator(".fn-ref")).to_have_count(0)
    panel = page.get_by_role("region", name="Sources", exact=True)
    expect(panel).to_contain_text("Closest passages")
    expect(panel.locator(".fn-card:visible")).to_have_count(3)


def test_a_question_that_cannot_be_asked_is_said_and_kept(site: str, open_page: OpenPage) -> None:
    page = open_page(site)
    box = page.get_by_label("Your question")
    box.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("question is empty")
    box.fill("x" * 5000)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("5,000 characters")
    expect(box).to_have_value("x" * 5000)
    expect(page.locator(".fn-question")).to_have_count(0)
    box.fill("one")
    box.press("Shift+Enter")
    box.press_sequentially("two")
    expect(box).to_have_value("one\ntwo")
    ask(page, REMITTANCES)
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("width", [360, 768, 2560])
def test_no_width_scrolls_sideways(site: str, open_page: OpenPage, width: int) -> None:
    page = open_page(site, width=width, height=800)
    assert overflow(page) <= 0
    ask(page, REMITTANCES)
    page.locator(".fn-more:visible summary").click()
    assert overflow(page) <= 0
    page.locator(".fn-ref").last.click()
    marker = page.locator(".fn-ref").last
    assert in_view(page, f"{marker.get_attribute('href')} mark")


def test_messages_are_named_for_those_who_listen(site: str, open_page: OpenPage) -> None:
    page = open_page(site)
    ask(page, REMITTANCES)
    assert page.locator("html").get_attribute("lang") == "en"
    for name in ("Question", "Answer"):
        expect(page.locator(f'[aria-label="{name}"]')).to_have_count(1)
    expect(page.get_by_role("log", name="Conversation")).to_be_visible()
    expect(page.get_by_role("article", name="Remittances and labour")).not_to_have_count(0)


HOSTILE = (
    'The Zorblax reactor **costs** 40 dollars <img src="http://evil.example/x.png" '
    "onerror=\"document.title='owned'\"> and $x^2$ [link](http://evil.example/y) "
    "![z](http://evil.example/z.png) ${document.title='owned'} {{value}} "
    "<script>document.title='owned'</script> in 1987."
)


def test_a_hostile_document_and_question_stay_text(
    make_settings: Callable[[dict[str, str | bytes]], AppSettings],
    small_engine: Callable[[AppSettings], FootnoteQueryEngine],
    embedder: Embedder,
    serve: Serve,
    open_page: OpenPage,
) -> None:
    settings = make_settings({"<img src=x onerror=1>.txt": HOSTILE}).model_copy(
        update={"answer_threshold": 0.0}
    )
    sync(settings, embedder=embedder)
    question = 'How much does the **Zorblax** <img src="http://evil.example/q"> reactor $cost$?'
    with serve(small_engine(settings), settings) as url:
        page = open_page(url)
        ask(page, question)
        assert page.locator(".fn-question").text_content() == question
        shown = page.locator(".fn-text").text_content() or ""
        assert HOSTILE in shown
        assert page.locator(".fn-passage mark").first.text_content() == HOSTILE
        hostile = page.locator("#fn-chat .message-wrap, #fn-panel")
        assert hostile.locator("img, script, strong, .katex, a[href^=http]").count() == 0
        assert page.title() == "Footnote"


def test_an_empty_library_says_so_and_recovers(
    make_settings: Callable[[dict[str, str | bytes]], AppSettings],
    small_engine: Callable[[AppSettings], FootnoteQueryEngine],
    embedder: Embedder,
    serve: Serve,
    open_page: OpenPage,
) -> None:
    settings = make_settings({"reactor.txt": "The Zorblax reactor was switched on in 1987."})
    question = "When was the Zorblax reactor switched on?"
    with serve(small_engine(settings), settings) as url:
        page = open_page(url)
        welcome = page.locator(".fn-welcome")
        expect(welcome).to_contain_text("Your library is empty")
        expect(welcome.locator(".fn-folder")).to_have_text(str(settings.documents))
        box = page.get_by_label("Your question")
        box.fill(question)
        box.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("footnote ingest")
        expect(box).to_have_value(question)
        sync(settings, embedder=embedder)
        expect(welcome).to_contain_text("Ask your documents")  # by itself
        expect(page.locator("#fn-library")).to_contain_text("1 document")
        ask(page, question)
        expect(page.locator(".fn-text")).to_contain_text("1987")


class _FaultyEngine(FootnoteQueryEngine):
    def answer(self, question: Question) -> Answer:
        raise RuntimeError("a secret of the inside")


def test_a_fault_is_one_message_and_no_traceback(
    dossier: AppSettings,
    embedder: Embedder,
    serve: Serve,
    open_page: OpenPage,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with serve(_FaultyEngine(dossier, embedder), dossier) as url:
        page = open_page(url)
        box = page.get_by_label("Your question")
        box.fill(REMITTANCES)
        box.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("fault in Footnote")
        expect(box).to_have_value(REMITTANCES)
        expect(page.locator("body")).not_to_contain_text("secret")
    assert "a secret of the inside" in caplog.text


def test_the_dark_page_is_dark(site: str, open_page: OpenPage) -> None:
    page = open_page(site, color_scheme="dark")
    ask(page, REMITTANCES)
    for part in ("body", ".fn-card"):
        colour = page.locator(part).first.evaluate("one => getComputedStyle(one).backgroundColor")
        assert max(int(value) for value in colour[4:-1].split(",")) < 64

"""The page: Gradio's components and events, wired to the engine."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import gradio as gr
from fastapi import FastAPI

from app.engine import FootnoteQueryEngine
from app.records import Answer, Question
from app.settings import AppSettings
from app.ui.conversation import history, messages
from app.ui.sources import panel_html
from app.ui.text import plural
from app.ui.theme import favicon, head, theme
from app.ui.welcome import alert_html, examples, welcome_html
from ingest.errors import EmptyLibraryError, FootnoteError
from ingest.settings import ROOT

_LOG = logging.getLogger(__name__)
_EXAMPLES = ROOT / "data" / "examples.jsonl"
_BRAND = (
    '<h1 class="fn-brand">Footnote<sup aria-hidden="true">1</sup></h1>'
    '<p class="fn-tagline">Every sentence with its source</p>'
)
_UNEXPECTED = (
    "The question could not be answered because of a fault in Footnote. Its log says more."
)
_POLL_S = 2.0
_QUEUE_LENGTH = 64
_AT_ONCE = 4
_FOCUS = "() => document.querySelector('#fn-question textarea')?.focus()"

Update = dict[Any, Any]


def mount_page(app: FastAPI, engine: FootnoteQueryEngine, settings: AppSettings) -> None:
    """Mount the page at the root of an app that has its own routes already."""
    page = build_page(engine, settings)
    page.queue(max_size=_QUEUE_LENGTH, default_concurrency_limit=_AT_ONCE, api_open=False)
    gr.mount_gradio_app(
        app,
        page,
        path="/",
        theme=theme(),
        head=head(),
        favicon_path=favicon(),
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        show_error=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        max_file_size=1,  # the page takes no files
    )


def build_page(engine: FootnoteQueryEngine, settings: AppSettings) -> gr.Blocks:
    """Lay the page out and wire its events; conversations stay in each visitor's own session."""
    page = gr.Blocks(
        analytics_enabled=False, title="Footnote", fill_width=True, delete_cache=(3600, 3600)
    )
    with page:
        answers = gr.State(())
        watch = gr.Timer(_POLL_S, active=False)
        with gr.Row(elem_id="fn-head"):
            gr.HTML(_BRAND, elem_id="fn-brand", apply_default_css=False)
            library = gr.HTML("", elem_id="fn-library", apply_default_css=False)
            new = gr.Button("New conversation", elem_id="fn-new", size="sm", min_width=0)
        with gr.Row(elem_id="fn-body"):
            with gr.Column(elem_id="fn-left", min_width=0):
                chat = gr.Chatbot(
                    elem_id="fn-chat",
                    show_label=False,
                    label="Conversation",
                    container=False,
                    height=None,
                    layout="panel",
                    buttons=[],
                    feedback_options=None,
                    latex_delimiters=[],
                    reasoning_tags=[],
                    allow_tags=False,
                    group_consecutive_messages=False,
                )
                with gr.Column(elem_id="fn-composer", min_width=0):
                    alert = gr.HTML("", elem_id="fn-alert", apply_default_css=False)
                    box = gr.Textbox(
                        elem_id="fn-question",
                        label="Your question",
                        placeholder="Ask a question",
                        lines=1,
                        max_lines=8,
                        autofocus=True,
                        submit_btn=True,
                    )
            with gr.Column(elem_id="fn-right", min_width=0):
                panel = gr.HTML(panel_html(()), elem_id="fn-panel", apply_default_css=False)

        def arrive() -> Update:
            return {
                chat: gr.Chatbot(**_welcome(engine, settings)),
                library: _library_line(engine),
                watch: gr.Timer(active=not _documents(engine)),
            }

        def ask(text: str, before: tuple[Answer, ...]) -> Iterator[Update]:
            text = text.strip()
            try:
                engine.check(text)
            except FootnoteError as exc:
                yield {alert: alert_html(str(exc))}
                return
            yield {alert: "", box: "", chat: messages(before, pending=text)}
            try:
                answer = engine.answer(Question(text, history(before)))
            except FootnoteError as exc:
                yield {alert: alert_html(str(exc)), box: text, chat: messages(before)}
                return
            except Exception:
                _LOG.exception("a question could not be answered")
                yield {alert: alert_html(_UNEXPECTED), box: text, chat: messages(before)}
                return
            after = (*before, answer)
            yield {
                answers: after,
                chat: messages(after),
                panel: panel_html(after),
                library: _library_line(engine),
            }

        def ask_example(before: tuple[Answer, ...], chosen: gr.SelectData) -> Iterator[Update]:
            yield from ask(chosen.value["text"], before)

        def start_anew() -> Update:
            return {
                answers: (),
                chat: gr.Chatbot(value=[], **_welcome(engine, settings)),
                panel: panel_html(()),
                alert: "",
                library: _library_line(engine),
            }

        asked = [answers, chat, panel, box, alert, library]
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        page.load(arrive, None, [chat, library, watch], **quiet)
        watch.tick(arrive, None, [chat, library, watch], **quiet)
        box.submit(ask, [box, answers], asked, trigger_mode="once", **quiet)
        chat.example_select(ask_example, [answers], asked, trigger_mode="once", **quiet)
        new.click(start_anew, None, [answers, chat, panel, alert, library], js=_FOCUS, **quiet)
    return page


def _documents(engine: FootnoteQueryEngine) -> list[str]:
    """Return the library's documents; none where there is no library to open."""
    try:
        with engine.live.lease() as index:
            return list(index.library.documents)
    except EmptyLibraryError:
        return []
    except FootnoteError as exc:
        _LOG.warning("the library cannot be opened: %s", exc)
        return []


def _welcome(engine: FootnoteQueryEngine, settings: AppSettings) -> dict[str, Any]:
    documents = _documents(engine)
    return {
        "placeholder": welcome_html(len(documents), settings.documents),
        "examples": [{"text": question} for question in examples(_EXAMPLES, documents)],
    }


def _library_line(engine: FootnoteQueryEngine) -> str:
    count = len(_documents(engine))
    return f'<p class="fn-library">{plural(count, "document") if count else "No documents yet"}</p>'

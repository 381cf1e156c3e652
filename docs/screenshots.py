"""Make the README's pictures: `python docs/screenshots.py [FOLDER]` (default: docs/).

Indexes the dossier into a temporary storage, serves the chat page on a free port, makes a run of
the evaluation with its report, and drives the system's Chromium. Needs the development packages.
"""

from __future__ import annotations

import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import uvicorn  # noqa: E402
from playwright.sync_api import Page, sync_playwright  # noqa: E402

from app.engine import FootnoteQueryEngine  # noqa: E402
from app.server import create_app  # noqa: E402
from eval.report.page import write_page  # noqa: E402
from eval.runs.run import run  # noqa: E402
from eval.sets.cases import DEFAULT_SET  # noqa: E402
from eval.settings import EvalSettings  # noqa: E402
from ingest.sync import sync  # noqa: E402

CHROMIUM = "/usr/bin/chromium"
CONVERSATION = (
    "What are the pillars of the Alliance for Prosperity?",
    "When was the Safe Third Country agreement signed?",
    "Who suspended it?",
)


def main(folder: Path) -> None:
    """Write chat.png and report.png into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as storage,
        served(Path(storage)) as url,
    ):
        # Outside of Playwright, whose event loop RAGAS would meet.
        report = made_report(Path(storage))
        take(folder, url, report)


def take(folder: Path, url: str, report: Path) -> None:
    """Drive the browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
        page.goto(url)
        page.wait_for_selector(".fn-welcome")
        for question in CONVERSATION:
            ask(page, question)
        page.locator(".fn-answer").last.locator(".fn-ref").first.click()
        page.wait_for_timeout(300)
        page.screenshot(path=folder / "chat.png")
        page = browser.new_page(viewport={"width": 1200, "height": 900}, reduced_motion="reduce")
        page.goto(report.as_uri())
        page.screenshot(path=folder / "report.png")
        browser.close()


def made_report(storage: Path) -> Path:
    """Run the evaluation over the library in a storage; return its page."""
    made = run(settings_in(storage), DEFAULT_SET, storage / "run")
    path = made.folder / "report.html"
    write_page(made, path)
    return path


def settings_in(storage: Path) -> EvalSettings:
    """Return settings of the dossier's library in a storage of its own."""
    return EvalSettings(documents=ROOT / "data" / "documents", storage=storage)


@contextmanager
def served(storage: Path) -> Iterator[str]:
    """Serve the page over the dossier; yield its address."""
    settings = settings_in(storage)
    sync(settings)
    engine = FootnoteQueryEngine(settings)
    listener = socket.create_server(("127.0.0.1", 0))
    app = create_app(engine, settings)
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="critical", ws="none", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)
        listener.close()


def ask(page: Page, question: str) -> None:
    """Ask a question and wait for its answer."""
    before = page.locator(".fn-answer").count()
    page.get_by_label("Your question").fill(question)
    page.get_by_label("Your question").press("Enter")
    page.wait_for_selector(f"#answer-{before + 1}")
    page.wait_for_selector(f"#sources-{before + 1}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs")

"""What a reader sees, and after how long, when the LLM endpoint fails in one of many ways.

usage: python -m eval.benchmarks.llm_faults [--timeout SECONDS]

Runs each fault against a scripted server on loopback, over real HTTP, with a library of two small
documents, and prints a Markdown table.
"""

from __future__ import annotations

import argparse
import logging
import socket
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from app.engine import FootnoteQueryEngine
from app.records import Question
from app.settings import AppSettings
from eval.benchmarks.scripted_llm import (
    Exchange,
    Script,
    says,
    says_like_ollama,
    scripted_server,
)
from ingest.embed import Embedder
from ingest.sync import sync

DOCUMENTS = {
    "lighthouse.md": "# The Skerry lighthouse\n\nThe Skerry lighthouse was built in 1867 by the "
    "engineer Ada Brandt. Its lamp stands 41 metres above the sea. The lamp burned paraffin until "
    "1934, when electric light was put in. The last keeper left the island in 1988.\n",
    "ferry.md": "# The island ferry\n\nThe ferry to the island sails twice a day from May to "
    "September. In winter it sails on Mondays alone. A return ticket costs 18 crowns.\n",
}
QUESTION = "When was the Skerry lighthouse built?"
GOOD = "The Skerry lighthouse was built in 1867 by the engineer Ada Brandt [1]."


@dataclass(frozen=True, slots=True)
class Fault:
    """A way to fail.

    Attributes:
        name: What the endpoint does.
        scripts: How it answers one request after the other, the last script again and again;
            none where nothing listens at all.
        mode: Who then writes the answer.
        says: Words of the notice; empty where there is none to be.
    """

    name: str
    scripts: tuple[Script, ...]
    mode: str
    says: str


def status(code: int, **headers: str) -> Script:
    """A script that refuses with an HTTP status."""
    return lambda exchange: exchange.fail(code, **headers)


def _hang(exchange: Exchange) -> None:
    exchange.pause(60)


def _stall(exchange: Exchange) -> None:
    exchange.head()
    exchange.delta("The Skerry lighthouse ")
    exchange.pause(60)


def _drip(exchange: Exchange) -> None:
    exchange.head()
    while exchange.pause(0.1):
        exchange.raw(": still here\n\n")


def _cut(exchange: Exchange) -> None:
    exchange.head()
    exchange.delta(GOOD + " Its lamp ")


def _cut_in_an_event(exchange: Exchange) -> None:
    exchange.head(200, "text/event-stream", Content_Length="4000")
    exchange.delta(GOOD + " Its lamp ")
    exchange.raw('data: {"id": "chatc')


def _malformed(exchange: Exchange) -> None:
    exchange.head()
    exchange.raw("data: {not json\n\n")


def _another_shape(exchange: Exchange) -> None:
    exchange.head()
    exchange.event({"choices": "none today"})


def _no_events(exchange: Exchange) -> None:
    exchange.head(200, "text/plain")
    exchange.raw("It was built long ago.\n")


def _page(exchange: Exchange) -> None:
    exchange.head(200, "text/html; charset=utf-8")
    exchange.raw("<!doctype html><title>Sign in</title><p>Please sign in.")


def _error_event(exchange: Exchange) -> None:
    exchange.head()
    exchange.delta("The Skerry ")
    exchange.event({"error": {"message": "out of memory", "code": 500}})


def _loop(exchange: Exchange) -> None:
    exchange.head()
    while exchange.pause(0.001):
        exchange.delta("The lamp and the lamp and ")


def _endless(exchange: Exchange) -> None:
    exchange.head()
    for number in count():
        exchange.delta(f"Item {number} of the list was seen {number * 7} times on the island. ")


def _thinks(exchange: Exchange) -> None:
    exchange.head()
    exchange.delta(None, reasoning_content="Let me think about lighthouses.")
    exchange.delta("", "length")


FAULTS = (
    Fault("answers as OpenAI does", (says(GOOD),), "llm", ""),
    Fault("answers as Ollama does", (says_like_ollama(GOOD),), "llm", ""),
    Fault("wraps the answer in a thought, a fence and HTML",
          (says(f"<think>1867?</think>\n```html\n<p><b>{GOOD}</b></p>\n```"),), "llm", ""),
    Fault("500 once, then answers", (status(500), says(GOOD)), "llm", ""),
    Fault("429 with Retry-After: 1, then answers",
          (status(429, Retry_After="1"), says(GOOD)), "llm", ""),
    Fault("cites [99] beside [1]", (says(GOOD.replace("[1]", "[99][1]")),), "llm", ""),
    Fault("cites nothing but [99]", (says(GOOD.replace("[1]", "[99]")),), "llm", ""),
    Fault("nothing listens", (), "extractive", "cannot be reached"),
    Fault("accepts and never answers", (_hang,), "extractive", "did not answer"),
    Fault("begins and stalls", (_stall,), "extractive", "did not answer in time"),
    Fault("keeps the line open with comments", (_drip,), "extractive", "did not answer"),
    Fault("401", (status(401),), "extractive", "refused the key"),
    Fault("403", (status(403),), "extractive", "refused the key"),
    Fault("404", (status(404),), "extractive", "knows no such model"),
    Fault("400", (status(400),), "extractive", "refused the request"),
    Fault("429 with Retry-After: 600", (status(429, Retry_After="600"),), "extractive", "no more"),
    Fault("500 each time", (status(500),), "extractive", "failed (HTTP 500)"),
    Fault("redirects elsewhere", (status(307, Location="http://127.0.0.1:9/v1"),),
          "extractive", "refused the request"),
    Fault("ends in mid-sentence", (_cut,), "extractive", "broke off"),
    Fault("drops the connection in an event", (_cut_in_an_event,), "extractive", "broke off"),
    Fault("reports an error in the stream", (_error_event,), "extractive", "reported an error"),
    Fault("says nothing", (says(""),), "extractive", "wrote nothing"),
    Fault("only thinks, to its limit", (_thinks,), "extractive", "wrote nothing"),
    Fault("sends malformed JSON", (_malformed,), "extractive", "cannot be read"),
    Fault("sends JSON of another shape", (_another_shape,), "extractive", "cannot be read"),
    Fault("sends plain text", (_no_events,), "extractive", "cannot be read"),
    Fault("sends a web page", (_page,), "extractive", "web page"),
    Fault("repeats itself for ever", (_loop,), "extractive", "repeats itself"),
    Fault("repeats one sentence",
          (says("The ferry is blue and old [1]. " * 5),), "extractive", "repeats itself"),
    Fault("never stops", (_endless,), "extractive", "does not stop"),
    Fault("writes what no document says",
          (says("Otto Lindqvist painted it in 1712 [1]."),), "extractive", "bear out"),
    Fault("answers in another language",
          (says("El faro fue construido por Otto Lindqvist en 1712 [1]."),),
          "extractive", "bear out"),
)  # fmt: skip


def main(argv: Sequence[str]) -> None:
    """Run every fault and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--timeout", type=float, default=8.0, help="FOOTNOTE_LLM_TIMEOUT_S")
    options = parser.parse_args(argv)
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as scratch:
        settings = library(Path(scratch))
        embedder = Embedder.of(settings)
        sync(settings, embedder=embedder)
        print("| the endpoint | answer | what the reader is told | seconds |")
        print("| --- | --- | --- | --- |")
        _row(FAULTS[0], settings, embedder, 60.0)  # loads the client's libraries
        for fault in FAULTS:
            print(_row(fault, settings, embedder, options.timeout), flush=True)


def library(folder: Path) -> AppSettings:
    """Write the documents into a folder and return the settings of a library beside them."""
    for name, text in DOCUMENTS.items():
        path = folder / "documents" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return AppSettings(documents=folder / "documents", storage=folder / "storage")


def closed_port() -> int:
    """Return a port of loopback that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _row(fault: Fault, settings: AppSettings, embedder: Embedder, timeout_s: float) -> str:
    with scripted_server() as (server, url):
        server.play(*fault.scripts)
        address = url if fault.scripts else f"http://127.0.0.1:{closed_port()}/v1"
        changes = {"llm_base_url": address, "llm_model": "scripted", "llm_timeout_s": timeout_s}
        with FootnoteQueryEngine(settings.model_copy(update=changes), embedder) as engine:
            engine.refresh()
            began = time.perf_counter()
            answer = engine.answer(Question(QUESTION))
            seconds = time.perf_counter() - began
    told = " ".join(answer.notices) or "nothing"
    return f"| {fault.name} | {answer.mode} | {told} | {seconds:.1f} |"


if __name__ == "__main__":
    main(sys.argv[1:])

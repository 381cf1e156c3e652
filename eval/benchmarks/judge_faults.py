"""What becomes of a score when the judge's endpoint fails in one of many ways.

usage: python -m eval.benchmarks.judge_faults [--timeout SECONDS] [--retries N]

Runs each fault against a scripted server on loopback, over real HTTP: one answer, one figure that
takes one request. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.benchmarks.llm_faults import closed_port, status
from eval.benchmarks.scripted_judge import judges, verdict
from eval.benchmarks.scripted_llm import Exchange, Script, ScriptedServer, scripted_server
from eval.ragas.judge import Judgement, judge_answers
from eval.ragas.judge_errors import JudgeError
from eval.ragas.judge_items import CONTEXT_RECALL, Item
from eval.settings import EvalSettings
from ingest.embed import Embedder

FIGURE = CONTEXT_RECALL  # takes one request
ITEM = Item(
    query_id="q1",
    question="Who built the mill?",
    response="Berta Olsen built the mill.",
    contexts=("Berta Olsen built the mill in 1902. Its wheel is made of oak.",),
    reference="Berta Olsen built the mill in 1902. It has two wheels.",
    figures=(FIGURE,),
)
SCORE = 0.5  # one of the reference's two sentences stands in the context


@dataclass(frozen=True, slots=True)
class Fault:
    """A way to fail.

    Attributes:
        name: What the endpoint does.
        scripts: How it answers one request after the other, the last script again and again;
            none where nothing listens at all.
        tries: How many requests are sent; None for as many as are allowed.
        says: Words of the cause where there is no score; empty where there is one.
        stops: Whether nothing more is asked.
    """

    name: str
    scripts: tuple[Script, ...]
    tries: int | None = 1
    says: str = ""
    stops: bool = False


def said(change: Callable[[dict[str, object]], object]) -> Script:
    """A script that says something else than the right verdict, made from it."""

    def script(exchange: Exchange) -> None:
        changed = change(verdict(exchange.body["messages"][0]["content"]))
        exchange.complete(changed if isinstance(changed, str) else json.dumps(changed))

    return script


def body(text: str, kind: str = "application/json", **headers: str) -> Script:
    """A script that sends text in place of a completion."""

    def script(exchange: Exchange) -> None:
        exchange.head(200, kind, **headers)
        exchange.raw(text)

    return script


def _hang(exchange: Exchange) -> None:
    exchange.pause(60)


def _drip(exchange: Exchange) -> None:
    exchange.head(200, "application/json")
    while exchange.pause(0.05):
        exchange.raw(" ")


def _cut(exchange: Exchange) -> None:
    exchange.head(200, "application/json", Content_Length="4000")
    exchange.raw('{"id": "chatcmpl-1", "choices": [')


def _drop(exchange: Exchange) -> None:
    """Close the connection without a word."""


def _endless(exchange: Exchange) -> None:
    exchange.head(200, "application/json")
    while exchange.pause(0.0):
        exchange.raw(" " * 1_000_000)


def _long(exchange: Exchange) -> None:
    exchange.complete('{"classifications": [{"statement": "Berta', finish="length")


def refusing(name: str, instead: str = "") -> Script:
    """A script that refuses a parameter and judges without it."""

    def script(exchange: Exchange) -> None:
        if name not in exchange.body:
            return judges(exchange)
        told = f"Unsupported parameter: '{name}' is not supported with this model. {instead}"
        return exchange.fail(400, json.dumps({"error": {"message": told, "param": name}}))

    return script


_NOT_JSON = said(lambda _: "Yes, I think so.")
_WRONG_SCHEMA = said(lambda right: {"verdicts": right["classifications"]})
_WRONG_VERDICT = said(lambda right: json.dumps(right).replace('"attributed": 1', '"attributed": 7'))
FAULTS = (
    Fault("answers as OpenAI does", (judges,)),
    Fault("thinks aloud and puts the JSON into a fence",
          (said(lambda right: f"<think>{{?}}</think>Here:\n```json\n{json.dumps(right)}\n```"),)),
    Fault("500 once, then answers", (status(500), judges), 2),
    Fault("429 with Retry-After: 1, then answers", (status(429, Retry_After="1"), judges), 2),
    Fault("drops the connection once, then answers", (_drop, judges), 2),
    Fault("knows no temperature", (refusing("temperature"),), 2),
    Fault("knows no JSON mode", (refusing("response_format"),), 2),
    Fault("calls the longest answer otherwise",
          (refusing("max_tokens", "Use 'max_completion_tokens' instead."),), 2),
    Fault("answers in prose once, then in JSON", (_NOT_JSON, judges), 2),
    Fault("answers by another schema once, then right", (_WRONG_SCHEMA, judges), 2),
    Fault("gives a verdict of 7 once, then 1", (_WRONG_VERDICT, judges), 2),
    Fault("sends malformed JSON once, then answers", (body("{not json"), judges), 2),
    Fault("nothing listens", (), None, "cannot be reached"),
    Fault("accepts and never answers", (_hang,), None, "did not answer within"),
    Fault("sends a space now and then", (_drip,), None, "did not answer within"),
    Fault("breaks off in the middle", (_cut,), None, "broke off"),
    Fault("503 each time", (status(503),), None, "failed (HTTP 503)"),
    Fault("429 with Retry-After: 600", (status(429, Retry_After="600"),), 1, "no more requests"),
    Fault("400", (status(400),), 1, "refused the request (HTTP 400)"),
    Fault("413", (status(413),), 1, "too long (HTTP 413)"),
    Fault("redirects elsewhere", (status(307, Location="http://127.0.0.1:9/v1"),), 1, "refused"),
    Fault("401", (status(401),), 1, "refused the key", stops=True),
    Fault("403", (status(403),), 1, "refused the key", stops=True),
    Fault("404", (status(404),), 1, "no such model", stops=True),
    Fault("answers in prose each time", (_NOT_JSON,), None, "in another form"),
    Fault("answers by another schema each time", (_WRONG_SCHEMA,), None, "in another form"),
    Fault("gives a verdict of 7 each time", (_WRONG_VERDICT,), None, "in another form"),
    Fault("finds no statement", (said(lambda _: {"classifications": []}),), None, "another form"),
    Fault("does not come to an end", (_long,), 1, "did not come to an end in"),
    Fault("says nothing", (said(lambda _: " "),), None, "cannot be read"),
    Fault("sends malformed JSON", (body("{not json"),), None, "cannot be read"),
    Fault("sends JSON of another shape", (body('{"choices": "none today"}'),), None, "be read"),
    Fault("sends plain text", (body("It was so.", "text/plain"),), None, "cannot be read"),
    Fault("sends a web page", (body("<!doctype html><p>Sign in.", "text/html"),), 1, "a web page"),
    Fault("sends packed bytes",
          (body("x", Content_Encoding="gzip"),), None, "cannot be read"),
    Fault("never stops sending", (_endless,), 1, "more than 8 MiB"),
)  # fmt: skip


def main(argv: Sequence[str]) -> None:
    """Run every fault and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--timeout", type=float, default=2.0, help="FOOTNOTE_JUDGE_TIMEOUT_S")
    parser.add_argument("--retries", type=int, default=3, help="FOOTNOTE_JUDGE_RETRIES")
    options = parser.parse_args(argv)
    embedder = Embedder.of(EvalSettings())
    print("| the endpoint | requests | retries | what became of the score | seconds |")
    print("| --- | --- | --- | --- | --- |")
    for fault in FAULTS:
        with tempfile.TemporaryDirectory() as scratch, scripted_server() as (server, url):
            settings = EvalSettings(
                storage=Path(scratch),
                judge_base_url=url,
                judge_model="scripted",
                judge_timeout_s=options.timeout,
                judge_retries=options.retries,
            )
            print(_row(fault, server, settings, embedder), flush=True)


def suffer(fault: Fault, server: ScriptedServer, settings: EvalSettings, embedder: Embedder,
           items: Sequence[Item] = (ITEM,)) -> Judgement:  # fmt: skip
    """Have answers judged by an endpoint with a fault.

    Raises:
        JudgeError: As `judge_answers` does.
    """
    server.play(*fault.scripts)
    if not fault.scripts:
        address = f"http://127.0.0.1:{closed_port()}/v1"
        settings = settings.model_copy(update={"judge_base_url": address})
    return judge_answers(settings, items, embedder)


def _row(fault: Fault, server: ScriptedServer, settings: EvalSettings, embedder: Embedder) -> str:
    began = time.perf_counter()
    try:
        judgement = suffer(fault, server, settings, embedder)
    except JudgeError as exc:
        requests, retries = str(len(server.seen)), str(len(server.seen) - 1)
        outcome = f"the run stops: {exc}"
    else:
        tally = judgement.usage.tally
        requests, retries = str(tally.requests), str(tally.retries)
        if judgement.failures:
            outcome = f"left out: the judge {judgement.failures[0].cause}"
        else:
            outcome = f"{judgement.scores[ITEM.query_id][FIGURE]:.2f}"
    seconds = time.perf_counter() - began
    return f"| {fault.name} | {requests} | {retries} | {outcome} | {seconds:.1f} |"


if __name__ == "__main__":
    main(sys.argv[1:])

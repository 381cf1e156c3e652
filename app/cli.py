"""The answering commands: `footnote search`, `ask`, `serve` and `doctor`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from app.records import Answer, Question, QuestionError, Turn, Verdict, place
from app.settings import AppSettings
from ingest.cli import JsonOption
from ingest.console import notice, write, write_json
from ingest.errors import EmptyLibraryError, FootnoteError

if TYPE_CHECKING:
    from app.engine import FootnoteQueryEngine

DocumentOption = Annotated[
    list[str] | None,
    typer.Option("--document", metavar="DOC", help="Only this document; may be repeated."),
]
S = TypeVar("S", bound=AppSettings)


def register(
    app: typer.Typer,
    settings_type: type[S] = AppSettings,  # type: ignore[assignment]  # S is AppSettings then
    checks: Sequence[tuple[str, Callable[[S], str]]] = (),
) -> None:
    """Add this floor's commands to the `footnote` command.

    Args:
        app: The command.
        settings_type: The settings of the floor above, which `doctor` shows and checks too.
        checks: What `doctor` looks at there, as `app.doctor.examine` takes it.
    """
    app.command()(search)
    app.command()(ask)
    app.command()(serve)

    @app.command()
    def doctor(as_json: JsonOption = False) -> None:
        """Check settings, model, library and endpoints, and say how to mend each."""
        _doctor(settings_type, checks, as_json)


def search(
    query: Annotated[str, typer.Argument(help="What to look for.")],
    top_k: Annotated[int, typer.Option("--top-k", min=1, max=100, help="How many.")] = 10,
    document: DocumentOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find passages, best first."""
    found = _engine().search(query, top_k=top_k, documents=document or None)
    if as_json:
        write_json({"query": query, "retrieved": [passage.to_dict() for passage in found]})
        return
    for rank, passage in enumerate(found, 1):
        where = place(passage.document, passage.page, passage.section)
        write(f"{rank:>2}. {passage.score:.3f}  {where}\n    {' '.join(passage.text.split())}\n\n")


def ask(
    question: Annotated[str | None, typer.Argument(help="The question.")] = None,
    document: DocumentOption = None,
    batch: Annotated[
        str | None,
        typer.Option("--batch", metavar="FILE", help="JSON Lines in, JSON Lines out; - is stdin."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Ask the documents; without a question, on a terminal, a chat."""
    if batch is not None:
        if question is not None:
            raise QuestionError("Give either a question or --batch FILE, not both.")
        _batch(batch)
    elif question is not None:
        asked = Question(question, documents=tuple(document) if document else None)
        engine = _engine(question)
        if as_json:
            write_json(engine.answer(asked).to_dict())
        else:
            _show(engine.stream(asked), live=sys.stdout.isatty())
    elif sys.stdin.isatty():
        _chat(tuple(document) if document else None)
    else:
        raise QuestionError(
            'No question was given. Type it after the command: `footnote ask "…"`, or name a '
            "file of questions: `footnote ask --batch FILE`."
        )


def serve(
    host: Annotated[str | None, typer.Option("--host", help="Address to bind.")] = None,
    port: Annotated[int | None, typer.Option("--port", min=1, max=65535)] = None,
    open_page: Annotated[
        bool, typer.Option("--open", help="Open the page in a browser, where there is one.")
    ] = False,
) -> None:
    """Serve the chat page and the HTTP API."""
    from app.server import run

    settings = AppSettings.load()
    run(settings, host or settings.host, port or settings.port, open_page=open_page)


def _doctor(
    settings_type: type[S], more: Sequence[tuple[str, Callable[[S], str]]], as_json: bool
) -> None:
    from app.doctor import examine

    checks, in_force = examine(settings_type, more)
    if as_json:
        write_json({"checks": [check.to_dict() for check in checks], "settings": in_force})
    else:
        for check in checks:
            write(f"{'ok  ' if check.ok else 'FAIL'}  {check.name}: {check.finding}\n")
            if check.remedy:
                write(f"      {check.remedy}\n")
        write("\nSettings in force\n")
        for name, value in in_force.items():
            write(f"  {name}={value}\n")
    if not all(check.ok for check in checks):
        raise typer.Exit(1)


def _engine(question: str | None = None) -> FootnoteQueryEngine:
    """Build the engine, after what can be refused without loading a model."""
    from ingest.embed import Embedder
    from ingest.library import open_library

    settings = AppSettings.load()
    if question is not None and not question.strip():
        raise QuestionError("The question is empty. Type a question about your documents.")
    open_library(settings).close()
    embedder = Embedder.of(settings)
    embedder.load_ahead()  # beside the imports below, which take as long

    from app.engine import FootnoteQueryEngine

    engine = FootnoteQueryEngine(settings, embedder)
    if question is not None:
        engine.check(question)
    return engine


def _batch(name: str) -> None:
    from app.asking import answer_batch

    with ExitStack() as stack:
        if name == "-":
            lines = (line.decode("utf-8", "replace") for line in sys.stdin.buffer)
        else:
            try:
                handle = stack.enter_context(Path(name).open("rb"))
            except OSError as exc:
                raise QuestionError(
                    f"The questions in {name!r} cannot be read ({exc.strerror}). Check the path."
                ) from exc
            lines = (line.decode("utf-8", "replace") for line in handle)
        failed = 0
        for record, answered in answer_batch(_engine(), lines):
            write_json(record, indent=None)
            failed += not answered
    if failed:
        notice(f"{failed} of the questions failed; their records say why.")
        raise typer.Exit(1)


def _chat(documents: tuple[str, ...] | None) -> None:
    engine = _engine()
    notice("Ask your documents; an empty line or Ctrl-D ends the chat.")
    history: list[Turn] = []
    while True:
        try:
            text = input("> ")
        except (EOFError, KeyboardInterrupt):
            break
        if not text.strip():
            break
        try:
            answer = _show(engine.stream(Question(text, tuple(history), documents)), live=True)
        except EmptyLibraryError:
            raise
        except FootnoteError as exc:
            notice(str(exc))
            continue
        if answer.standalone_question != text:
            notice(f"(understood as: {answer.standalone_question})")
        write("\n")
        history += [Turn("user", text), Turn("assistant", answer.text)]


def _show(stream: Iterator[str | Answer], *, live: bool) -> Answer:
    """Print an answer, where ``live`` as it is written, and return it.

    The record has the last word: where it is another text than what was printed, it is printed
    too.
    """
    printed = ""
    for item in stream:
        if isinstance(item, Answer):
            if printed != item.text:
                write(("\n\n" if printed else "") + item.text)
            write("\n" + _footnotes(item))
            return item
        if live:
            write(item)
            sys.stdout.flush()
            printed += item
    raise AssertionError("a stream ends in its answer")


def _footnotes(answer: Answer) -> str:
    lines = [""]
    for citation in answer.citations:
        where = place(citation.document, citation.page, citation.section)
        lines.append(f"[{citation.marker}] {where}: “{' '.join(citation.quote.split())}”")
    lines += [
        f"Not borne out by the documents: “{sentence.text}”"
        for sentence in answer.sentences
        if sentence.verdict is Verdict.UNSUPPORTED
    ]
    lines += [f"Note: {text}" for text in answer.notices]
    return "\n".join(lines) + "\n" if len(lines) > 1 else ""

"""The library's commands: `footnote ingest` and `footnote documents`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ingest.console import IngestProgress, notice, plain, write, write_json
from ingest.document import Document, IngestReport
from ingest.errors import EmptyLibraryError
from ingest.library import open_library
from ingest.remove import remove
from ingest.settings import LibrarySettings
from ingest.sync import sync

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Add this floor's commands to the `footnote` command."""
    app.command()(ingest)
    documents = typer.Typer(
        invoke_without_command=True, no_args_is_help=False, help="List and show the documents."
    )
    documents.callback()(list_documents)
    documents.command("show")(show_document)
    documents.command("remove")(remove_documents)
    app.add_typer(documents, name="documents")


def ingest(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH]...",
            help="Files or folders; the whole documents folder by default. "
            "Files from elsewhere are copied into the storage.",
        ),
    ] = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Build the library anew.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Bring the library in step with the documents folder."""
    settings = LibrarySettings.load()
    with IngestProgress() as progress:
        report = sync(settings, paths or (), rebuild=rebuild, progress=progress)
    if as_json:
        write_json(report.to_dict())
    else:
        write(_summary(report))
    if not report.documents and not report.failed:
        notice(
            f"No documents were found. Put files into {str(settings.documents)!r} and run "
            "`footnote ingest` again, or name files: `footnote ingest FILE…`."
        )
    if report.failed:
        raise typer.Exit(1)


def list_documents(context: typer.Context, as_json: JsonOption = False) -> None:
    """List what is in the library."""
    if context.invoked_subcommand is not None:
        return
    settings = LibrarySettings.load()
    try:
        library = open_library(settings)
    except EmptyLibraryError as exc:
        if as_json:
            write_json({"documents": []})
        notice(str(exc))
        return
    found = list(library.documents.values())
    if as_json:
        write_json({"documents": [document.to_dict() for document in found]})
        return
    width = max(len(document.doc_id) for document in found)
    for document in found:
        pages = f"{len(document.pages)} pages" if document.pages else "-"
        write(
            f"{plain(document.doc_id):<{width}}  {document.format:<8}  {pages:>9}  "
            f"{document.chunk_count:>5} chunks  {plain(document.title)}\n"
        )
        for line in _card(document):
            write(f"{'':<{width}}  {plain(line)}\n")


def show_document(
    doc_id: Annotated[str, typer.Argument(metavar="DOC", help="A name from `documents`.")],
) -> None:
    """Print a document's extracted text, which all offsets point into."""
    write(open_library(LibrarySettings.load()).document(doc_id).text)


def remove_documents(
    doc_ids: Annotated[list[str], typer.Argument(metavar="DOC...", help="Names from `documents`.")],
    purge: Annotated[
        bool,
        typer.Option("--purge", help="Also write the library anew, so that no trace stays."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Take documents out of the library, vectors, text and derived data included."""
    report = remove(LibrarySettings.load(), doc_ids, purge=purge)
    if as_json:
        write_json(report.to_dict())
        return
    write(
        f"{_count(len(report.removed), 'document')} removed; the library holds "
        f"{_count(report.documents, 'document')}.\n"
    )
    for doc_id in report.excluded:
        notice(
            f"{plain(doc_id)}: its file stays where it is and is passed over; "
            "name the file to `footnote ingest` to take it in again."
        )
    for name in report.quoted_in:
        notice(f"{plain(name)} in the storage still names a removed document; delete it yourself.")


def _card(document: Document) -> list[str]:
    """Return a document's report card, a line a matter."""
    card = document.card
    held = [_count(len(document.sections), "section"), _count(len(document.tables), "table")]
    if card.encoding not in (None, "utf-8"):
        held.append(f"read as {card.encoding}")
    by = ", ".join(card.authors)
    lines = [", ".join(held)]
    if by or card.date:
        lines.append(" ".join(filter(None, ["by" if by else "", by, card.date])))
    if card.skipped:
        lines.append("left out: " + ", ".join(card.skipped))
    return lines + [f"warning: {warning}" for warning in document.warnings]


def _summary(report: IngestReport) -> str:
    lines = [
        f"{len(report.added)} added, {len(report.updated)} updated, "
        f"{len(report.unchanged)} unchanged, {len(report.removed)} removed, "
        f"{len(report.failed)} failed",
        f"The library holds {_count(report.documents, 'document')} in "
        f"{_count(report.chunks, 'chunk')} ({report.seconds:.1f} s).",
    ]
    lines += [f"warning: {plain(doc_id)}: {plain(text)}" for doc_id, text in report.warnings]
    lines += [f"failed: {plain(doc_id)}: {plain(reason)}" for doc_id, reason in report.failed]
    return "\n".join(lines) + "\n"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"

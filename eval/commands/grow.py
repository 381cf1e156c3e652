"""The commands that grow a set: `eval feedback`, `draft`, `accept`, `import` and `export`."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from eval.sets.cases import DEFAULT_SET
from ingest.cli import JsonOption
from ingest.console import notice, plain, write, write_json

if TYPE_CHECKING:
    from app.settings import AppSettings
    from eval.grow.accept import Split
    from eval.grow.drafts import Drafts
    from eval.sets.cases import Case
    from ingest.library import Library

DraftsOption = Annotated[
    Path | None,
    typer.Option(
        "--to",
        metavar="FILE",
        help="Where drafts wait for `eval accept`; drafts.jsonl in the storage's eval/ by default.",
    ),
]


def register(commands: typer.Typer) -> None:
    """Add the commands to `footnote eval`."""
    commands.command("feedback")(list_feedback)
    commands.command("draft")(draft_questions)
    commands.command("accept")(accept_drafts)
    commands.command("import")(import_set)
    commands.command("export")(export_run)


def list_feedback(
    votes: Annotated[
        Literal["down", "up", "all"],
        typer.Option("--votes", help="Which entries: of disliked answers, liked ones, or all."),
    ] = "down",
    to: DraftsOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what people said of answers, and make draft questions of it, each once."""
    from app.feedback import FILE, FeedbackStore, Vote
    from app.settings import AppSettings
    from eval.grow.from_feedback import draft_from
    from eval.sets.files import growing

    settings = AppSettings.load()
    entries = FeedbackStore(settings.storage / FILE).list(None if votes == "all" else Vote(votes))
    drafts = _drafts(settings, to)
    with growing(settings.storage):
        added = drafts.add(map(draft_from, entries))
    if as_json:
        feedback = [entry.to_dict() for entry in entries]
        write_json({"feedback": feedback, "drafts": str(drafts.path), "added": list(added)})
    else:
        for entry in entries:
            reason = f" ({entry.reason.value})" if entry.reason is not None else ""
            write(f"{entry.at:%Y-%m-%d %H:%M}  {entry.vote.value}{reason}  ")
            write(plain(entry.asked.text) + "\n")
            if entry.comment:
                write(f"{'':<18}{plain(entry.comment)}\n")
    _tell(drafts, added, len(entries))


def draft_questions(
    document: Annotated[
        str, typer.Argument(metavar="DOC", help="A document, as `footnote documents` names it.")
    ],
    most: Annotated[int, typer.Option("--n", min=1, max=1000, help="How many at most.")] = 20,
    to: DraftsOption = None,
    by_llm: Annotated[
        bool, typer.Option("--llm", help="Have the configured LLM propose, through RAGAS.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Propose questions from a document of the library, for a person to accept."""
    from app.settings import AppSettings
    from eval.grow.llm_drafts import draft_with_llm
    from eval.propose.propose import propose
    from eval.sets.cases import read_with_drafts
    from eval.sets.files import growing
    from ingest.embed import Embedder
    from ingest.library import open_library

    settings = AppSettings.load()
    drafts = _drafts(settings, to)
    library = open_library(settings)
    dropped: tuple[tuple[str, str], ...] = ()
    embedder = Embedder.of(settings)
    try:
        there = read_with_drafts(DEFAULT_SET)[0] if DEFAULT_SET.exists() else ()
        known = (*there, *drafts.asked())
        if by_llm:
            made = draft_with_llm(settings, library, document, most, embedder, known)
            proposed, dropped = made.cases, made.dropped
        else:
            texts = {doc_id: one.text for doc_id, one in library.documents.items()}
            proposed = propose(library.document(document), texts, embedder, known, most)
    finally:
        library.close()
    with growing(settings.storage):
        added = drafts.add(proposed)
    if as_json:
        cases = [case.model_dump(mode="json") for case in proposed]
        lost = [{"question": question, "reason": why} for question, why in dropped]
        record = {"drafts": str(drafts.path), "added": list(added), "cases": cases}
        write_json(record | {"dropped": lost})
    else:
        for case in proposed:
            write(f"{case.query_id}  {case.kind}  {plain(case.question)}\n")
            write(f"{'':<4}{plain(case.reference_answer or '(the documents do not say)')}\n")
    if not proposed and not by_llm:
        notice(
            f"Nothing new in {document!r} can be asked about by rule: its sentences lean on one "
            "another, or were asked about before. An LLM may find more: --llm."
        )
    for question, why in dropped:
        notice(f"{plain(question)}: dropped, {plain(why)}")
    _tell(drafts, added, len(proposed))
    if dropped:
        raise typer.Exit(1)


def accept_drafts(
    query_ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[QUERY_ID]...",
            help="Drafts to accept; without any, on a terminal, all are gone through one by one.",
        ),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="Where the drafts wait; drafts.jsonl in the storage's eval/ by default.",
        ),
    ] = None,
    set_path: Annotated[
        Path | None,
        typer.Option(
            "--set", metavar="FILE", help="The set they go into; the dossier's by default."
        ),
    ] = None,
    split: Annotated[
        Literal["tune", "test"] | None,
        typer.Option(
            "--split", help="The half of the set; by default the one with fewer of its kind."
        ),
    ] = None,
    reject: Annotated[
        bool, typer.Option("--reject", help="Drop the drafts instead, for good.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Accept drafts into an evaluation set, once they hold all that a question needs."""
    from app.settings import AppSettings
    from eval.grow import accept
    from eval.sets.cases import EvaluationSetError
    from eval.sets.files import growing
    from ingest.library import open_library

    settings = AppSettings.load()
    drafts, target = _drafts(settings, source), set_path or DEFAULT_SET
    if not query_ids and not sys.stdin.isatty():
        raise EvaluationSetError(
            "No draft was named. Give the query_ids of drafts, as "
            f"{str(drafts.path)!r} holds them, or run this on a terminal."
        )
    if reject and query_ids:
        with growing(settings.storage):
            gone = accept.reject(drafts, query_ids)
        if as_json:
            write_json({"rejected": list(gone)})
        notice(f"Drafts dropped: {len(gone)}.")
        return
    library = open_library(settings)
    try:
        if not query_ids:
            _go_through(settings, drafts, target, library, split)
            return
        with growing(settings.storage):
            result = accept.accept(drafts, query_ids, target, library, split)
    finally:
        library.close()
    if as_json:
        refused = [{"query_id": name, "reason": why} for name, why in result.refused]
        write_json({"set": str(target), "accepted": list(result.accepted), "refused": refused})
    for name, why in result.refused:
        notice(f"{plain(name)} stays a draft: {why}")
    notice(f"Accepted into {str(target)!r}: {len(result.accepted)}.")
    if result.refused:
        raise typer.Exit(1)


def import_set(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="A RAGAS data set (JSON Lines or CSV) or SQuAD's JSON, 1.1 or 2.0.",
        ),
    ],
    to: Annotated[
        Path, typer.Option("--to", metavar="SET", help="The set that the questions are added to.")
    ],
    documents: Annotated[
        Path | None,
        typer.Option(
            "--documents",
            metavar="DIR",
            help="Write the file's passages there as documents; else they are looked for in the "
            "library.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Take in another data set's questions, with their gold found in documents."""
    from app.settings import AppSettings
    from eval.grow.importing import import_file
    from eval.sets.files import growing

    settings = AppSettings.load()
    with growing(settings.storage):
        result = import_file(settings, source, to, documents)
    if as_json:
        write_json(result.to_dict())
    for name, why in result.unplaced:
        notice(f"{plain(name)}: {plain(why)}")
    told = f"Questions added to {str(to)!r}: {len(result.added)}"
    if result.held:
        told += f" (there before: {len(result.held)})"
    notice(f"{told}. Not placed: {len(result.unplaced)}.")
    if result.written:
        notice(
            f"Their documents are below {str(result.root)!r}. Where that is not your documents "
            "folder, index them in a library of their own: set FOOTNOTE_DOCUMENTS to it and "
            "FOOTNOTE_STORAGE to a new folder, and run `footnote ingest`."
        )
    if result.unplaced:
        raise typer.Exit(1)


def export_run(
    ragas: Annotated[
        Path, typer.Option("--ragas", metavar="FILE", help="Write a RAGAS data set, JSON Lines.")
    ],
    run: Annotated[
        Path | None,
        typer.Argument(metavar="[RUN]", help="A finished run's folder; the newest by default."),
    ] = None,
) -> None:
    """Hand a run's answers on: a RAGAS data set with answers, passages and gold."""
    from app.settings import AppSettings
    from eval.grow.exporting import export_ragas
    from eval.runs.folder import find_run, load_run

    folder = find_run(run, AppSettings.load().storage)
    written, left_out = export_ragas(load_run(folder), ragas)
    notice(f"Questions of {str(folder)!r} in {str(ragas)!r}: {written}.")
    if left_out:
        notice(f"Left out, since they failed: {left_out}.")
        raise typer.Exit(1)


def _go_through(
    settings: AppSettings, drafts: Drafts, target: Path, library: Library, split: Split | None
) -> None:
    """Show each draft and do as the person says; what is skipped stays."""
    from eval.grow import accept
    from eval.sets.files import growing

    waiting = drafts.cases()
    if not waiting:
        notice(f"No draft waits in {str(drafts.path)!r}.")
        return
    done = Counter[str]()
    for number, draft in enumerate(waiting, 1):
        write(f"\n{number}/{len(waiting)}  {_shown(draft)}")
        said = _choice()
        if said == "q":
            break
        if said == "s":
            done["skipped"] += 1
            continue
        with growing(settings.storage):
            if said == "r":
                accept.reject(drafts, [draft.query_id])
                done["dropped"] += 1
                continue
            result = accept.accept(drafts, [draft.query_id], target, library, split)
        done["accepted" if result.accepted else "skipped"] += 1
        for _, why in result.refused:
            notice(f"It stays a draft: {why}\nEdit it in {str(drafts.path)!r} and accept it then.")
    left = len(waiting) - done["accepted"] - done["dropped"]
    notice(
        f"Accepted into {str(target)!r}: {done['accepted']}. Dropped: {done['dropped']}. Still "
        f"waiting in {str(drafts.path)!r}: {left}."
    )


def _choice() -> str:
    while True:
        try:
            said = input("accept, reject, skip or quit? [a/r/s/q] ").strip().lower()[:1]
        except (EOFError, KeyboardInterrupt):
            return "q"
        if said in ("a", "r", "s", "q"):
            return said
        notice("Type a, r, s or q, and Enter.")


def _shown(draft: Case) -> str:
    lines = [f"{plain(draft.query_id)}  ({plain(draft.kind)})"]
    lines += [f"   {turn.role}: {plain(turn.content)}" for turn in draft.history]
    lines.append(f"   {plain(draft.question)}")
    if not draft.answerable:
        lines.append("   = not in the documents")
    elif draft.reference_answer:
        lines.append(f"   = {plain(draft.reference_answer)}")
    lines += [f"   {plain(gold.document)}: “{plain(gold.text)}”" for gold in draft.references]
    if draft.note:
        lines.append(f"   Note: {plain(draft.note)}")
    return "\n".join(lines) + "\n"


def _drafts(settings: AppSettings, path: Path | None) -> Drafts:
    from eval.grow.drafts import Drafts, drafts_path

    return Drafts((path or drafts_path(settings.storage)).expanduser())


def _tell(drafts: Drafts, added: tuple[str, ...], total: int) -> None:
    known = total - len(added)
    told = f"New drafts in {str(drafts.path)!r}: {len(added)}"
    if known:
        told += f" (there before, or decided on: {known})"
    notice(f"{told}. `footnote eval accept` goes through them." if added else f"{told}.")

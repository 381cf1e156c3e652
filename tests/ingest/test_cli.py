from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.library import open_library
from ingest.settings import LibrarySettings
from ingest.sync import sync
from tests.ingest.fakes import QuickEmbedder

Command = Callable[..., subprocess.CompletedProcess[bytes]]
# The front door without the upper floors, which these commands do not need.
DOOR = (
    "import sys, typer, ingest.cli\n"
    "from ingest.errors import FootnoteError\n"
    "cli = typer.Typer(); ingest.cli.register(cli)\n"
    "try: cli()\n"
    "except FootnoteError as exc: sys.stderr.write(f'footnote: {exc}\\n'); sys.exit(2)\n"
)
TEXT = "# El título ñ\n\nUn párrafo con “comillas” y \U0001f600.\n\nFin"


@pytest.fixture
def command(python: Command) -> Command:
    def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[bytes]:
        return python(["-c", DOOR, *arguments], environ)

    return run


@pytest.fixture
def filled(library_settings: LibrarySettings, folder: Path) -> LibrarySettings:
    (folder / "a.md").write_text(TEXT, encoding="utf-8")
    (folder / "-b.txt").write_text("Some text.")
    sync(library_settings, embedder=QuickEmbedder())
    return library_settings


def test_the_ingest_record_has_the_contracts_form(command: Command, folder: Path) -> None:
    (folder / "a.md").write_text(TEXT, encoding="utf-8")
    (folder / "b.txt").write_bytes("Año.".encode("latin-1"))
    (folder / "c.png").write_bytes(b"x")
    done = command("ingest", "--json")
    assert done.returncode == 1
    record = json.loads(done.stdout)
    assert list(record) == [
        "added", "updated", "unchanged", "removed", "failed", "warnings",
        "documents", "chunks", "seconds", "chunks_per_second",
    ]  # fmt: skip
    assert record["added"] == ["a.md", "b.txt"]
    assert [set(entry) for entry in record["failed"]] == [{"document", "reason"}]
    assert record["failed"][0]["document"] == "c.png"
    assert record["warnings"] == [
        {"document": "b.txt", "warning": "the encoding was not UTF-8; it was read as cp1252"}
    ]
    assert (record["documents"], record["chunks"]) == (2, 2)
    assert record["seconds"] > 0
    assert record["chunks_per_second"] > 0
    assert done.stderr == b""  # loading the model says nothing either


def test_ingest_of_unchanged_files_is_status_0_and_says_so(
    command: Command, filled: LibrarySettings
) -> None:
    done = command("ingest")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"0 added, 0 updated, 2 unchanged, 0 removed, 0 failed" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "environ"),
    [
        (["ingest"], {"FOOTNOTE_CHUNK_TOKENS": "many"}),
        (["ingest"], {"FOOTNOTE_EMBED_MODEL": "another"}),
        (["ingest", "--wrong"], {}),
        (["documents", "show"], {}),
        (["documents", "show", "nope"], {}),
        (["documents", "--json"], {"FOOTNOTE_EMBED_MODEL": "another"}),
    ],
)
def test_a_wrong_request_is_status_2_and_one_message(
    command: Command, filled: LibrarySettings, arguments: list[str], environ: dict[str, str]
) -> None:
    done = command(*arguments, **environ)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"Traceback" not in done.stderr
    assert len(done.stderr) > 30


def test_documents_json_lists_what_the_library_holds(
    command: Command, filled: LibrarySettings
) -> None:
    record = json.loads(command("documents", "--json").stdout)
    assert list(record) == ["documents"]
    second = record["documents"][1]
    assert list(second) == [
        "document", "title", "format", "pages", "chunks", "bytes", "sha256", "indexed_at",
        "warnings", "authors", "date", "encoding", "sections", "tables", "textless_pages",
        "recognised_pages", "skipped",
    ]  # fmt: skip
    assert (second["document"], second["title"], second["pages"]) == ("a.md", "El título ñ", None)
    assert second["bytes"] == len(TEXT.encode())


def test_the_list_cannot_steer_the_terminal(
    command: Command, library_settings: LibrarySettings, folder: Path
) -> None:
    (folder / "a.md").write_text("# Red \x9b31m\u202e title\n\nText.\n", encoding="utf-8")
    sync(library_settings, embedder=QuickEmbedder())
    listed = command("documents").stdout.decode()
    assert not any(char in listed for char in "\x1b\x9b\u202e")
    assert "a.md" in listed


@pytest.mark.parametrize(
    "locale", [{}, {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}]
)
def test_show_prints_the_text_and_nothing_else(
    command: Command, filled: LibrarySettings, locale: dict[str, str]
) -> None:
    library = open_library(filled)
    expected = library.document("a.md").text
    library.close()
    assert expected == TEXT
    done = command("documents", "show", "a.md", **locale)
    assert (done.returncode, done.stdout, done.stderr) == (0, expected.encode(), b"")


def test_a_name_that_opens_with_a_dash_is_reached_after_two(
    command: Command, filled: LibrarySettings
) -> None:
    assert command("documents", "show", "--", "-b.txt").stdout == b"Some text."


def test_an_unknown_document_is_named_in_the_message(
    command: Command, filled: LibrarySettings
) -> None:
    done = command("documents", "show", "nope")
    assert b"'nope'" in done.stderr
    assert b"footnote documents" in done.stderr


def test_an_empty_library_says_how_to_fill_it(command: Command, folder: Path) -> None:
    listed = command("documents", "--json")
    assert (listed.returncode, json.loads(listed.stdout)) == (0, {"documents": []})
    assert b"footnote ingest" in listed.stderr
    shown = command("documents", "show", "a.md")
    assert shown.returncode == 2
    assert b"The library is empty" in shown.stderr

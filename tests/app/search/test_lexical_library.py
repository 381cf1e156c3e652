"""The kept index: in step with the library whatever becomes of its documents or of the file."""

from __future__ import annotations

import logging
import os
import random
import shutil
import threading
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from app.search import lexical_file
from app.search.lexical_counts import count_terms
from app.search.lexical_file import FILE, LexicalData, load, save
from app.search.lexical_library import LibraryLexicon, open_lexicon
from app.text.language import LANGUAGES
from app.text.terms import question_terms, terms
from ingest.library import open_library
from ingest.remove import remove
from ingest.settings import LibrarySettings
from ingest.sync import sync
from tests.ingest.fakes import QuickEmbedder

QUESTIONS = ["the ledger of the heron", "river bridge", "¿Quién guarda el libro de la garza?"]
ENGLISH = "The heron keeps its ledger by the river, where the bridge was. "
SPANISH = "La garza guarda su libro junto al río, donde estaba el puente de la ciudad. "


@pytest.fixture
def settings(tmp_path: Path) -> LibrarySettings:
    folder = tmp_path / "documents"
    folder.mkdir()
    return LibrarySettings(documents=folder, storage=tmp_path / "storage")


@pytest.fixture(scope="module")
def quick() -> QuickEmbedder:
    return QuickEmbedder()


def opened(settings: LibrarySettings, folder: Path | None = None) -> LibraryLexicon:
    with closing(open_library(settings)) as library:
        return open_lexicon(library, folder or library.derived)


def scores(lexicon: LibraryLexicon) -> list[list[float]]:
    return [lexicon.index.scores(question_terms(q, LANGUAGES)).tolist() for q in QUESTIONS]


def check(settings: LibrarySettings, tmp_path: Path) -> None:
    """Hold the kept index to one that is made from nothing, opened once and again."""
    anew = opened(settings, tmp_path / "nothing-there" / str(random.random()))
    for _ in range(2):
        kept = opened(settings)
        assert scores(kept) == scores(anew)
        assert kept.languages == anew.languages


def read(settings: LibrarySettings) -> LexicalData:
    data = load(settings.storage / "derived")
    assert data is not None
    return data


def test_the_index_follows_documents_that_change_move_go_and_come_back(
    settings: LibrarySettings, quick: QuickEmbedder, tmp_path: Path
) -> None:
    folder = settings.documents
    (folder / "a.md").write_text("# Heron\n\n" + ENGLISH * 30)
    (folder / "b.txt").write_text(SPANISH * 30)
    steps = [
        lambda: None,
        lambda: (folder / "a.md").write_text("# Heron\n\n" + ENGLISH * 29 + "A storm came."),
        lambda: (folder / "a.md").rename(folder / "z.md"),
        lambda: (folder / "b.txt").unlink(),
        lambda: (folder / "b.txt").write_text(SPANISH * 30),
        lambda: (folder / "b.txt").write_text(ENGLISH * 2),
        lambda: (folder / "z.md").write_text("# Egret\n\n" + ENGLISH * 29 + "A storm came."),
    ]
    for step in steps:
        step()
        sync(settings, embedder=quick)
        check(settings, tmp_path)


def test_random_changes_leave_no_trace_in_the_index(
    settings: LibrarySettings, quick: QuickEmbedder, tmp_path: Path
) -> None:
    rng = random.Random(3)
    for _ in range(4):
        for name in "abcde":
            path = settings.documents / f"{name}.txt"
            change = rng.choice(["leave", "delete", "english", "spanish", "both"])
            if change == "delete":
                path.unlink(missing_ok=True)
            elif change != "leave":
                parts = {"english": ENGLISH, "spanish": SPANISH, "both": ENGLISH + SPANISH}
                path.write_text(parts[change] * rng.randint(1, 25))
        (settings.documents / "kept.txt").write_text(ENGLISH)
        sync(settings, embedder=quick)
        check(settings, tmp_path)


def test_only_changed_chunks_are_read_again(
    settings: LibrarySettings, quick: QuickEmbedder
) -> None:
    text = "\n\n".join(f"Paragraph {number} is about herons. " * 12 for number in range(12))
    (settings.documents / "a.txt").write_text(text)
    sync(settings, embedder=quick)
    opened(settings)
    before = read(settings)
    (settings.documents / "a.txt").write_text(text.replace("Paragraph 11", "Chapter 11"))
    sync(settings, embedder=quick)
    opened(settings)
    after = read(settings)
    kept = {bytes(key) for key in before.chunk_keys} & {bytes(key) for key in after.chunk_keys}
    assert len(after.chunk_keys) > 3
    assert len(after.chunk_keys) - len(kept) == 1
    assert before.generation != after.generation


def test_each_document_is_read_in_its_own_language(
    settings: LibrarySettings, quick: QuickEmbedder
) -> None:
    (settings.documents / "a.txt").write_text(ENGLISH)
    (settings.documents / "b.txt").write_text(SPANISH)
    sync(settings, embedder=quick)
    lexicon = opened(settings)
    assert lexicon.languages == {"a.txt": "en", "b.txt": "es"}
    found = lexicon.index.scores(question_terms("¿Dónde estaban los puentes?", LANGUAGES))
    assert found[1] > 0.0 and found[0] == 0.0
    assert "el" not in lexicon.index and terms("puente", "es")[0] in lexicon.index


@pytest.mark.parametrize("damage", ["cut", "empty", "flipped", "other text", "unreadable"])
def test_a_damaged_file_is_made_anew(
    settings: LibrarySettings, quick: QuickEmbedder, tmp_path: Path, damage: str
) -> None:
    (settings.documents / "a.txt").write_text(ENGLISH * 9)
    sync(settings, embedder=quick)
    opened(settings)
    path = settings.storage / "derived" / FILE
    whole = path.read_bytes()
    for at in {"flipped": range(0, len(whole), len(whole) // 40)}.get(damage, range(1)):
        if damage == "unreadable":
            path.unlink()
            path.mkdir()
        else:
            flipped = whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :]
            path.write_bytes(
                {"cut": whole[:-7], "empty": b"", "flipped": flipped}.get(damage, b"\x00" * 500)
            )
        check(settings, tmp_path)
    if damage != "unreadable":  # a folder in its place cannot be replaced; that costs time alone
        assert path.read_bytes() == whole


def test_a_file_of_another_generation_or_version_is_never_believed(
    settings: LibrarySettings,
    quick: QuickEmbedder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = settings.storage / "derived" / FILE
    (settings.documents / "a.txt").write_text(ENGLISH * 9)
    sync(settings, embedder=quick)
    opened(settings)
    first = path.read_bytes()
    # The same name again, with other documents: a storage that was deleted and made anew.
    shutil.rmtree(settings.storage)
    (settings.documents / "a.txt").write_text("Nothing but storms. " * 50)
    sync(settings, embedder=quick)
    path.parent.mkdir()
    path.write_bytes(first)
    check(settings, tmp_path)
    with monkeypatch.context() as other:
        other.setattr(lexical_file, "_MAKING", "another version")
        opened(settings)
        assert load(path.parent) is not None
        wrong = LexicalData(
            read(settings).generation,
            read(settings).document_keys,
            read(settings).languages,
            read(settings).chunk_keys,
            count_terms([["wrong"]] * len(read(settings).chunk_keys)),
        )
        save(wrong, path.parent)
    assert load(path.parent) is None
    check(settings, tmp_path)


def test_a_storage_that_cannot_be_written_costs_time_alone(
    settings: LibrarySettings,
    quick: QuickEmbedder,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (settings.documents / "a.txt").write_text(ENGLISH)
    sync(settings, embedder=quick)
    (settings.storage / "derived").write_text("a file where the folder would be")
    with caplog.at_level(logging.INFO):
        check(settings, tmp_path)
    assert "stays in memory" in caplog.text


def test_many_may_open_at_once_and_nothing_half_written_is_left(
    settings: LibrarySettings, quick: QuickEmbedder, tmp_path: Path
) -> None:
    (settings.documents / "a.txt").write_text(ENGLISH * 40)
    sync(settings, embedder=quick)
    found: list[list[list[float]]] = []
    threads = [
        threading.Thread(target=lambda: found.append(scores(opened(settings)))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [found[0]] * 6
    assert [path.name for path in (settings.storage / "derived").iterdir()] == [FILE]
    check(settings, tmp_path)


def test_a_purge_leaves_no_term_of_the_document(
    settings: LibrarySettings, quick: QuickEmbedder
) -> None:
    (settings.documents / "a.txt").write_text("A zyzzyva was seen. " * 9)
    (settings.documents / "b.txt").write_text(ENGLISH)
    sync(settings, embedder=quick)
    opened(settings)
    assert b"zyzzyva" in (settings.storage / "derived" / FILE).read_bytes()
    remove(settings, ["a.txt"], purge=True)
    assert not (settings.storage / "derived").exists()
    assert "zyzzyva" not in opened(settings).index
    assert b"zyzzyva" not in (settings.storage / "derived" / FILE).read_bytes()


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    keys = np.arange(48, dtype=np.uint8).reshape(3, 16)
    counts = count_terms([["río", "b", "b"], [], ["橋"]])
    assert save(LexicalData("gen-000007", keys[:2], ("en", "es"), keys, counts), tmp_path)
    data = load(tmp_path)
    assert data is not None
    assert (data.generation, data.languages) == ("gen-000007", ("en", "es"))
    assert np.array_equal(data.document_keys, keys[:2]) and np.array_equal(data.chunk_keys, keys)
    assert data.counts.vocabulary == counts.vocabulary
    assert np.array_equal(data.counts.matrix.toarray(), counts.matrix.toarray())
    assert load(tmp_path / "elsewhere") is None


def test_what_a_killed_process_left_is_swept_and_what_another_writes_is_not(
    tmp_path: Path,
) -> None:
    old, fresh = tmp_path / f"{FILE}abc.new", tmp_path / f"{FILE}def.new"
    for path in (old, fresh):
        path.write_bytes(b"half")
    two_hours_ago = time.time() - 7200
    os.utime(old, (two_hours_ago, two_hours_ago))
    keys = np.zeros((1, 16), dtype=np.uint8)
    assert save(LexicalData("gen-000001", keys, ("en",), keys, count_terms([["b"]])), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([FILE, fresh.name])

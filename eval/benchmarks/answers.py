"""How long an extractive answer takes: warm by parts, and cold in a process of its own.

usage: python -m eval.benchmarks.answers QUESTIONS.jsonl [--documents DIR] [--storage DIR]
       [--repeat N] [--cold N]

QUESTIONS.jsonl is as for `footnote ask --batch`. The library is the one in the storage, or of the
settings; where it is empty, the documents are indexed first. Warm, each question is asked once in
one process, the first few in advance of the clock where there are enough, so that nothing is
answered from what an earlier asking left behind; ``--repeat`` asks the whole file again. In the
same run each question is embedded by itself: that is the unit that a machine's other work stretches
alike. Cold, `footnote ask` answers the first question in N fresh processes.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from app.asking import parse_question
from app.engine import FootnoteQueryEngine
from app.records import Question
from app.settings import AppSettings
from ingest.errors import EmptyLibraryError
from ingest.settings import PREFIX, ROOT

_WARM_UP = 5  # questions, none of them timed
_MODULES = ("numpy", "typer", "pydantic", "llama_index.core", "chromadb")
_UNWANTED = ("torch", "transformers", "sklearn", "openai")

Laps = dict[str, list[float]]


def main(argv: Sequence[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--documents", type=Path)
    parser.add_argument("--storage", type=Path)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--cold", type=int, default=5)
    options = parser.parse_args(argv)
    settings = AppSettings.load()
    for name in ("documents", "storage"):
        if (folder := getattr(options, name)) is not None:
            settings = settings.model_copy(update={name: folder.resolve()})
    questions = read_questions(options.questions.read_text(encoding="utf-8").splitlines())
    _ingest_if_empty(settings)
    if options.cold:
        _print_cold(settings, questions[0].text, options.cold)
    _print_warm(warm(settings, questions, options.repeat))


def read_questions(lines: Iterable[str]) -> list[Question]:
    """Return the questions of a batch, each once."""
    questions = [parse_question(json.loads(line)) for line in lines if line.strip()]
    return list({(one.text, one.history): one for one in questions}.values())


def warm(settings: AppSettings, questions: Sequence[Question], repeat: int = 1) -> Laps:
    """Ask each question in this process.

    Args:
        settings: Of a library that holds something.
        questions: All different, at least one.
        repeat: How often the whole of them is asked, >= 1.

    Returns:
        Milliseconds of each answer by its parts, ``all`` of them, and ``one embedding``.
    """
    ahead = questions[:_WARM_UP] if len(questions) > 2 * _WARM_UP else questions[:1]
    timed = questions[len(ahead) :] or questions
    laps: Laps = {}
    with FootnoteQueryEngine(settings) as engine:
        for question in ahead:
            engine.answer(question)
        for question in [*timed] * repeat:
            started = time.perf_counter()
            answer = engine.answer(question)
            took = {"all": (time.perf_counter() - started) * 1000, **answer.timings_ms}
            started = time.perf_counter()
            engine.embedder.embed_query(question.text)
            took["one embedding"] = (time.perf_counter() - started) * 1000
            for name, value in took.items():
                laps.setdefault(name, []).append(value)
    return laps


def cold(settings: AppSettings, question: str) -> float:
    """Return the seconds that `footnote ask` takes in a process of its own."""
    command = [sys.executable, str(ROOT / "footnote.py"), "ask", "--", question]
    started = time.perf_counter()
    subprocess.run(command, env=_environment(settings), check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def imports(settings: AppSettings, question: str) -> dict[str, float]:
    """Return the seconds that imports take in a cold `footnote ask`, each with all that it pulls.

    The interpreter's own account of them makes them a little slower, and so does the model, which
    is loaded beside them. ``all`` is every import.
    """
    command = [sys.executable, "-X", "importtime", str(ROOT / "footnote.py"), "ask", "--", question]
    done = subprocess.run(
        command, env=_environment(settings), check=True, capture_output=True, text=True
    )
    return parse_imports(done.stderr.splitlines())


def parse_imports(lines: Iterable[str]) -> dict[str, float]:
    """Read what ``-X importtime`` wrote: seconds of some packages with all that they pull.

    A line is ``import time: own | cumulative | module``, in microseconds. ``all`` is the sum of
    the modules' own times; a package that was not imported is left out.
    """
    seconds = {"all": 0.0}
    for line in lines:
        own, _, rest = line.removeprefix("import time:").partition("|")
        whole, _, name = rest.partition("|")
        if not line.startswith("import time:") or not own.strip().isdigit():
            continue
        seconds["all"] += int(own) / 1e6
        if name.strip() in _MODULES + _UNWANTED:
            seconds[name.strip()] = int(whole) / 1e6
    return seconds


def _environment(settings: AppSettings) -> dict[str, str]:
    folders = {"DOCUMENTS": settings.documents, "STORAGE": settings.storage}
    return os.environ | {PREFIX + name: str(folder) for name, folder in folders.items()}


def _ingest_if_empty(settings: AppSettings) -> None:
    from ingest.library import open_library

    try:
        open_library(settings).close()
    except EmptyLibraryError:
        from ingest.sync import sync

        sync(settings)


def _print_warm(laps: Mapping[str, Sequence[float]]) -> None:
    print(f"warm, ms, {len(laps['all'])} answers{'p50':>10}{'p95':>9}")
    for name, values in laps.items():
        print(f"  {name:<18}{np.percentile(values, 50):>12.1f}{np.percentile(values, 95):>9.1f}")


def _print_cold(settings: AppSettings, question: str, times: int) -> None:
    cold(settings, question)  # what the disk and the converted model want once
    seconds = [cold(settings, question) for _ in range(times)]
    print(
        f"cold, s, {times} processes: median {statistics.median(seconds):.2f}, "
        f"{min(seconds):.2f} to {max(seconds):.2f}"
    )
    for name, value in imports(settings, question).items():
        print(f"  imports: {name:<20}{value:>6.2f}")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])

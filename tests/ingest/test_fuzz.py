"""No file, whatever is in it, brings a reader to a traceback, a hang or a loss."""

from __future__ import annotations

import random
import time
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.errors import LoadError
from ingest.library import open_library
from ingest.limits import Limits
from ingest.loaders import read, supported_suffixes
from ingest.settings import LibrarySettings
from ingest.sync import sync
from tests.ingest.fakes import QuickEmbedder
from tests.ingest.loaders.checks import check_offsets
from tests.ingest.samples import samples

MUTATED = 1000
LONGEST_S = 20.0


def mutated(data: bytes, chance: random.Random) -> bytes:
    """A file with a few bytes changed, cut out, doubled, or its end gone."""
    changed = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 5, 40])):
        if not changed:
            break
        at = chance.randrange(len(changed))
        match chance.randrange(6):
            case 0:
                changed[at] = chance.randrange(256)
            case 1:
                changed[at] ^= 1 << chance.randrange(8)
            case 2:
                del changed[at : at + chance.randrange(1, 200)]
            case 3:
                changed[at:at] = changed[at : at + chance.randrange(1, 2000)]
            case 4:
                changed[at : at + 4] = chance.randbytes(4)
            case _:
                del changed[at:]
    return bytes(changed)


def read_all(name: str, data: bytes) -> None:
    """Read a file; documents must be sound, and a failure one message."""
    try:
        parts = list(read(name, data, Limits(memory_bytes=2**31)))
    except LoadError as exc:
        assert str(exc).strip()
        return
    assert parts
    for part in parts:
        if part.document is None:
            assert part.reason
        else:
            check_offsets(part.document)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(suffix=st.sampled_from(supported_suffixes()), data=st.binary(max_size=400))
def test_any_bytes_under_any_name_are_read_or_refused(suffix: str, data: bytes) -> None:
    read_all(f"a{suffix}", data)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    name=st.sampled_from(sorted(samples())),
    suffix=st.sampled_from(supported_suffixes()),
    seed=st.integers(0, 2**32),
    keep=st.booleans(),
)
def test_mutated_and_mislabelled_files_are_read_or_refused(
    name: str, suffix: str, seed: int, keep: bool
) -> None:
    data = mutated(samples()[name], random.Random(seed))
    read_all(name if keep else f"a{suffix}", data)


@pytest.mark.parametrize("name", sorted(samples()))
def test_the_samples_themselves_are_whole(name: str) -> None:
    parts = list(read(name, samples()[name]))
    assert all(part.document is not None for part in parts)
    text = " ".join(part.document.text for part in parts if part.document)
    assert "1911" in text or "1922" in text or len(text) > 1000


def test_a_thousand_mutated_files_take_nothing_else_down(
    library_settings: LibrarySettings, folder: Path
) -> None:
    chance = random.Random(20261124)
    names = sorted(samples())
    for name in names:
        (folder / f"whole-{name}").write_bytes(samples()[name])
    for number in range(MUTATED):
        name = names[number % len(names)]
        (folder / f"{number:04d}-{name}").write_bytes(mutated(samples()[name], chance))
    limited = library_settings.model_copy(update={"file_timeout_s": LONGEST_S})
    began = time.monotonic()
    report = sync(limited, embedder=QuickEmbedder())
    seconds = time.monotonic() - began
    failed = {name.partition("#")[0] for name, _ in report.failed}
    came_in = {name.partition("#")[0] for name in report.added}
    assert len(failed | came_in) == MUTATED + len(names)  # each is in, or said why not
    assert {f"whole-{name}" for name in names} <= came_in - failed
    for name, reason in report.failed:
        assert "Traceback" not in reason, name
        assert "longer than" not in reason, name
        assert "crashed" not in reason, name
    with closing(open_library(limited)) as library:
        assert sorted(library.documents) == sorted(report.added)
        for chunk in library.chunks.values():
            assert library.text(chunk)
    print(f"{len(came_in)} read, {len(failed)} refused, {seconds:.0f} s")

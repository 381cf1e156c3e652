"""`footnote ask` on a terminal and off it: the answer as it is written, the record at last."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from app.cli import _show
from app.records import Answer, AnswerSentence, Citation, Passage, Verdict

MakeAnswer = Callable[..., Answer]


@pytest.fixture
def written(
    passage: Callable[..., Passage], cite: Callable[..., Citation], answer: MakeAnswer
) -> Answer:
    source = passage("The mill closed in 1954. Its wheel was sold.")
    cited = (cite(source, "The mill closed in 1954.", 1), cite(source, "Its wheel was sold.", 2))
    return answer(cited, notices=("A notice.",))


def stream(*items: str | Answer) -> Iterator[str | Answer]:
    yield from items


@pytest.mark.parametrize("live", [True, False])
def test_an_answer_reads_the_same_live_or_not(
    written: Answer, live: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    pieces = (written.text[:28], written.text[28:])
    assert _show(stream(*pieces, written), live=live) is written
    printed = capfd.readouterr().out
    assert printed.startswith(f"{written.text}\n\n[1] reactor.txt: “The mill closed in 1954.”\n")
    assert printed.endswith("Note: A notice.\n")


def test_what_no_document_bears_out_is_named(
    written: Answer, capfd: pytest.CaptureFixture[str]
) -> None:
    claim = AnswerSentence("It was haunted.", (), Verdict.UNSUPPORTED)
    _show(stream(replace(written, sentences=(*written.sentences, claim))), live=True)
    assert "Not borne out by the documents: “It was haunted.”" in capfd.readouterr().out


def test_a_record_that_differs_from_what_was_printed_is_printed_too(
    written: Answer, capfd: pytest.CaptureFixture[str]
) -> None:
    _show(stream("The mill burnt", written), live=True)
    assert capfd.readouterr().out.startswith(f"The mill burnt\n\n{written.text}\n")

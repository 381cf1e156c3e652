"""Questions of other makers' data sets, with their gold found in documents.

The readers (`squad.py`, `eval.ragas.dataset`) turn a file into `Imported`; here its quotes are
found, in the library or in documents written from the set's own passages, and become cases.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.records import Turn
from app.text.language import detect
from eval.sets.cases import Case, EvaluationSetError, KeyFact, Reference
from eval.sets.files import write_whole
from eval.sets.kinds import guess_kind
from ingest.loaders.registry import load
from ingest.sentences import split_sentences

_SLUG = re.compile(r"[^\w]+")
_SLUG_CHARS = 60
_LEAST_WORDS = 3  # of a reference answer that is looked for by itself


@dataclass(frozen=True, slots=True)
class Quote:
    """The words of a passage that answer: ``passage[start:end]``."""

    passage: str
    start: int
    end: int

    @property
    def sentences(self) -> str:
        """The sentences of the passage that hold the words, from the first to the last."""
        spans = [
            (begin, stop)
            for begin, stop in split_sentences(self.passage)
            if begin < self.end and stop > self.start
        ]
        if not spans:
            return self.passage[self.start : self.end]
        return self.passage[spans[0][0] : spans[-1][1]]


@dataclass(frozen=True, slots=True)
class Sample:
    """A question as another data set has it.

    Attributes:
        query_id: Its name in the set that it becomes part of.
        question: The question's words.
        history: Earlier turns, oldest first.
        answerable: Whether its passages hold the answer.
        near_miss: Not answerable, though its passages are on the topic.
        reference_answer: A right answer, where one is given.
        key_facts: What an answer must say, each with its accepted forms.
        quotes: Where passages answer it.
    """

    query_id: str
    question: str
    history: tuple[Turn, ...] = ()
    answerable: bool = True
    near_miss: bool = False
    reference_answer: str = ""
    key_facts: tuple[KeyFact, ...] = ()
    quotes: tuple[Quote, ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file holds.

    Attributes:
        samples: Its questions.
        unread: Entries that are no question, by a name for each, with the reason.
        documents: Its passages as texts of documents, by a title for each.
    """

    samples: tuple[Sample, ...]
    unread: tuple[tuple[str, str], ...]
    documents: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Placed:
    """The cases whose gold was found, and the questions whose gold was not, with the reason."""

    cases: tuple[Case, ...]
    unplaced: tuple[tuple[str, str], ...]


def place_all(imported: Imported, texts: Mapping[str, str]) -> Placed:
    """Find every question's gold in documents, runs of white space read as one.

    A quote is looked for in the documents that hold its whole passage; where none does, its
    sentences must stand in exactly one document.

    Args:
        imported: What was read.
        texts: The documents' texts by their ids, those of the library or those written.
    """
    library = _Texts(texts)
    cases: dict[str, Case] = {}
    unplaced = list(imported.unread)
    for sample in imported.samples:
        references, fault = _gold(sample, library)
        if not fault and sample.query_id in cases:
            fault = "this query_id stands in the file a second time"
        if fault:
            unplaced.append((sample.query_id, fault))
            continue
        kind = guess_kind(sample.question, sample.history)
        cases[sample.query_id] = Case(
            query_id=sample.query_id,
            kind=kind if sample.answerable else "unanswerable",
            language=detect(sample.question),
            question=sample.question,
            history=sample.history,
            answerable=sample.answerable,
            near_miss=sample.near_miss,
            reference_answer=sample.reference_answer,
            key_facts=sample.key_facts,
            references=references,
        )
    return Placed(tuple(cases.values()), tuple(unplaced))


def write_documents(
    documents: Mapping[str, str], folder: Path, documents_folder: Path
) -> dict[str, str]:
    """Write passages as .txt files, and return their texts as ingest reads them, by document id.

    Args:
        documents: Texts by title.
        folder: Where the files go; a file that is there with the same text stays.
        documents_folder: The library's folder of documents; ids count from there where the files
            are inside it, else from ``folder``.

    Raises:
        EvaluationSetError: A file of that name is there with other words, or none can be written;
            in the first case nothing was.
    """
    folder, root = folder.expanduser().resolve(), documents_folder.resolve()
    named: dict[Path, str] = {}
    for title, text in documents.items():
        stem = _SLUG.sub("-", title).strip("-").lower()[:_SLUG_CHARS].strip("-") or "passage"
        path, again = folder / f"{stem}.txt", 1
        while path in named:
            again += 1
            path = folder / f"{stem}-{again}.txt"
        named[path] = text.strip() + "\n"
    for path, text in named.items():
        if path.exists() and path.read_bytes() != text.encode():
            raise EvaluationSetError(
                f"{str(path)!r} is there already, with other words. Name a new folder with "
                "--documents."
            )
    read: dict[str, str] = {}
    for path, text in named.items():
        if not path.exists():
            write_whole(path, text)
        doc_id = path.relative_to(root if path.is_relative_to(root) else folder).as_posix()
        read[doc_id] = load(path.name, text.encode()).text
    return read


class _Texts:
    """Documents' texts on one line each; remembers what it looked for, as passages come again."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.collapsed = {doc_id: _collapsed(text) for doc_id, text in texts.items()}
        self._found: dict[str, list[str]] = {}

    def holding(self, words: str) -> list[str]:
        """Return the documents that hold some words, on one line too."""
        if words not in self._found:
            held = [doc_id for doc_id, text in self.collapsed.items() if _stands(words, text)]
            self._found[words] = held
        return self._found[words]


def _gold(sample: Sample, library: _Texts) -> tuple[tuple[Reference, ...], str]:
    """Return a question's references, or what keeps them from being found."""
    if not sample.answerable:
        return (), ""
    if not sample.quotes:
        return _gold_of_answer(sample.reference_answer, library)
    found: dict[Reference, None] = {}
    for quote in sample.quotes:
        passage, words = _collapsed(quote.passage), _collapsed(quote.sentences)
        holders = library.holding(passage) or library.holding(words)
        if not holders:
            return (), f"no document holds {_short(words)!r}"
        if len(holders) > 1 and not library.holding(passage):
            return (), f"{len(holders)} documents hold {_short(words)!r}, and none its passage"
        found.update((Reference(document=doc_id, text=words), None) for doc_id in holders)
    return tuple(found), ""


def _gold_of_answer(answer: str, library: _Texts) -> tuple[tuple[Reference, ...], str]:
    """Return the sentences that hold a reference answer word for word, in one document alone."""
    words = _collapsed(answer)
    if len(words.split()) < _LEAST_WORDS:
        return (), "it names no passage that answers it"
    holders = library.holding(words)
    if len(holders) != 1:
        many = f"{len(holders)} documents hold" if holders else "no document holds"
        return (), f"it names no passage that answers it, and {many} its reference answer"
    text = library.collapsed[holders[0]]
    start = text.index(words)
    quote = Quote(text, start, start + len(words))
    return (Reference(document=holders[0], text=quote.sentences),), ""


def _stands(words: str, text: str) -> bool:
    """Whether words stand in a text without beginning or ending inside one of its words."""
    start = text.find(words)
    while start >= 0:
        end = start + len(words)
        cut_before = words[0].isalnum() and start > 0 and _in_word(text[start - 1])
        cut_after = words[-1].isalnum() and end < len(text) and _in_word(text[end])
        if not cut_before and not cut_after:
            return True
        start = text.find(words, start + 1)
    return False


def _in_word(char: str) -> bool:
    return char.isalnum() or char == "_"


def _collapsed(text: str) -> str:
    return " ".join(text.split())


def _short(words: str) -> str:
    return words if len(words) <= 80 else words[:77] + "…"


def unique_titles(passages: Iterable[str], prefix: str) -> dict[str, str]:
    """Return passages, each once, with a title of a prefix and a number for each."""
    return {f"{prefix} {number}": text for number, text in enumerate(dict.fromkeys(passages), 1)}

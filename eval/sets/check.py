"""Checks of an evaluation set: what is broken in it, and what a reader should know about it."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from difflib import get_close_matches
from itertools import product
from pathlib import Path

from pydantic import ValidationError

from app.settings import AppSettings
from eval.sets.cases import Case, EvaluationSetError, Reference, locate
from eval.sets.duplicates import near_duplicates
from eval.sets.findings import Check, Entry, Finding, SetReport
from eval.sets.places import Gold, covers
from ingest.embed import Embedder
from ingest.errors import EmbedderError, LibraryError
from ingest.library import Library, open_library

Golds = dict[int, list[Gold]]
"""By line: where each of a case's gold quotes stands, in their order."""

_MANY = 10  # questions that a set has where one half is empty by mistake


def check_set(path: Path, settings: AppSettings, *, embedder: Embedder | None = None) -> SetReport:
    """Make every check of an evaluation set that can be made.

    Args:
        path: The set, JSON Lines.
        settings: Name the library that the gold quotes must stand in, and the embedder.
        embedder: The one that the settings name, where the caller has it already.

    Returns:
        The report. A check whose library or embedder cannot be opened is named in ``not_made``;
        lines that are no cases are findings, and the checks of cases leave them out.

    Raises:
        EvaluationSetError: The file cannot be read, or it holds no line.
    """
    entries, findings = read_entries(path)
    cases = [entry.case for entry in entries]
    findings += [*drafts(entries), *key_facts(entries), *uneven(cases)]
    not_made: dict[Check, str] = {}
    try:
        library = open_library(settings)
    except LibraryError as exc:
        not_made |= {Check.REFERENCE: str(exc), Check.LEAK: str(exc)}
    else:
        with closing(library):
            golds = {entry.line: _golds(entry.case, library) for entry in entries}
            findings += [*references(entries, golds, library), *leaks(entries, golds)]
    try:
        findings += duplicates(entries, embedder or Embedder.of(settings))
    except EmbedderError as exc:
        not_made[Check.NEAR_DUPLICATE] = str(exc)
    order = {check: place for place, check in enumerate(Check)}
    findings.sort(key=lambda finding: (order[finding.check], finding.lines))
    return SetReport(path, tuple(cases), tuple(findings), not_made)


def read_entries(path: Path) -> tuple[list[Entry], list[Finding]]:
    """Read a set as far as it can be read.

    Returns:
        The lines that are cases, and all faults of the others, and all ids that stand twice.

    Raises:
        EvaluationSetError: The file cannot be read, is not UTF-8, or holds no line.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as exc:
        raise EvaluationSetError(
            f"The evaluation set {str(path)!r} cannot be read ({exc.strerror}). Check the path."
        ) from exc
    except UnicodeDecodeError as exc:
        raise EvaluationSetError(
            f"The evaluation set {str(path)!r} is not UTF-8 (byte {exc.start}). Save it as UTF-8."
        ) from exc
    entries: list[Entry] = []
    findings: list[Finding] = []
    named: defaultdict[str, list[int]] = defaultdict(list)
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not lines:
        raise EvaluationSetError(
            f"The evaluation set {str(path)!r} holds no question. Write one JSON object a line."
        )
    for number, line in lines:
        query_ids = _query_id(line)
        for name in query_ids:
            named[name].append(number)
        try:
            entries.append(Entry(number, Case.model_validate_json(line)))
            findings += _unknown_fields(number, query_ids, line)
        except ValidationError as exc:
            findings += [
                Finding(Check.SCHEMA, (number,), query_ids, fault) for fault in _faults(exc)
            ]
    findings += [
        Finding(Check.DUPLICATE_ID, tuple(numbers), (name,), "give every question its own query_id")
        for name, numbers in named.items()
        if len(numbers) > 1
    ]
    return entries, findings


def _unknown_fields(number: int, query_ids: tuple[str, ...], line: str) -> Iterator[Finding]:
    """Find fields that nobody reads, such as a misspelt one."""
    for name in sorted(json.loads(line).keys() - Case.model_fields.keys()):
        alike = get_close_matches(name, Case.model_fields, 1)
        told = f"the field {name!r} is read by nobody" + (f"; {alike[0]!r}?" if alike else "")
        yield Finding(Check.UNKNOWN_FIELD, (number,), query_ids, told)


def drafts(entries: Iterable[Entry]) -> Iterator[Finding]:
    """Find questions that nobody has accepted yet."""
    for entry in entries:
        if entry.case.draft:
            yield _finding(Check.DRAFT, "not yet accepted: review it, then take out 'draft'", entry)


def key_facts(entries: Iterable[Entry]) -> Iterator[Finding]:
    """Find key facts of which no form stands in a gold quote, and answers without key facts."""
    without = []
    for entry in entries:
        case = entry.case
        if case.answerable and not case.key_facts and not case.draft:
            without.append(entry)
        for fact in case.key_facts:
            if not any(
                stands(form, reference.text) for form, reference in product(fact, case.references)
            ):
                yield _finding(
                    Check.KEY_FACT, f"no form of {list(fact)!r} stands in a gold quote", entry
                )
    if without:
        yield _finding(
            Check.NO_KEY_FACTS,
            f"{len(without)} answerable questions have none, so nothing tells a part of the "
            "answer from the whole",
            *without,
        )


def stands(form: str, text: str) -> bool:
    """Whether words stand in a text, case and white space aside, neither end inside a word."""
    words = form.split()
    before = r"(?<!\w)" if words[0][0].isalnum() else ""
    after = r"(?!\w)" if words[-1][-1].isalnum() else ""
    pattern = before + r"\s+".join(re.escape(word) for word in words) + after
    return re.search(pattern, text, re.IGNORECASE) is not None


def uneven(cases: Sequence[Case]) -> Iterator[Finding]:
    """Find kinds whose halves differ by more than one question, or a half that is empty.

    A set of a few questions, all in one half, may be meant so.
    """
    if len({case.split for case in cases}) < 2:
        if len(cases) >= _MANY:
            half = cases[0].split
            yield Finding(
                Check.UNEVEN, (), (), f"all {len(cases)} questions are in the {half} half"
            )
        return
    halves = Counter((case.kind, case.split) for case in cases)
    for kind in dict.fromkeys(case.kind for case in cases):
        tune, test = halves[kind, "tune"], halves[kind, "test"]
        if abs(tune - test) > 1:
            yield Finding(
                Check.UNEVEN, (), (), f"{kind!r} has {tune} to tune on and {test} to test"
            )


def references(entries: Iterable[Entry], golds: Golds, library: Library) -> Iterator[Finding]:
    """Find gold quotes that do not stand in the library."""
    for entry, reference, gold in _quotes(entries, golds):
        document = reference.document
        if document not in library.documents:
            message = f"the library holds no document {document!r}"
        elif not gold:
            message = f"{document!r} does not hold {reference.text!r}"
        else:
            continue
        yield _finding(Check.REFERENCE, message, entry)


def leaks(entries: Sequence[Entry], golds: Golds) -> Iterator[Finding]:
    """Find gold that questions to tune on and questions to test share, as far as it stands."""
    tested: defaultdict[str, list[tuple[Entry, Gold]]] = defaultdict(list)
    for entry, reference, gold in _quotes(entries, golds):
        if entry.case.split == "test":
            tested[reference.document].append((entry, gold))
    for entry, reference, gold in _quotes(entries, golds):
        if entry.case.split == "tune":
            for other, other_gold in tested[reference.document]:
                if _same(gold, other_gold):
                    text = f"{reference.document!r}, {reference.text!r}"
                    yield _finding(Check.LEAK, f"in both splits: {text}", entry, other)


def duplicates(entries: Sequence[Entry], embedder: Embedder) -> list[Finding]:
    """Find questions that say nearly the same as an earlier one.

    Raises:
        EmbedderError: The model failed.
    """
    return [
        _finding(
            Check.NEAR_DUPLICATE,
            f"{entries[pair.first].case.question!r} and {entries[pair.second].case.question!r} "
            f"(cosine {pair.cosine:.2f}, token set ratio {pair.token_set_ratio:.0f})",
            entries[pair.first],
            entries[pair.second],
        )
        for pair in near_duplicates([entry.case for entry in entries], embedder)
    ]


def _quotes(entries: Iterable[Entry], golds: Golds) -> Iterator[tuple[Entry, Reference, Gold]]:
    for entry in entries:
        for reference, gold in zip(entry.case.references, golds[entry.line], strict=True):
            yield entry, reference, gold


def _golds(case: Case, library: Library) -> list[Gold]:
    """Return where each gold quote of a case stands, empty for one that does not."""
    return [_gold(case, reference, library) for reference in case.references]


def _gold(case: Case, reference: Reference, library: Library) -> Gold:
    try:
        return locate(case.model_copy(update={"references": (reference,)}), library)[0]
    except EvaluationSetError:
        return ()


def _same(one: Gold, other: Gold) -> bool:
    return any(covers(place, other) for place in one) or any(covers(place, one) for place in other)


def _finding(check: Check, message: str, *entries: Entry) -> Finding:
    ordered = sorted(entries, key=lambda entry: entry.line)
    return Finding(
        check,
        tuple(entry.line for entry in ordered),
        tuple(entry.case.query_id for entry in ordered),
        message,
    )


def _query_id(line: str) -> tuple[str, ...]:
    """Return a line's query_id, none where it has none that can be read."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return ()
    name = value.get("query_id") if isinstance(value, dict) else None
    return (name,) if isinstance(name, str) else ()


def _faults(error: ValidationError) -> Iterator[str]:
    for fault in error.errors():
        field = ".".join(str(part) for part in fault["loc"])
        message = fault["msg"].removeprefix("Value error, ")
        yield f"{field}: {message}" if field else message

"""Questions from what a document lays out: glossary entries, lists under a sentence, table rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from eval.propose.clauses import cut, is_name, is_plural, lowered, parse, stands_alone, tidy
from eval.propose.english import DATE, NUMBER, NUMBER_WORDS
from eval.propose.proposal import Proposal
from eval.sets.cases import KeyFact
from eval.sets.kinds import guess_kind
from ingest.document import Document, Table
from ingest.sentences import split_sentences

_ITEM = re.compile(r"^\s*(?:[-*+•–‣◦]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s+(?P<item>\S.*)$")
_MOST_ITEMS = 10
_COUNTED = re.compile(rf"^(?P<number>{NUMBER}|several|the following) (?P<things>[a-z][^,;:]*?s)"
                      r"(?P<after>(?: (?:in|of|for|on|to)\b.*)?)$")  # fmt: skip
_SUBJECT = re.compile(rf"^(?P<number>{NUMBER}) (?P<things>[a-z][a-z -]*s)$")
_PAIR = re.compile(r"(?:^|; )(?P<name>[^:;|]{1,40}): ")
_RULE = re.compile(r"[\s|:-]+")  # the line below a Markdown table's headings
_DULL = frozenset(
    "source sources note notes id no number remark remarks reference url link".split()
)
_MOST_CELL = 14  # words of a value that is asked for
_MOST_KEY = 16
_MOST_HEADING = 3
_CLAUSE = re.compile(
    r"\b(?:what|how|who|when|where|why|is|are|was|in|per)\b|[^\w\s-]", re.IGNORECASE
)
_MOST_TERM = 7  # words
_GLOSSARY = 4  # entries that make one
_TELLING = 5  # words of a definition that say something by themselves
_NEAR = 60  # characters of a sentence in which its term stands
_DEFINES = re.compile(
    r"^(?:.{0,80}?)\b(?:is|are|was|were|means?|refers? to|denotes?|describes?|covers?|holds?)\b"
)
_SAYS = re.compile(r"\b(?:is|are|was|were|means?|refers? to|denotes?) (?:that )?(?P<told>.+)$")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a document, ``text[start:end]``."""

    text: str
    start: int


def lines_of(document: Document) -> list[Line]:
    """Return a document's lines that hold something, in order."""
    found, start = [], 0
    for text in document.text.split("\n"):
        if text.strip():
            found.append(Line(text, start))
        start += len(text) + 1
    return found


def from_glossary(
    document: Document, lines: Sequence[Line], common: Set[str], library: str
) -> Iterator[Proposal]:
    """Yield "What is TERM?" for headings whose first sentence says what they are.

    It opens with the term. In a glossary, where several do, it may also only name the term, or
    open with "This is" or "It is": the heading resolves that.

    Args:
        document: Whose headings are looked at.
        lines: Its lines.
        common: Words that are no names.
        library: All documents' text; it tells a term's article.
    """
    headings = {span.start for span in document.headings}
    strict, loose = [], []
    for heading, body in zip(lines, lines[1:], strict=False):
        if heading.start not in headings or body.start in headings:
            continue
        term = re.sub(r"\s*\([^()]*\)", "", heading.text.strip("#*_ ").rstrip(":."))
        spans = split_sentences(document.text, body.start, body.start + len(body.text))
        if not term or len(term.split()) > _MOST_TERM or not spans or re.search(r"[?:,]", term):
            continue
        start, end = spans[0]
        sentence = document.text[start:end]
        if _opens_with(term, sentence) and _DEFINES.match(sentence):
            strict.append((term, sentence, start))
        elif _names(term, sentence) or re.match(r"(?:This|It) (?:is|was) (?:the|an?)\b", sentence):
            loose.append((term, sentence, start))
    for term, sentence, start in strict + (loose if len(strict) >= _GLOSSARY else []):
        many = re.search(r"\b(?:are|were|mean|refer|denote)\b", sentence[: len(term) + 24])
        yield Proposal(
            question=f"What {'are' if many else 'is'} {_with_article(term, common, library)}?",
            kind="definition",
            pattern="glossary entry",
            answer=" ".join(sentence.split()),
            key_facts=_told(sentence),
            quotes=(sentence,),
            start=start,
            confidence=0.95,
        )


def from_questions(document: Document, lines: Sequence[Line]) -> Iterator[Proposal]:
    """Yield the headings that ask something, as in a list of frequent questions, as they stand.

    The answer is the first sentence below, unless that opens with a bare yes or no.
    """
    headings = {span.start for span in document.headings}
    for heading, body in zip(lines, lines[1:], strict=False):
        asked = heading.text.strip("#*_ ")
        if heading.start not in headings or body.start in headings or not asked.endswith("?"):
            continue
        spans = split_sentences(document.text, body.start, body.start + len(body.text))
        told = [document.text[start:end] for start, end in spans]
        while told and len(told[0].split()) < _TELLING:
            told.pop(0)
        if not told:
            continue
        yield Proposal(
            question=asked,
            kind=guess_kind(asked),
            pattern="question",
            answer=" ".join(told[0].split()),
            key_facts=((told[0].rstrip(" ."),),),
            quotes=(told[0],),
            start=body.start,
            confidence=0.97,
        )


def from_lists(document: Document, lines: Sequence[Line], common: Set[str]) -> Iterator[Proposal]:
    """Yield a question for a sentence that counts things and the list of them after it."""
    for index, line in enumerate(lines):
        spans = split_sentences(document.text, line.start, line.start + len(line.text))
        if _ITEM.match(line.text) or not spans:
            continue
        lead = document.text[spans[-1][0] : spans[-1][1]]
        items = _items(lines[index + 1 :])
        listed = [item for item, _ in items]
        sentence, quotes = lead, tuple(listed)
        if not 2 <= len(listed) <= _MOST_ITEMS:
            sentence, _, tail = lead.partition(": ")
            listed = _inline(tail)
            quotes = (lead,)
            if not 2 <= len(listed) <= _MOST_ITEMS:
                continue
        question = _list_question(tidy(sentence).rstrip(":"), common)
        if question is None or (question[1] and question[1] != len(listed)):
            continue
        yield Proposal(
            question=question[0],
            kind="list",
            pattern="list",
            answer="; ".join(item.rstrip(" .;") for item in listed) + ".",
            key_facts=tuple((" ".join(item.split()).rstrip(" .;,"),) for item in listed),
            quotes=quotes,
            start=spans[-1][0],
            confidence=0.9,
        )


def from_tables(document: Document, common: Set[str]) -> Iterator[Proposal]:
    """Yield what a table gives as one heading's value for one row's key.

    The key is the first column whose cells are all different, one of dates only where there is no
    other; what is asked for is short, and no other row has it.
    """
    for table in document.tables:
        headings, rows = _rows(document, table)
        keys = [at for at in range(len(headings)) if _is_key(at, rows)]
        if len(headings) < 2 or len(rows) < 2 or not keys:
            continue
        often = Counter(
            (heading, cell.strip())
            for _, cells in rows
            for heading, cell in zip(headings, cells, strict=True)
        )
        key = next((at for at in keys if not _is_dates(at, rows)), keys[0])
        for line, cells in rows:
            row = cells[key].strip()
            for heading, value in zip(headings, cells, strict=True):
                if heading in (headings[key], "") or heading.lower() in _DULL:
                    continue
                if not _askable(value) or often[heading, value.strip()] > 1:
                    continue
                told = value.strip().rstrip(".")
                plain = not _CLAUSE.search(heading) and len(heading.split()) <= _MOST_HEADING
                plain = plain and not any(map(str.isupper, heading[1:]))
                question = f"What stands under “{heading}” for “{row}”?"
                if plain and not row.endswith("?"):
                    asked = _heading(heading, document.text)
                    question = f"What is the {asked} for “{row}”?"
                yield Proposal(
                    question=question,
                    kind="table",
                    pattern=f"table: {heading}",
                    answer=f"{told}.",
                    key_facts=((told,),),
                    quotes=(line.text,),
                    start=line.start,
                    confidence=0.8 if len(row.split()) <= 8 else 0.65,
                )


def _rows(document: Document, table: Table) -> tuple[list[str], list[tuple[Line, list[str]]]]:
    """Return a table's headings, and its rows with their cells; none where they do not fit."""
    text, lines, start = document.text[table.start : table.end], [], table.start
    for row in text.split("\n"):
        if row.strip():
            lines.append(Line(row, start))
        start += len(row) + 1
    if table.columns is not None:
        headings = _cells(document.text[table.columns.start : table.columns.end])
        body = [line for line in lines if line.start >= table.columns.end]
        split = [(line, _cells(line.text)) for line in body if not _RULE.fullmatch(line.text)]
        return headings, [(line, cells) for line, cells in split if len(cells) == len(headings)]
    names = [[found["name"] for found in _PAIR.finditer(line.text)] for line in lines]
    if not names:
        return [], []
    headings = [name for name in names[0] if all(name in others for others in names)]
    pattern = re.compile(
        "; ".join(rf"{re.escape(name)}: (.*?)" for name in headings) + "$", re.DOTALL
    )
    matched = [(line, pattern.match(line.text)) for line in lines]
    return headings, [(line, list(found.groups())) for line, found in matched if found]


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().removeprefix("|").removesuffix("|").split("|")]


def _is_key(at: int, rows: Sequence[tuple[Line, list[str]]]) -> bool:
    values = [cells[at].strip() for _, cells in rows]
    short = all(value and len(value.split()) <= _MOST_KEY for value in values)
    return short and len(set(values)) == len(values)


def _askable(value: str) -> bool:
    return 0 < len(value.split()) <= _MOST_CELL and value.strip() not in ("-", "–", "n/a", "?")


def _items(lines: Sequence[Line]) -> list[tuple[str, int]]:
    items = []
    for line in lines:
        found = _ITEM.match(line.text)
        if found is None:
            break
        items.append((found["item"].strip(), line.start + found.start("item")))
    return items


def _inline(tail: str) -> list[str]:
    """Return the items of "A, B and C."; none where what follows the colon is no list."""
    text = tail.strip().rstrip(".")
    if not text or re.search(r"[.;?]", text):
        return []
    *before, last = text.split(", ")
    if not before:
        return []
    final = re.split(r"\s*\b(?:and|or)\b\s*", last, maxsplit=1)
    items = [item.strip() for item in (*before, *final) if item.strip()]
    return items if all(len(item.split()) <= 8 for item in items) else []


def _list_question(sentence: str, common: Set[str]) -> tuple[str, int] | None:
    """Return what a counting sentence may be asked, and its count, 0 where it does not tell."""
    text = re.split(r", and ", sentence, maxsplit=1)[0]
    clause = parse(text, common, any_subject=True)
    if clause is None:
        return None
    subject = _SUBJECT.match(clause.subject)
    named = any(is_name(word, common) for word in clause.rest.split())
    if subject is not None and not clause.auxiliary and named:
        number = subject["number"]
        return f"Which {number} {subject['things']} {clause.told(clause.rest)}?", _value(number)
    found = _COUNTED.match(clause.rest)
    if found is None or clause.auxiliary or not stands_alone(clause.subject, common):
        return None
    number, after = found["number"], found["after"]
    counted = "" if number in ("several", "the following") else f"{number} "
    if clause.base == "have" and not is_plural(clause):
        question = f"What are the {counted}{found['things']} of {clause.subject}{after}?"
    else:
        question = f"Which {counted}{found['things']} {clause.asked(after.strip())}?"
    return question, _value(number)


def _value(number: str) -> int:
    if number in NUMBER_WORDS:
        return NUMBER_WORDS.index(number)
    return int(number) if number.isdigit() else 0


def _told(sentence: str) -> tuple[KeyFact, ...]:
    """Return what a definition says of its term: its main clause where that says enough."""
    found = _SAYS.search(" ".join(sentence.split()))
    if found is None:
        return ()
    whole = found["told"].rstrip(" .")
    main = cut(whole)
    return ((main if len(main.split()) >= _TELLING else whole,),)


def _opens_with(term: str, sentence: str) -> bool:
    words = re.sub(r"^(?:A|An|The)\s+", "", sentence).lower()
    bare = re.sub(r"^(?:a|an|the)\s+", "", term.lower())
    return words.startswith((bare, bare.rstrip("s")))


def _names(term: str, sentence: str) -> bool:
    return term.lower() in sentence[:_NEAR].lower() and _DEFINES.match(sentence) is not None


def _with_article(term: str, common: Set[str], library: str) -> str:
    """Return a term as a question has it, with the article that the library gives it."""
    term = _inside(term, common)
    if re.match(r"(?:a|an|the) ", term, re.IGNORECASE):
        return term[:1].lower() + term[1:]
    words = re.escape(term)
    counts = {
        article: len(re.findall(rf"\b{article} {words}\b", library, re.IGNORECASE))
        for article in ("the", "a", "an")
    }
    alone = len(re.findall(rf"\b{words}\b", library, re.IGNORECASE)) - sum(counts.values())
    best = max(counts, key=lambda article: counts[article])
    indefinite = counts["a"] + counts["an"]
    if indefinite and term[:1].islower():
        return f"{'a' if counts['a'] >= counts['an'] else 'an'} {term}"
    last = term.split()[-1]
    if not any(counts.values()) and alone <= 4 and " " in term and last.lower() in common:
        return term if last.endswith("s") or term[:1].islower() else f"the {term}"
    # A heading is one bare use of the term; more than that, and it has no article.
    return f"{best} {term}" if counts[best] and counts[best] >= alone - 1 else term


def _inside(words: str, common: Set[str]) -> str:
    """Return a heading or a cell as it stands inside a sentence."""
    return lowered(words, common)


def _heading(words: str, text: str) -> str:
    """Return a column's heading in lower case, unless the text has it capitalised inside."""
    first, _, rest = words.partition(" ")
    named = re.search(rf"[a-z,] {re.escape(first)}\b", text) is not None
    plain = first[1:].islower() and not named and not any(map(str.isupper, rest))
    return words[:1].lower() + words[1:] if plain else words


def _is_dates(at: int, rows: Sequence[tuple[Line, list[str]]]) -> bool:
    return all(re.fullmatch(DATE, cells[at].strip()) for _, cells in rows)

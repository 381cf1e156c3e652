from __future__ import annotations

import re

import pytest

from eval.propose.propose import propose
from eval.propose.structure import from_tables
from eval.sets.cases import Case, EvaluationSetError
from eval.sets.duplicates import near_duplicates
from ingest.embed import Embedder
from tests.eval.propose.conftest import MakeDocument

MANUAL = """# Orsk R2 winch: operating manual

The Orsk R2 is a hand winch for small boats. It was first sold in 2016.

## Technical data

The maximum pulling force is 900 kg. The Orsk R2 has three gears.

| Model | Rope | Weight |
| --- | --- | --- |
| R2 | 10 m | 6 kg |
| R4 | 20 m | 9 kg |

## Use

The winch frame was tested by Ida Krall in 2015 at Port Alder. In 2014 Ostrava Steel bought the
mill at Karvin. Mayor Jan Osk opened the Elm Bridge in 2015.

The brake has two positions:

- locked
- free

## Care

The drum bearings must be greased every six months. The rope is replaced because it frays.

## Words

### Pawl

A pawl is a bar that keeps a wheel from turning back.
"""


def test_every_form_of_a_manual_gives_questions_with_exact_gold(
    make_document: MakeDocument, embedder: Embedder
) -> None:
    document = make_document(MANUAL)
    cases = propose(document, {document.doc_id: document.text}, embedder, most=30)
    questions = {case.question: case for case in cases}
    for expected in (
        "What is the maximum pulling force?",
        "How many gears does the Orsk R2 have?",
        "What are the two positions of the brake?",
        "How often must the drum bearings be greased?",
        "What is a pawl?",
    ):
        assert expected in questions, list(questions)
    assert any(case.kind == "table" for case in cases)
    (listed,) = [case for case in cases if case.kind == "list"]
    assert [gold.text for gold in listed.references] == ["locked", "free"]
    assert listed.key_facts == (("locked",), ("free",))
    for case in cases:
        assert case.draft
        assert case.answerable == bool(case.references)
        assert all(gold.text in document.text for gold in case.references)
        quoted = " ".join(" ".join(gold.text.split()) for gold in case.references)
        assert all(any(form in quoted for form in fact) for fact in case.key_facts)
        assert case.key_facts or not case.answerable
        assert case.note


def test_a_near_miss_asks_for_what_no_document_holds(
    make_document: MakeDocument, embedder: Embedder
) -> None:
    document = make_document(MANUAL)
    other = "In 2012 and 2013 Edith Marwood sailed."
    texts = {document.doc_id: document.text, "other.md": other}
    misses = [case for case in propose(document, texts, embedder, most=30) if case.near_miss]
    assert misses
    for case in misses:
        assert (case.kind, case.answerable, case.key_facts) == ("unanswerable", False, ())
        assert "Marwood" not in case.question
        for year in re.findall(r"\b(?:19|20)\d\d\b", case.question):
            assert year not in MANUAL + other


def test_no_question_comes_twice_or_holds_its_answer(
    make_document: MakeDocument, embedder: Embedder
) -> None:
    text = (
        "# Bridges\n\nThe Elm Bridge has seven arches. The Elm Bridge has seven arches of stone.\n"
    )
    document = make_document(text)
    (case,) = propose(document, {}, embedder, most=10)
    assert case.question == "How many arches does the Elm Bridge have?"
    known = Case(query_id="k", question="How many arches has the Elm Bridge?", answerable=False)
    assert propose(document, {}, embedder, [known], most=10) == ()
    manual = make_document(MANUAL)
    assert list(near_duplicates(propose(manual, {}, embedder), embedder)) == []
    echo = make_document(
        "# A\n\nThe Elm Bridge Act was signed in 1931. Elm is the Elm (ELM) tree.\n"
    )
    for case in propose(echo, {}, embedder, most=10):
        for forms in case.key_facts:
            assert forms[0].lower() not in case.question.lower()


def test_questions_are_spread_over_the_sections(
    make_document: MakeDocument, embedder: Embedder
) -> None:
    towns = ("Alder", "Birch", "Cedar", "Dogwood", "Elder", "Fir")
    first = " ".join(
        f"The {town} Bridge was opened in {1900 + at}." for at, town in enumerate(towns)
    )
    text = f"# Bridges\n\n## North\n\n{first}\n\n## South\n\nThe Gorse Bridge has seven arches.\n"
    document = make_document(text)
    cases = propose(document, {document.doc_id: document.text}, embedder, most=2)
    assert {case.references[0].text.split()[1] for case in cases} >= {"Gorse"}


def test_the_same_document_gives_the_same_drafts(
    make_document: MakeDocument, embedder: Embedder
) -> None:
    document = make_document(MANUAL)
    assert propose(document, {}, embedder, most=8) == propose(document, {}, embedder, most=8)
    assert len(propose(document, {}, embedder, most=3)) == 3


def test_rows_that_name_their_columns_are_asked_about(make_document: MakeDocument) -> None:
    csv = "date,event,place\n1931,Elm Bridge opened,Alder\n1954,Elm Bridge widened,Alder; Marle\n"
    document = make_document(csv, "bridges.csv")
    made = {one.question: one for one in from_tables(document, frozenset())}
    date = made["What is the date for “Elm Bridge opened”?"]
    assert date.key_facts == (("1931",),)
    place = made["What is the place for “Elm Bridge widened”?"]
    assert place.answer == "Alder; Marle."
    assert place.quotes == (document.text.splitlines()[1],)


def test_columns_that_are_no_plain_nouns_are_quoted(make_document: MakeDocument) -> None:
    rows = "| Start | 1931 | 4 |\n| End | 1954 | 9 |\n"
    text = f"# Towns\n\n| | MWB | Rope (m) |\n| --- | --- | --- |\n{rows}"
    made = {one.question for one in from_tables(make_document(text), frozenset({"start"}))}
    assert "What stands under “MWB” for “Start”?" in made
    assert "What stands under “Rope (m)” for “End”?" in made


def test_cells_that_several_rows_share_are_not_asked_about(make_document: MakeDocument) -> None:
    csv = "part,unit,price\nSeal,piece,4\nValve,piece,9\nHose,metre,2\n"
    asked = {one.question for one in from_tables(make_document(csv, "p.csv"), frozenset())}
    assert "What is the unit for “Hose”?" in asked
    assert not {"What is the unit for “Seal”?", "What is the unit for “Valve”?"} & asked


def test_headings_that_ask_are_asked_as_they_stand(
    make_document: MakeDocument, embedder: Embedder
) -> None:
    text = (
        "# Questions\n\n## When is the mill open?\n\nYes. The mill is open on Sundays from ten.\n\n"
        "## Why so late?\n\n## Where is it?\n\nBelow the weir.\n"
    )
    cases = {case.question: case for case in propose(make_document(text), {}, embedder)}
    case = cases["When is the mill open?"]
    assert case.reference_answer == "The mill is open on Sundays from ten."
    assert case.references[0].text == case.reference_answer
    assert case.kind == "fact"
    assert not {"Why so late?", "Where is it?"} & cases.keys()  # nothing, and too little, below


def test_another_language_is_refused(make_document: MakeDocument, embedder: Embedder) -> None:
    spanish = "# Puente\n\nEl puente fue abierto en 1931 por la alcaldesa de la ciudad.\n"
    with pytest.raises(EvaluationSetError, match=r"pump\.md' is in another language than English"):
        propose(make_document(spanish), {}, embedder)

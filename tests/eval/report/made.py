"""Runs made by hand: every way that a question can end, in plain words or in hostile ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from app.records import Answer, AnswerSentence, Citation, Passage, Turn, Verdict
from eval.figures.scoring import Outcome
from eval.figures.summary import summarise
from eval.runs.folder import Run
from eval.sets.cases import Case, Reference
from eval.sets.places import Place

TEXT = "The lamp was lit in 1874. The keeper was Ada Merrow. The tower is forty metres high."
GOLD = "The keeper was Ada Merrow."
LAMP = "The lamp was lit in 1874."
HOSTILE = (
    "</style></script><script>document.title='broken'</script>"
    '<img src=x onerror="document.title=\'broken\'"><img src="http://127.0.0.1:9/beacon.png">'
    "<svg onload=\"document.title='broken'\"> ${document.title} {{ 7 * 7 }} {% raw %} <!-- -->"
    "<a href=\"javascript:document.title='broken'\">go</a> &lt;b&gt; ]]> \x00\x1b[31m\u202e $x^2$"
)
HALVED = f"{HOSTILE} \ud800"  # no set can hold half a character, but an LLM's answer may


def passage(text: str = TEXT, *, start: int = 0, document: str = "tower.md", **changes: Any) -> Any:
    """Make a passage that begins at an offset of its document."""
    values: dict[str, Any] = {
        "chunk_id": f"{document}-{start}",
        "document": document,
        "title": "The tower",
        "page": None,
        "section": "Keepers",
        "start": start,
        "end": start + len(text),
        "text": text,
        "score": 0.8,
    }
    return Passage(**(values | changes))


def citation(quote: str, text: str = TEXT, document: str = "tower.md") -> Citation:
    """Make a citation of words of a document."""
    start = text.index(quote)
    return Citation(
        1, document, "The tower", 3, "Keepers", start, start + len(quote), quote, "c1", 0.8
    )


def answered(
    *quotes: str,
    text: str = TEXT,
    said: Sequence[str] = (),
    verdict: Verdict = Verdict.VERBATIM,
    **changes: Any,
) -> Answer:
    """Make an answer that quotes its document; without a quote, a refusal."""
    citations = tuple(citation(quote, text) for quote in quotes)
    values: dict[str, Any] = {
        "question": "Who kept it?",
        "standalone_question": "Who kept it?",
        "text": " ".join(said or quotes) or "The documents do not answer this question.",
        "abstained": not quotes,
        "mode": "extractive",
        "model": "footnote-extractive",
        "sentences": tuple(AnswerSentence(one, (1,), verdict) for one in said or quotes),
        "citations": citations,
        "retrieved": (passage("Nothing of the sort.", document="other.md"), passage(text)),
        "missing_terms": (),
        "notices": (),
        "timings_ms": {"condense": 0.0, "retrieve": 12.0, "answer": 30.5},
        "confidence": 0.9 if quotes else 0.2,
    }
    return Answer(**(values | changes))


def case(query_id: str, kind: str = "fact", **changes: Any) -> Case:
    """Make an answerable case whose gold is `GOLD`."""
    values: dict[str, Any] = {
        "query_id": query_id,
        "kind": kind,
        "question": "Who kept it?",
        "answerable": True,
        "reference_answer": "Ada Merrow kept it.",
        "references": (Reference(document="tower.md", text=GOLD),),
    }
    return Case(**(values | changes))


def unanswerable(query_id: str, **changes: Any) -> Case:
    """Make a case that the documents do not answer."""
    none = {"answerable": False, "reference_answer": "", "references": ()}
    return case(query_id, "unanswerable", **(none | changes))


def outcome(
    of: Case, answer: Answer | None, scores: Mapping[str, float], **changes: Any
) -> Outcome:
    """Make an outcome; the gold stands where `TEXT` has it, unless it is given."""
    start = TEXT.index(GOLD)
    gold = ((Place("tower.md", start, start + len(GOLD)),),) if of.answerable else ()
    return Outcome(of, **({"gold": gold, "answer": answer, "scores": scores} | changes))


RIGHT = {
    "right_decision": 1.0,
    "cited_hit": 1.0,
    "citation_precision": 1.0,
    "citation_recall": 1.0,
    "recall@10": 1.0,
    "semantic_similarity": 1.0,
    "verbatim": 1.0,
}
ASTRAY = RIGHT | {"cited_hit": 0.0, "citation_precision": 0.0, "citation_recall": 0.0}
REFUSED = {name: 0.0 for name in RIGHT if name != "verbatim"} | {"recall@10": 1.0}


def every_end() -> list[Outcome]:
    """Return one outcome of each sort, in the order of a set."""
    turn = Turn("user", "Tell me about the lighthouse.")
    return [
        outcome(case("right"), answered(GOLD), RIGHT),
        outcome(case("astray", "follow-up", history=(turn,)), answered(LAMP), ASTRAY),
        outcome(case("refused"), answered(), REFUSED),
        outcome(unanswerable("due", near_miss=True), answered(), {"right_decision": 1.0}),
        outcome(
            unanswerable("invented"),
            answered(LAMP, said=("It cost nine pounds.",), verdict=Verdict.UNSUPPORTED),
            {"right_decision": 0.0, "verbatim": 0.0},
        ),
        outcome(case("failed"), None, {}, error="The question is too long. Shorten it."),
        outcome(
            case("spanish", question="¿Quién lo cuidaba?", language="es"), answered(GOLD), RIGHT
        ),
    ]


def hostile() -> list[Outcome]:
    """Return outcomes in which every text that others wrote tries to be markup."""
    text = f"{HOSTILE} {GOLD} {HOSTILE}"
    start = text.index(GOLD)
    spot = Place("tower.md", start, start + len(GOLD))
    wild = case(
        HOSTILE,
        HOSTILE,
        question=HOSTILE,
        reference_answer=HOSTILE,
        history=(Turn("user", HOSTILE),),
        key_facts=((HOSTILE,),),
        references=(Reference(document=HOSTILE, text=HOSTILE),),
    )
    answer = answered(
        GOLD,
        text=text,
        said=(HALVED,),
        verdict=Verdict.UNSUPPORTED,
        standalone_question=HALVED,
        notices=(HALVED,),
        retrieved=(passage(text, title=HOSTILE, section=HOSTILE), passage(document=HOSTILE)),
        timings_ms={HOSTILE: 3.0},
    )
    return [
        outcome(wild, answer, ASTRAY, gold=((spot,),)),
        outcome(unanswerable("x" * 200, question="y" * 400), None, {}, error=HOSTILE),
    ]


def run_of(outcomes: Sequence[Outcome], folder: Path = Path("runs/made"), **changes: Any) -> Run:
    """Make a finished run of some outcomes."""
    summary: dict[str, Any] = {
        "started_at": "2026-03-01T09:05:00+00:00",
        "seconds": 4.2,
        "set": {"path": "sets/lighthouse.jsonl", "sha256": "ab" * 32, "questions": len(outcomes)},
        "choice": {"sample": 7, "seed": 11, "split": None},
        "library": {"documents": 2, "chunks": 9, "documents_sha256": "cd" * 32},
        "versions": {"footnote": "0.1.0", "embedder": "all-MiniLM-L6-v2"},
        "settings": {
            "answer_threshold": 0.5,
            "top_k": 10,
            "llm_base_url": None,
            "llm_model": None,
        },
    }
    return Run(folder, summary | summarise(outcomes) | changes, tuple(outcomes))

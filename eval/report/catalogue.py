"""The figures as the report orders and explains them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One figure: its key in a summary, what a reader calls it, and what it says."""

    key: str
    label: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Area:
    """Figures that belong together."""

    title: str
    entries: tuple[Entry, ...]


AREAS = (
    Area(
        "Decision",
        (
            Entry(
                "right_decision",
                "Right decision",
                "Answered where the documents hold the answer, refused where they do not",
            ),
            Entry(
                "abstention_balanced_accuracy",
                "Balanced accuracy",
                "Mean of the share answered and the share refused; always to refuse gives 0.5",
            ),
            Entry(
                "abstention_precision",
                "Abstention precision",
                "Of the refusals, the share that was due",
            ),
            Entry(
                "abstention_recall",
                "Abstention recall",
                "Of the questions that the documents do not answer, the share refused",
            ),
            Entry("abstention_f1", "Abstention F1", "Harmonic mean of the two"),
            Entry(
                "follow_up_success",
                "Follow-up success",
                "Follow-ups with gold cited, or refused where the documents do not say",
            ),
        ),
    ),
    Area(
        "Citations",
        (
            Entry("cited_hit", "Gold cited", "Some citation holds half of a gold quote or more"),
            Entry(
                "citation_precision", "Citation precision", "Share of the cited text that is gold"
            ),
            Entry("citation_recall", "Citation recall", "Share of the gold text that is cited"),
            Entry("exact_quotes", "Exact quotes", "Citations that quote to the letter"),
            Entry("verbatim", "Verbatim", "Sentences that are the documents' own words"),
            Entry("verdicts_hold", "Verdicts hold", "Verdicts that their quotes do not contradict"),
            Entry(
                "verdict_accuracy",
                "Verdict accuracy",
                "On the packaged labelled pairs, not on this set: verdicts that are right",
            ),
        ),
    ),
    Area(
        "Wording",
        (
            Entry("key_fact_recall", "Key facts", "Share of the facts asked for that are told"),
            Entry(
                "semantic_similarity",
                "Similarity",
                "Likeness in meaning to the reference answer",
            ),
            Entry("rouge_l", "ROUGE-L", "Likeness in wording to the reference answer"),
        ),
    ),
    Area(
        "Retrieval",
        (
            Entry("hit@1", "Hit@1", "The first passage holds a gold quote"),
            Entry("hit@5", "Hit@5", "One of the first five does"),
            Entry("recall@5", "Recall@5", "Share of the gold quotes in the first five passages"),
            Entry("recall@10", "Recall@10", "Share of the gold quotes in the first ten"),
            Entry("mrr@10", "MRR@10", "One over the rank of the first passage with gold"),
            Entry("ndcg@10", "nDCG@10", "Gold near the top counts for more"),
            Entry(
                "context_precision",
                "Context precision",
                "Retrieved passages that hold gold, by rank",
            ),
            Entry("context_recall", "Context recall", "Share of the gold that was retrieved"),
        ),
    ),
    Area(
        "Judged by an LLM",
        (
            Entry(
                "judge_faithfulness",
                "Faithfulness",
                "Share of the answer's claims that the passages bear out",
            ),
            Entry(
                "judge_answer_relevancy", "Answer relevancy", "How far it answers what was asked"
            ),
            Entry(
                "judge_context_precision",
                "Judged context precision",
                "Useful passages ahead of useless ones",
            ),
            Entry(
                "judge_context_recall",
                "Judged context recall",
                "Share of the reference answer that the passages bear out",
            ),
            Entry(
                "judge_factual_correctness",
                "Factual correctness",
                "Claims shared with the reference answer (F1)",
            ),
        ),
    ),
)
HEADLINE = (
    "right_decision",
    "cited_hit",
    "key_fact_recall",
    "recall@5",
    "abstention_balanced_accuracy",
    "citation_precision",
    "semantic_similarity",
)
PLOTTED = ("right_decision", "cited_hit", "key_fact_recall", "recall@5", "citation_recall")
_BY_KEY = {entry.key: entry for area in AREAS for entry in area.entries}


def entry_of(key: str) -> Entry:
    """Return a figure's entry; one that is not known here goes by its key, in words."""
    return _BY_KEY.get(key) or Entry(key, key.replace("_", " "), "")


def areas_of(keys: Iterable[str]) -> tuple[Area, ...]:
    """Sort a summary's figures into areas; those that are not known here come last."""
    present = list(keys)
    areas = [
        Area(area.title, tuple(entry for entry in area.entries if entry.key in present))
        for area in AREAS
    ]
    others = tuple(entry_of(key) for key in present if key not in _BY_KEY)
    return tuple(area for area in (*areas, Area("Others", others)) if area.entries)

"""What a judge is shown of an answer, and which of its figures apply to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.llm.prompt import as_data
from app.records import Answer
from eval.sets.cases import Case

FAITHFULNESS = "judge_faithfulness"
RELEVANCY = "judge_answer_relevancy"
CONTEXT_PRECISION = "judge_context_precision"
CONTEXT_RECALL = "judge_context_recall"
CORRECTNESS = "judge_factual_correctness"
_OF_REFERENCE = (CONTEXT_PRECISION, CONTEXT_RECALL, CORRECTNESS)
JUDGE_FIGURES = (FAITHFULNESS, RELEVANCY, *_OF_REFERENCE)
# What RAGAS asks each of them with.
_INPUTS = {
    FAITHFULNESS: ("user_input", "response", "retrieved_contexts"),
    RELEVANCY: ("user_input", "response"),
    CONTEXT_PRECISION: ("user_input", "reference", "retrieved_contexts"),
    CONTEXT_RECALL: ("user_input", "retrieved_contexts", "reference"),
    CORRECTNESS: ("response", "reference"),
}


@dataclass(frozen=True, slots=True)
class Item:
    """One answer, as it is judged.

    Attributes:
        query_id: The question's id in its set.
        question: The question as it stands alone, follow-ups resolved.
        response: What was answered, without reference marks; empty where it was abstained.
        contexts: Texts of the passages that the answer had, best first.
        reference: A right answer, None where there is none.
        figures: Those that it is judged for (`asked_figures`).
        documents: Ids of the documents that the contexts are from.
    """

    query_id: str
    question: str
    response: str
    contexts: tuple[str, ...]
    reference: str | None
    figures: tuple[str, ...]
    documents: tuple[str, ...] = ()

    @classmethod
    def of(cls, case: Case, answer: Answer) -> Item | None:
        """Return what the judge is shown, None where there is nothing to judge.

        The contexts are the passages retrieved, and after them the quotes that stand in none. All
        texts are without reference marks and the control tokens of chat models, as in a prompt of
        the LLM that writes answers.
        """
        response = as_data(" ".join(sentence.text for sentence in answer.sentences))
        passages = [as_data(entry.text) for entry in answer.retrieved]
        for quote in (as_data(entry.quote) for entry in answer.citations):
            if not any(quote in text for text in passages):
                passages.append(quote)
        passages = [text for text in passages if text]
        figures = asked_figures(case, answer)
        if not figures or not passages or not (response or answer.abstained):
            return None
        return cls(
            query_id=case.query_id,
            question=as_data(answer.standalone_question),
            response=response,
            contexts=tuple(passages),
            reference=as_data(case.reference_answer) or None,
            figures=figures,
            documents=tuple(
                dict.fromkeys(
                    [entry.document for entry in answer.retrieved]
                    + [entry.document for entry in answer.citations]
                )
            ),
        )

    def inputs(self, figure: str) -> dict[str, Any]:
        """Return the arguments of RAGAS's metric behind a figure."""
        values = {
            "user_input": self.question,
            "response": self.response,
            "retrieved_contexts": list(self.contexts),
            "reference": self.reference,
        }
        return {name: values[name] for name in _INPUTS[figure]}


def judged_figures(case: Case, answer: Answer | None) -> tuple[str, ...]:
    """Return the judge's figures that apply to a question.

    Relevancy and, where the case has a reference, the three that need one apply to every
    answerable question. Faithfulness applies to what was answered, whether or not it should have
    been, and to an answerable question that failed: saying nothing is not unfaithful.

    Args:
        case: The question.
        answer: The answer, None where the question failed.
    """
    silent = answer is not None and answer.abstained
    faithful = () if silent or (answer is None and not case.answerable) else (FAITHFULNESS,)
    if not case.answerable:
        return faithful
    return (*faithful, RELEVANCY, *(_OF_REFERENCE if case.reference_answer.strip() else ()))


def asked_figures(case: Case, answer: Answer) -> tuple[str, ...]:
    """Return those of them that the judge is asked for; the others are 0 without asking.

    Nothing was said where it was abstained, but passages were retrieved, and those can be judged.
    """
    applying = judged_figures(case, answer)
    if not answer.abstained:
        return applying
    return tuple(name for name in applying if name in (CONTEXT_PRECISION, CONTEXT_RECALL))

"""The extractive synthesizer: an answer of one to five of the documents' own sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from llama_index.core.base.response.schema import Response
from llama_index.core.callbacks.base import CallbackManager
from llama_index.core.llms import MockLLM
from llama_index.core.prompts.mixin import PromptDictType
from llama_index.core.response_synthesizers.base import BaseSynthesizer
from llama_index.core.schema import NodeWithScore, QueryBundle, QueryType

from app.abstain import explain, missing_terms
from app.evidence import Candidate, Evidence, SentenceVectors, weigh
from app.index import LiveIndex
from app.question import STRICT_KINDS, AnswerType, analyse
from app.records import AnswerSentence, Citation, Passage
from app.retrieve import from_node
from app.settings import AppSettings
from app.terms import jaccard, terms
from app.verify import plain, verify
from ingest.document import Document

_RELATIVE = 0.6  # of the best sentence's probability, which a further sentence must reach
_SAME_COSINE = 0.92
_HELD_TO_KIND = STRICT_KINDS | {AnswerType.PERSON}
_SAME_TERMS = 0.7
_LIST_ITEM = re.compile(r"\s*\n\s*(?:[-*+•‣◦]|\(?\d{1,3}[.)]|\(?[a-z][.)])[ ]+[^\n]*[^\s]")
_LONGEST_LIST = 1500  # code points

Written = tuple[str, tuple[AnswerSentence, ...], tuple[Citation, ...]]


class ExtractiveSynthesizer(BaseSynthesizer):
    """Writes answers out of whole sentences of the passages, each with its citation."""

    def __init__(self, live: LiveIndex, settings: AppSettings, vectors: SentenceVectors) -> None:
        """Use the live index for the documents' texts."""
        # The base class asks the global settings for a model where it is given none.
        super().__init__(llm=MockLLM(), callback_manager=CallbackManager([]))
        self._live = live
        self._settings = settings
        self._vectors = vectors

    def can_answer(self, evidence: Evidence) -> bool:
        """Whether the evidence is strong enough to answer from; else say why not."""
        sure = evidence.confidence >= self._settings.answer_threshold
        return sure and bool(evidence.candidates)

    def write(self, evidence: Evidence, documents: dict[str, Document]) -> Written:
        """Write the answer from weighed evidence.

        Args:
            evidence: Candidates, most probable first; at least one.
            documents: The library's documents by id.

        Returns:
            The answer's text with markers, its sentences, and its citations.
        """
        chosen = _in_reading_order(select(evidence, self._settings.max_sentences))
        citations: list[Citation] = []
        sentences: list[AnswerSentence] = []
        for candidate in chosen:
            document = documents[candidate.passage.document]
            end = _whole_list_end(document.text, candidate)
            if citations and _covers(citations[-1], document.doc_id, candidate):
                continue  # an item of the list that was quoted whole
            marker = len(citations) + 1
            citation = Citation(
                marker=marker,
                document=document.doc_id,
                title=document.title,
                page=document.page_at(candidate.start),
                page_label=document.page_label_at(candidate.start),
                section=document.section_at(candidate.start),
                start=candidate.start,
                end=end,
                quote=document.text[candidate.start : end],
                chunk_id=candidate.passage.chunk_id,
                score=candidate.probability,
            )
            shown = plain(citation.quote)
            verdict = verify(shown, [citation.quote])
            citations.append(citation)
            sentences.append(AnswerSentence(shown, (marker,), verdict))
        text = " ".join(f"{sentence.text} [{sentence.citations[0]}]" for sentence in sentences)
        return text, tuple(sentences), tuple(citations)

    def _get_prompts(self) -> PromptDictType:
        return {}

    def _update_prompts(self, prompts: PromptDictType) -> None:
        """Ignore them: this synthesizer prompts nobody."""

    def get_response(
        self, query_str: str, text_chunks: Sequence[str], **response_kwargs: Any
    ) -> str:
        """Not for this synthesizer: bare texts have no document to cite.

        Raises:
            NotImplementedError: Always; use `synthesize` with nodes.
        """
        raise NotImplementedError(
            "ExtractiveSynthesizer cites documents, so it needs nodes: call synthesize()."
        )

    async def aget_response(
        self, query_str: str, text_chunks: Sequence[str], **response_kwargs: Any
    ) -> str:
        """As `get_response`."""
        return self.get_response(query_str, text_chunks, **response_kwargs)

    def synthesize(
        self,
        query: QueryType,
        nodes: list[NodeWithScore],
        additional_source_nodes: Sequence[NodeWithScore] | None = None,
        **response_kwargs: Any,
    ) -> Response:
        """Answer a query from nodes of the hybrid retriever, or say why they hold no answer."""
        question = query.query_str if isinstance(query, QueryBundle) else str(query)
        passages: list[Passage] = [from_node(node) for node in nodes]
        with self._live.lease() as index:
            vector = index.embedder.embed_query(question)
            evidence = weigh(index, analyse(question), vector, passages, self._vectors)
            if self.can_answer(evidence):
                text, _, _ = self.write(evidence, index.library.documents)
            else:
                text = explain(missing_terms(question, evidence.unknown), passages)
        sources = [*nodes, *(additional_source_nodes or ())]
        return Response(response=text, source_nodes=sources)

    async def asynthesize(
        self,
        query: QueryType,
        nodes: list[NodeWithScore],
        additional_source_nodes: Sequence[NodeWithScore] | None = None,
        **response_kwargs: Any,
    ) -> Response:
        """As `synthesize`."""
        return self.synthesize(query, nodes, additional_source_nodes, **response_kwargs)


def select(evidence: Evidence, most: int) -> list[Candidate]:
    """Choose the sentences of an answer, without near-duplicates, most probable first.

    Those stay in whose probability is near to the best one's; where a figure, a time or a person
    is asked for and some of them hold one, only those.
    """
    best = evidence.candidates[0].probability
    near = [one for one in evidence.candidates if one.probability >= _RELATIVE * best]
    if evidence.asked.kind in _HELD_TO_KIND:
        near = [one for one in near if evidence.asked.fits(one.text)] or near
    chosen: list[Candidate] = []
    bags: list[list[str]] = []
    for candidate in near:
        bag = terms(candidate.text)
        if any(
            float(candidate.vector @ other.vector) >= _SAME_COSINE
            or jaccard(bag, other_bag) >= _SAME_TERMS
            for other, other_bag in zip(chosen, bags, strict=True)
        ):
            continue
        chosen.append(candidate)
        bags.append(bag)
        if len(chosen) == most:
            break
    return chosen


def _whole_list_end(text: str, candidate: Candidate) -> int:
    """Return where the list ends that a sentence with a colon opens, else the sentence's end."""
    end = candidate.end
    if not text[candidate.start : end].rstrip("*_ ").endswith(":"):
        return end
    while item := _LIST_ITEM.match(text, end):
        if item.end() - candidate.start > _LONGEST_LIST:
            break
        end = item.end()
    return end


def _covers(citation: Citation, doc_id: str, candidate: Candidate) -> bool:
    return citation.document == doc_id and citation.end >= candidate.end


def _in_reading_order(chosen: list[Candidate]) -> list[Candidate]:
    """Order by document, the best sentence's first, and inside each as the document has them."""
    documents = list(dict.fromkeys(candidate.passage.document for candidate in chosen))
    return sorted(
        chosen, key=lambda one: (documents.index(one.passage.document), one.start, one.end)
    )

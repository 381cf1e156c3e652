"""The extractive synthesizer: an answer of one to five of the documents' own sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from llama_index.core.base.response.schema import Response
from llama_index.core.prompts.mixin import PromptDictType
from llama_index.core.schema import NodeWithScore, QueryBundle, QueryType

from app.answer.abstain import explain
from app.answer.evidence import Evidence, weigh
from app.answer.select import select
from app.answer.synthesizer import Synthesizer
from app.question.asked import analyse
from app.records import AnswerSentence, Citation, Passage
from app.search.index import LiveIndex, SearchIndex
from app.search.retrieve import from_node
from app.settings import AppSettings
from app.verify.verdict import plain, verify


@dataclass(frozen=True, slots=True)
class Written:
    """An answer as it was written: its text with markers, its sentences, its citations.

    ``unanswered`` are the parts of the question that no sentence speaks of.
    """

    text: str
    sentences: tuple[AnswerSentence, ...]
    citations: tuple[Citation, ...]
    unanswered: tuple[str, ...] = ()


class ExtractiveSynthesizer(Synthesizer):
    """Writes answers out of whole sentences of the passages, each with its citation."""

    def __init__(self, live: LiveIndex, settings: AppSettings) -> None:
        """Use the live index for the documents' texts."""
        super().__init__()
        self._live = live
        self._settings = settings

    def can_answer(self, evidence: Evidence) -> bool:
        """Whether the evidence is strong enough to answer from; else say why not."""
        sure = evidence.confidence >= self._settings.answer_threshold
        return sure and bool(evidence.candidates)

    def write(self, index: SearchIndex, evidence: Evidence) -> Written:
        """Write the answer from weighed evidence.

        Args:
            index: The index that the evidence comes from.
            evidence: Candidates, most probable first; at least one.
        """
        selection = select(index, evidence, self._settings.max_sentences)
        citations: list[Citation] = []
        sentences: list[AnswerSentence] = []
        for marker, quote in enumerate(selection.quotes, 1):
            document = index.library.documents[quote.passage.document]
            citation = Citation(
                marker=marker,
                document=document.doc_id,
                title=document.title,
                page=document.page_at(quote.start),
                page_label=document.page_label_at(quote.start),
                section=document.section_at(quote.start),
                start=quote.start,
                end=quote.end,
                quote=document.text[quote.start : quote.end],
                chunk_id=quote.passage.chunk_id,
                score=quote.probability,
            )
            shown = plain(citation.quote)
            citations.append(citation)
            sentences.append(AnswerSentence(shown, (marker,), verify(shown, [citation.quote])))
        text = " ".join(f"{sentence.text} [{sentence.citations[0]}]" for sentence in sentences)
        return Written(text, tuple(sentences), tuple(citations), selection.unanswered)

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
            evidence = weigh(index, analyse(question, index.languages), vector, passages)
            if self.can_answer(evidence):
                text = self.write(index, evidence).text
            else:
                text = explain(evidence, passages)
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

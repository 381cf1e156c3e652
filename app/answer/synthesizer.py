"""What Footnote's response synthesizers have in common as LlamaIndex sees them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from llama_index.core.base.response.schema import Response
from llama_index.core.callbacks.base import CallbackManager
from llama_index.core.indices.prompt_helper import ChatPromptHelper, PromptHelper
from llama_index.core.llms import MockLLM
from llama_index.core.prompts.mixin import PromptDictType
from llama_index.core.response_synthesizers.base import BaseSynthesizer
from llama_index.core.schema import NodeWithScore, QueryBundle, QueryType

from app.answer.abstain import explain
from app.answer.evidence import Evidence, weigh
from app.question.asked import analyse
from app.records import Passage
from app.search.index import LiveIndex, SearchIndex
from app.search.retrieve import from_node
from app.settings import AppSettings


class Synthesizer(BaseSynthesizer):
    """A LlamaIndex response synthesizer that uses none of LlamaIndex's models and prompts."""

    def __init__(self, live: LiveIndex, settings: AppSettings) -> None:
        """Use the live index for the documents' texts.

        The base class is given all that it would else look for. Where it is given no model it
        asks the global settings for one, and where it is given no prompt helpers it makes them,
        with the vocabulary of an OpenAI model, which takes a third of a second to read. Ours cut
        no prompts.
        """
        super().__init__(
            llm=MockLLM(),
            callback_manager=CallbackManager([]),
            prompt_helper=PromptHelper(tokenizer=str.split),
            chat_prompt_helper=ChatPromptHelper(tokenizer=str.split),
        )
        self._live = live
        self._settings = settings

    def can_answer(self, evidence: Evidence) -> bool:
        """Whether the evidence is strong enough to answer from; else say why not."""
        sure = evidence.confidence >= self._settings.answer_threshold
        return sure and bool(evidence.candidates)

    @abstractmethod
    def compose(self, index: SearchIndex, passages: Sequence[Passage], evidence: Evidence) -> str:
        """Return an answer's text with its markers; empty where the writer declines.

        Args:
            index: The index that the evidence comes from.
            passages: Best first.
            evidence: Their sentences weighed; enough to answer from.
        """

    def synthesize(
        self,
        query: QueryType,
        nodes: list[NodeWithScore],
        additional_source_nodes: Sequence[NodeWithScore] | None = None,
        **response_kwargs: Any,
    ) -> Response:
        """Answer a query from nodes of the hybrid retriever, or say why they hold no answer."""
        question = query.query_str if isinstance(query, QueryBundle) else str(query)
        passages = [from_node(node) for node in nodes]
        text = ""
        with self._live.lease() as index:
            vector = index.embedder.embed_query(question)
            evidence = weigh(index, analyse(question, index.languages), vector, passages)
            if self.can_answer(evidence):
                text = self.compose(index, passages, evidence)
            text = text or explain(evidence, passages)
        return Response(response=text, source_nodes=[*nodes, *(additional_source_nodes or ())])

    async def asynthesize(
        self,
        query: QueryType,
        nodes: list[NodeWithScore],
        additional_source_nodes: Sequence[NodeWithScore] | None = None,
        **response_kwargs: Any,
    ) -> Response:
        """As `synthesize`."""
        return self.synthesize(query, nodes, additional_source_nodes, **response_kwargs)

    def get_response(
        self, query_str: str, text_chunks: Sequence[str], **response_kwargs: Any
    ) -> str:
        """Not for these synthesizers: bare texts have no document to cite.

        Raises:
            NotImplementedError: Always; use `synthesize` with nodes.
        """
        raise NotImplementedError(
            f"{type(self).__name__} cites documents, so it needs nodes: call synthesize()."
        )

    async def aget_response(
        self, query_str: str, text_chunks: Sequence[str], **response_kwargs: Any
    ) -> str:
        """As `get_response`."""
        return self.get_response(query_str, text_chunks, **response_kwargs)

    def _get_prompts(self) -> PromptDictType:
        return {}

    def _update_prompts(self, prompts: PromptDictType) -> None:
        """Ignore them: quotes need none, and an LLM's fence and its rules belong together."""

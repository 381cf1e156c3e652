"""The query engine: question, standalone question, passages, evidence, answer, verdicts.

A LlamaIndex query engine like any other, `source_nodes` filled; `answer` gives the whole record.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Self

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import Response
from llama_index.core.callbacks.base import CallbackManager
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.schema import NodeWithScore, QueryBundle

from app.abstain import explain, missing_terms, untold_notice
from app.condense import condense
from app.evidence import SentenceVectors, weigh
from app.extract import ExtractiveSynthesizer
from app.index import LiveIndex
from app.question import analyse
from app.records import Answer, AnswerSentence, Citation, Passage, Question, QuestionError
from app.retrieve import HybridRetriever, to_node
from app.settings import AppSettings
from ingest.embed import Embedder

MODEL = "footnote-extractive"


class FootnoteQueryEngine(BaseQueryEngine):
    """Answers questions from the library, every sentence with its citation.

    Safe to share between threads. The library may be replaced while the engine runs: each answer
    comes from one whole generation, the newest when its question came in.
    """

    def __init__(self, settings: AppSettings, embedder: Embedder | None = None) -> None:
        """Build an engine; the library is opened by the first question or by `refresh`."""
        super().__init__(callback_manager=CallbackManager([]))
        self.settings = settings
        self.embedder = embedder or Embedder.of(settings)
        self.live = LiveIndex(settings, self.embedder)
        self.retriever = HybridRetriever(self.live, settings)
        self._vectors = SentenceVectors()
        self.synthesizer = ExtractiveSynthesizer(self.live, settings, self._vectors)

    def answer(self, question: Question) -> Answer:
        """Answer a question.

        Raises:
            QuestionError: The question is empty or too long.
            UnknownDocumentError: It names a document that the library does not hold.
            EmptyLibraryError: Nothing is indexed yet.
        """
        self.check(question.text)
        clock = _Clock()
        standalone = _valid(condense(question.text, question.history))
        clock.lap("condense")
        with self.live.lease() as index:
            vector = self.embedder.embed_query(standalone)
            passages = self.retriever.passages(
                index, standalone, documents=question.documents, vector=vector
            )
            clock.lap("retrieve")
            evidence = weigh(index, analyse(standalone), vector, passages, self._vectors)
            answered = self.synthesizer.can_answer(evidence)
            missing: tuple[str, ...] = ()
            sentences: tuple[AnswerSentence, ...] = ()
            citations: tuple[Citation, ...] = ()
            notices: tuple[str, ...] = ()
            if answered:
                notices = untold_notice(standalone, evidence.untold)
                text, sentences, citations = self.synthesizer.write(
                    evidence, index.library.documents
                )
            else:
                missing = missing_terms(standalone, evidence.unknown)
                text = explain(missing, passages)
            clock.lap("answer")
        return Answer(
            question=question.text,
            standalone_question=standalone,
            text=text,
            abstained=not answered,
            mode="extractive",
            model=MODEL,
            sentences=sentences,
            citations=citations,
            retrieved=tuple(passages),
            missing_terms=missing,
            notices=notices,
            timings_ms=clock.laps_ms,
            confidence=evidence.confidence,
            question_id=question.question_id,
        )

    def search(
        self, query: str, *, top_k: int | None = None, documents: Sequence[str] | None = None
    ) -> list[Passage]:
        """Find passages, best first.

        Raises:
            QuestionError: The query is empty or too long.
            UnknownDocumentError: It names a document that the library does not hold.
            EmptyLibraryError: Nothing is indexed yet.
        """
        self.check(query)
        with self.live.lease() as index:
            return self.retriever.passages(index, _valid(query), top_k=top_k, documents=documents)

    def check(self, question: str) -> None:
        """Refuse a question that cannot be asked.

        Raises:
            QuestionError: It is empty, or longer than the setting allows.
        """
        if not question.strip():
            raise QuestionError("The question is empty. Type a question about your documents.")
        longest = self.settings.max_question_chars
        if len(question) > longest:
            raise QuestionError(
                f"The question has {len(question):,} characters, and at most {longest:,} are "
                "taken. Shorten it, or raise FOOTNOTE_MAX_QUESTION_CHARS."
            )

    def refresh(self) -> None:
        """Open the newest generation of the library now, if there is one."""
        self.live.refresh()

    def close(self) -> None:
        """Let go of the library; a later question opens it again."""
        self.live.close()

    def __enter__(self) -> Self:
        """Use the engine in a `with` block, which closes it."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Close the engine."""
        self.close()

    def retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        """Return the passages for a query as LlamaIndex nodes."""
        return self.retriever.retrieve(query_bundle)

    def synthesize(
        self,
        query_bundle: QueryBundle,
        nodes: list[NodeWithScore],
        additional_source_nodes: Sequence[NodeWithScore] | None = None,
    ) -> Response:
        """Answer from given nodes."""
        return self.synthesizer.synthesize(query_bundle, nodes, additional_source_nodes)

    async def asynthesize(
        self,
        query_bundle: QueryBundle,
        nodes: list[NodeWithScore],
        additional_source_nodes: Sequence[NodeWithScore] | None = None,
    ) -> Response:
        """As `synthesize`."""
        return self.synthesize(query_bundle, nodes, additional_source_nodes)

    def _query(self, query_bundle: QueryBundle) -> Response:
        answer = self.answer(Question(query_bundle.query_str))
        nodes = [to_node(passage) for passage in answer.retrieved]
        return Response(response=answer.text, source_nodes=nodes, metadata=answer.to_dict())

    async def _aquery(self, query_bundle: QueryBundle) -> Response:
        return self._query(query_bundle)

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}


def _valid(text: str) -> str:
    """Return text without lone surrogates, which no tokenizer takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


class _Clock:
    """Measures the steps of an answer."""

    def __init__(self) -> None:
        self.laps_ms: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, step: str) -> None:
        now = time.perf_counter()
        self.laps_ms[step] = (now - self._last) * 1000.0
        self._last = now

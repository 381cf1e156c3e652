"""The query engine: question, standalone question, passages, evidence, answer, verdicts.

A LlamaIndex query engine like any other, `source_nodes` filled; `answer` gives the whole record,
`stream` its text as it is written and then the record.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Self

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import Response
from llama_index.core.callbacks.base import CallbackManager
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.schema import NodeWithScore, QueryBundle

from app.answer.abstain import explain, missing_terms, name_notices
from app.answer.draft import EXTRACTIVE_MODEL, Brief, Draft, quote
from app.answer.evidence import weigh
from app.answer.extract import ExtractiveSynthesizer
from app.answer.narrow import narrow, without_copies
from app.llm.client import LlmClient
from app.llm.condense import condense_with_llm
from app.llm.deadline import Deadline
from app.llm.synthesizer import LlmSynthesizer
from app.question.asked import analyse
from app.question.condense import FollowUp, resolve
from app.records import Answer, Passage, Question, QuestionError, Turn
from app.search.index import LiveIndex, SearchIndex
from app.search.retrieve import HybridRetriever, to_node
from app.settings import AppSettings
from ingest.embed import Embedder, Vectors

_MORE = 4  # times as many chunks are looked through where copies take the places of others


class FootnoteQueryEngine(BaseQueryEngine):
    """Answers questions from the library, every sentence with its citation.

    Safe to share between threads. The library may be replaced while the engine runs: each answer
    comes from one whole generation, the newest when its question came in. Where the settings name
    an LLM, it writes the answers; whether there is one stays the evidence's decision.
    """

    def __init__(self, settings: AppSettings, embedder: Embedder | None = None) -> None:
        """Build an engine; the library is opened by the first question or by `refresh`."""
        super().__init__(callback_manager=CallbackManager([]))
        self.settings = settings
        self.embedder = embedder or Embedder.of(settings)
        self.live = LiveIndex(settings, self.embedder)
        self.retriever = HybridRetriever(self.live, settings)
        self.synthesizer = ExtractiveSynthesizer(self.live, settings)
        self._llm = LlmClient(settings) if settings.uses_llm else None
        self._llm_synthesizer = (
            None
            if self._llm is None
            else LlmSynthesizer(self._llm, self.synthesizer, self.live, settings)
        )

    def answer(self, question: Question) -> Answer:
        """Answer a question.

        Raises:
            QuestionError: The question is empty or too long.
            UnknownDocumentError: It names a document that the library does not hold.
            EmptyLibraryError: Nothing is indexed yet.
        """
        for item in self.stream(question):
            if isinstance(item, Answer):
                return item
        raise AssertionError("a stream ends in its answer")

    def stream(self, question: Question) -> Iterator[str | Answer]:
        """Answer a question as it is written: pieces of text, and at last the whole record.

        A piece is a finished sentence, verified, with its markers. Joined, the pieces are the
        record's text, but where an LLM failed on the way: then the record alone counts.

        Raises:
            QuestionError: The question is empty or too long; raised at once, the others with the
                first piece.
            UnknownDocumentError: It names a document that the library does not hold.
            EmptyLibraryError: Nothing is indexed yet.
        """
        self.check(question.text)
        return self._stream(question)

    def _stream(self, question: Question) -> Iterator[str | Answer]:
        clock = _Clock()
        deadline = Deadline(self.settings.llm_timeout_s)
        history = tuple(replace(turn, content=_valid(turn.content)) for turn in question.history)
        follow_up = self._follow_up(_valid(question.text), history, deadline)
        standalone = follow_up.standalone
        clock.lap("condense")
        with self.live.lease() as index:
            vector = self.embedder.embed_query(standalone)
            clock.lap("embed")
            chunks = self._chunks(
                index,
                standalone,
                self.settings.top_k,
                documents=question.documents,
                vector=vector,
                context=follow_up.topic,
            )
            clock.lap("retrieve")
            evidence = weigh(index, analyse(standalone, index.languages), vector, chunks)
            passages = narrow(index, chunks, evidence.candidates)
            draft = Draft("", (), (), "extractive", EXTRACTIVE_MODEL, declines=True)
            if self.synthesizer.can_answer(evidence):
                brief = Brief(standalone, history, tuple(chunks), evidence, index)
                for item in self._write(brief, deadline):
                    if isinstance(item, Draft):
                        draft = item
                    else:
                        yield item
        text = draft.text
        missing: tuple[str, ...] = ()
        notices = draft.notices
        if draft.declines:
            missing = missing_terms(evidence)
            text = explain(evidence, passages)
            yield text
        else:
            notices = (*name_notices(evidence), *notices)
        clock.lap("answer")
        yield Answer(
            question=question.text,
            standalone_question=standalone,
            text=text,
            abstained=draft.declines,
            mode=draft.mode,
            model=draft.model,
            sentences=draft.sentences,
            citations=draft.citations,
            retrieved=tuple(passages),
            missing_terms=missing,
            notices=notices,
            timings_ms=clock.laps_ms,
            confidence=evidence.confidence,
            question_id=question.question_id,
        )

    def _follow_up(self, asked: str, history: tuple[Turn, ...], deadline: Deadline) -> FollowUp:
        """Resolve a question against its conversation: in the LLM's words where it gives some."""
        found = resolve(asked, history)
        if self._llm is not None:
            text = condense_with_llm(self._llm, asked, history, deadline)
            found = replace(found, standalone=_valid(text or found.standalone))
        return found

    def _chunks(
        self,
        index: SearchIndex,
        question: str,
        top_k: int,
        *,
        documents: Sequence[str] | None,
        vector: Vectors,
        context: Sequence[str] = (),
    ) -> list[Passage]:
        """Return the best chunks, as many as wanted where there are so many that differ."""
        looked_at = top_k
        while True:
            found = self.retriever.passages(
                index,
                question,
                top_k=looked_at,
                documents=documents,
                vector=vector,
                context=context,
            )
            chunks = without_copies(found)
            if len(chunks) >= top_k or len(found) < looked_at:
                return chunks[:top_k]
            looked_at *= _MORE

    def _write(self, brief: Brief, deadline: Deadline) -> Iterator[str | Draft]:
        if self._llm_synthesizer is not None:
            return self._llm_synthesizer.draft(brief, deadline)
        return quote(self.synthesizer, brief)

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
        query, top_k = _valid(query), top_k or self.settings.top_k
        with self.live.lease() as index:
            vector = self.embedder.embed_query(query)
            chunks = self._chunks(index, query, top_k, documents=documents, vector=vector)
            evidence = weigh(index, analyse(query, index.languages), vector, chunks)
            return narrow(index, chunks, evidence.candidates)

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
        synthesizer = self._llm_synthesizer or self.synthesizer
        return synthesizer.synthesize(query_bundle, nodes, additional_source_nodes)

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

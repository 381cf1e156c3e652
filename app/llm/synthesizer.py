"""The LLM synthesizer: an answer in the LLM's words, each sentence verified as it is written.

What it yields is finished sentences, judged and with our markers: nothing is shown before it was
held against the passages. Where the LLM fails, or nothing that it wrote is borne out, the answer
is the extractive one, with a notice; the log has the cause.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from app.answer.draft import Brief, Draft, quote
from app.answer.evidence import Evidence
from app.answer.extract import ExtractiveSynthesizer
from app.answer.synthesizer import Synthesizer
from app.llm.client import LlmClient
from app.llm.deadline import Deadline
from app.llm.faults import LlmError
from app.llm.ledger import Ledger
from app.llm.prompt import answer_prompt
from app.llm.reading import declines, read_answer
from app.records import Passage
from app.search.index import LiveIndex, SearchIndex
from app.settings import AppSettings
from app.verify.grounding import Grounder

_LOG = logging.getLogger(__name__)
_END = re.compile(r"[.!?…。！？\n>]")


class LlmSynthesizer(Synthesizer):
    """Has an LLM write answers from passages; falls back on the extractive synthesizer."""

    def __init__(
        self,
        client: LlmClient,
        extractive: ExtractiveSynthesizer,
        live: LiveIndex,
        settings: AppSettings,
    ) -> None:
        """Use ``client`` for answers and ``extractive`` where that fails."""
        super().__init__(live, settings)
        self._client = client
        self._extractive = extractive

    def compose(self, index: SearchIndex, passages: Sequence[Passage], evidence: Evidence) -> str:
        """Return the text of `draft`, without a conversation."""
        brief = Brief(evidence.asked.text, (), tuple(passages), evidence, index)
        text = ""
        for item in self.draft(brief, Deadline(self._settings.llm_timeout_s)):
            text = item.text if isinstance(item, Draft) else text
        return text

    def draft(self, brief: Brief, deadline: Deadline) -> Iterator[str | Draft]:
        """Write an answer: yield it sentence by sentence, then whole.

        Args:
            brief: What to write from; its evidence is enough to answer.
            deadline: The LLM is not waited for beyond it.

        Yields:
            Pieces of text, then the draft. The pieces, joined, are the draft's text, but where
            the LLM failed after its first sentences, or took them for a thought: then the draft
            alone counts.
        """
        shown = ""
        try:
            for item in self._written(brief, deadline):
                shown += item if isinstance(item, str) else ""
                yield item
            return
        except LlmError as exc:
            _LOG.warning("answering by quotes, because the LLM %s", exc.reason)
            notice = f"The LLM {exc.reason}, so this answer quotes the documents instead."
        for item in quote(self._extractive, brief):
            if isinstance(item, Draft):
                yield replace(item, notices=(notice, *item.notices))
            elif not shown:
                yield item

    def _written(self, brief: Brief, deadline: Deadline) -> Iterator[str | Draft]:
        """As `draft`, without the fall-back.

        Raises:
            LlmError: The LLM gave no answer that can be used.
        """
        settings = self._settings
        room = settings.llm_context_tokens - settings.llm_max_tokens
        prompt = answer_prompt(brief.question, brief.passages, brief.history, room)
        ledger = Ledger(
            prompt.passages,
            brief.index.library.documents,
            Grounder(brief.index.embedder.embed_sentences),
            strict=settings.strict,
        )
        text = ""
        ended = False
        finish = None
        for delta in self._client.stream(prompt.messages, deadline):
            text += delta.text
            finish = delta.finish
            # A sentence is whole, its markers included, when the next one's first letter is there.
            opens = ended and any(char.isalpha() for char in delta.text)
            ended = bool(_END.search(delta.text)) or (ended and not opens)
            said = read_answer(text, len(prompt.passages))[:-1] if opens else []
            if said and not declines(said[0]) and (fresh := ledger.update(said)):
                yield fresh
        said = read_answer(text, len(prompt.passages))
        if finish == "length" and said and not said[-1].ended:
            said = said[:-1]
        if not said:
            raise LlmError("wrote nothing", "Raise FOOTNOTE_LLM_MAX_TOKENS, or use another model.")
        if declines(said[0]):
            notice = "The LLM found no answer in the passages."
            yield Draft("", (), (), "llm", self._client.model, (notice,), declines=True)
            return
        fresh = ledger.update(said)
        if not ledger.bears_out:
            raise LlmError("wrote nothing that the documents bear out", "Use another model.")
        if fresh:
            yield fresh
        yield Draft(
            text=ledger.text,
            sentences=tuple(ledger.sentences),
            citations=tuple(ledger.citations),
            mode="llm",
            model=self._client.model,
            notices=_notices(ledger, finish),
        )


def _notices(ledger: Ledger, finish: str | None) -> tuple[str, ...]:
    notices = []
    if ledger.left_out:
        many = f"{ledger.left_out} sentences" if ledger.left_out > 1 else "One sentence"
        verb = "were" if ledger.left_out > 1 else "was"
        notices.append(f"{many} of the LLM {verb} left out: no document bears out what it says.")
    if finish == "length":
        notices.append("The LLM reached its longest answer, so this one may lack its end.")
    return tuple(notices)

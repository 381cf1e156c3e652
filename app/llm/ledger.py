"""The ledger of an answer under way: each sentence judged, each citation with its marker."""

from __future__ import annotations

from collections.abc import Sequence

from app.llm.faults import LlmError
from app.llm.reading import Said, declines
from app.records import AnswerSentence, Citation, Passage, Verdict
from app.verify.grounding import Grounder, Support
from ingest.document import Document

_TIMES = 3  # that a sentence is said, from which on the LLM is going round in circles


class Ledger:
    """Takes an LLM's sentences in as they come; markers count from 1 in order of first use."""

    def __init__(
        self,
        passages: Sequence[Passage],
        documents: dict[str, Document],
        grounder: Grounder,
        *,
        strict: bool,
    ) -> None:
        """Start an empty answer.

        Args:
            passages: What the LLM was given; its number ``n`` means ``passages[n - 1]``.
            documents: The library's documents by id.
            grounder: Judges the sentences.
            strict: Whether to leave out those that are unsupported.
        """
        self._passages = passages
        self._documents = documents
        self._grounder = grounder
        self._strict = strict
        self._clear()

    def _clear(self) -> None:
        self.sentences: list[AnswerSentence] = []
        self.citations: list[Citation] = []
        self.text = ""
        self.left_out = 0
        self._entered: list[Said] = []
        self._shown = 0

    @property
    def bears_out(self) -> bool:
        """Whether any sentence so far is borne out by the documents."""
        return bool(self.citations)

    def update(self, said: Sequence[Said]) -> str:
        """Enter the sentences that are new, each once.

        Args:
            said: All sentences so far. Where they no longer begin with those entered before, what
                seemed an answer was a thought, and the ledger starts anew.

        Returns:
            The text to show now: none before the first sentence that is borne out.

        Raises:
            LlmError: A sentence is said for the third time.
        """
        if list(said[: len(self._entered)]) != self._entered:
            self._clear()
        for one in said[len(self._entered) :]:
            times = sum(earlier.text == one.text for earlier in self._entered)
            self._entered.append(one)
            if times + 1 >= _TIMES:
                raise LlmError("repeats itself", "Use another model.")
            if not times and not declines(one):
                self._enter(one)
        if not self.bears_out:
            return ""
        fresh, self._shown = self.text[self._shown :], len(self.text)
        return fresh

    def _enter(self, said: Said) -> None:
        """Judge a sentence and write it down, with the words that bear it out as citations."""
        cited = [self._passages[number - 1] for number in said.cited]
        others = [passage for passage in self._passages if passage not in cited]
        grounded = self._grounder.ground(said.text, cited, others)
        unsupported = grounded.verdict is Verdict.UNSUPPORTED or not grounded.supports
        if unsupported and self._strict:
            self.left_out += 1
            return
        supports = () if unsupported else grounded.supports
        markers = tuple(dict.fromkeys(self._marker(support) for support in supports))
        verdict = Verdict.UNSUPPORTED if unsupported else grounded.verdict
        self.sentences.append(AnswerSentence(said.text, markers, verdict))
        gap = "" if not self.text else "\n\n" if said.opens else " "
        shown = "".join(f" [{marker}]" for marker in markers)
        self.text += f"{gap}{said.text}{shown}"

    def _marker(self, support: Support) -> int:
        passage = support.passage
        for known in self.citations:
            if (known.document, known.start, known.end) == (
                passage.document,
                support.start,
                support.end,
            ):
                return known.marker
        self.citations.append(
            Citation.quoting(
                self._documents[passage.document],
                support.start,
                support.end,
                marker=len(self.citations) + 1,
                chunk_id=passage.chunk_id,
                score=passage.score,
            )
        )
        return len(self.citations)

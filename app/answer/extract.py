"""The extractive synthesizer: an answer of one to five of the documents' own sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.answer.evidence import Evidence
from app.answer.select import select
from app.answer.synthesizer import Synthesizer
from app.records import AnswerSentence, Citation, Passage
from app.search.index import SearchIndex
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

    def compose(self, index: SearchIndex, passages: Sequence[Passage], evidence: Evidence) -> str:
        """Return the text of `write`."""
        return self.write(index, evidence).text

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
            citation = Citation.quoting(
                document,
                quote.start,
                quote.end,
                marker=marker,
                chunk_id=quote.passage.chunk_id,
                score=quote.probability,
            )
            shown = plain(citation.quote)
            citations.append(citation)
            sentences.append(AnswerSentence(shown, (marker,), verify(shown, [citation.quote])))
        text = " ".join(f"{sentence.text} [{sentence.citations[0]}]" for sentence in sentences)
        return Written(text, tuple(sentences), tuple(citations), selection.unanswered)

"""The figures: pure functions of what was cited and retrieved and of where the gold stands.

Higher is better throughout, and every figure lies between 0 and 1. A gold quote counts once,
however often it occurs. The functions take the question at its word: one that was answered with
nothing scores 0, it is not left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.records import AnswerSentence, Citation
from app.verify.verdict import plain
from eval.sets.places import Gold, Place, covers, merge, overlap, shared


def citation_precision(cited: Sequence[Place], golds: Sequence[Gold]) -> float:
    """Share of the cited text that is gold.

    ``|C ∩ G| / |C|``, where C is the set of code points in the cited quotes and G the set in all
    occurrences of the gold quotes. A code point that is cited twice counts once. 0 where nothing
    is cited.
    """
    total = sum(place.length for place in merge(cited))
    if not total:
        return 0.0
    return shared(cited, [spot for gold in golds for spot in gold]) / total


def citation_recall(cited: Sequence[Place], golds: Sequence[Gold]) -> float:
    """Share of the gold text that is cited.

    ``Σ_g |C ∩ g*| / Σ_g |g*|`` over the gold quotes g, where C is the set of code points in the
    cited quotes and g* the occurrence of g of which C holds most; the first of equals. A lower
    bound where several gold quotes would each do alone. 0 where nothing is cited or there is no
    gold.
    """
    held = total = 0
    merged = merge(cited)
    for gold in golds:
        if gold:
            best = max(gold, key=lambda spot: shared(merged, [spot]))
            held += shared(merged, [best])
            total += best.length
    return held / total if total else 0.0


def cited_hit(cited: Sequence[Place], golds: Sequence[Gold]) -> float:
    """1 if some cited quote holds at least half of some gold quote, else 0."""
    return float(any(covers(place, gold) for place in cited for gold in golds))


def hit(ranked: Sequence[Place], golds: Sequence[Gold], k: int) -> float:
    """Hit@k: 1 if one of the first k passages holds at least half of some gold quote, else 0."""
    return float(any(covers(place, gold) for place in ranked[:k] for gold in golds))


def recall(ranked: Sequence[Place], golds: Sequence[Gold], k: int) -> float:
    """Recall@k over gold quotes: the share that the first k passages find.

    ``|{g : some passage of the first k holds at least half of g}| / |{g}|``. 0 where there is no
    gold.
    """
    if not golds:
        return 0.0
    found = sum(any(covers(place, gold) for place in ranked[:k]) for gold in golds)
    return found / len(golds)


def reciprocal_rank(ranked: Sequence[Place], golds: Sequence[Gold], k: int = 10) -> float:
    """1 / rank of the first passage that holds at least half of some gold quote.

    Its mean over questions is MRR@k. The order given is the ranking, so ties of score are settled
    before. 0 where none of the first k does.
    """
    for rank, place in enumerate(ranked[:k], 1):
        if any(covers(place, gold) for gold in golds):
            return 1.0 / rank
    return 0.0


def exact_quotes(citations: Sequence[Citation], texts: Mapping[str, str]) -> float:
    """Share of citations with ``quote == text[start:end]``, to the letter.

    An answer without citations has shown nothing exact and scores 0; so does a citation of a
    document that `texts` does not hold.
    """
    if not citations:
        return 0.0
    return sum(_is_exact(citation, texts) for citation in citations) / len(citations)


def verbatim_rate(
    sentences: Sequence[AnswerSentence], citations: Sequence[Citation], texts: Mapping[str, str]
) -> float:
    """Share of an answer's sentences that are documents' own words.

    A sentence counts when it equals one of the quotes that it cites, reference marks removed and
    white space collapsed, and all its quotes are exact (`exact_quotes`). The engine's verdict is
    not asked. 0 for an answer without sentences.
    """
    if not sentences:
        return 0.0
    by_marker = {citation.marker: citation for citation in citations}
    verbatim = 0
    for sentence in sentences:
        cited = [by_marker[marker] for marker in sentence.citations if marker in by_marker]
        verbatim += all(_is_exact(citation, texts) for citation in cited) and any(
            plain(citation.quote) == plain(sentence.text) for citation in cited
        )
    return verbatim / len(sentences)


def _is_exact(citation: Citation, texts: Mapping[str, str]) -> bool:
    text = texts.get(citation.document)
    return (
        text is not None
        and 0 <= citation.start < citation.end
        and citation.quote == text[citation.start : citation.end]
    )


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a question could be answered, and what was done; ``abstained`` None if it failed."""

    answerable: bool
    abstained: bool | None

    @property
    def right(self) -> bool:
        """Answered where answerable, abstained where not; a failure is never right."""
        return self.abstained is not None and self.abstained != self.answerable


def abstention(decisions: Iterable[Decision]) -> dict[str, float | None]:
    """Judge when it was abstained, "not in the documents" being the positive class.

    With TP unanswerable questions abstained from, FN unanswerable ones answered, TN answerable
    ones answered, FP answerable ones abstained from; a failed question counts as wrong in its
    class::

        precision = TP / (TP + FP), 0 where nothing was abstained from
        recall = TP / (TP + FN)
        F1 = 2 TP / (2 TP + FP + FN)
        balanced accuracy = (TP / (TP + FN) + TN / (TN + FP)) / 2

    All four are None, for not defined, unless there are questions of both classes. Always to
    abstain, or never to, gives a balanced accuracy of 0.5.
    """
    tp = fp = tn = fn = 0
    for decision in decisions:
        if decision.answerable:
            tn, fp = tn + decision.right, fp + (not decision.right)
        else:
            tp, fn = tp + decision.right, fn + (not decision.right)
    names = ("precision", "recall", "f1", "balanced_accuracy")
    if not tp + fn or not tn + fp:
        return {f"abstention_{name}": None for name in names}
    values = (
        tp / (tp + fp) if tp + fp else 0.0,
        tp / (tp + fn),
        2 * tp / (2 * tp + fp + fn),
        (tp / (tp + fn) + tn / (tn + fp)) / 2,
    )
    return {f"abstention_{name}": value for name, value in zip(names, values, strict=True)}


def overlapping(golds: Iterable[Gold], chunks: Mapping[str, Place]) -> set[str]:
    """Return the ids of the chunks that share text with some occurrence of a gold quote."""
    spots = [spot for gold in golds for spot in gold]
    return {
        chunk_id
        for chunk_id, place in chunks.items()
        if any(overlap(place, spot) for spot in spots)
    }

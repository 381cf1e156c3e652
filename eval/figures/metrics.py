"""The figures: pure functions of what was cited and retrieved and of where the gold stands.

Higher is better throughout, and every figure lies between 0 and 1. A gold quote counts once,
however often it occurs. The functions take the question at its word: one that was answered with
nothing scores 0, it is not left out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from app.records import AnswerSentence, Citation, Verdict
from app.verify.verdict import plain
from eval.figures import ranking
from eval.sets.places import Gold, Place, covers, merge, shared

_SAME = str.maketrans({"\u2019": "'", "\u2018": "'", "\u2013": "-", "\u2014": "-", "\u2011": "-"})
_BEFORE, _AFTER = r"(?<!\w)(?<!\d[.,])", r"(?!\w)(?![.,]\d)"  # 14 does not stand in 14.5
_FIGURE = re.compile(r"\d+")


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
    verbatim = 0
    for sentence, cited in _with_quotes(sentences, citations):
        verbatim += all(_is_exact(citation, texts) for citation in cited) and any(
            plain(citation.quote) == plain(sentence.text) for citation in cited
        )
    return verbatim / len(sentences)


def _with_quotes(
    sentences: Sequence[AnswerSentence], citations: Sequence[Citation]
) -> Iterator[tuple[AnswerSentence, list[Citation]]]:
    """Yield each sentence with the citations that it names, those that there are."""
    by_marker = {citation.marker: citation for citation in citations}
    for sentence in sentences:
        yield sentence, [by_marker[one] for one in sentence.citations if one in by_marker]


def _is_exact(citation: Citation, texts: Mapping[str, str]) -> bool:
    text = texts.get(citation.document)
    return (
        text is not None
        and 0 <= citation.start < citation.end
        and citation.quote == text[citation.start : citation.end]
    )


def holders(golds: Sequence[Gold], chunks: Mapping[str, Place]) -> set[str]:
    """Return the ids of the chunks that hold at least half of some gold quote."""
    return {
        chunk_id for chunk_id, place in chunks.items() if any(covers(place, gold) for gold in golds)
    }


def ndcg(
    ranked: Sequence[tuple[str, Place]], golds: Sequence[Gold], held: Collection[str], k: int
) -> float:
    """nDCG@k of passages, each relevant or not (`eval.figures.ranking.ndcg`).

    A passage is relevant where it holds at least half of some gold quote, and the best order
    would show every such chunk of the library first. Quotes that each answer alone all count as
    relevant, so that 1 is out of reach where copies of a text are shown once.

    Args:
        ranked: Chunk id and place of the passages, best first.
        golds: The gold quotes.
        held: The chunks of the library that hold gold (`holders`).
        k: How many passages count.
    """
    found = {chunk_id for chunk_id, place in ranked if any(covers(place, gold) for gold in golds)}
    order = [chunk_id if chunk_id in found else f"{chunk_id} cut" for chunk_id, _ in ranked]
    return ranking.ndcg(order, dict.fromkeys(found | set(held), 1), k)


def key_fact_recall(said: str, key_facts: Sequence[Sequence[str]]) -> float:
    """Share of the key facts that an answer states.

    A fact is stated where one of its forms stands in the answer as whole words, case, white space
    and the kinds of dash and apostrophe aside. 0 where there is no key fact.
    """
    if not key_facts:
        return 0.0
    text = _folded(said)
    return sum(any(_stands(form, text) for form in fact) for fact in key_facts) / len(key_facts)


def _stands(form: str, text: str) -> bool:
    return re.search(rf"{_BEFORE}{re.escape(_folded(form))}{_AFTER}", text) is not None


def _folded(text: str) -> str:
    return " ".join(text.translate(_SAME).casefold().split())


def verdicts_hold(
    sentences: Sequence[AnswerSentence], citations: Sequence[Citation], texts: Mapping[str, str]
) -> float:
    """Share of an answer's sentences whose verdict is not contradicted by its quotes.

    Checked without the verifier: ``verbatim`` must equal an exact quote that it cites;
    ``supported`` must cite exact quotes, equal none of them, and hold no figure that they lack;
    ``unsupported`` must cite nothing. 0 for an answer without sentences.
    """
    if not sentences:
        return 0.0
    held = 0
    for sentence, cited in _with_quotes(sentences, citations):
        exact = bool(cited) and all(_is_exact(citation, texts) for citation in cited)
        verbatim = exact and any(plain(one.quote) == plain(sentence.text) for one in cited)
        quoted = {figure for one in cited for figure in _FIGURE.findall(one.quote)}
        match sentence.verdict:
            case Verdict.VERBATIM:
                held += verbatim
            case Verdict.SUPPORTED:
                held += exact and not verbatim and quoted.issuperset(_FIGURE.findall(sentence.text))
            case Verdict.UNSUPPORTED:
                held += not sentence.citations
    return held / len(sentences)

"""Fit the verifier's two logistic models on the tune half of the verdict set.

usage: python -m eval.benchmarks.verdicts [--set FILE] [--write]

They stand in `app/verify/support.json`. Fitted on are the pairs of sentence and passage that no
rule of `app.verify.conflicts` speaks against and that are not verbatim, and each supported pair
once more with the sentences gone that bear it out, as an unsupported one of the same subject. An
unsupported pair of the set weighs twice.
Without --write nothing changes.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from app.records import Verdict
from app.verify.support import FEATURES, Embed, Weighed, weigh_claim
from app.verify.verdict import sentences_of
from eval.verdicts import DEFAULT_PAIRS, Pair, load_pairs
from ingest.embed import Embedder
from ingest.settings import ROOT

TARGET = ROOT / "app" / "verify" / "support.json"
_WORTH_OF_WRONG = 2.0  # a wrong "supported" misleads, a wrong "unsupported" only costs trust


@dataclass(frozen=True, slots=True)
class Row:
    """A claim that was weighed, and what it should have come to."""

    weighed: Weighed
    supported: bool
    weight: float


def main(argv: Sequence[str]) -> None:
    """Fit both models, print them, and write them if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--set", type=Path, default=DEFAULT_PAIRS, metavar="FILE")
    parser.add_argument("--write", action="store_true", help="write app/verify/support.json")
    options = parser.parse_args(argv)
    pairs = [pair for pair in load_pairs(options.set) if pair.split == "tune"]
    embedder = Embedder()
    fitted: dict[str, object] = {}
    for model, embed in (("lexical", None), ("embedded", embedder.embed_sentences)):
        rows = [row for pair in pairs for row in _rows(pair, embed) if row.weighed.model == model]
        fitted[model] = _fit(model, rows)
        right = sum(row.supported for row in rows)
        print(f"{model}: fitted on {len(rows)} pairs, {right} of them supported")
    fitted["fitted_on"] = len(pairs)
    print(json.dumps(fitted, indent=2))
    if options.write:
        TARGET.write_text(json.dumps(fitted, indent=2) + "\n", encoding="utf-8")
        print(f"written: {TARGET}")


def _rows(pair: Pair, embed: Embed | None) -> list[Row]:
    """Weigh a pair as the verifier does, and once without its evidence; none where a rule acts."""
    if pair.verdict is Verdict.VERBATIM:
        return []
    sentences = sentences_of([pair.passage])
    weighed = weigh_claim(pair.sentence, sentences, embed)
    if weighed.conflict:
        return []
    supported = pair.verdict is Verdict.SUPPORTED
    rows = [Row(weighed, supported, 1.0 if supported else _WORTH_OF_WRONG)]
    if supported:
        rest = [one for at, one in enumerate(sentences) if at not in weighed.used]
        without = weigh_claim(pair.sentence, rest, embed)
        if not without.conflict:
            rows.append(Row(without, False, 1.0))
    return rows


def _fit(model: str, rows: Sequence[Row]) -> dict[str, float]:
    features = np.array([row.weighed.features for row in rows])
    labels = np.array([row.supported for row in rows])
    logistic = LogisticRegression(C=10.0, max_iter=5000)
    logistic.fit(features[:, 1:], labels, sample_weight=[row.weight for row in rows])
    values = np.concatenate([logistic.intercept_, logistic.coef_[0]])
    return dict(zip(FEATURES[model], values.round(3).tolist(), strict=True))


if __name__ == "__main__":
    main(sys.argv[1:])

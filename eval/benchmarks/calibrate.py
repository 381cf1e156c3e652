"""Fit the two logistic models of `app/answer/calibration.json` on open question sets.

usage: python -m eval.benchmarks.calibrate SET_DIR... [--storage DIR] [--write]

Each SET_DIR is a span set (see `spansets`); the project's own set joins by itself. Sentences are
labelled by the gold spans that cover half of them, questions by whether they are answerable. Half
of each set is fitted on, every set counting the same; the figures printed are the other half's.
Without --write nothing changes.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from app.answer.evidence import ANSWER_FEATURES, SENTENCE_FEATURES
from eval.benchmarks.spansets import Weighed, open_set, overlap, own_set, weigh_all
from ingest.embed import Embedder
from ingest.settings import ROOT

TARGET = ROOT / "app" / "answer" / "calibration.json"
_BINS = 5  # of the calibration curve
Matrix = NDArray[np.float64]
Sets = dict[str, list[Weighed]]


def main(argv: Sequence[str]) -> None:
    """Fit, print the test half's figures, and write the coefficients if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("sets", nargs="+", type=Path, metavar="SET_DIR")
    parser.add_argument("--storage", type=Path, help="keeps the indexes for the next run")
    parser.add_argument("--write", action="store_true", help="write app/answer/calibration.json")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as scratch:
        storage = options.storage or Path(scratch)
        embedder = Embedder()
        folders = [*options.sets, own_set(Path(scratch))]
        sets = {
            folder.name: list(weigh_all(open_set(folder, storage, embedder), folder))
            for folder in folders
        }
    sentence = _fit(*_sentences(sets, tune=True))
    refusing = {
        name: rows
        for name, rows in sets.items()
        if any(not row.question.answerable for row in rows)
    }
    answer = _fit(*_questions(refusing, sentence, tune=True))
    fitted = {
        "sentence": dict(zip(SENTENCE_FEATURES, sentence.round(3).tolist(), strict=True)),
        "answer": dict(zip(ANSWER_FEATURES, answer.round(3).tolist(), strict=True)),
    }
    print(json.dumps(fitted, indent=2))
    for name, rows in refusing.items():
        _print_refusals({name: rows}, name, sentence, answer)
    if options.write:
        fitted["fitted_on"] = {
            name: sum(row.question.is_tune for row in rows) for name, rows in sets.items()
        }
        TARGET.write_text(json.dumps(fitted, indent=2) + "\n", encoding="utf-8")
        print(f"written: {TARGET}")


def _sentences(sets: Sets, *, tune: bool) -> tuple[Matrix, NDArray[np.bool_], Matrix]:
    features, labels, weights = [], [], []
    for rows in sets.values():
        chosen = [row for row in rows if row.question.answerable and row.question.is_tune == tune]
        for row in chosen:
            for one in row.evidence.candidates:
                covered = overlap(row.question.places, one.passage.document, one.start, one.end)
                features.append(one.features)
                labels.append(covered >= 0.5 * (one.end - one.start))
                weights.append(1.0 / len(chosen))
    return np.array(features), np.array(labels), np.array(weights)


def _questions(
    sets: Sets, sentence: Matrix, *, tune: bool
) -> tuple[Matrix, NDArray[np.bool_], Matrix]:
    features, labels, weights = [], [], []
    for rows in sets.values():
        chosen = [row for row in rows if row.question.is_tune == tune and row.evidence.candidates]
        for row in chosen:
            values = list(row.evidence.features)
            scores = np.array([one.features for one in row.evidence.candidates]) @ sentence
            values[1] = float(1.0 / (1.0 + np.exp(-scores.max())))
            features.append(values)
            labels.append(row.question.answerable)
            weights.append(1.0 / len(chosen))
    return np.array(features), np.array(labels), np.array(weights)


def _fit(features: Matrix, labels: NDArray[np.bool_], weights: Matrix) -> Matrix:
    model = LogisticRegression(C=10.0, max_iter=5000)
    model.fit(features[:, 1:], labels, sample_weight=weights * len(weights) / weights.sum())
    return np.concatenate([model.intercept_, model.coef_[0]])


def _print_refusals(sets: Sets, name: str, sentence: Matrix, answer: Matrix) -> None:
    for half, tune in (("tune", True), ("test", False)):
        features, labels, _ = _questions(sets, sentence, tune=tune)
        confidence = 1.0 / (1.0 + np.exp(-(features @ answer)))
        for threshold in (0.3, 0.4, 0.5, 0.6, 0.7):
            said_no = confidence < threshold
            kept, refused = float((~said_no[labels]).mean()), float(said_no[~labels].mean())
            print(
                f"{name} {half} n={len(labels)} threshold {threshold}: answered {kept:.3f}, "
                f"refused {refused:.3f}, balanced {(kept + refused) / 2:.3f}"
            )
        edges = np.linspace(0.0, 1.0, _BINS + 1)
        for low, high in zip(edges[:-1], edges[1:], strict=True):
            inside = (confidence >= low) & ((confidence < high) | (high == 1.0))
            if inside.any():
                print(
                    f"{name} {half} confidence {low:.1f} to {high:.1f}: n={int(inside.sum())}, "
                    f"mean {confidence[inside].mean():.2f}, answerable {labels[inside].mean():.2f}"
                )


if __name__ == "__main__":
    main(sys.argv[1:])

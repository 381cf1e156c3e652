"""When it was abstained, and whether that was right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from eval.figures.intervals import Ratios

ABSTENTION_FIGURES = (
    "abstention_precision",
    "abstention_recall",
    "abstention_f1",
    "abstention_balanced_accuracy",
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


def abstention(decisions: Iterable[Decision]) -> dict[str, Ratios]:
    """Judge when it was abstained, "not in the documents" being the positive class.

    With TP unanswerable questions abstained from, FN unanswerable ones answered, TN answerable
    ones answered, FP answerable ones abstained from; a failed question counts as wrong in its
    class::

        precision = TP / (TP + FP), 0 where nothing was abstained from
        recall = TP / (TP + FN)
        F1 = 2 TP / (2 TP + FP + FN)
        balanced accuracy = (TP / (TP + FN) + TN / (TN + FP)) / 2

    Returns:
        The four, by the names of `ABSTENTION_FIGURES`; empty, for not defined, unless there are
        questions of both classes. Always to abstain, or never to, gives a balanced accuracy of
        0.5.
    """
    asked = list(decisions)
    if len({decision.answerable for decision in asked}) < 2:
        return {}
    tp = [float(not one.answerable and one.right) for one in asked]
    fn = [float(not one.answerable and not one.right) for one in asked]
    tn = [float(one.answerable and one.right) for one in asked]
    fp = [float(one.answerable and not one.right) for one in asked]
    recall = (tp, _sum(tp, fn))
    ratios = (
        Ratios(((tp, _sum(tp, fp)),), empty=0.0),
        Ratios((recall,)),
        Ratios((([2.0 * one for one in tp], _sum(tp, tp, fp, fn)),), empty=0.0),
        Ratios((recall, (tn, _sum(tn, fp)))),
    )
    return dict(zip(ABSTENTION_FIGURES, ratios, strict=True))


def _sum(*columns: list[float]) -> list[float]:
    return [sum(row) for row in zip(*columns, strict=True)]

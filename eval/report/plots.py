"""The plots of the report's pages, each an SVG: figures by group, confidence, latency, ranks."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from eval.figures.calibration import Bin, TradeOff
from eval.report.shown import Shown, milliseconds, one_line
from eval.report.svg import ACCENT, INK, MUTED, PAPER, RULE, SECOND, draw
from eval.runs.compare import Difference

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROW, _FRAME = 21.0, 44.0  # a line of a plot with names at its side, and what surrounds them
_KEY = 14.0  # a line of a key
_NAME = 22  # characters of such a name
_FLOOR_MS = 0.1  # a logarithmic axis has no zero


def by_group(name: str, title: str, groups: Mapping[str, Shown], overall: Shown) -> str:
    """Plot one figure for each group of questions, with its 95% interval.

    Args:
        name: The drawing's own name on its page.
        title: The figure as a reader calls it.
        groups: The figure of each group, in the order that they are listed from the top; those
            that it does not apply to are left out.
        overall: The figure over all questions, as a line to compare with.
    """
    rows = [
        (group, shown.value, shown) for group, shown in groups.items() if shown.value is not None
    ]

    def paint(axes: Axes) -> None:
        if overall.value is not None:
            axes.axvline(overall.value, color=MUTED, linewidth=1.0, dashes=(3, 3))
        for at, (_, value, shown) in enumerate(rows):
            if shown.ends is not None:
                axes.plot(shown.ends, (at, at), color=ACCENT, linewidth=1.6, alpha=0.55)
            axes.plot([value], [at], "o", color=ACCENT, markersize=5.5)
            axes.annotate(
                f"n={shown.n_total}",
                (1.0, at),
                (6, 0),
                xycoords=("axes fraction", "data"),
                textcoords="offset points",
                va="center",
                color=MUTED,
                fontsize=9,
                annotation_clip=False,
            )
        axes.set_yticks(range(len(rows)), [one_line(group, _NAME) for group, *_ in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.grid(visible=False, axis="y")
        _share_axis(axes, "x")

    read = "; ".join(f"{group} {shown.number} {shown.interval}".strip() for group, _, shown in rows)
    return draw(
        name,
        f"{title} by group of questions",
        f"Overall {overall.number} {overall.interval}. {read}.",
        paint,
        height=_FRAME + _ROW * max(1, len(rows)),
    )


def reliability(name: str, bins: Sequence[Bin], threshold: float, error: float | None) -> str:
    """Plot the share of answerable questions against the confidence, and how many there are.

    Args:
        name: The drawing's own name on its page.
        bins: Questions by confidence, as `eval.figures.calibration.reliability` makes them.
        threshold: The least confidence that is answered.
        error: The expected calibration error of the bins.
    """

    def paint(axes: Axes) -> None:
        axes.plot((0, 1), (0, 1), color=MUTED, linewidth=1.0, dashes=(3, 3))
        most = max((held.n_questions for held in bins), default=1)
        for held in bins:
            # The bars' heights are counts, on a scale of their own: a fifth of the plot at most.
            axes.bar(
                held.low + (held.high - held.low) / 2,
                0.2 * held.n_questions / most,
                width=(held.high - held.low) * 0.86,
                color=RULE,
            )
            axes.annotate(
                str(held.n_questions),
                (held.low + (held.high - held.low) / 2, 0.2 * held.n_questions / most),
                (0, 2),
                textcoords="offset points",
                ha="center",
                color=MUTED,
                fontsize=8,
            )
        axes.plot(
            [held.confidence for held in bins],
            [held.share for held in bins],
            "o-",
            color=ACCENT,
            linewidth=1.2,
            markersize=5.5,
        )
        axes.axvline(threshold, color=INK, linewidth=1.0)
        _share_axis(axes, "x", "confidence")
        _share_axis(axes, "y", "share answerable")

    read = "; ".join(
        f"{held.low:.1f} to {held.high:.1f}: {held.n_answerable} of {held.n_questions} answerable"
        for held in bins
    )
    told = "" if error is None else f" Expected calibration error {error:.3f}."
    return draw(name, "How far the confidence can be believed", f"{read}.{told}", paint)


def trade_off(name: str, curve: Sequence[TradeOff], now: TradeOff) -> str:
    """Plot what each threshold answers and refuses, the one in force marked.

    Args:
        name: The drawing's own name on its page.
        curve: What thresholds do, ascending, as `eval.figures.calibration.trade_off` has it.
        now: What the threshold in force does.
    """

    def paint(axes: Axes) -> None:
        thresholds = [point.threshold for point in curve]
        for shares, colour, share in (
            ([point.answered for point in curve], ACCENT, now.answered),
            ([point.refused for point in curve], SECOND, now.refused),
        ):
            axes.step(thresholds, shares, where="pre", color=colour, linewidth=1.6)
            axes.plot([now.threshold], [share], "o", color=colour, markersize=5.5)
        axes.axvline(now.threshold, color=INK, linewidth=1.0)
        for text, colour, y in (
            ("answered, of the answerable", ACCENT, 1.14),
            ("refused, of the unanswerable", SECOND, 1.05),
        ):
            axes.text(0.0, y, text, transform=axes.transAxes, color=colour)
        _share_axis(axes, "x", "threshold")
        _share_axis(axes, "y")

    return draw(
        name,
        "What the threshold of confidence trades",
        f"At the threshold in force, {now.threshold:g}, {now.answered:.0%} of the answerable "
        f"questions are answered and {now.refused:.0%} of the unanswerable are refused.",
        paint,
    )


def latency(name: str, steps: Mapping[str, Sequence[float]]) -> str:
    """Plot how long each step took, one dot an answer, with the median and the 95th percentile.

    Args:
        name: The drawing's own name on its page.
        steps: Durations in ms of each step, in the order that they are listed from the top.
    """
    rows = [(step, sorted(values)) for step, values in steps.items() if values]

    def paint(axes: Axes) -> None:
        for at, (_, values) in enumerate(rows):
            seen = [max(_FLOOR_MS, value) for value in values]
            # A golden-ratio sequence spreads the dots evenly and the same way every time.
            heights = [at + 0.32 * (2 * ((n * 0.618034) % 1.0) - 1) for n in range(len(seen))]
            axes.plot(seen, heights, "o", color=ACCENT, markersize=3, alpha=0.35, mew=0)
            for share, colour in ((0.5, INK), (0.95, SECOND)):
                mark = max(_FLOOR_MS, percentile(values, share))
                axes.plot((mark, mark), (at - 0.4, at + 0.4), color=colour, linewidth=2.0)
        axes.set_xscale("log")
        axes.set_yticks(range(len(rows)), [one_line(step, _NAME) for step, _ in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.grid(visible=False, axis="y")
        axes.xaxis.set_major_formatter(
            lambda value, _: f"≤{value:g}" if value == _FLOOR_MS else f"{value:g}"
        )
        axes.xaxis.set_minor_formatter(lambda *_: "")
        axes.set_xlabel("milliseconds")
        for text, colour, x in (("median", INK, 0.0), ("95th percentile", SECOND, 0.2)):
            axes.text(x, 1.03, text, transform=axes.transAxes, color=colour, fontsize=9)

    read = "; ".join(
        f"{step}: median {milliseconds(percentile(values, 0.5))}, 95th percentile "
        f"{milliseconds(percentile(values, 0.95))}"
        for step, values in rows
    )
    height = _FRAME + 30 + 34 * max(1, len(rows))
    return draw(name, "How long an answer takes, by step", f"{read}.", paint, height=height)


def gold_ranks(name: str, ranks: Sequence[int | None], top_k: int) -> str:
    """Plot at which rank the first passage with gold stands.

    Args:
        name: The drawing's own name on its page.
        ranks: For each answerable question the rank, from 1, or None where no passage has gold.
        top_k: Passages retrieved for a question.
    """
    counts = Counter(ranks)
    last = max([top_k, *(rank for rank in ranks if rank is not None)])
    heights = [counts[rank] for rank in range(1, last + 1)]

    def paint(axes: Axes) -> None:
        axes.bar(range(1, last + 1), heights, width=0.72, color=ACCENT)
        axes.bar([last + 1.4], [counts[None]], width=0.72, color=SECOND)
        for x, count in [*enumerate(heights, 1), (last + 1.4, counts[None])]:
            if count:
                axes.annotate(
                    str(count),
                    (x, count),
                    (0, 2),
                    textcoords="offset points",
                    ha="center",
                    color=MUTED,
                    fontsize=9,
                )
        step = math.ceil(last / 10)
        ticks = list(range(1, last + 1, step))
        axes.set_xticks([*ticks, last + 1.4], [*map(str, ticks), "none"])
        axes.set_ylim(0, max([1, *heights, counts[None]]) * 1.14)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.grid(visible=False)
        axes.set_xlabel("rank of the first passage with gold")

    first = counts[1]
    return draw(
        name,
        "Where retrieval puts the gold",
        f"Of {len(ranks)} answerable questions, {first} have gold in the first passage and "
        f"{counts[None]} have none among the passages.",
        paint,
    )


def differences(name: str, found: Mapping[str, Difference]) -> str:
    """Plot how figures differ between two runs, with paired 95% intervals.

    Args:
        name: The drawing's own name on its page.
        found: The difference of each figure, in the order that they are listed from the top.
    """
    ends = [end for one in found.values() for end in (one.value, one.low or 0.0, one.high or 0.0)]
    reach = max([0.05, *(abs(end) for end in ends)]) * 1.08

    def paint(axes: Axes) -> None:
        axes.axvline(0.0, color=MUTED, linewidth=1.0)
        for at, one in enumerate(found.values()):
            colour = ACCENT if one.beyond_noise else SECOND
            if one.low is not None and one.high is not None:
                axes.plot((one.low, one.high), (at, at), color=colour, linewidth=1.6, alpha=0.55)
            axes.plot([one.value], [at], "o", color=colour, markersize=5.5)
        axes.set_yticks(range(len(found)), [one_line(title, _NAME) for title in found])
        axes.set_ylim(len(found) - 0.4, -0.6)
        axes.set_xlim(-reach, reach)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("B − A")

    read = "; ".join(f"{title} {one.value:+.3f}" for title, one in found.items())
    title = "What the second run has over the first"
    height = _FRAME + 14 + _ROW * max(1, len(found))
    return draw(name, title, f"{read}.", paint, height=height)


class Point(NamedTuple):
    """One configuration of a sweep: how good its answers are, and how long they take."""

    label: str
    quality: float
    low: float | None
    high: float | None
    latency_p50_ms: float


def quality_latency(name: str, points: Sequence[Point], quality: str = "quality") -> str:
    """Plot quality against latency, the Pareto front marked; a key below names the points.

    Args:
        name: The drawing's own name on its page.
        points: Configurations; higher quality and lower latency are better.
        quality: The quality figure as a reader calls it.
    """
    front = pareto_front(points)

    def paint(axes: Axes) -> None:
        axes.step(
            [point.latency_p50_ms for point in front],
            [point.quality for point in front],
            where="post",
            color=ACCENT,
            linewidth=1.0,
            alpha=0.6,
        )
        for number, point in enumerate(points, 1):
            colour = ACCENT if point in front else SECOND
            x, y = point.latency_p50_ms, point.quality
            if point.low is not None and point.high is not None:
                axes.plot((x, x), (point.low, point.high), color=colour, alpha=0.45)
            axes.plot([x], [y], "o", color=colour, markersize=12)
            axes.annotate(
                str(number), (x, y), ha="center", va="center_baseline", color=PAPER, fontsize=8
            )
            told = f"{number}  {one_line(point.label, 2 * _NAME)}: {y:.3f}, {milliseconds(x)}"
            axes.annotate(
                told,
                (0, 0),
                (0, -34 - _KEY * number),
                xycoords="axes fraction",
                textcoords="offset points",
                color=INK if point in front else MUTED,
                fontsize=9,
                annotation_clip=False,
            )
        axes.margins(0.08, 0.12)
        axes.set_xlabel("median latency, ms")
        axes.set_ylabel(one_line(quality))

    read = ", ".join(
        f"{point.label} ({point.quality:.3f}, {milliseconds(point.latency_p50_ms)})"
        for point in front
    )
    title, height = f"{quality} against latency", 270 + _KEY * len(points)
    return draw(name, title, f"On the Pareto front: {read}.", paint, height=height)


def pareto_front(points: Sequence[Point]) -> list[Point]:
    """Return the points that no other beats in one respect without losing in the other.

    Fastest first; of equals in both respects the first is kept.
    """
    front: list[Point] = []
    for point in sorted(points, key=lambda point: (point.latency_p50_ms, -point.quality)):
        if not front or point.quality > front[-1].quality:
            front.append(point)
    return front


def percentile(values: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile of ascending values, of which there is at least one."""
    return values[max(0, math.ceil(share * len(values)) - 1)]


def _share_axis(axes: Axes, which: str, name: str = "") -> None:
    """Make an axis run from 0 to 1, with room for a dot at either end."""
    ticks = (0.0, 0.25, 0.5, 0.75, 1.0)
    shown = ("0", ".25", ".5", ".75", "1")
    if which == "x":
        axes.set_xlim(-0.03, 1.03)
        axes.set_xticks(ticks, shown)
        axes.set_xlabel(name)
    else:
        axes.set_ylim(-0.03, 1.03)
        axes.set_yticks(ticks, shown)
        axes.set_ylabel(name)

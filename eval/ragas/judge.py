"""An LLM judges answers: RAGAS's metrics over a whole evaluation, in one event loop.

What was judged is kept at once, so a run that is stopped anywhere goes on where it was, at no cost
for what it had. A score that the judge failed to give is left out and listed; it is never a 0.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from eval.ragas.judge_cache import Judged, JudgementCache, judge_id, judgement_key
from eval.ragas.judge_client import JudgeClient, connected
from eval.ragas.judge_errors import JudgeError, no_judge
from eval.ragas.judge_items import RELEVANCY, Item
from eval.ragas.judge_metrics import judge_one, load
from eval.ragas.judge_usage import Tally, Usage, cost_usd
from eval.settings import EvalSettings
from ingest.embed import Embedder

_STOP_AFTER = 8  # failures in a row, which is more than one answer alone can give


class Progress(Protocol):
    """Is told how the judging goes."""

    def judgements(self, total: int) -> None:
        """Say how many scores are wanted."""

    def judgement_done(self, query_id: str) -> None:
        """Say that a score was given, found among the earlier ones, or failed."""


@dataclass(frozen=True, slots=True)
class JudgeFailure:
    """A score that the judge did not give; ``cause`` says why."""

    query_id: str
    figure: str
    cause: str

    def to_dict(self) -> dict[str, str]:
        """Return the failure as JSON-ready values."""
        return {"query_id": self.query_id, "figure": self.figure, "cause": self.cause}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the judge said.

    Attributes:
        judge: What tells this judge from another; the name of its file of judgements.
        scores: By query_id and figure, from 0 to 1, higher is better.
        reasons: By query_id and figure, what it held against an answer, where it said so.
        failures: The scores that are missing.
        usage: Requests, tokens, cost and time.
    """

    judge: str
    scores: Mapping[str, Mapping[str, float]]
    reasons: Mapping[str, Mapping[str, str]]
    failures: tuple[JudgeFailure, ...]
    usage: Usage

    def of(self, query_id: str) -> dict[str, float | None]:
        """Return what was asked for of a question, by figure; None where the judge failed."""
        failed = {one.figure: None for one in self.failures if one.query_id == query_id}
        return {**self.scores.get(query_id, {}), **failed}

    def causes(self) -> dict[str, dict[str, int]]:
        """Count the failures by figure and cause."""
        counts: dict[str, Counter[str]] = {}
        for failure in self.failures:
            counts.setdefault(failure.figure, Counter())[failure.cause] += 1
        return {figure: dict(counted.most_common()) for figure, counted in sorted(counts.items())}

    def to_dict(self) -> dict[str, Any]:
        """Return what a summary says of the judge; the scores are with their questions."""
        return {
            "judge": self.judge,
            "usage": self.usage.to_dict(),
            "causes": self.causes(),
            "failures": [failure.to_dict() for failure in self.failures],
        }


_Place = tuple[str, str]  # query_id and figure


class _Unit(NamedTuple):
    """A score that is wanted."""

    item: Item
    figure: str
    inputs: dict[str, Any]
    key: str

    @property
    def place(self) -> _Place:
        """Where the score belongs."""
        return self.item.query_id, self.figure


def judge_answers(
    settings: EvalSettings,
    items: Sequence[Item],
    embedder: Embedder,
    progress: Progress | None = None,
) -> Judgement:
    """Have answers judged, except for what this judge has judged before.

    To be called outside any event loop. Ctrl-C ends it; what was judged is kept.

    Args:
        settings: Which judge, how patiently, and where judgements are kept.
        items: The answers, each query_id once.
        embedder: Compares questions, for the relevancy.
        progress: Told about each score.

    Raises:
        EmbedderError: The embedding model cannot be loaded.
        JudgeError: The endpoint refuses every request from the first on, or too many scores failed
            in a row; what was judged before is kept.
        JudgementCacheError: Judgements cannot be read or written.
    """
    if not settings.has_judge:
        raise no_judge()
    began = time.perf_counter()
    cache = JudgementCache.of(settings)
    units = list(_units(items, embedder))
    if progress is not None:
        progress.judgements(len(units))
    panel = _Panel(settings, cache, embedder, progress)
    missing = [unit for unit in units if not panel.knows(unit)]
    if missing:
        load(embedder)
        asyncio.run(panel.sit(missing))
    return panel.judgement(units, cached=len(units) - len(missing), began=began)


def _units(items: Iterable[Item], embedder: Embedder) -> Iterable[_Unit]:
    for item in items:
        for figure in item.figures:
            inputs = item.inputs(figure)
            compared_by = embedder.name if figure == RELEVANCY else None
            yield _Unit(item, figure, inputs, judgement_key(figure, inputs, compared_by))


class _Panel:
    """Workers that share one list of scores to ask for, and what has come of it."""

    def __init__(
        self,
        settings: EvalSettings,
        cache: JudgementCache,
        embedder: Embedder,
        progress: Progress | None,
    ) -> None:
        self._tally = Tally()
        self._judged: dict[_Place, Judged] = {}
        self._failed: dict[_Place, str] = {}
        self._settings = settings
        self._cache = cache
        self._embedder = embedder
        self._progress = progress
        self._answered = False
        self._failed_in_a_row = 0

    def knows(self, unit: _Unit) -> bool:
        """Take a score that was given before, if there is one."""
        judged = self._cache.get(unit.key)
        if judged is not None:
            self._note(unit, judged)
        return judged is not None

    def judgement(self, units: Sequence[_Unit], *, cached: int, began: float) -> Judgement:
        """Return what has come of the scores, in their order."""
        settings = self._settings
        scores: dict[str, dict[str, float]] = {}
        reasons: dict[str, dict[str, str]] = {}
        failures: list[JudgeFailure] = []
        for query_id, figure in (unit.place for unit in units):
            judged = self._judged.get((query_id, figure))
            if judged is None:
                failures.append(JudgeFailure(query_id, figure, self._failed[query_id, figure]))
                continue
            scores.setdefault(query_id, {})[figure] = judged.score
            if judged.reason:
                reasons.setdefault(query_id, {})[figure] = judged.reason
        price = cost_usd(self._tally, settings.judge_input_price, settings.judge_output_price)
        seconds = time.perf_counter() - began
        usage = Usage(self._tally, len(units) - cached, cached, price, seconds)
        return Judgement(judge_id(settings), scores, reasons, tuple(failures), usage)

    async def sit(self, units: Sequence[_Unit]) -> None:
        """Ask for every score, no more than `judge_jobs` at a time, each request after the other.

        Raises:
            JudgeError: There is no use in going on.
        """
        async with connected(self._settings) as client:
            waiting = iter(units)

            async def work() -> None:
                for unit in waiting:
                    await self._judge(client, unit)

            jobs = min(self._settings.judge_jobs, len(units))
            workers = [asyncio.create_task(work()) for _ in range(jobs)]
            try:
                await asyncio.gather(*workers)
            finally:
                for worker in workers:
                    worker.cancel()
                await asyncio.gather(*workers, return_exceptions=True)

    async def _judge(self, client: JudgeClient, unit: _Unit) -> None:
        tally = Tally()
        try:
            judged = await judge_one(client, unit.figure, unit.inputs, self._embedder, tally)
        except JudgeError as exc:
            self._fail(unit, exc)
        else:
            self._answered, self._failed_in_a_row = True, 0
            self._cache.put(unit.key, unit.figure, judged, unit.item.documents)
            self._note(unit, judged)
        finally:
            self._tally.add(tally)  # what a failed or cancelled score took was taken as well

    def _fail(self, unit: _Unit, error: JudgeError) -> None:
        if error.hopeless and not self._answered:  # else it may be about this one answer
            raise error
        self._failed[unit.place] = error.reason
        self._failed_in_a_row += 1
        if self._failed_in_a_row >= _STOP_AFTER:
            raise JudgeError(
                f"failed {self._failed_in_a_row} times in a row and was asked no more; "
                f"the last time, the judge {error.reason}",
                f"{error.remedy} Then run it again: what was judged is kept.".lstrip(),
                kind=error.kind,
                hopeless=True,
            ) from error
        self._done(unit)

    def _note(self, unit: _Unit, judged: Judged) -> None:
        self._judged[unit.place] = judged
        self._done(unit)

    def _done(self, unit: _Unit) -> None:
        if self._progress is not None:
            self._progress.judgement_done(unit.item.query_id)

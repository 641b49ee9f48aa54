"""What the workers did, from looks at their counters: rates, quantiles, totals. No clock and no screen in here."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from itertools import pairwise
from math import floor, inf
from typing import Final

from pipeline.cli.top.scrape import NoAnswer, Page, Series

DOCUMENTS: Final = "copydesk_documents_total"
VERDICTS: Final = "copydesk_duplicates_total"
STAGE_SECONDS: Final = "copydesk_stage_seconds_bucket"
END_TO_END: Final = "copydesk_end_to_end_seconds_bucket"
READY: Final = "copydesk_ready"
LAG: Final = "copydesk_lag_records"
PARTITIONS: Final = "copydesk_assigned_partitions"
_COUNTERS: Final[Mapping[str, tuple[str, ...]]] = {
    DOCUMENTS: ("stage", "outcome"),
    VERDICTS: ("kind",),
    STAGE_SECONDS: ("stage", "le"),
    END_TO_END: ("le",),
}
WANTED: Final[Mapping[str, tuple[str, ...]]] = {**_COUNTERS, READY: (), LAG: ("topic",), PARTITIONS: ()}
"""The samples to read of a page, and the labels to keep."""

# The widest sparkline: 120 columns of 5 s.
_KEPT_SECONDS: Final = 610.0


def increase(before: Page, after: Page) -> dict[Series, float]:
    """What was counted between two looks at one worker. A counter that fell began at 0 again: the worker is a new one."""
    return {
        series: value - before.get(series, 0.0) if value >= before.get(series, 0.0) else value
        for series, value in after.items()
        if series[0] in _COUNTERS
    }


class Figures:
    """All workers as one that never restarts.

    Every question is asked by the beginning of a series: `DOCUMENTS, "clean"` is all that clean did, with `"rejected"`
    behind it what it rejected.
    """

    def __init__(self) -> None:
        self.workers: Mapping[str, Page | NoAnswer] = {}
        """The last look."""
        self._pages: dict[str, Page] = {}
        self._earlier: dict[Series, float] = defaultdict(float)
        self._watched: dict[Series, float] = defaultdict(float)
        self._history: list[tuple[float, Mapping[Series, float]]] = []

    def add(self, looked: Mapping[str, Page | NoAnswer], at: float) -> None:
        """One look at all workers, at a time of a clock that never falls.

        What a worker did unwatched (before the first look, or while it did not answer) is in the totals and in no rate:
        nobody knows when it was done, and all at once would be a spike.
        """
        for name, page in looked.items():
            if isinstance(page, NoAnswer):
                continue
            unwatched = isinstance(self.workers.get(name, NoAnswer("")), NoAnswer)
            counted = self._earlier if unwatched else self._watched
            for series, value in increase(self._pages.get(name, {}), page).items():
                counted[series] += value
            self._pages[name] = page
        self.workers = dict(looked)
        self._history.append((at, dict(self._watched)))
        del self._history[: bisect_right(self._history, at - _KEPT_SECONDS, key=_time)]

    @property
    def answering(self) -> dict[str, Page]:
        return {name: page for name, page in self.workers.items() if not isinstance(page, NoAnswer)}

    def total(self, *series: str) -> float:
        """Counted since the workers started, as far as it was seen."""
        return _sum(self._earlier, series) + _sum(self._watched, series)

    def grown(self, seconds: float, *series: str) -> float:
        """Counted in the last `seconds`, or since the first look if that is less."""
        if not self._history:
            return 0.0
        now, counted = self._history[-1]
        return _sum(counted, series) - self._at(max(now - seconds, self._history[0][0]), series)

    def rate(self, seconds: float, *series: str) -> float | None:
        """Counted in a second, over the last `seconds`; None until there are two looks."""
        if len(self._history) < 2:
            return None
        passed = min(seconds, self._history[-1][0] - self._history[0][0])
        return self.grown(seconds, *series) / passed if passed > 0 else None

    def columns(self, number: int, seconds: float, *series: str) -> list[float | None]:
        """Rates in the last columns of `seconds` each, the latest last; None from before the first look.

        Columns begin at whole multiples, so that a picture of them moves and does not dance; one that is not over yet
        is left out.
        """
        if not self._history:
            return [None] * number
        last = floor(self._history[-1][0] / seconds)
        borders = [seconds * (last - back) for back in range(number, -1, -1)]
        return [
            None if begin < self._history[0][0] else (self._at(end, series) - self._at(begin, series)) / seconds
            for begin, end in pairwise(borders)
        ]

    def quantile(self, part: float, seconds: float, *buckets: str) -> float | None:
        """Of what a histogram observed in the last `seconds`; None where nothing was observed.

        As Prometheus reckons it: linear within a bucket, and the last bound for what is above it.
        """
        counts = {float(series[-1]): self.grown(seconds, *series) for series in self._watched if series[:-1] == buckets}
        bounds = sorted(counts)
        if not bounds or counts[bounds[-1]] <= 0:
            return None
        rank = part * counts[bounds[-1]]
        below = lower = 0.0
        for bound in bounds:
            if counts[bound] >= rank:
                break
            below, lower = counts[bound], bound
        return lower if bound == inf else lower + (bound - lower) * (rank - below) / (counts[bound] - below)

    def _at(self, time: float, series: Series) -> float:
        """What had been counted at `time`, on a straight line between the looks around it."""
        place = bisect_right(self._history, time, key=_time)
        if place == len(self._history):
            return _sum(self._history[-1][1], series)
        (earlier, before), (later, after) = self._history[max(0, place - 1)], self._history[place]
        counted = _sum(before, series)
        if earlier >= time:
            return counted
        return counted + (_sum(after, series) - counted) * (time - earlier) / (later - earlier)


def _time(look: tuple[float, Mapping[Series, float]]) -> float:
    return look[0]


def _sum(counted: Mapping[Series, float], beginning: Series) -> float:
    return sum(value for series, value in counted.items() if series[: len(beginning)] == beginning)

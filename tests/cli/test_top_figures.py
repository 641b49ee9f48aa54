from bisect import bisect_left
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cli.top.figures import DOCUMENTS, END_TO_END, LAG, VERDICTS, Figures, increase
from pipeline.cli.top.scrape import NoAnswer, Page

CLEAN = (DOCUMENTS, "clean", "emitted")
AWAY = NoAnswer("nothing listens")
BOUNDS = (0.1, 1.0, 10.0, inf)


def page(documents: float) -> Page:
    return {CLEAN: documents}


def histogram(values: list[float]) -> Page:
    return {(END_TO_END, str(bound)): float(sum(value <= bound for value in values)) for bound in BOUNDS}


def test_a_rate_is_the_sum_over_all_workers() -> None:
    figures = Figures()
    figures.add({"a": page(100), "b": page(1000)}, 0.0)
    assert figures.rate(30, DOCUMENTS, "clean") is None
    figures.add({"a": page(120), "b": page(1030)}, 10.0)
    assert figures.rate(30, DOCUMENTS, "clean") == 5
    assert figures.total(DOCUMENTS, "clean") == 1150
    assert figures.grown(5, DOCUMENTS) == 25  # half of it, on a straight line
    figures.add({"a": page(120), "b": page(1030)}, 20.0)
    assert figures.rate(10, DOCUMENTS, "clean") == 0
    assert figures.rate(20, DOCUMENTS, "clean") == 2.5
    assert figures.rate(20, VERDICTS) == 0


@given(st.lists(st.tuples(st.sampled_from(["work", "restart", "away", "gone"]), st.integers(0, 1000)), max_size=30))
def test_nothing_is_lost_and_nothing_counted_twice_whatever_happens_to_a_worker(events: list[tuple[str, int]]) -> None:
    figures, counter, done = Figures(), 0, 0
    for at, (event, number) in enumerate(events):
        if event == "restart":
            counter = 0
        elif event == "work":
            counter += number
            done += number
        looked: dict[str, Page | NoAnswer] = {"b": page(at)}
        if event != "gone":
            looked["a"] = AWAY if event == "away" else page(counter)
        figures.add(looked, float(at))
        assert (figures.rate(10, DOCUMENTS) or 0) >= 0
        assert figures.total(DOCUMENTS) == done + at


def test_what_was_done_unwatched_is_in_the_total_and_in_no_rate() -> None:
    figures = Figures()
    looks: list[Page | NoAnswer] = [page(5000), page(5010), AWAY, AWAY, page(9000), page(9010)]
    for at, looked in enumerate(looks):
        figures.add({"a": looked}, float(at))
    assert figures.total(DOCUMENTS) == 9010
    assert figures.grown(60, DOCUMENTS) == 20
    figures.add({"a": page(9020), "late": page(777)}, 6.0)
    assert figures.total(DOCUMENTS) == 9020 + 777
    assert figures.grown(60, DOCUMENTS) == 30


def test_a_counter_that_fell_began_again() -> None:
    assert increase(page(100), page(7)) == {CLEAN: 7}
    assert increase(page(100), page(100)) == {CLEAN: 0}
    assert increase({}, page(3)) == {CLEAN: 3}
    assert increase({}, {(LAG, "news.raw"): 5}) == {}  # a gauge is no count


@given(st.lists(st.integers(0, 50), min_size=30, max_size=60))
def test_columns_are_whole_and_add_up(steps: list[int]) -> None:
    figures, done = Figures(), 0
    for at, step in enumerate([0, *steps]):
        done += step
        figures.add({"a": page(done)}, float(at))
    columns = figures.columns(20, 5.0, DOCUMENTS)
    known = [column for column in columns if column is not None]
    whole = len(steps) // 5
    assert columns == [None] * (20 - whole) + known
    assert sum(known) * 5 == pytest.approx(sum(steps[: 5 * whole]))


def test_a_column_does_not_change_when_time_goes_on() -> None:
    figures = Figures()
    seen: list[float | None] = []
    for at in range(23):
        figures.add({"a": page(at * at)}, float(at))
        if at == 20:
            seen = figures.columns(4, 5.0, DOCUMENTS)
    assert figures.columns(4, 5.0, DOCUMENTS) == seen == [5, 15, 25, 35]


def test_history_is_bounded() -> None:
    figures = Figures()
    for at in range(2000):
        figures.add({"a": page(at)}, float(at))
    assert len(figures._history) <= 611
    assert figures.columns(120, 5.0, DOCUMENTS) == [1.0] * 120


@given(st.lists(st.floats(0, 9.9), min_size=2, max_size=50), st.lists(st.floats(0, 100), max_size=5))
def test_a_quantile_lies_in_the_bucket_of_the_true_one(observed: list[float], earlier: list[float]) -> None:
    figures = Figures()
    figures.add({"a": histogram(earlier), "b": histogram([])}, 0.0)
    half = len(observed) // 2
    figures.add({"a": histogram(earlier + observed[:half]), "b": histogram(observed[half:])}, 10.0)
    ordered = sorted(observed)
    for part in (0.5, 0.95):
        found = figures.quantile(part, 60, END_TO_END)
        true = ordered[max(0, -int(-part * len(ordered) // 1) - 1)]
        bucket = bisect_left(BOUNDS, true)
        assert found is not None
        assert (0, *BOUNDS)[bucket] <= found <= BOUNDS[bucket] + 1e-9


def test_quantiles_as_prometheus_reckons_them() -> None:
    figures = Figures()
    figures.add({"a": histogram([])}, 0.0)
    assert figures.quantile(0.5, 60, END_TO_END) is None
    figures.add({"a": histogram([0.05] * 50 + [0.5] * 50)}, 1.0)
    assert figures.quantile(0.5, 60, END_TO_END) == pytest.approx(0.1)
    assert figures.quantile(0.75, 60, END_TO_END) == pytest.approx(0.55)
    figures.add({"a": histogram([0.05] * 50 + [0.5] * 50 + [100] * 900)}, 2.0)
    assert figures.quantile(0.5, 60, END_TO_END) == 10  # above the last bound: that bound
    figures.add({"a": histogram([0.05] * 50 + [0.5] * 50 + [100] * 900)}, 90.0)
    assert figures.quantile(0.5, 60, END_TO_END) is None  # a minute without any

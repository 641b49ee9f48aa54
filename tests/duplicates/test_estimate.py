import random
from math import isnan, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.duplicates.estimate import LEAST, estimate
from pipeline.duplicates.sketch import SIZE, Hashes

SMALL = st.sets(st.integers(0, 60), max_size=50)
LONG = st.sets(st.integers(0, 500), max_size=400)


def bottom(values: set[int]) -> Hashes:
    return np.array(sorted(values)[:SIZE], dtype=np.uint32)


def estimated(one: Hashes, *others: Hashes) -> list[float]:
    """Similarity and containment of each, one after the other; behind a sketch stands what must not be looked at: the text itself again."""
    rows = np.zeros((len(others), SIZE), dtype=np.uint32)
    rows[:, : len(one)] = one
    for row, other in zip(rows, others, strict=True):
        row[: len(other)] = other
    found = estimate(one, rows, np.array([len(other) for other in others], dtype=np.int64))
    return np.array([found.similarity, found.containment]).T.ravel().tolist()


def share(part: int, whole: int, least: int = 1) -> float:
    return part / whole if whole >= least else nan


@settings(deadline=None)
@given(SMALL, st.lists(SMALL, min_size=1, max_size=5))
def test_texts_held_whole_are_compared_exactly(one: set[int], others: list[set[int]]) -> None:
    expected: list[float] = []
    for other in others:
        common = len(one & other)
        expected += common / len(one | other or {0}), share(common, min(len(one), len(other)), LEAST)
    assert estimated(bottom(one), *map(bottom, others)) == pytest.approx(expected, nan_ok=True)


def slow(one: set[int], other: set[int]) -> tuple[float, float]:
    """By the definition, with sets."""
    first, second = (set(sorted(values)[:SIZE]) for values in (one, other))
    full = [max(kept) for kept in (first, second) if len(kept) == SIZE]
    union = sorted(first | second)[: SIZE if full else None]
    last = min(full, default=1 << 32)
    below, beside = ({value for value in kept if value <= last} for kept in (first, second))
    shorter = min(len(below), len(beside))
    return len(first & second & set(union)) / max(len(union), 1), share(len(below & beside), shorter, LEAST)


@settings(deadline=None)
@given(LONG, st.lists(LONG, min_size=1, max_size=4))
def test_all_at_once_is_as_one_by_one(one: set[int], others: list[set[int]]) -> None:
    expected = [value for other in others for value in slow(one, other)]
    assert estimated(bottom(one), *map(bottom, others)) == pytest.approx(expected, nan_ok=True)


@settings(deadline=None)
@given(LONG, LONG)
def test_estimates_are_symmetrical_and_a_share(one: set[int], other: set[int]) -> None:
    found = estimated(bottom(one), bottom(other))
    assert found == pytest.approx(estimated(bottom(other), bottom(one)), nan_ok=True)
    similarity, containment = found
    assert 0 <= similarity <= 1
    assert isnan(containment) or similarity - 0.2 <= containment <= 1


@settings(deadline=None)
@given(st.sets(st.integers(0, 1000), min_size=1, max_size=400))
def test_a_text_is_like_itself(text: set[int]) -> None:
    assert estimated(bottom(text), bottom(text)) == pytest.approx([1, 1 if len(text) >= LEAST else nan], nan_ok=True)


def test_hashes_at_both_ends_of_the_range_count() -> None:
    ends = set(range(LEAST)) | {2**32 - 1 - number for number in range(LEAST)}
    assert estimated(bottom(ends), bottom(ends)) == [1, 1]


def test_without_others_nothing_is_said() -> None:
    assert estimated(bottom({1, 2})) == []


@pytest.mark.parametrize(
    ("one", "other", "common"), [(1000, 1000, 600), (100, 500, 80), (300, 2000, 250), (1000, 1000, 0), (5000, 400, 400)]
)
def test_estimates_of_long_texts_are_right_on_average(one: int, other: int, common: int) -> None:
    draw = random.Random(1)
    found = []
    for _ in range(200):
        values = [draw.getrandbits(32) for _ in range(one + other - common)]
        found.append(estimated(bottom(set(values[:one])), bottom(set(values[one - common :]))))
    similarities, containments = np.array(found).T
    # 200 draws with standard errors of at most .044 and .16: four of the mean's are .012 and .045.
    assert np.mean(similarities) == pytest.approx(common / (one + other - common), abs=0.012)
    assert np.nanmean(containments) == pytest.approx(common / min(one, other), abs=0.045)


def test_too_small_a_sample_says_nothing_about_containment() -> None:
    draw = random.Random(2)
    values = [draw.getrandbits(32) for _ in range(20_000)]
    assert isnan(estimated(bottom(set(values)), bottom(set(values[:100])))[1])

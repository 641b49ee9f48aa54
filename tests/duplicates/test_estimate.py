import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.duplicates.estimate import LEAST, estimate
from pipeline.duplicates.sketch import SIZE, Hashes

SMALL = st.sets(st.integers(0, 60), max_size=50)


def bottom(values: set[int]) -> Hashes:
    return np.array(sorted(values)[:SIZE], dtype=np.uint64)


@settings(deadline=None)
@given(SMALL, SMALL)
def test_texts_held_whole_are_compared_exactly(one: set[int], other: set[int]) -> None:
    found = estimate(bottom(one), bottom(other))
    assert found.similarity == (len(one & other) / len(one | other) if one | other else 0.0)
    shorter = min(len(one), len(other))
    assert found.containment == (len(one & other) / shorter if shorter >= LEAST else None)


@settings(deadline=None)
@given(st.sets(st.integers(0, 500), max_size=400), st.sets(st.integers(0, 500), max_size=400))
def test_estimates_are_symmetrical_and_a_share(one: set[int], other: set[int]) -> None:
    found = estimate(bottom(one), bottom(other))
    assert found == estimate(bottom(other), bottom(one))
    assert 0 <= found.similarity <= 1
    assert found.containment is None or found.similarity - 0.2 <= found.containment <= 1


@settings(deadline=None)
@given(st.sets(st.integers(0, 1000), min_size=1, max_size=400))
def test_a_text_is_like_itself(text: set[int]) -> None:
    found = estimate(bottom(text), bottom(text))
    assert found.similarity == 1
    assert found.containment in (1, None)


@pytest.mark.parametrize(
    ("one", "other", "common"), [(1000, 1000, 600), (100, 500, 80), (300, 2000, 250), (1000, 1000, 0), (5000, 400, 400)]
)
def test_estimates_of_long_texts_are_right_on_average(one: int, other: int, common: int) -> None:
    draw = random.Random(1)
    similarities, containments = [], []
    for _ in range(200):
        values = [draw.getrandbits(64) for _ in range(one + other - common)]
        found = estimate(bottom(set(values[:one])), bottom(set(values[one - common :])))
        similarities.append(found.similarity)
        if found.containment is not None:
            containments.append(found.containment)
    # 200 draws with standard errors of at most .044 and .16: four of the mean's are .012 and .045.
    assert np.mean(similarities) == pytest.approx(common / (one + other - common), abs=0.012)
    assert np.mean(containments) == pytest.approx(common / min(one, other), abs=0.045)


def test_too_small_a_sample_says_nothing_about_containment() -> None:
    draw = random.Random(2)
    values = [draw.getrandbits(64) for _ in range(20_000)]
    assert estimate(bottom(set(values)), bottom(set(values[:100]))).containment is None

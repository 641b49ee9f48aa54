"""The compiled kernel and numpy's, against each other and against trying every path."""

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.entities.english import kernel

TAGS = 9


@pytest.fixture(autouse=True)
def _compiled() -> None:
    """The kernel is built by the install wherever a C compiler is, as it is where these tests run."""
    assert kernel.compiled(), "no compiled kernel: is there a C compiler? run `make clean test`"


def random_scores(seed: int, n: int) -> tuple[kernel.Floats, kernel.Floats, kernel.Floats, kernel.Bytes]:
    rng = np.random.default_rng(seed)
    draw = rng.normal(size=(n + 10, TAGS)).astype(np.float32)
    fresh = (rng.random(n) < 0.2).astype(np.uint8)
    return draw[:n].copy(), draw[n : n + 9].copy(), draw[n + 9].copy(), fresh


@given(st.integers(0, 2**32), st.integers(0, 60))
def test_viterbi_is_the_same_compiled_and_in_numpy(seed: int, n: int) -> None:
    scores, between, begin, fresh = random_scores(seed, n)
    compiled = kernel.viterbi(scores, between, begin, fresh)
    assert compiled.tolist() == kernel._viterbi(scores, between, begin, fresh).tolist()


@pytest.mark.parametrize("seed", range(5))
def test_viterbi_finds_the_best_of_all_paths(seed: int) -> None:
    scores, between, begin, fresh = random_scores(seed, 4)
    fresh[:] = [1, 0, int(seed % 2), 0]

    def worth(path: tuple[int, ...]) -> float:
        total = sum(float(scores[i, tag]) for i, tag in enumerate(path)) + float(begin[path[0]])
        for i, (since, to) in enumerate(pairwise(path), 1):
            total += float(begin[to]) if fresh[i] else float(between[since, to])
        return total

    best = max(product(range(TAGS), repeat=4), key=worth)
    assert tuple(kernel.viterbi(scores, between, begin, fresh)) == best


@pytest.mark.parametrize("size", [1, 7, 128])
def test_the_window_sums_the_rows_around_each_token(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(20, 5, size)).astype(np.float32)
    ids = rng.integers(0, 20, 34).astype(np.int32)
    bias = rng.normal(size=size).astype(np.float32)
    expected = [np.maximum(bias + sum(rows[ids[i + o], o] for o in range(5)), 0) for i in range(30)]
    compiled = kernel.window(rows, ids, bias)
    monkeypatch.setattr(kernel, "_library", None)
    assert np.allclose(compiled, expected, atol=1e-5)
    assert np.allclose(kernel.window(rows, ids, bias), expected, atol=1e-5)

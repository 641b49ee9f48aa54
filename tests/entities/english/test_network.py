"""The network's own code, on small random weights: what is shipped is scored by tests/quality."""

import numpy as np
import pytest

from pipeline.entities.english import network
from pipeline.entities.english.features import BUCKETS, HASHED, SHAPES, word_keys
from pipeline.entities.english.network import BOUNDARY, TAGS, WINDOW, Network

HIDDEN, SMALL, DIMENSIONS, FACTS = 6, 4, 3, 5


def weights() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    size = 2 * DIMENSIONS + SMALL + 2 * FACTS
    keys = np.sort(word_keys(["Putin", "putin", "moscow", "said"]))
    return {
        "version": np.array("test"),
        "frequent": np.array("the\nsaid"),
        "vectors": rng.integers(-127, 127, (5, DIMENSIONS)).astype(np.int8),
        "vectors_scale": np.full(DIMENSIONS, 0.01, np.float32),
        "hashed": rng.integers(-127, 127, (HASHED, BUCKETS, SMALL)).astype(np.int8),
        "hashed_scale": np.full(HASHED, 0.01, np.float32),
        "shapes": rng.integers(-127, 127, (SHAPES, SMALL)).astype(np.int8),
        "shapes_scale": np.array(0.01, np.float32),
        "rows": rng.normal(size=(size, WINDOW * HIDDEN)).astype(np.float16),
        "rows_bias": rng.normal(size=HIDDEN).astype(np.float16),
        **{
            name: rng.normal(size=shape).astype(np.float16)
            for layer in ("deep", "deep2")
            for name, shape in ((layer, (3 * HIDDEN, HIDDEN)), (f"{layer}_bias", (HIDDEN,)))
        },
        "out": rng.normal(size=(HIDDEN, len(TAGS))).astype(np.float16),
        "out_bias": rng.normal(size=len(TAGS)).astype(np.float16),
        "word_keys": keys,
        "word_vectors": np.arange(1, 5, dtype=np.uint16),
        "fact_keys": np.sort(word_keys(["moscow"])),
        "facts": np.array([[0x12, 0x34, 0x50]], np.uint8),
    }


@pytest.fixture
def net() -> Network:
    return Network(weights())


WORDS = "Putin said in Moscow that MOSCOW will , Putin said".split()


def test_a_type_has_the_same_rows_in_any_company(net: Network) -> None:
    together = net.describe(WORDS)
    assert all(np.allclose(net.describe([word])[0], together[i], atol=1e-5) for i, word in enumerate(WORDS))
    assert not np.allclose(together[3], together[5])  # the case of a word matters


def test_facts_are_read_in_pairs(net: Network) -> None:
    assert net._facts_of(["Moscow", "nowhere"]).tolist() == [[1, 2, 3, 4, 5], [0, 0, 0, 0, 0]]


def test_a_word_without_a_vector_takes_that_of_its_small_form(net: Network) -> None:
    known = net._vector_of(["moscow", "Moscow"])
    assert known[0] > 0
    assert known[1] == 0
    assert not np.allclose(net.describe(["MOSCOW"]), net.describe(["NOWHERE"]))


def test_scores_are_probabilities_and_reach_as_far_as_the_layers(net: Network) -> None:
    ids = net.ids(WORDS * 3)
    everything = np.ones(len(ids), bool)
    scores = net.scores(ids, everything)
    assert np.allclose(np.exp(scores).sum(1), 1, atol=1e-5)
    other = ids.copy()
    other[15] = net.ids(["elsewhere"])[0]
    touched = np.flatnonzero(np.abs(net.scores(other, everything) - scores).max(1) > 1e-6)
    assert touched.min() >= 15 - 5  # two places of the window, one and two of the layers above
    assert touched.max() <= 15 + 5


def test_types_forgotten_and_learnt_anew_are_the_same(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "KEPT", 16)
    everything = np.ones(len(WORDS), bool)
    before = net.scores(net.ids(WORDS), everything)
    net.ids([f"word{i}" for i in range(12)])
    assert len(net._types) <= 16
    assert np.allclose(net.scores(net.ids(WORDS), everything), before, atol=1e-5)
    assert net.ids([BOUNDARY])[0] == 0


@pytest.mark.parametrize("words", [[], ["one"], ["one", "two"]])
def test_texts_shorter_than_the_window(net: Network, words: list[str]) -> None:
    assert net.scores(net.ids(words), np.ones(len(words), bool)).shape == (len(words), len(TAGS))


@pytest.mark.parametrize("chosen", [[], [0], [3], [8], [0, 4, 5, 8]])
def test_what_is_wanted_is_as_if_all_were_and_the_rest_is_outside(net: Network, chosen: list[int]) -> None:
    ids = net.ids(WORDS)
    wanted = np.isin(np.arange(len(ids)), chosen)
    scores = net.scores(ids, wanted)
    assert np.allclose(scores[wanted], net.scores(ids, np.ones(len(ids), bool))[wanted], atol=1e-5)
    assert (scores[~wanted].argmax(1) == 0).all()

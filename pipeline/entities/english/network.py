"""The network: look-ups for each word type, two small layers around them, one score for each tag of each token.

A window of five word types makes the first layer. As each type's part depends on nothing else, its five rows are computed
once and kept, and the layer is their sum (the trick of linear-chain CRFs, whose features are sums as well; here the sum
passes on through two convolutions, after Collobert et al. 2011 and Strubell et al. 2017).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from pipeline.entities.english.features import hashed, plain, shape, word_keys
from pipeline.entities.english.kernel import Bytes, Flags, Floats, Ids, window

TAGS: Final = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC", "B-MISC", "I-MISC")
WINDOW: Final = 5
# The type of what parts lines, and of what stands before and after the text.
BOUNDARY: Final = "\n"
# Tokens to each side that the layers above the window see. As many boundaries stand around a text, as in training.
REACH: Final = 3
_LAYERS: Final = (("deep", 1, 2), ("deep2", 2, 0))
_OUTSIDE: Final = -30.0  # the logarithm of as good as nothing
# Rows kept at once: 42 MB. A thousand articles hold that many types; then they are forgotten and learnt anew, which
# costs 10 µs a type.
KEPT: Final = 16_384
# No more tokens are read at once: their types fit what is kept.
SLICE: Final = 8_192


@dataclass(frozen=True, slots=True)
class Layer:
    """A convolution of width 3: a token, and those `step` before and behind it."""

    weights: Floats
    bias: Floats
    step: int
    above: int
    """How far the layers above this one reach."""


class Network:
    """Weights, and the rows of the types met so far. Serves one call at a time."""

    def __init__(self, weights: Mapping[str, npt.NDArray[Any]]) -> None:
        self._weights = weights
        self.version: Final = str(weights["version"])
        self._mix = weights["rows"].astype(np.float32)
        self._bias = weights["rows_bias"].astype(np.float32)
        self._size: Final = len(self._bias)
        # Facts come in pairs of a byte: the number of them tells whether the last one has a partner.
        self._facts: Final = (len(self._mix) - 2 * weights["vectors"].shape[1] - weights["shapes"].shape[1]) // 2
        self._layers = [
            Layer(weights[name].astype(np.float32), weights[f"{name}_bias"].astype(np.float32), step, above)
            for name, step, above in _LAYERS
        ]
        self._out = weights["out"].astype(np.float32)
        self._out_bias = weights["out_bias"].astype(np.float32)
        self._rows = np.zeros((KEPT, WINDOW, self._size), np.float32)
        self._frequent = str(weights["frequent"]).split("\n")
        self._forget()

    def _forget(self) -> None:
        """Begin with the types that most articles have: half of what an article would have to describe."""
        first = [BOUNDARY, *self._frequent]
        self._rows[: len(first)] = self.describe(first)
        self._types = dict(zip(first, range(len(first)), strict=True))

    def ids(self, words: Sequence[str]) -> Ids:
        """The types of at most `SLICE` tokens, as numbers that hold until the next call."""
        known = self._types
        found = [known.get(word, -1) for word in words]
        if -1 in found:
            new = list(dict.fromkeys(word for word, number in zip(words, found, strict=True) if number < 0))
            if len(known) + len(new) > KEPT:
                self._forget()
                known = self._types
                new = list(dict.fromkeys(word for word in words if word not in known))
            self._rows[len(known) : len(known) + len(new)] = self.describe(new)
            known.update(zip(new, range(len(known), len(known) + len(new)), strict=True))
            found = [known[word] for word in words]
        return np.array(found, np.int32)

    def describe(self, words: Sequence[str]) -> Floats:
        """The rows of word types: types × window × size."""
        low = [word.lower() for word in words]
        lower = self._vector_of(low)
        cased = self._vector_of(words)
        cased = np.where(cased, cased, np.where(lower, lower, self._vector_of([word.capitalize() for word in low])))
        weights = self._weights
        buckets = np.array([hashed(word) for word in words], np.int32)
        small = weights["shapes"][[shape(word) for word in words]].astype(np.float32) * weights["shapes_scale"]
        for i, scale in enumerate(weights["hashed_scale"]):
            small += weights["hashed"][i][buckets[:, i]] * scale
        vectors, scale = weights["vectors"], weights["vectors_scale"]
        facts = self._facts_of(words).astype(np.float32)
        x = np.concatenate([vectors[cased] * scale, vectors[lower] * scale, small, facts / 8, np.sign(facts)], 1)
        return (x.astype(np.float32) @ self._mix).reshape(len(words), WINDOW, self._size)

    def _vector_of(self, words: Sequence[str]) -> npt.NDArray[np.int64]:
        keys, at = self._weights["word_keys"], word_keys(words)
        place = np.minimum(np.searchsorted(keys, at), len(keys) - 1)
        return np.where(keys[place] == at, self._weights["word_vectors"][place].astype(np.int64), 0)

    def _facts_of(self, words: Sequence[str]) -> Bytes:
        keys, packed = self._weights["fact_keys"], self._weights["facts"]
        at = word_keys([plain(word) for word in words])
        place = np.minimum(np.searchsorted(keys, at), len(keys) - 1)
        both = np.where((keys[place] == at)[:, None], packed[place], 0)
        return np.stack([both >> 4, both & 15], -1).reshape(len(words), -1)[:, : self._facts]

    def scores(self, ids: Ids, wanted: Flags) -> Floats:
        """Logarithms of the probabilities of the tags: tokens × tags. A token that is not `wanted` is outside.

        The layers above the window are computed for what is wanted, and what that depends on, alone.
        """
        hidden = window(self._rows, np.pad(ids, WINDOW // 2 + REACH), self._bias)
        at = np.flatnonzero(wanted) + REACH
        for layer in self._layers:
            places = _around(at, layer.above)
            near = np.concatenate([hidden[places + step] for step in (-layer.step, 0, layer.step)], 1)
            near = near @ layer.weights + layer.bias
            hidden[places] += np.maximum(near, 0, out=near)
        told = hidden[at] @ self._out + self._out_bias
        told -= told.max(1, keepdims=True)
        told -= np.log(np.exp(told).sum(1, keepdims=True))
        scores = np.full((len(ids), len(TAGS)), _OUTSIDE, np.float32)
        scores[:, 0] = 0
        scores[at - REACH] = told
        return scores


def _around(places: npt.NDArray[np.intp], reach: int) -> npt.NDArray[np.intp]:
    """The places and those up to `reach` beside them, ascending, each once."""
    if not reach or not len(places):
        return places
    marked = np.zeros(places[-1] + reach + 1, bool)
    for step in range(-reach, reach + 1):
        marked[places + step] = True
    return np.flatnonzero(marked)


def load(path: Path) -> Network:
    """The network whose weights ops/training wrote to `path`."""
    with np.load(path) as stored:
        return Network({name: stored[name] for name in stored.files})

"""The trained network as the file that is shipped: tables in bytes, layers in half floats, words as hashes."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ops.training.lexicon import table
from ops.training.recipe import Words


def quantised(values: np.ndarray, axis: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Bytes, and what they are multiplied by: the largest value (of each place along `axis`, if given) is 127."""
    others = tuple(i for i in range(values.ndim) if i != axis)
    largest = np.abs(values).max(axis=None if axis is None else others, keepdims=axis is not None)
    scale = np.maximum(largest, 1e-8) / 127
    return np.round(values / scale).astype(np.int8), np.asarray(scale, np.float32)


def export(params: Mapping[str, Any], known: Words, frequent: Sequence[str], path: Path) -> None:
    """Write the weights of `student.train`, the lexicon, and the word types to begin with, to `path`."""
    weights = {name: np.asarray(value, np.float32) for name, value in params.items()}
    stored: dict[str, np.ndarray] = {}
    stored["vectors"], scale = quantised(weights.pop("vectors"), 1)
    stored["vectors_scale"] = scale[0]
    stored["hashed"], scale = quantised(weights.pop("hashed"), 0)
    stored["hashed_scale"] = scale[:, 0, 0]
    stored["shapes"], stored["shapes_scale"] = quantised(weights.pop("shapes"))
    stored |= {name: value.astype(np.float16) for name, value in weights.items()}
    stored["word_keys"], rows = table({word: np.array(row + 1, np.uint16) for word, row in known.vector_of.items()})
    stored["word_vectors"] = rows
    stored["fact_keys"], rows = table(known.facts)
    rows = np.pad(rows, ((0, 0), (0, rows.shape[1] % 2)))
    stored["facts"] = rows[:, ::2] << 4 | rows[:, 1::2]
    stored["frequent"] = np.array("\n".join(frequent))
    digest = hashlib.sha256(b"".join(np.ascontiguousarray(stored[name]).tobytes() for name in sorted(stored)))
    stored["version"] = np.array(digest.hexdigest()[:8])
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **stored)

"""The two inner loops of the tagger: compiled (kernel.c, built at install) where a compiler was there, else numpy.

Both give the same tags; tests/entities/english/test_kernel.py compares them.
"""

import ctypes
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
Ids = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

LIBRARY: Final = Path(__file__).with_name("_kernel.so")


def window(rows: Floats, ids: Ids, bias: Floats) -> Floats:
    """Activations of the first layer: for each token the sum of the rows of the types around it, not below 0.

    `rows` is types × window × size, `ids` the tokens' types with half a window of boundaries at both ends.
    """
    size, width = rows.shape[2], rows.shape[1]
    n = len(ids) - width + 1
    hidden = np.empty((n, size), np.float32)
    if _library:
        _library.copydesk_window(_at(rows), _at(ids), _at(bias), _at(hidden), n, width, size)
        return hidden
    hidden[:] = bias
    for offset in range(width):
        hidden += rows[ids[offset : offset + n], offset]
    return np.maximum(hidden, 0, out=hidden)


def viterbi(scores: Floats, transitions: Floats, begin: Floats, fresh: Bytes) -> Bytes:
    """The most likely tags (Viterbi 1967) of tokens × tags `scores`; a new path begins where `fresh` is 1.

    `transitions` is from × to, `begin` what a path's first tag costs.
    """
    n = len(scores)
    if not _library:
        return _viterbi(scores, transitions, begin, fresh)
    path = np.empty(n, np.uint8)
    back = np.empty(scores.shape, np.uint8)
    _library.copydesk_viterbi(_at(scores), _at(transitions), _at(begin), _at(fresh), _at(back), _at(path), n)
    return path


def _viterbi(scores: Floats, transitions: Floats, begin: Floats, fresh: Bytes) -> Bytes:
    """All paths at once, a step for each place in the longest: 12 times as fast as one after the other."""
    n, tags = scores.shape
    if n == 0:
        return np.empty(0, np.uint8)
    first = fresh.copy()
    first[0] = 1
    starts = np.flatnonzero(first)
    lengths = np.diff(starts, append=n)
    order = np.argsort(-lengths, kind="stable")
    starts, lengths = starts[order], lengths[order]
    back = np.zeros((n, tags), np.uint8)
    best = begin + scores[starts]
    last = best.copy()
    for step in range(1, int(lengths[0])):
        alive = int(np.searchsorted(-lengths, -step, side="left"))
        through = best[:alive, :, None] + transitions
        at = starts[:alive] + step
        back[at] = through.argmax(1)
        best = through.max(1) + scores[at]
        last[:alive] = best
    path = np.empty(n, np.uint8)
    tag = last.argmax(1).astype(np.uint8)
    for step in range(int(lengths[0]) - 1, -1, -1):
        alive = int(np.searchsorted(-lengths, -step, side="left"))
        at = starts[:alive] + step
        path[at] = tag[:alive]
        tag[:alive] = back[at, tag[:alive]]
    return path


def _at(array: npt.NDArray[np.generic]) -> int:
    return array.ctypes.data


def _load() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(str(LIBRARY))
    except OSError:
        return None
    pointer, number = ctypes.c_void_p, ctypes.c_int64
    library.copydesk_window.argtypes = [pointer] * 4 + [number] * 3
    library.copydesk_viterbi.argtypes = [pointer] * 6 + [number]
    library.copydesk_window.restype = library.copydesk_viterbi.restype = None
    return library


_library: Final = _load()


def compiled() -> bool:
    """Whether the compiled kernel is in use."""
    return _library is not None

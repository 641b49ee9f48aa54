"""What the model knows of a word type: numbers that look up rows of its tables.

Nothing here depends on the words around it, so each type is described once and its rows are kept (see network.py).
"""

import unicodedata
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import xxhash

# Tables of hashed strings, each with this many rows: collisions among the 60,000 types of the training text cost less
# than the megabytes that would avoid them.
BUCKETS: Final = 1 << 14
# Prefixes and suffixes up to four letters carry what a name's morphology tells ("-stan", "-ovich", "Mc-").
AFFIX: Final = 4
SHAPES: Final = 1 << 8
HASHED: Final = 1 + 2 * AFFIX

_LONGEST: Final = 40  # a word longer than this is no word: 40 letters of it describe it well enough


def plain(word: str) -> str:
    """Lower case without marks on letters, as the gazetteers are keyed."""
    low = word.lower()
    if low.isascii():
        return low
    return "".join(c for c in unicodedata.normalize("NFKD", low) if not unicodedata.combining(c))


def word_key(word: str) -> int:
    return xxhash.xxh3_64_intdigest(word.encode("utf-8", "replace")) & 0xFFFFFFFF


def word_keys(words: Sequence[str]) -> npt.NDArray[np.uint32]:
    return np.fromiter((word_key(word) for word in words), np.uint32, len(words))


def shape(word: str) -> int:
    """Its letters as X and x and its digits as d, runs shortened to two; marks as they are."""
    out = ""
    for c in word[:_LONGEST]:
        kind = "X" if c.isupper() else "x" if c.isalpha() else "d" if c.isdigit() else c
        if out[-2:] != kind * 2:
            out += kind
    return xxhash.xxh3_64_intdigest(out.encode("utf-8", "replace")) % SHAPES


def hashed(word: str) -> list[int]:
    """Rows in the hashed tables: the word itself, its prefixes and its suffixes."""
    low = word.lower()[:_LONGEST]
    parts = [low]
    for n in range(1, AFFIX + 1):
        parts += [low[:n], low[-n:]]
    return [xxhash.xxh3_64_intdigest(part.encode("utf-8", "replace"), seed=i) % BUCKETS for i, part in enumerate(parts)]

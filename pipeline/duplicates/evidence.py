"""What two articles are compared by, unpacked from a sketch: numbers only, as the window packs them.

Digit tokens and names are compared for equality alone, so 16 bits of their hash stand for them, in the upper half of 32
(sketch.py). Of two articles with 20 different numbers each, two numbers are taken for equal in one pair of 160
(20 * 20 / 2^16): one of twenty, which the rule's weights survive.
"""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.duplicates.sketch import DIGITS, NAMES, SIZE, SKETCH, FoldError, Hashes, token_hash
from pipeline.records import Sketch

# Its shingles are the same and its hashes twice as long: the upper half of each is today's.
BEFORE: Final = "kmv128-1"


@dataclass(frozen=True, slots=True)
class Evidence:
    exact: bytes
    """Hash of the normalised text, 16 bytes."""
    words: int
    shingles: int
    hashes: Hashes
    """The smallest shingle hashes, ascending, at most `SIZE`: all of a text that has no more."""
    numbers: Hashes
    """The smallest hashes of tokens with a digit, ascending, at most `DIGITS`: all of a text that has no more."""
    names: Hashes
    """The same of its names, at most `NAMES`. Sketches of the version before have none."""


# The window and the log keep a count in 32 bits.
_MOST: Final = 0xFFFFFFFF
_NONE: Final = np.empty(0, dtype=np.uint32)
# Of what has no text to compare, such as a notice that takes an article back.
NOTHING: Final = Evidence(bytes(16), 0, 0, _NONE, _NONE, _NONE)


def of(sketch: Sketch) -> Evidence:
    """The evidence of a sketch, of this version or the one before.

    Raises:
        FoldError: of another version, not base64, or not what `sketch` could have written.
    """
    if sketch.version not in (SKETCH, BEFORE):
        raise FoldError(f"sketch version {sketch.version!r}, this version reads {BEFORE} and {SKETCH}")
    if not 0 <= sketch.shingles <= sketch.words <= _MOST:
        raise FoldError(f"sketch of {sketch.words} words and {sketch.shingles} shingles")
    try:
        exact = bytes.fromhex(sketch.exact)
        data = base64.b64decode(sketch.hashes, validate=True)
    except (binascii.Error, ValueError) as error:
        raise FoldError(f"sketch is no base64: {error}") from error
    width = 8 if sketch.version == BEFORE else 4
    if len(exact) != 16 or len(data) != width * min(SIZE, sketch.shingles):
        raise FoldError(f"sketch of {len(data)} bytes for {sketch.shingles} shingles")
    # The upper half of a little-endian number is its second word.
    hashes = np.frombuffer(data, dtype="<u4").astype(np.uint32, copy=False)[width // 4 - 1 :: width // 4]
    if not bool((hashes[1:] > hashes[:-1]).all()):
        raise FoldError("sketch hashes do not ascend")
    return Evidence(
        exact,
        sketch.words,
        sketch.shingles,
        hashes,
        _hashed(sketch.digits)[:DIGITS],
        _hashed(sketch.names)[:NAMES],
    )


def _hashed(tokens: Iterable[str]) -> Hashes:
    return np.array(sorted({token_hash(token) for token in tokens}), dtype=np.uint32)

"""What an article is compared by: a bottom-k sketch of its word 5-grams, in 1 kB whatever its length.

A k-minimum-values (KMV) sketch (Beyer, Haas, Reinwald, Sismanis, Gemulla: On Synopses for Distinct-Value Estimation
Under Multiset Operations, SIGMOD 2007): every shingle is hashed to 64 bits and the 128 smallest distinct hashes are
kept. They are a uniform sample of the shingles, the same one wherever a shingle occurs, so two sketches can be
compared; a text of fewer than 128 shingles is known whole.
"""

import base64
import binascii
import hashlib
import re
import unicodedata
from typing import Final

import numpy as np
import numpy.typing as npt
import xxhash

from pipeline.records import Sketch

Hashes = npt.NDArray[np.uint64]

# Goes into every record: sketches of two versions cannot be compared. Whoever changes what follows raises the number.
SKETCH: Final = "kmv128-1"

# Standard error of a similarity of .5 is sqrt(.5 * .5 / 128) = .044, in 1 kB.
SIZE: Final = 128
# Fewer words to a shingle make any two texts on one topic alike, more lose a shingle for every edited word.
SHINGLE: Final = 5
# Of 18,151 wire items one has more than 256 distinct tokens with a digit (261; mean 8, 99.9 % below 64) and none has a
# token above 12 characters. What is longer loses its end, in sort order, so that a table of figures of 1 MiB still
# makes a record of a few kB; `rule.shared_numbers` knows where a full list stops.
DIGITS: Final = 256
DIGIT_LENGTH: Final = 16

_WORD: Final = re.compile(r"\w+")
_DIGIT: Final = re.compile(r"\d")
# Any odd multiplier makes the combination depend on the order of the words; this is 2^64 / golden ratio.
_BASE: Final = np.uint64(0x9E3779B97F4A7C15)


class FoldError(ValueError):
    """A sketch this version cannot read: whoever folds a log counts the record and goes on with the next."""


def sketch(headline: str | None, body: str) -> Sketch:
    """The sketch of an article: of its body, or of its headline where the body has no word.

    The headline takes no part otherwise: the same copy comes with another headline from every house.
    """
    tokens = _tokens(body) or _tokens(headline or "")
    hashes = _shingle_hashes(tokens)
    return Sketch(
        version=SKETCH,
        exact=hashlib.blake2b(" ".join(tokens).encode(), digest_size=16).hexdigest(),
        words=len(tokens),
        shingles=len(hashes),
        hashes=base64.b64encode(hashes[:SIZE].astype("<u8").tobytes()).decode(),
        digits=tuple(sorted(_digits(tokens))[:DIGITS]),
    )


def unpack(sketch: Sketch) -> Hashes:
    """The hashes of a sketch, ascending.

    Raises:
        FoldError: of another version, not base64, or not what `sketch` could have written.
    """
    if sketch.version != SKETCH:
        raise FoldError(f"sketch version {sketch.version!r}, this version reads {SKETCH}")
    try:
        data = base64.b64decode(sketch.hashes, validate=True)
    except (binascii.Error, ValueError) as error:
        raise FoldError(f"sketch is no base64: {error}") from error
    if len(data) != 8 * min(SIZE, sketch.shingles):
        raise FoldError(f"sketch of {len(data)} bytes for {sketch.shingles} shingles")
    hashes = np.frombuffer(data, dtype="<u8").astype(np.uint64, copy=False)
    if not bool((hashes[1:] > hashes[:-1]).all()):
        raise FoldError("sketch hashes do not ascend")
    if len(sketch.digits) > DIGITS or any(len(token) > DIGIT_LENGTH for token in sketch.digits):
        raise FoldError(f"more than {DIGITS} digit tokens, or one above {DIGIT_LENGTH} characters")
    return hashes


def _tokens(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).lower())


def _digits(tokens: list[str]) -> set[str]:
    # Most words are letters only, and asking that first takes a third off.
    return {token[:DIGIT_LENGTH] for token in set(tokens) if not token.isalpha() and _DIGIT.search(token)}


def _shingle_hashes(tokens: list[str]) -> Hashes:
    """Distinct hashes of all shingles, ascending; a text shorter than a shingle is one shingle."""
    if not tokens:
        return np.empty(0, dtype=np.uint64)
    # xxh3 is the same on every machine and in every run, as Python's own hash() is not.
    hashes = [xxhash.xxh3_64_intdigest(token.encode()) for token in tokens]
    words = np.array(hashes, dtype=np.uint64)
    width = min(SHINGLE, len(words))
    starts = len(words) - width + 1
    combined = words[:starts].copy()
    for place in range(1, width):
        combined = combined * _BASE + words[place : place + starts]
    return np.unique(_mix(combined))


def _mix(values: Hashes) -> Hashes:
    """Spreads the sum over all bits, so that the smallest are a fair sample (finaliser of SplitMix64, Stafford's 13th)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))

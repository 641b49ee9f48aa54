"""What an article is compared by: a bottom-k sketch of its word 5-grams and of its numbers and names, in 1 kB.

A k-minimum-values (KMV) sketch (Beyer, Haas, Reinwald, Sismanis, Gemulla: On Synopses for Distinct-Value Estimation
Under Multiset Operations, SIGMOD 2007): every shingle is hashed and the 128 smallest distinct hashes are kept. They are
a uniform sample of the shingles, the same one wherever a shingle occurs, so two sketches can be compared; a text of
fewer than 128 shingles is known whole. The same goes for numbers and names.

32 bits of a hash are enough: two of the 128,000,000 kept for a million articles meet by chance at one pair of articles
in 260,000 (128 * 128 / 2^32), and then in one shingle only.
"""

import base64
import hashlib
import re
import unicodedata
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import xxhash

from pipeline.records import Sketch

Hashes = npt.NDArray[np.uint32]
Wide = npt.NDArray[np.uint64]

# Goes into every record: sketches of two versions cannot be compared. Whoever changes what follows raises the number.
SKETCH: Final = "kmv128-2"

# Standard error of a similarity of .5 is sqrt(.5 * .5 / 128) = .044, in half a kB.
SIZE: Final = 128
# Words. A body below it is read with its headline: "More to follow." and the line of a paywall stand under any of them.
ALONE: Final = 20
# Fewer words to a shingle make any two texts on one topic alike, more lose a shingle for every edited word.
SHINGLE: Final = 5
# Distinct tokens with a digit and capitalised words, those with the smallest hashes. Of 18,151 wire items 2 % have more
# than 32 of the one and 10 % more than 24 of the other. Keeping all of them decides no better, and these are 224 bytes.
DIGITS: Final = 32
NAMES: Final = 24
# None of them has a number above 12 characters. What is longer loses its end, so that a table of 1 MiB stays small.
TOKEN_LENGTH: Final = 16

_WORD: Final = re.compile(r"\w+")
_DIGIT: Final = re.compile(r"\d")
# Any odd multiplier makes the combination depend on the order of the words; this is 2^64 / golden ratio.
_BASE: Final = np.uint64(0x9E3779B97F4A7C15)


class FoldError(ValueError):
    """A sketch this version cannot read: whoever folds a log counts the record and goes on with the next."""


def sketch(headline: str | None, body: str) -> Sketch:
    """The sketch of an article: of its body, or of headline and body where that is too short to stand alone.

    The headline takes no part otherwise: the same copy comes with another headline from every house.
    """
    text = unicodedata.normalize("NFKC", body)
    tokens = _tokens(text)
    if headline and len(tokens) < ALONE:
        text = f"{unicodedata.normalize('NFKC', headline)}\n{text}"
        tokens = _tokens(text)
    hashes = _shingle_hashes(tokens)
    return Sketch(
        version=SKETCH,
        exact=hashlib.blake2b(" ".join(tokens).encode(), digest_size=16).hexdigest(),
        words=len(tokens),
        shingles=len(hashes),
        hashes=base64.b64encode(hashes[:SIZE].astype("<u4").tobytes()).decode(),
        digits=_sample(_digits(tokens), DIGITS),
        names=_sample(_names(text), NAMES),
    )


@lru_cache(maxsize=1 << 16)  # the names and numbers of a day's news come again and again: a third of the time without
def token_hash(token: str) -> int:
    """16 bits for a number or a name, as the upper half of 32: the window keeps no more (pipeline/duplicates/rows.py)."""
    return xxhash.xxh3_64_intdigest(token.encode()) >> 48 << 16


def _tokens(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _digits(tokens: list[str]) -> set[str]:
    # Most words are letters only, and asking that first takes a third off.
    return {token[:TOKEN_LENGTH] for token in set(tokens) if not token.isalpha() and _DIGIT.search(token)}


def _names(text: str) -> set[str]:
    """Words that stand in this text with a capital only: names, days and months, and in German every noun.

    The first word of a sentence counts too, as the firm that a notice is about stands there; what is no name is found
    again in small letters, or is in both texts of a pair that use one frame.
    """
    words = set(_WORD.findall(text))
    capitals = {word for word in words if word[0].isupper()}
    return {word.lower()[:TOKEN_LENGTH] for word in capitals if word.lower() not in words and word.isalpha()}


def _sample(tokens: set[str], most: int) -> tuple[str, ...]:
    """Those with the smallest hashes, sorted: of two texts the same sample."""
    if len(tokens) > most:
        tokens = set(sorted(tokens, key=lambda token: (token_hash(token), token))[:most])
    return tuple(sorted(tokens))


def _shingle_hashes(tokens: list[str]) -> Hashes:
    """Distinct hashes of all shingles, ascending; a text shorter than a shingle is one shingle."""
    if not tokens:
        return np.empty(0, dtype=np.uint32)
    # xxh3 is the same on every machine and in every run, as Python's own hash() is not.
    hashes = [xxhash.xxh3_64_intdigest(token.encode()) for token in tokens]
    words = np.array(hashes, dtype=np.uint64)
    width = min(SHINGLE, len(words))
    starts = len(words) - width + 1
    combined = words[:starts].copy()
    for place in range(1, width):
        combined = combined * _BASE + words[place : place + starts]
    return np.unique((_mix(combined) >> np.uint64(32)).astype(np.uint32))


def _mix(values: Wide) -> Wide:
    """Spreads the sum over all bits, so that the smallest are a fair sample (finaliser of SplitMix64, Stafford's 13th)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))

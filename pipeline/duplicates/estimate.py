"""How alike a text and others are, from their sketches.

All sketches hold the smallest hashes of their text, so below the largest hash that each has kept, nothing of either
text is missing: what they hold there is the same random sample of both. With A and B the sketches, k = 128:

- **Jaccard similarity** |A n B| / |A u B|: the share of the k smallest hashes of the union that both have (Beyer et al.,
  SIGMOD 2007, section 5: the k smallest of the two sketches together are the sketch of the union). Unbiased, standard
  error sqrt(J (1 - J) / k), so .044 at J = .5; exact where both texts are held whole.
- **Containment** of the shorter text |A n B| / min(|A|, |B|): the same quotient over all hashes up to the common
  threshold, the lower of the last hashes of the sketches that are full. A text ten times as long leaves a short one
  about an eighth of its hashes there, so the sample can be tiny: below 8 hashes of either nothing is said.

All others at once, as an article has a dozen candidates and each call of numpy costs a microsecond.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.duplicates.sketch import SIZE, Hashes

# One shared shingle of three is no evidence; with 8 the standard error at C = .7 is .16.
LEAST: Final = 8

Matrix = npt.NDArray[np.uint32]
Counts = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]

_ALL: Final = np.uint32(0xFFFFFFFF)


class Likeness(NamedTuple):
    """A value for each of the others."""

    similarity: Shares
    """Estimated Jaccard similarity of the shingles."""
    containment: Shares
    """Estimated share of the shorter text's shingles that the longer one has; NaN where the sample is too small."""
    shared: Counts
    sample: Counts
    """`containment` as it was counted: hashes of the shorter text below the common threshold, and those both have."""


def estimate(one: Hashes, others: Matrix, lengths: Counts) -> Likeness:
    """Both estimates for one sketch and others.

    Args:
        one: ascending hashes; may be empty.
        others: ascending hashes, one sketch a row; what lies behind a row's length is not looked at.
        lengths: of the rows.
    """
    places = np.arange(others.shape[1])
    held = places < lengths[:, None]
    rank = one.searchsorted(others)  # how many of `one` are smaller
    common = held & (one[np.minimum(rank, len(one) - 1)] == others) if len(one) else np.zeros_like(held)

    # The place of a row's hash in the union is what both have before it, less what both have in common there.
    in_union = places + rank - (common.cumsum(1) - common)
    union = len(one) + lengths - common.sum(1)
    full = lengths >= SIZE
    size = np.where(full | (len(one) >= SIZE), np.minimum(union, SIZE), union)
    similarity = (common & (in_union < size[:, None])).sum(1) / np.maximum(size, 1)

    last = others[np.arange(len(lengths)), np.maximum(lengths - 1, 0)]
    threshold = np.minimum(np.where(full, last, _ALL), one[-1] if len(one) >= SIZE else _ALL)
    below = held & (others <= threshold[:, None])
    shorter = np.minimum(below.sum(1), one.searchsorted(threshold, side="right"))
    both = (common & below).sum(1)
    containment = np.where(shorter >= LEAST, both / np.maximum(shorter, 1), np.nan)
    return Likeness(similarity, containment, both, shorter)

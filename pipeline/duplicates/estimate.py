"""How alike two texts are, from their sketches.

Both sketches hold the smallest hashes of their text, so below the largest hash that each has kept, nothing of either
text is missing: what they hold there is the same random sample of both. With A and B the sketches, k = 128:

- **Jaccard similarity** |A n B| / |A u B|: the share of the k smallest hashes of the union that both have (Beyer et al.,
  SIGMOD 2007, section 5: the k smallest of the two sketches together are the sketch of the union). Unbiased, standard
  error sqrt(J (1 - J) / k), so .044 at J = .5; exact where both texts are held whole.
- **Containment** of the shorter text |A n B| / min(|A|, |B|): the same quotient over all hashes up to the common
  threshold, the lower of the last hashes of the sketches that are full. A text ten times as long leaves a short one
  about an eighth of its hashes there, so the sample can be tiny: below 8 hashes of either nothing is said.
"""

from typing import Final, NamedTuple

import numpy as np

from pipeline.duplicates.sketch import SIZE, Hashes

# One shared shingle of three is no evidence; with 8 the standard error at C = .7 is .16.
LEAST: Final = 8


class Likeness(NamedTuple):
    similarity: float
    """Estimated Jaccard similarity of the shingles."""
    containment: float | None
    """Estimated share of the shorter text's shingles that the longer one has; None where the sample is too small."""


def estimate(one: Hashes, other: Hashes) -> Likeness:
    """Both estimates from the ascending hashes of two sketches; either may be empty."""
    merged = np.sort(np.concatenate((one, other)))
    twice = merged[1:] == merged[:-1]
    common = merged[1:][twice]
    full = [hashes[-1] for hashes in (one, other) if len(hashes) >= SIZE]
    if not full:
        shorter = min(len(one), len(other))
        union = len(merged) - len(common)
        return Likeness(len(common) / union if union else 0.0, len(common) / shorter if shorter >= LEAST else None)
    union_hashes = merged[np.concatenate(([True], ~twice))][:SIZE]
    similarity = float(common.searchsorted(union_hashes[-1], side="right")) / len(union_hashes)
    threshold = min(full)
    shorter = min(int(hashes.searchsorted(threshold, side="right")) for hashes in (one, other))
    both = int(common.searchsorted(threshold, side="right"))
    return Likeness(similarity, both / shorter if shorter >= LEAST else None)

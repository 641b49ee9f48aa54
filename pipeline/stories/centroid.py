"""The middle of a story: the sum of its articles' vectors, in whole numbers."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.stories.vector import Terms, Vector

Totals = npt.NDArray[np.uint32]
# A total stops growing here: 16 million articles of the heaviest term.
_LARGEST = 0xFFFFFFFF


@dataclass(frozen=True, slots=True, eq=False)
class Centroid:
    """Terms, ascending, and the sums of their weights."""

    terms: Terms
    totals: Totals

    @classmethod
    def of(cls, vector: Vector) -> "Centroid":
        return cls(vector.terms, vector.weights.astype(np.uint32))

    @property
    def norm(self) -> float:
        # Whole numbers below 2^53, so exact; above, where 64 bits would run over, the last digit does not matter.
        return math.sqrt(float(np.square(self.totals, dtype=np.float64).sum()))

    def cosine(self, other: "Centroid | Vector") -> float:
        """1 where both tell the same, 0 where they share no term, or one is empty."""
        lengths = self.norm * other.norm
        if not lengths:
            return 0.0
        _, mine, its = np.intersect1d(self.terms, other.terms, assume_unique=True, return_indices=True)
        return int(self.totals[mine].astype(np.int64) @ _values(other)[its]) / lengths

    def plus(self, other: "Centroid | Vector", kept: int) -> "Centroid":
        """The sum, cut to its `kept` heaviest terms."""
        return self._with(_values(other), other.terms, kept)

    def minus(self, other: Vector) -> "Centroid":
        """Without an article that was added; what the cuts since have taken away stays away."""
        return self._with(-_values(other), other.terms, len(self.terms))

    def heaviest(self, most: int) -> npt.NDArray[np.intp]:
        """Places of the terms that weigh most; by hash where they weigh the same."""
        return np.lexsort((self.terms, -self.totals.astype(np.int64)))[:most]

    def _with(self, values: npt.NDArray[np.int64], of: Terms, kept: int) -> "Centroid":
        terms, places = np.unique(np.concatenate((self.terms, of)), return_inverse=True)
        totals = np.zeros(len(terms), np.int64)
        np.add.at(totals, places, np.concatenate((_values(self), values)))
        whole = Centroid(terms[totals > 0], np.minimum(totals[totals > 0], _LARGEST).astype(np.uint32))
        best = np.sort(whole.heaviest(kept))
        return Centroid(whole.terms[best], whole.totals[best])


def _values(of: Centroid | Vector) -> npt.NDArray[np.int64]:
    return (of.weights if isinstance(of, Vector) else of.totals).astype(np.int64)

"""B-cubed (Bagga and Baldwin 1998): for each mention, how much of its found entity and of its true one agree."""

from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar


@dataclass(frozen=True, slots=True)
class Sums:
    """Precision summed over the found mentions, recall over the true ones, and how many there are of each."""

    precision: float = 0.0
    found: int = 0
    recall: float = 0.0
    true: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.precision + other.precision,
            self.found + other.found,
            self.recall + other.recall,
            self.true + other.true,
        )

    @property
    def f1(self) -> float:
        precision = self.precision / self.found if self.found else 0.0
        recall = self.recall / self.true if self.true else 0.0
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


M = TypeVar("M", bound=Hashable)


def bcubed(true: Mapping[M, Hashable], found: Mapping[M, Hashable]) -> Sums:
    """Entities of mentions, true and found. A mention that only one side has counts 0 on that side."""
    both = Counter((true[mention], found[mention]) for mention in true.keys() & found.keys())
    sizes_true, sizes_found = Counter(true.values()), Counter(found.values())
    return Sums(
        precision=sum(n * n / sizes_found[entity] for (_, entity), n in both.items()),
        found=len(found),
        recall=sum(n * n / sizes_true[entity] for (entity, _), n in both.items()),
        true=len(true),
    )

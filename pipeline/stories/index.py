"""Which live stories an article may belong to: an inverted index over their heaviest terms, read from its recent end.

A posting list is a dictionary from story to weight, in the order in which the stories were last added to: taking one out
and putting it in at the end are single steps, the end can be read without the rest, and what a reader sees depends on
the stories that are live and on nothing that was there before.
"""

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.stories.centroid import Centroid
from pipeline.stories.packing import Update, centroid
from pipeline.stories.rule import Rule
from pipeline.stories.vector import SCALE, Vector

# Stories taken out of the lists with each record: 50 µs each, and many times what comes.
SWEPT: Final = 32


@dataclass(slots=True, eq=False)
class Live:
    """A story as it is held: packed, and beside it what every search asks for."""

    packed: bytes
    sequence: int
    """Of the record that made it what it is."""
    id: str
    opened: int
    clock: int
    dated: tuple[int, int] | None
    norm: float
    cohesion: float
    """Length of the mean of its articles' vectors, 1 where all are the same: the mean cosine of two of them is about
    its square."""
    merged: tuple[str, ...]

    @classmethod
    def of(cls, update: Update, sequence: int) -> "Live":
        head, packed = update.head, update.packed
        norm = centroid(packed).norm
        cohesion = min(norm / (SCALE * max(head.tellings, 1)), 1.0)
        return cls(packed, sequence, head.id, head.opened, head.clock, head.dated, norm, cohesion, head.merged)

    @property
    def centroid(self) -> Centroid:
        return centroid(self.packed)


@dataclass(frozen=True, slots=True)
class Search:
    """Stories that an article may belong to, with the likeness of each, best first, and what was left out."""

    found: list[tuple[float, Live]]
    cut_postings: int
    cut_stories: int


class Index:
    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._postings: dict[int, dict[Live, int]] = {}
        self._size = 0
        self._left: deque[Live] = deque()
        self._first = 0

    def add(self, live: Live) -> None:
        self._size += 1
        for term, weight in self._keys(live):
            self._postings.setdefault(term, {})[live] = weight

    def remove(self, live: Live) -> None:
        self._size -= 1
        self._take_out(live)

    def expire(self, left: Sequence[Live], first: int) -> None:
        """Stories that were last added to before `first` are gone, `left` among them.

        They are out of the counts at once and out of the lists a few at a time: 100,000 that go with one jump of the clock
        would take seconds. A list that is read before its turn is cleared by the reader.
        """
        self._size -= len(left)
        self._left += left
        self._first = first
        for _ in range(min(len(self._left), SWEPT)):
            self._take_out(self._left.popleft())

    def _take_out(self, live: Live) -> None:
        for term, _ in self._keys(live):
            posting = self._postings.get(term, {})
            posting.pop(live, None)
            if not posting:
                self._postings.pop(term, None)

    def _read(self, term: int) -> dict[Live, int]:
        """The list of a term, without stories that are gone."""
        posting = self._postings.get(term, {})
        if self._left and posting and next(iter(posting)).sequence < self._first:
            posting = {live: weight for live, weight in posting.items() if live.sequence >= self._first}
            self._postings[term] = posting
        return posting

    def search(self, vector: Vector, takes: Callable[[Live], bool]) -> Search:
        """The most promising stories among those that take the article."""
        weights = vector.weights * self._tells(vector)
        best = np.lexsort((vector.terms, -weights))[: self._rule.terms]
        sums: dict[Live, float] = {}
        cut = 0
        for term, weight in zip(vector.terms[best].tolist(), weights[best].tolist(), strict=True):
            posting = self._read(term)
            cut += len(posting) > self._rule.postings
            for live, held in islice(reversed(posting.items()), self._rule.postings):
                sums[live] = sums.get(live, 0.0) + weight * held
        least = self._rule.promise * self._rule.join * SCALE * vector.norm
        promising = [live for live, total in sums.items() if total >= least and takes(live)]
        promising.sort(key=lambda live: (sums[live], live.sequence, live.id), reverse=True)
        scored = promising[: self._rule.scored]
        likenesses = _likenesses(vector, weights, scored)
        found = sorted(
            zip(likenesses, scored, strict=True), key=lambda pair: (pair[0], pair[1].sequence, pair[1].id), reverse=True
        )
        return Search(found, cut, len(promising) - len(scored))

    def _tells(self, vector: Vector) -> npt.NDArray[np.float64]:
        """How much each term still tells, 0 to 1, as more and more live stories have it."""
        stories = max(self._size, self._rule.few)
        having = [max(len(self._read(term)), 1) for term in vector.terms.tolist()]
        share = np.log(np.array(having) / stories) / math.log(self._rule.common)
        return np.minimum(share, 1.0)

    def _keys(self, live: Live) -> Iterator[tuple[int, int]]:
        """The terms a story is found by, each with its share of the centroid's length in parts of `SCALE`."""
        middle = live.centroid
        best = middle.heaviest(self._rule.indexed)
        shares = np.rint(middle.totals[best] * (SCALE / max(live.norm, 1.0)))
        return zip(middle.terms[best].tolist(), shares.astype(np.int64).tolist(), strict=True)


def alike(one: Live, other: Live) -> float:
    """Likeness of two stories, as that of an article and a story."""
    return one.centroid.cosine(other.centroid) * math.sqrt(one.cohesion * other.cohesion)


def _likenesses(vector: Vector, weights: npt.NDArray[np.float64], lives: list[Live]) -> list[float]:
    """Likeness of an article with each story: the geometric mean of its cosine with the centroid and of its mean cosine
    with the articles.

    The centroid alone lets a story grow without end: the more it holds, the more of anything it is like (of 16,963 wire
    items 5,000 became one). The articles alone ask too much of a story that has several sides.
    """
    if not lives:
        return []
    middles = [live.centroid for live in lives]
    terms = np.concatenate([middle.terms for middle in middles])
    totals = np.concatenate([middle.totals for middle in middles])
    places = np.minimum(np.searchsorted(vector.terms, terms), len(vector) - 1)
    products = np.where(vector.terms[places] == terms, weights[places] * totals, 0.0)
    starts = np.cumsum([0, *(len(middle.terms) for middle in middles[:-1])])
    dots = np.add.reduceat(products, starts).tolist()
    return [dot / (vector.norm * live.norm) * math.sqrt(live.cohesion) for dot, live in zip(dots, lives, strict=True)]

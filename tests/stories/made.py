"""Articles made of a few words, for tests that are not about words."""

import numpy as np

from pipeline.stories.idf import term
from pipeline.stories.story import Telling
from pipeline.stories.vector import EMPTY, SCALE, Vector

HOUR = 3_600_000


def vector(words: str) -> Vector:
    """Every word weighs the same."""
    terms = np.array(sorted({term(word) for word in words.split()}), np.uint32)
    if not len(terms):
        return EMPTY
    return Vector(terms, np.full(len(terms), round(SCALE / len(terms) ** 0.5), np.uint8))


def telling(
    number: int, words: str, *, hour: float = 0, published: float | None = None, source: str = "wire"
) -> Telling:
    """Hours count from 1970; `published` None says no time."""
    return Telling(
        id=f"{number:032x}",
        source=source,
        headline=f"Headline {number}",
        clock=int(hour * HOUR),
        published=None if published is None else int(published * HOUR),
        vector=vector(words),
        names=tuple(("PLACE", word) for word in words.split()[:2]),
    )

"""When an article belongs to a story, and how far the search for one goes."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Rule:
    """The thresholds, and why they stand where they do; the curves are in docs/stories.md."""

    join: float = 0.24
    """Likeness of an article and a story (index.py). Chosen by cross-validation over topics."""
    merge: float = 0.35
    """Likeness of two stories that one article fits: they are one."""
    idle: timedelta = timedelta(hours=72)
    """Between an article and the nearest end of a story."""
    common: float = 0.01
    """Share of the live stories above which a term tells less, by the logarithm: nothing where all have it. The shipped
    weights know the language and not the wire, where `pct` and `dlrs` are in everything."""
    few: int = 1000
    """Live stories are taken for at least as many, so that in a small stream ten stories with a word are not common."""

    terms: int = 20
    """Of an article, its heaviest, that stories are looked up by."""
    indexed: int = 30
    """Of a story, its heaviest, that it is found by."""
    postings: int = 400
    """Stories read for a term, those that were last added to."""
    scored: int = 32
    """Stories compared in full, those that promise most."""
    promise: float = 0.5
    """Share of `join` that the looked-up terms alone must reach."""
    kept: int = 120
    """Terms of a centroid; the lightest leave."""

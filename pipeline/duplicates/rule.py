"""When two articles are near duplicates of each other: the weight of the evidence, as a sum.

Record linkage by Fellegi and Sunter (A Theory for Record Linkage, JASA 1969): each piece of evidence adds its
log-likelihood ratio, and the sum is the logarithm of the odds that the pair is one piece of copy. The weights are a
logistic regression on pairs labelled by hand, on recurring notices and on reprints with known edits (decision 0009).
"""

from dataclasses import dataclass
from math import isnan, log, log1p
from typing import Final, NamedTuple

from pipeline.duplicates.estimate import Likeness
from pipeline.duplicates.evidence import Evidence
from pipeline.duplicates.sketch import ALONE, DIGITS, NAMES, Hashes

HOUR: Final = 3_600_000


class Particulars(NamedTuple):
    """Numbers, or names, of two texts: how many the shorter has, how many of them the longer has too."""

    shorter: int
    shared: int
    longer: int

    @property
    def share(self) -> float | None:
        return self.shared / self.shorter if self.shorter else None


class Pair(NamedTuple):
    """All that is known of two texts."""

    similarity: float
    containment: float | None
    numbers: Particulars
    names: Particulars
    words: int
    """Of the shorter text."""
    ratio: float
    """Its words by those of the longer one, at most 1."""
    apart: int | None
    """Milliseconds between their publications, None where one has none."""
    covered: bool = False
    """Whether the longer text has all that is known of the shorter one."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The weights in natural logarithms of odds, and what bounds them.

    5-grams alone cannot tell an edited reprint from a recurring notice: replace every tenth word of a text and it keeps
    .59 of them, which is what two repo notices share. But an edit hits words at random and a notice changes just what
    is particular: its numbers and its names. So particulars the longer text lacks speak against a pair, those it has
    for it, and a longer text with more numbers than its length explains is another table. Few words and a day between
    are the marks of notices too; that one text is much longer is the mark of excerpts.
    """

    bias: float = -15.5
    containment: float = 8.0
    words: float = 2.65
    longer: float = 1.1
    missing: float = -0.77
    shared: float = 0.55
    surplus: float = -1.42
    late: float = -2.45

    floor: float = 0.45
    """Of containment. Two reports of one event with common background reach .4, and the labels hold too few of them."""
    enough: int = 200
    """Words; what a longer text adds says nothing about templates, and would carry any pair of long reads."""
    times: float = 4.0
    """How much longer a text can be before it makes no difference any more."""
    far: int = 18 * HOUR
    """Beyond it two texts are of different days. Reprints come within 12 hours (90 %), recurring notices daily."""

    short: int = ALONE
    """Words. In an alert a single word turns the sense ("raises", "cuts"), so nothing may be replaced."""
    short_ratio: float = 0.5

    revised: float = 0.3
    """Of containment, where a mark in the headline says that the text was corrected or updated."""
    revised_surely: float = 0.7
    """With so much in common the names may differ too: a corrected notice of 70 words has a handful."""
    revised_names: float = 0.75
    """An update keeps what a story is about: of 135 chains of our own 130 keep so many. Stories of one mould that are
    marked as updates share .14 to .69."""

    def weigh(self, pair: Pair) -> float:
        """The logarithm of the odds that the pair is one piece of copy."""
        contained = pair.similarity if pair.containment is None else pair.containment
        numbers, names = pair.numbers, pair.names
        missing = numbers.shorter - numbers.shared + names.shorter - names.shared
        # As many numbers of the longer text as the shorter one should have, going by their lengths.
        surplus = max(0.0, numbers.longer * pair.ratio - numbers.shared)
        return (
            self.bias
            + self.containment * contained
            + self.words * log(min(pair.words, self.enough))
            + self.longer * log(min(1 / pair.ratio, self.times))
            + self.missing * log1p(missing)
            + self.shared * log1p(numbers.shared + names.shared)
            + self.surplus * log1p(surplus)
            + self.late * (pair.apart is not None and pair.apart > self.far)
        )

    def refuses(self, pair: Pair) -> str | None:
        """Why the two are not near duplicates, in a few words; None where they are."""
        contained = pair.similarity if pair.containment is None else pair.containment
        if pair.words < self.short:
            return self._refuses_short(pair)
        if contained < self.floor:
            return f"less than {self.floor:.2f} in common"
        weight = self.weigh(pair)
        return None if weight > 0 else f"weight {weight:.1f}"

    def _refuses_short(self, pair: Pair) -> str | None:
        if not pair.covered:
            return "short, and not word for word"
        if pair.ratio < self.short_ratio:
            return "short, in a longer text"
        if any(kind.shared < kind.shorter for kind in (pair.numbers, pair.names)):
            return "short, with other particulars"
        return None

    def refuses_revision(self, pair: Pair) -> str | None:
        """The same where a mark says that it is a later version: figures may have changed, what it is about may not."""
        contained = pair.similarity if pair.containment is None else pair.containment
        if contained < self.revised:
            return f"marked, but less than {self.revised:.2f} in common"
        if contained < self.revised_surely and pair.names.share is not None and pair.names.share < self.revised_names:
            return "marked, but other names"
        return None


def compare(one: Evidence, other: Evidence, likeness: Likeness, place: int, apart: int | None) -> Pair:
    """Of two texts, whose likeness stands at `place`."""
    shorter, longer = (one, other) if one.words <= other.words else (other, one)
    containment = float(likeness.containment[place])
    return Pair(
        float(likeness.similarity[place]),
        None if isnan(containment) else containment,
        _particulars(shorter.numbers, longer.numbers, DIGITS),
        # A sketch of the version before has no names, which says nothing about the article.
        _particulars(shorter.names, longer.names, NAMES)
        if len(one.names) and len(other.names)
        else Particulars(0, 0, 0),
        shorter.words,
        shorter.words / max(longer.words, 1),
        apart,
        covered=bool(likeness.shared[place] == likeness.sample[place]),
    )


def _particulars(shorter: Hashes, longer: Hashes, most: int) -> Particulars:
    """Counted as far as both samples go: a full one has lost what lies behind its last hash."""
    if full := [hashes[-1] for hashes in (shorter, longer) if len(hashes) >= most]:
        last = min(full)
        shorter = shorter[: shorter.searchsorted(last, side="right")]
        longer = longer[: longer.searchsorted(last, side="right")]
    shared = len(set(shorter.tolist()).intersection(longer.tolist()))
    return Particulars(len(shorter), shared, len(longer))

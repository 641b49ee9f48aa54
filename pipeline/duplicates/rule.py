"""When two articles are duplicates of each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from pipeline.duplicates.estimate import Likeness
from pipeline.duplicates.sketch import DIGITS
from pipeline.records import Sketch


@dataclass(frozen=True, slots=True)
class Rule:
    """The thresholds, and why they stand where they do.

    **Finding.** The keys of a text are the smallest hashes of its sketch, a fair sample of its shingles. Of two texts of
    equal length and Jaccard similarity J, each has the share s = 2J / (1 + J) of its shingles in common with the other,
    and a common shingle that is a key of one is a key of the other, but for those at the edge. So about `keys` * s keys
    are shared, and were they drawn independently, at least 2 of 16 would be with P = 1 - (1 - s)^16 - 16 s (1 - s)^15.
    Simulated with texts of 300 shingles, and of 300 and 900:

    | J                      | .1  | .2  | .3   | .5    |
    |------------------------|-----|-----|------|-------|
    | P                      | .82 | .99 | .999 | 1.000 |
    | simulated              | .78 | .98 | .999 | 1.000 |
    | one three times longer | .60 | .90 | .98  |       |

    So at `similarity` nothing is lost here. MinHash with 14 bands of 8 rows finds 1 - (1 - J^8)^14 = .05 of the pairs at
    J = .5 and .56 at J = .7: on 21,205 wire items and reprints it found 528 duplicates where two of 16 keys find 746.

    **Postings.** Of a key that many records hold, only `earliest` and `latest` are looked at: the original and the last
    reprints, from which a chain of edits goes on. With the earliest alone chains break (.924 against .944 ARI).

    **Deciding.** `similarity` or `containment`, estimated within .044 and .16 (estimate.py). Recurring notices of banks
    and exchanges reach a similarity of .4 to .8 with other figures in them: a pair must share `numbers` of the shorter
    text's tokens with a digit, unless it reaches `similarity_waives` or `containment_waives`. 90 % of true copies come
    within 12 hours and 95 % within 33, so beyond `far` more is asked, but only where both times are known.
    By hand, 34 of 40 pairs accepted below a similarity of .8 were right, about 94 % of all.
    """

    keys: int = 16
    shared: int = 2
    """Keys in common that make a candidate; one where either text has only one shingle."""
    earliest: int = 2
    latest: int = 6

    similarity: float = 0.5
    containment: float = 0.7
    numbers: float = 0.6
    similarity_waives: float = 0.9
    containment_waives: float = 0.95

    far: timedelta = timedelta(hours=36)
    """Between published times."""
    similarity_far: float = 0.7
    containment_far: float = 0.9
    numbers_far: float = 0.9

    def accepts(self, likeness: Likeness, one: Sketch, other: Sketch, apart: timedelta | None) -> bool:
        """Whether two texts are near duplicates.

        Args:
            likeness: of the two.
            one: a sketch.
            other: the other's.
            apart: time between their publications, None where one has none.
        """
        far = apart is not None and apart > self.far
        containment = likeness.containment or 0.0
        if likeness.similarity < (self.similarity_far if far else self.similarity) and containment < (
            self.containment_far if far else self.containment
        ):
            return False
        if likeness.similarity >= self.similarity_waives or containment >= self.containment_waives:
            return True
        shorter, longer = (one, other) if one.words <= other.words else (other, one)
        return shared_numbers(shorter.digits, longer.digits) >= (self.numbers_far if far else self.numbers)


def shared_numbers(shorter: Sequence[str], longer: Sequence[str]) -> float:
    """Share of the shorter text's digit tokens that the longer one has; 1.0 if it has none that could be compared.

    A full list has lost what sorts behind its last token, so nothing behind that counts.
    """
    if len(longer) >= DIGITS:
        shorter = [token for token in shorter if token <= longer[-1]]
    return len(set(shorter) & set(longer)) / len(shorter) if shorter else 1.0

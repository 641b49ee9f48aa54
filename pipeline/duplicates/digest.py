"""Whether a text is a digest: a round-up that holds other items, which have nothing to do with one another.

Read by the letter, "contains three others" marks nearly half of all reprints, as a full text contains its own excerpts.
So three must be of different families, no two of them alike, and none may be more than half of the text.
"""

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np

from pipeline.duplicates.estimate import Counts, Likeness, Matrix, estimate
from pipeline.duplicates.evidence import Evidence
from pipeline.records import Kind

ITEMS: Final = 3
# Of an item's shingles, what the round-up has: a fifth may be lost to edits and cuts.
CONTAINED: Final = 0.8
# In a round-up of twenty an item has 6 of its hashes below the common threshold; three such items are no chance.
SAMPLE: Final = 4
# Of the round-up. One item that is more than half of it is a copy with something added.
HALF: Final = 0.5
# What two items may have in common.
APART: Final = 0.25


class Held(Protocol):
    def sketches(self, sequences: Counts) -> tuple[Matrix, Counts]: ...

    def evidence(self, sequence: int) -> Evidence: ...

    def kind(self, sequence: int) -> Kind: ...

    def family(self, sequence: int) -> str: ...


def holds(window: Held, evidence: Evidence, sequences: Counts, likeness: Likeness) -> bool:
    """Whether the text holds three such items.

    Args:
        window: that has the candidates.
        evidence: of the text.
        sequences: its candidates.
        likeness: of the text and each of them.
    """
    contained = (likeness.sample >= SAMPLE) & (likeness.shared >= CONTAINED * likeness.sample)
    if contained.sum() < ITEMS:
        return False
    items: list[int] = []
    families: set[str] = set()
    for sequence in sequences[contained].tolist():
        family = window.family(sequence)
        if (
            family not in families
            and window.kind(sequence) != "digest"
            and window.evidence(sequence).words <= HALF * evidence.words
            and not _alike(window, sequence, items)
        ):
            items.append(sequence)
            families.add(family)
    return len(items) >= ITEMS


def _alike(window: Held, sequence: int, items: Sequence[int]) -> bool:
    """Whether it shares text with one of the others, as two excerpts of one piece or two takes of it do."""
    if not items:
        return False
    sketches, lengths = window.sketches(np.array(items))
    likeness = estimate(window.evidence(sequence).hashes, sketches, lengths)
    return bool((likeness.shared > APART * np.maximum(likeness.sample, 1)).any())

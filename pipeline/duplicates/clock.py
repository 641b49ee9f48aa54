"""Stream time: how late it is in a partition, by its documents and by nothing else.

The running maximum of `received`, but a jump is not taken on one document's word. A feed that stamps a document in a
hundred with the year 2099 would otherwise empty the window each time (also if each could move the clock by a day only:
seven of them are a week); and a cap on the step alone leaves a sparse archive behind for ever. So a step beyond a day
is believed only as far as most of the last nine documents have come: strays never move the clock, and after a gap of
any length it has caught up with the fifth document.

What it does not withstand is five strays among nine documents, or a stray as the very first document of a partition.
The clock then stands in the future until time has caught up, and the window is bounded by its number of documents only.
"""

from collections.abc import Iterable
from typing import Final

# Nights and weekends of a language's feeds are shorter; what is older than a day is a jump.
STEP: Final = 24 * 3_600_000
# Five of nine: the odd stray and a run of four are outvoted, and a real gap costs four documents judged by the old time.
WITNESSES: Final = 9


def advance(clock: int | None, received: int, before: Iterable[int]) -> int:
    """The clock after a document. Times are milliseconds since 1970.

    Args:
        clock: before it; None for the first document.
        received: of the document.
        before: `received` of the documents that came just before, at most `WITNESSES - 1`, in any order.
    """
    if clock is None:
        return received
    if received - clock > STEP:
        witnesses = sorted((received, *before))
        # The lower middle, so that a tie is no majority.
        received = witnesses[(len(witnesses) - 1) // 2]
    return max(clock, received)

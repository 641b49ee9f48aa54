"""What has been taken back, and when its last trace goes.

A notice is remembered as long as it is in the window, so it withdraws what comes after it as well. A withdrawn article's
record stands without its text until stream time has moved on by a stated delay; then its tombstone is due.
"""

import heapq
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import NamedTuple


class _Due(NamedTuple):
    clock: int
    """Stream time at which the tombstone is sent, ms."""
    sequence: int
    """Of the document."""


class Withdrawals:
    def __init__(self, delay: int) -> None:
        """Args: delay: from the withdrawal to the tombstone, ms of stream time."""
        self._delay = delay
        self._notices: OrderedDict[str, int] = OrderedDict()
        # Both in the order in which the first of them leaves; ten thousand may wait after a large retraction.
        self._due: OrderedDict[str, _Due] = OrderedDict()
        self._leaving: list[tuple[int, str]] = []

    def __contains__(self, target: object) -> bool:
        """Whether an item or a document has been taken back."""
        return target in self._notices

    def erased(self, document: str) -> bool:
        """Whether the tombstone of a withdrawn document has been sent."""
        return document not in self._due

    def notice(self, sequence: int, targets: Iterable[str]) -> None:
        """The entry `sequence` takes `targets` back."""
        for target in targets:
            self._notices.pop(target, None)  # the later notice is remembered longer, and they stay in its order
            self._notices[target] = sequence

    def withdraw(self, document: str, sequence: int, clock: int) -> None:
        if document not in self._due:
            self._due[document] = _Due(clock + self._delay, sequence)
            heapq.heappush(self._leaving, (sequence, document))

    def expire(self, first: int, clock: int) -> Iterator[str]:
        """Forgets what stands before the window's `first` entry; yields the documents whose tombstone is due now.

        One that leaves the window earlier has its tombstone then: later nothing is known of it.
        """
        while self._notices and (oldest := next(iter(self._notices.items())))[1] < first:
            del self._notices[oldest[0]]
        while self._leaving and self._leaving[0][0] < first:
            _, document = heapq.heappop(self._leaving)
            if self._due.pop(document, None):
                yield document
        while self._due and (earliest := next(iter(self._due.items())))[1].clock <= clock:
            del self._due[earliest[0]]
            yield earliest[0]

    def snapshot(self, first: int) -> list[tuple[object, ...]]:
        """All of it, with places counted from the window's first entry."""
        notices = [(target, sequence - first) for target, sequence in self._notices.items()]
        return [*notices, *((id_, due.clock, due.sequence - first) for id_, due in self._due.items())]

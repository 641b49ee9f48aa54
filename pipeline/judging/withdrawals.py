"""What has been taken back, and when its last trace goes.

A notice is remembered as long as it is in the window, so it withdraws what comes after it as well. A withdrawn article's
record stands without its text until stream time has moved on by a stated delay; then its tombstone is due.
"""

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
        self._notices: dict[str, int] = {}
        self._due: dict[str, _Due] = {}

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
        self._due[document] = _Due(clock + self._delay, sequence)

    def expire(self, first: int, clock: int) -> Iterator[str]:
        """Forgets what stands before the window's `first` entry; yields the documents whose tombstone is due now.

        One that leaves the window earlier has its tombstone then: later nothing is known of it.
        """
        while self._notices and (oldest := next(iter(self._notices.items())))[1] < first:
            del self._notices[oldest[0]]
        for document, due in list(self._due.items()):  # a handful: withdrawals of the last day
            if due.clock <= clock or due.sequence < first:
                del self._due[document]
                yield document

    def snapshot(self, first: int) -> list[tuple[object, ...]]:
        """All of it, with places counted from the window's first entry."""
        notices = [(target, sequence - first) for target, sequence in self._notices.items()]
        return [*notices, *((id_, due.clock, due.sequence - first) for id_, due in self._due.items())]

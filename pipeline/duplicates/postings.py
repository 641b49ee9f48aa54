"""Which records of the window hold a key: an inverted index, read at both ends."""

from collections import deque
from collections.abc import Hashable, Iterator
from itertools import islice
from typing import Final, Generic, TypeVar

# The oldest leave first, and a list moves all others up: 4 ms a record, were 200,000 documents the same text. A deque
# does not, but its first element costs 700 bytes; keys that many records hold are few.
LONG: Final = 64

K = TypeVar("K", bound=Hashable)


class Postings(Generic[K]):
    """Sequence numbers of records by key, ascending, all of them.

    Nothing that is in the window is left out, however common its key: which records a reader sees then depends on the
    window alone, and not on what stood in it when they were added.

    Nine keys in ten belong to one record (18,151 wire items), so a lone number is kept without a list: 64 bytes less
    for each of the three million keys of a full window.
    """

    def __init__(self) -> None:
        self._lists: dict[K, int | list[int] | deque[int]] = {}

    def __len__(self) -> int:
        return len(self._lists)

    def add(self, key: K, sequence: int) -> None:
        """`sequence` is above every number added before."""
        held = self._lists.setdefault(key, sequence)
        if not isinstance(held, int):
            held.append(sequence)
            if len(held) == LONG:
                self._lists[key] = deque(held)
        elif held != sequence:
            self._lists[key] = [held, sequence]

    def remove(self, key: K, sequence: int) -> None:
        held = self._lists[key]
        if isinstance(held, int):
            del self._lists[key]
            return
        held.remove(sequence)
        if len(held) == 1:
            self._lists[key] = held[0]

    def ends(self, key: K, earliest: int, latest: int) -> Iterator[int]:
        """The first `earliest` and the last `latest` records of `key`, none twice, ascending."""
        held = self._lists.get(key)
        if held is None:
            return iter(())
        if isinstance(held, int):
            return iter((held,))
        if len(held) <= earliest + latest:
            return iter(held)
        return iter((*islice(held, earliest), *(held[place - latest] for place in range(latest))))

"""What one partition remembers: the records of its last days, and how they are found.

The state is a fold over the partition's log. Three things take a record out of the window: a later one whose clock is
more than `days` ahead of it (it takes all before it along, but for the last few), `documents` later ones, and a later one of the same id. All three
are later in the log than the record, so whether it is still there depends on the log from it onwards and on nothing
before: a fold that starts at the window's first record, or anywhere before it, ends in the same state, and the log below
the window can be cut off.

Records are numbered as they come, and the number modulo the capacity is the row: nothing moves, grows or is copied.
Leaving is a step of `first`, also for a million records; only their memory is given back piece by piece, a chunk with
each record that comes.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from pipeline.duplicates.chains import Chains
from pipeline.duplicates.clock import WITNESSES
from pipeline.duplicates.evidence import Evidence
from pipeline.duplicates.rows import KEYS, NAMES, UNKNOWN, Name, Numbers, Row, Rows, halves
from pipeline.duplicates.sketch import Hashes

__all__ = ["UNKNOWN", "Row", "Window"]

# Rows whose memory goes back at once: 5 MB, 1 ms.
CHUNK: Final = 8192


class Window:
    """The records of one partition that can still decide something, from number `first` to before `next`.

    Numbers begin at 0 in each process: they order the records and lead to them, and stand in no output.
    """

    def __init__(self, *, days: float, documents: int, least: int = 0) -> None:
        """An empty window.

        Args:
            days: how far a record's clock may lie behind the newest.
            documents: how many records of the log are held at most, at least 1.
            least: how many are held whatever the clock says.
        """
        self._span, self._documents, self._least = round(days * 86_400_000), documents, least
        # More than the records in the window and those whose memory is still to be given back.
        self._capacity = 1 << (documents + 4 * CHUNK - 1).bit_length()
        self._mask = self._capacity - 1
        self._rows = Rows(self._capacity)
        self._clock, self._dated, self._received = (self._rows.one[name] for name in ("clock", "dated", "received"))
        self._alive = bytearray(self._capacity)
        self._alike = Chains(self._rows.keys, KEYS, self._alive)
        self._named = Chains(self._rows.named, len(NAMES), self._alive)
        self.first = self.next = 0
        self._live = self._released = 0

    def __len__(self) -> int:
        return self._live

    def __iter__(self) -> Iterator[int]:
        """The numbers of the records, in the order of the log."""
        return (number for number in range(self.first, self.next) if self._alive[number & self._mask])

    @property
    def clock(self) -> int | None:
        """Stream time: the clock of the last record, None before the first."""
        return self._clock[(self.next - 1) & self._mask] if self._live else None

    def just_before(self) -> list[int]:
        """`received` of the last records, as many as the next one's clock asks (clock.py)."""
        last = range(max(self.first, self.next - WITNESSES + 1), self.next)
        return [self._received[number & self._mask] for number in last]

    def add(self, row: Row, evidence: Evidence) -> int:
        """Adds the next record of the log and lets those go that it pushes out. Returns its number."""
        known = self.find(row.id)
        if known is not None:  # only somebody else's write: an owner writes no id that is in the window
            self._alive[known & self._mask] = 0
            self._live -= 1
        number, at = self.next, self.next & self._mask
        self.next = number + 1
        self._rows.write(at, row, evidence)
        self._alive[at] = 1
        self._live += 1
        self._date(max(row.clock, row.received))
        self._expire(row.clock)
        for chains in (self._alike, self._named):
            chains.move(self.first, self.next)
        self._alike.add(number, min(len(evidence.hashes), KEYS))
        self._named.add(number, len(NAMES))
        if self.first - self._released >= CHUNK:
            start = self._released & self._mask
            self._rows.release(start, start + CHUNK)
            self._alike.release(start, start + CHUNK)
            self._named.release(start, start + CHUNK)
            self._released += CHUNK
        return number

    def set_status(self, number: int, status: int) -> None:
        """What a later record of the log says of this one."""
        self._rows.one["status"][number & self._mask] = status

    def _date(self, dated: int) -> None:
        """Dates the newest record, and those before it that are dated later: what it outlives, they do not.

        A record counts from the later of its clock and its own time. The first ones after a gap of weeks come before the
        clock believes it (clock.py), and would leave when it does; a stray of 2099 is dated back by the next record.
        """
        last, before = self.next - 1, range(self.first, self.next - 1)
        self._dated[last & self._mask] = dated
        if not before or self._dated[before[-1] & self._mask] <= dated:
            return
        later = bisect_right(before, dated, key=lambda number: self._dated[number & self._mask])
        for part in self._parts(self.first + later, last):
            self._rows.column("dated").rows[part] = dated

    def _expire(self, clock: int) -> None:
        first = max(self.first, self.next - self._documents, min(self.since(clock), self.next - self._least))
        parts = self._parts(first, self.next)
        oldest = next(at for part in parts if (at := self._alive.find(1, part.start, part.stop)) >= 0)
        first += oldest - first & self._mask
        alive = np.frombuffer(self._alive, dtype=np.uint8)  # bytearray.count takes 20 ms for a million
        self._live -= sum(int(np.count_nonzero(alive[part])) for part in self._parts(self.first, first))
        self.first = first

    def _parts(self, start: int, stop: int) -> list[slice]:
        """The rows of the records `start` to before `stop`, in one piece or in two."""
        at, count = start & self._mask, stop - start
        parts = slice(at, min(at + count, self._capacity)), slice(0, at + count - self._capacity)
        return [part for part in parts if part.start < part.stop]

    # -- what is asked of it -----------------------------------------------------------------------------------------

    def since(self, clock: int) -> int:
        """The first record that would be left by one of this clock."""
        oldest = clock - self._span
        if self.next == self.first or self._dated[self.first & self._mask] >= oldest:
            return self.first
        numbers = range(self.first, self.next)
        return self.first + bisect_left(numbers, oldest, key=lambda number: self._dated[number & self._mask])

    def find(self, document: bytes) -> int | None:
        """The record of an id."""
        return next(iter(self.having("id", document, 1)), None)

    def having(self, name: Name, digest: bytes, most: int) -> list[int]:
        """The newest `most` records of an id, an item, a family (`root`) or a text (`exact`), newest first."""
        key, rest = halves(name, digest)
        found: list[int] = self._named.having(key, most, self._rows.column(name), rest).tolist()
        return found

    def candidates(
        self, hashes: Hashes, *, most: int = 8, probed: int = KEYS, since: int = 0
    ) -> tuple[Numbers, Numbers]:
        """Records that have one of the smallest `probed` of `hashes` as a key, ascending, and how many of them each has.

        Of each key the newest `most` records are looked at.
        """
        found = self._alike.newest(hashes[:probed], most)
        found = found[found >= since]
        found.sort()
        if not len(found):
            return found, found
        starts = np.concatenate(([0], np.flatnonzero(found[1:] != found[:-1]) + 1))
        return found[starts], np.concatenate((starts[1:], [len(found)])) - starts

    def row(self, number: int) -> Row:
        return self._rows.row(number & self._mask)

    def alive(self, number: int) -> bool:
        """Whether a record between `first` and `next` is in the window: not, if its id came again."""
        return bool(self._alive[number & self._mask])

    def field(self, name: str, number: int) -> int:
        """One field of a record (rows.py). `published` is `UNKNOWN` where it is missing."""
        value: int = self._rows.one[name][number & self._mask]
        return value

    def digest(self, name: Name, number: int) -> bytes:
        return self._rows.digest(name, number & self._mask)

    def evidence(self, number: int) -> Evidence:
        return self._rows.evidence(number & self._mask)

    def hashes(self, numbers: Numbers) -> Hashes:
        """The hashes of many records, 128 for each: where it has fewer, the largest number stands."""
        return self._rows.hashes(numbers & self._mask)

    def column(self, name: str, numbers: Numbers) -> npt.NDArray[Any]:
        """One field of many records."""
        found: npt.NDArray[Any] = self._rows.column(name).rows[numbers & self._mask]
        return found

    def snapshot(self) -> bytes:
        """The whole state: the records in the order of the log. All else is derived from them."""
        return b"".join(_bytes(self.row(number), self.evidence(number)) for number in self)

    def memory(self) -> int:
        """Bytes that the records and their index take."""
        rows = self._rows.memory(self.next - self.first, self.first & self._mask)
        return rows + self._alike.memory() + self._named.memory() + self._capacity


def _bytes(row: Row, evidence: Evidence) -> bytes:
    lists = [part.tobytes() for part in (evidence.hashes, evidence.numbers, evidence.names)]
    return repr((row, evidence.exact, evidence.words, evidence.shingles, *lists)).encode() + b"\n"

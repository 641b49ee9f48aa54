"""What is held of each record of a window: numbers of fixed width in columns, and a pool for the lists of its words."""

import struct
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from pipeline.duplicates.evidence import Evidence
from pipeline.duplicates.pages import Pages
from pipeline.duplicates.sketch import DIGITS, SIZE, Hashes
from pipeline.duplicates.sketch import NAMES as MOST_NAMES

Numbers = npt.NDArray[np.int64]
Name = Literal["id", "item", "root", "exact"]

# Of a sketch's hashes, those that a record is found by: two of 16 shared keys find .99 of the pairs at a similarity of
# .2 (rule.py). Each takes 14 bytes of the index, and a power of two packs without a gap.
KEYS: Final = 16
NAMES: Final[tuple[Name, ...]] = ("id", "item", "root", "exact")
# The first eight bytes of a digest are its key, made different by what it names: an item's id is often a document's.
_SALT: Final[dict[Name, int]] = {name: place * 0x1E3779B97F4A7C15 for place, name in enumerate(NAMES)}
_AS_THEY_ARE: Final = ("source", "title", "received", "clock", "offset", "version", "kind", "status")
_COLUMNS: Final[dict[str, npt.DTypeLike]] = {
    **dict.fromkeys(NAMES, np.uint64),  # the last eight bytes
    **dict.fromkeys(("source", "title", "pooled"), np.uint64),
    **dict.fromkeys(("received", "published", "clock", "dated", "offset", "version"), np.int64),
    **dict.fromkeys(("words", "shingles"), np.uint32),
    **dict.fromkeys(("hashes", "numbers", "names", "note", "kind", "status"), np.uint8),
}
# Of one record: 32 hashes of digit tokens and 24 of names, and a note. This is address space, not memory.
_POOLED: Final = 2 * (DIGITS + MOST_NAMES) + 96
_HALVES: Final = struct.Struct(">QQ")
UNKNOWN: Final = -(1 << 63)
_NONE: Final = 0xFFFFFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What is remembered of a record beside its evidence. Times are whole milliseconds since 1970."""

    id: bytes
    item: bytes
    root: bytes
    """The first id of its family: its own, where it is nobody's duplicate."""
    source: int
    title: int
    """64 bits each that stand for the source's name and for the headline."""
    received: int
    published: int | None
    clock: int
    """The partition's stream time after this record."""
    offset: int
    """Of the tagged article."""
    version: int = 1
    kind: int = 0
    status: int = 0
    note: bytes = b""
    """What else is to be known again, at most 96 bytes; nothing is found by it."""


class Rows:
    """Room for `capacity` records, by the number of their row."""

    def __init__(self, capacity: int) -> None:
        self._columns: dict[str, Pages[Any]] = {name: Pages(capacity, kind) for name, kind in _COLUMNS.items()}
        self.one = {name: pages.view for name, pages in self._columns.items()}
        self.keys: Pages[np.uint32] = Pages(capacity, np.uint32, KEYS)
        self.named: Pages[np.uint64] = Pages(capacity, np.uint64, len(NAMES))
        self._rest: Pages[np.uint32] = Pages(capacity, np.uint32, SIZE - KEYS)
        self._pool: Pages[np.uint8] = Pages(capacity * _POOLED, np.uint8)
        self._pooled = self._released = 0

    def _all(self) -> list[Pages[Any]]:
        return [*self._columns.values(), self.keys, self.named, self._rest]

    def column(self, name: str) -> Pages[Any]:
        return self._columns[name]

    def write(self, at: int, row: Row, evidence: Evidence) -> None:
        one, hashes = self.one, evidence.hashes
        for place, (name, digest) in enumerate(
            zip(NAMES, (row.id, row.item, row.root, evidence.exact), strict=True), len(NAMES) * at
        ):
            self.named.view[place], one[name][at] = halves(name, digest)
        for column in _AS_THEY_ARE:
            one[column][at] = getattr(row, column)
        one["published"][at] = UNKNOWN if row.published is None else row.published
        one["words"][at], one["shingles"][at] = evidence.words, evidence.shingles
        one["hashes"][at], one["pooled"][at] = len(hashes), self._store(evidence, row.note)
        one["numbers"][at], one["names"][at], one["note"][at] = (
            len(evidence.numbers),
            len(evidence.names),
            len(row.note),
        )
        few = min(len(hashes), KEYS)
        self.keys.rows[at, :few] = hashes[:few]
        self._rest.rows[at, : len(hashes) - few] = hashes[few:]

    def _store(self, evidence: Evidence, note: bytes) -> int:
        """Puts what varies in length into the pool, in one piece."""
        data = _halved(evidence.numbers) + _halved(evidence.names) + note
        start, size = self._pooled, len(self._pool.rows)
        if start % size + len(data) > size:
            start += size - start % size
        self._pool.view[start % size : start % size + len(data)] = data
        self._pooled = start + len(data)
        return start

    def _stored(self, at: int) -> tuple[Hashes, Hashes, bytes]:
        place = self.one["pooled"][at] % len(self._pool.rows)
        numbers, names = 2 * self.one["numbers"][at], 2 * self.one["names"][at]
        data = bytes(self._pool.view[place : place + numbers + names + self.one["note"][at]])
        words = np.frombuffer(data, dtype=np.uint16, count=(numbers + names) // 2).astype(np.uint32) << np.uint32(16)
        return words[: numbers // 2], words[numbers // 2 :], data[numbers + names :]

    def row(self, at: int) -> Row:
        published = self.one["published"][at]
        return Row(
            id=self.digest("id", at),
            item=self.digest("item", at),
            root=self.digest("root", at),
            published=None if published == UNKNOWN else published,
            note=self._stored(at)[2],
            **{name: self.one[name][at] for name in _AS_THEY_ARE},
        )

    def digest(self, name: Name, at: int) -> bytes:
        key: int = self.named.view[len(NAMES) * at + NAMES.index(name)] ^ _SALT[name]
        rest: int = self.one[name][at]
        return _HALVES.pack(key, rest)

    def evidence(self, at: int) -> Evidence:
        numbers, names, _ = self._stored(at)
        return Evidence(
            exact=self.digest("exact", at),
            words=self.one["words"][at],
            shingles=self.one["shingles"][at],
            hashes=np.concatenate((self.keys.rows[at], self._rest.rows[at]))[: self.one["hashes"][at]],
            numbers=numbers,
            names=names,
        )

    def hashes(self, at: Numbers) -> Hashes:
        """The hashes of many rows, 128 for each: where it has fewer, the largest number stands."""
        found = np.concatenate((self.keys.rows[at], self._rest.rows[at]), axis=1)
        found[np.arange(SIZE) >= self._columns["hashes"].rows[at, None]] = _NONE
        return found

    def release(self, start: int, stop: int) -> None:
        """Gives back the memory of the rows `start` to `stop`, which are the oldest, and of what they have in the pool."""
        for pages in self._all():
            pages.release(start, stop)
        end, size = self.one["pooled"][stop % len(self.keys.rows)], len(self._pool.rows)
        place, count = self._released % size, end - self._released
        self._pool.release(place, min(place + count, size))
        self._pool.release(0, place + count - size)
        self._released = end

    def memory(self, count: int, first: int) -> int:
        """Bytes of `count` rows, of which `first` is the oldest."""
        pool = self._pooled - self.one["pooled"][first] if count else 0
        return count * sum(pages.row_bytes for pages in self._all()) + pool


def _halved(hashes: Hashes) -> bytes:
    """Of a number or a name only the upper 16 bits are told apart (sketch.py): 100 bytes a record of 500 words less."""
    return (hashes >> 16).astype(np.uint16).tobytes()


def halves(name: Name, digest: bytes) -> tuple[int, int]:
    """The key of a digest of 16 bytes, and what the key does not tell."""
    key, rest = _HALVES.unpack(digest)
    return key ^ _SALT[name], rest

"""Which records of the window hold a key, the newest first: hash chains over a ring, as deflate finds its matches.

Each record has a few keys, and each (record, key) is an entry. An entry points back to the one before it of the same
key, and a table (open addressing, linear probing) leads from a key to its newest entry. Nothing is ever unlinked: an
entry is told by the number of its record, so one that has left the window is known by its age, its place in the table
counts as free, and a chain ends where it begins to be too old. A million records that leave at once cost nothing here.

Only the newest of a key are read. With the two earliest in addition (chains linked both ways, 64 MB more and each
leaving record unlinked) nothing is gained: of 1,074 reprints the newest eight find a macro average of .880, the two
earliest and the newest six .878 (thresholds loosened to .35 and .55: .957 and .956), both among the same 751 (814) other
items. What matters of the earliest stands in each copy's record: the family it belongs to.
"""

import secrets
from typing import Any, Final

import numpy as np

from pipeline.duplicates import kernel
from pipeline.duplicates.kernel import ODD, SHARE, Links, Numbers
from pipeline.duplicates.pages import Pages
from pipeline.duplicates.sketch import Hashes

# The table grows and is swept a segment at a time: at 16 million keys 8 ms each, where all of it would take 2 s.
SEGMENTS: Final = 256
# Half a megabyte for a language; a smaller table would be rebuilt at every other of the first thousand records.
LEAST: Final = 256
# Of places: a search for a key that is not there takes 3.6 steps at .6 and 13 at .8.
BUILT, FULL = 0.6, 0.8
# Numbers of entries come round after 134 million records of 16 keys. By then each segment has long been swept.
NUMBERS: Final = 0x7FFFFFFF
USED: Final = NUMBERS + 1
SWEEP: Final = 1 << 16


class Chains:
    """Entries of the records in the window, `width` of them for each."""

    def __init__(self, keys: Pages[Any], width: int, alive: bytearray) -> None:
        """Over the keys of each row, `width` of them, and whether it counts; width and the number of rows are powers of two."""
        # Four times a segment's share: one is never that crowded, not even by texts written for it, since the secret is
        # drawn anew in each process. The order of the table is in no result.
        region = int(4 * len(keys.rows) * width / BUILT) // SEGMENTS + 8 * LEAST
        self._links = Links(
            keys, width, alive=alive, segments=SEGMENTS, region=region, secret=secrets.randbits(64), numbers=NUMBERS
        )
        self._shift = width.bit_length() - 1
        for segment in range(SEGMENTS):
            self._resize(segment, LEAST)
        self.move(0, 0)

    def move(self, first: int, following: int) -> None:
        """The window holds the records `first` to `following`; what is older counts no more."""
        self._next = following
        self._now, self._span = following << self._shift, (following - first) << self._shift

    def memory(self) -> int:
        """Bytes of the table and of what the rows in the window have here."""
        return 4 * (int(self._links.sizes.sum()) + self._span)

    def release(self, start: int, stop: int) -> None:
        """Gives back the memory of these rows, whose records have left."""
        self._links.before.release(start << self._shift, stop << self._shift)

    def add(self, number: int, count: int) -> None:
        """The newest record, whose row has `count` keys, none twice. The window has moved to it already."""
        entry, done = (number << self._shift & NUMBERS) | USED, 0
        while done < count:
            added, crowded = kernel.link(self._links, self._now, self._span, entry + done, count - done)
            if crowded >= 0:
                self._rebuild(crowded)
            done += added
        if not number % SWEEP:
            self._rebuild(number // SWEEP % SEGMENTS)

    def newest(self, keys: Hashes, most: int) -> Numbers:
        """The numbers of the newest `most` records of each of at most 128 keys."""
        self._links.asked.rows[: len(keys)] = keys
        return self._next - kernel.newest(self._links, self._now, self._span, len(keys), most)

    def having(self, key: int, most: int, rest: Pages[np.uint64], wanted: int) -> Numbers:
        """The numbers of the newest `most` records of a key, newest first, of those with `wanted` in `rest`."""
        self._links.asked.view[0] = key
        return self._next - kernel.newest(self._links, self._now, self._span, 1, most, rest=rest, wanted=wanted)

    def _resize(self, segment: int, size: int) -> None:
        self._links.sizes[segment], self._links.limits[segment] = size, int(FULL * size)

    def _rebuild(self, segment: int) -> None:
        """Leaves out what has left the window, and makes room for what comes or gives it back."""
        links = self._links
        start, before = segment * links.region, int(links.sizes[segment])
        held = links.table.rows[start : start + before]
        age = np.uint32(self._now & NUMBERS) - held & np.uint32(NUMBERS)
        entries = held[(held != 0) & (age <= self._span)]
        size = max(LEAST, int(len(entries) / BUILT) + 1)
        held[:] = 0
        links.table.release(start + size, start + links.region)
        self._resize(segment, size)
        links.used[segment] = len(entries)
        keys = links.keys.rows.reshape(-1)[entries & np.uint32(links.mask)].astype(np.uint64)
        mixed = (keys ^ np.uint64(links.secret)) * np.uint64(ODD)
        mixed = (mixed ^ mixed >> np.uint64(32)) * np.uint64(ODD)
        places = (mixed >> np.uint64(24) & np.uint64(SHARE)) * np.uint64(size) >> np.uint64(32)
        table = links.table.rows[start : start + size]
        while len(entries):
            free = table[places] == 0
            table[places[free]] = entries[free]
            lost = table[places] != entries
            entries, places = entries[lost], (places[lost] + np.uint64(1)) % np.uint64(size)

"""The inner loops of hash chains: compiled (kernel.c, built at install) where a compiler was there, else Python.

Both find the same; tests/duplicates/test_kernel.py compares them. An article looks up 128 keys: 300 to 400 microseconds
in Python, and 160 at least for sixteen of them in numpy, since the unluckiest key of a probing decides how many steps
of thirty calls it takes. Compiled it is a fiftieth.
"""

import ctypes
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from pipeline.duplicates.pages import Pages
from pipeline.duplicates.sketch import SIZE

Numbers = npt.NDArray[np.int64]

LIBRARY: Final = Path(__file__).with_name("_kernel.so")
# Mixes a key into 64 bits, of which the first 8 choose the segment and the next 32 the place.
ODD: Final = 0x9E3779B97F4A7C15
SHARE: Final = 0xFFFFFFFF
MIXED: Final = 0xFFFFFFFFFFFFFFFF
_POINTERS: Final = ("table", "before", "keys", "sizes", "limits", "used")
_VALUES: Final = ("secret", "numbers", "region", "mask", "shift", "wide")


class _Chains(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in _POINTERS] + [(name, ctypes.c_uint64) for name in _VALUES]


class Links:
    """What both work on: the keys of each row, the entry before each entry, and a table cut into segments."""

    def __init__(
        self,
        keys: Pages[Any],
        width: int,
        *,
        alive: bytearray,
        segments: int,
        region: int,
        secret: int,
        numbers: int,
    ) -> None:
        entries = len(keys.rows) * width
        self.alive, self.keys, self.before = alive, keys, Pages[np.uint32](entries, np.uint32)
        self.table = Pages[np.uint32](segments * region, np.uint32)
        self.sizes, self.limits, self.used = (np.zeros(segments, dtype=np.int64) for _ in range(3))
        self.region, self.secret, self.numbers = region, secret, numbers
        self.shift, self.mask = width.bit_length() - 1, entries - 1
        # To ask numpy for an address takes as long as the look for a dozen keys, so all stand where they are.
        self.asked, self._found = Pages[np.uint64](SIZE, np.uint64), Pages[np.int64](8 * SIZE, np.int64)
        sizes = [array.ctypes.data for array in (self.sizes, self.limits, self.used)]
        at = (self.table.address, self.before.address, keys.address, *sizes)
        wide = keys.rows.dtype.itemsize == 8
        self._struct = _Chains(*at, secret, numbers, region, self.mask, self.shift, wide)
        self.here = ctypes.addressof(self._struct)
        self.alive_at = ctypes.addressof((ctypes.c_char * len(alive)).from_buffer(alive))

    def found(self, room: int) -> Pages[np.int64]:
        if len(self._found.rows) < room:
            self._found = Pages(room, np.int64)
        return self._found

    def find(self, now: int, span: int, key: int) -> tuple[int, int]:
        """The place of a key and its newest entry, or the first free place for it and 0 (linear probing)."""
        table, keys = self.table.view, self.keys.view
        mixed = (key ^ self.secret) * ODD & MIXED
        mixed = (mixed ^ mixed >> 32) * ODD & MIXED
        size, start = int(self.sizes[mixed >> 56]), (mixed >> 56) * self.region
        place, end = start + ((mixed >> 24 & SHARE) * size >> 32), start + size
        free = -1
        while entry := table[place]:
            if now - entry & self.numbers > span:
                if free < 0:
                    free = place
            elif keys[entry & self.mask] == key:
                return place, entry
            place += 1
            if place == end:
                place = start
        return (place if free < 0 else free), 0


def link(links: Links, now: int, span: int, entry: int, count: int) -> tuple[int, int]:
    """Adds `count` entries of the newest record, and stops behind the first that crowds a segment.

    Returns how many it has added, and the crowded segment or -1.
    """
    if _library:
        crowded = ctypes.c_int64()
        done: int = _library.copydesk_link(links.here, now, span, entry, count, ctypes.byref(crowded))
        return done, crowded.value
    for done in range(1, count + 1):
        place, head = links.find(now, span, links.keys.view[entry & links.mask])
        fresh = not links.table.view[place]
        links.before.view[entry & links.mask] = head or entry
        links.table.view[place] = entry
        segment = place // links.region
        links.used[segment] += fresh
        if fresh and links.used[segment] > links.limits[segment]:
            return done, segment
        entry += 1
    return count, -1


def newest(
    links: Links, now: int, span: int, count: int, most: int, *, rest: Pages[np.uint64] | None = None, wanted: int = 0
) -> Numbers:
    """How many records ago the newest `most` are that have each of the first `count` keys of `links.asked`.

    Only of those alive and, if asked, with `wanted` in `rest`.
    """
    if _library:
        found = links.found(count * most)
        end = _library.copydesk_newest(
            links.here,
            now,
            span,
            links.asked.address,
            count,
            most,
            links.alive_at,
            rest.address if rest else None,
            wanted,
            found.address,
        )
        return found.rows[:end].copy()
    ago: list[int] = []
    for key in links.asked.view[:count]:
        _, entry = links.find(now, span, key)
        if not entry:
            continue
        last = len(ago) + most
        age, older = -1, now - entry & links.numbers
        # The oldest of a key points to itself, or to one that has left.
        while age < older <= span and len(ago) < last:
            age, flat = older, entry & links.mask
            row = flat >> links.shift
            if links.alive[row] and (rest is None or rest.view[row] == wanted):
                ago.append(age + (1 << links.shift) - 1 >> links.shift)
            entry = links.before.view[flat]
            older = now - entry & links.numbers
    return np.array(ago, dtype=np.int64)


def _load() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(str(LIBRARY))
    except OSError:
        return None
    pointer, number, unsigned = ctypes.c_void_p, ctypes.c_int64, ctypes.c_uint64
    library.copydesk_link.argtypes = [pointer, unsigned, unsigned, ctypes.c_uint32, number, pointer]
    library.copydesk_newest.argtypes = [pointer, unsigned, unsigned, pointer, number, number, pointer, pointer]
    library.copydesk_newest.argtypes += [unsigned, pointer]
    library.copydesk_link.restype = library.copydesk_newest.restype = number
    return library


_library: Final = _load()


def compiled() -> bool:
    """Whether the compiled kernel is in use."""
    return _library is not None

"""Which names are one slip of the pen apart, found without comparing every pair."""

from collections import defaultdict
from typing import Final

from pipeline.entities.names import Key

# Below five letters one edit makes another name of nearly any name (Kim, Jim, Lim).
_SHORTEST: Final = 5
# Hundreds of names that share a half are no misspellings; without a bound they would cost quadratic time.
_MOST_ALIKE: Final = 16
# Two names that agree so far and differ later are no persons' names.
_LONGEST: Final = 60


def one_edit_apart(a: str, b: str) -> bool:
    """Damerau-Levenshtein distance of exactly 1: a letter more, less or other, or two neighbours exchanged."""
    if len(a) > len(b):
        a, b = b, a
    if len(b) - len(a) > 1 or a == b:
        return False
    same = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), len(a))
    if len(a) < len(b):
        return a[same:] == b[same + 1 :]
    return a[same + 1 :] == b[same + 1 :] or (
        a[same : same + 2] == b[same : same + 2][::-1] and a[same + 2 :] == b[same + 2 :]
    )


def misspelt(a: Key, b: Key) -> bool:
    """Whether two keys differ by one edit in one word of more than four letters.

    The last letter of a given name, and of a surname that stands alone, must be the same: it tells Mario from Maria
    and Putin from Putina.
    """
    if len(a) != len(b):
        return False
    different = [i for i, (x, y) in enumerate(zip(a, b, strict=True)) if x != y]
    if len(different) != 1:
        return False
    x, y = a[different[0]], b[different[0]]
    is_surname_of_full_name = len(a) > 1 and different[0] == len(a) - 1
    same_end = x[-1] == y[-1] or (x[-1] in "iy" and y[-1] in "iy")  # Sergei, Sergey
    return min(len(x), len(y)) >= _SHORTEST and (is_surname_of_full_name or same_end) and one_edit_apart(x, y)


class Misspellings:
    """Keys seen so far, to be asked for one that a new key may be a misspelling of.

    One edit leaves the first or the second half of a word as it was: so a key is kept under both, and a lookup costs
    four of them whatever the number of keys. (Keeping it under each form that lacks a letter finds the same pairs at ten
    times the cost.)
    """

    def __init__(self) -> None:
        self._by_start: defaultdict[str, list[Key]] = defaultdict(list)
        self._by_end: defaultdict[str, list[Key]] = defaultdict(list)

    def add(self, key: Key) -> None:
        joined = " ".join(key)
        for length in _halves(joined):
            for bucket in (self._by_start[joined[:length]], self._by_end[joined[-length:]]):
                if len(bucket) < _MOST_ALIKE:
                    bucket.append(key)

    def find(self, key: Key) -> Key | None:
        """An added key that `key` misspells, None if there is none."""
        joined = " ".join(key)
        for length in _halves(joined):
            for bucket in (self._by_start.get(joined[:length], ()), self._by_end.get(joined[-length:], ())):
                for near in bucket:
                    if misspelt(key, near):
                        return near
        return None

    def seen(self, key: Key) -> Key | None:
        """`find`, then `add`."""
        near = self.find(key)
        self.add(key)
        return near


def _halves(joined: str) -> tuple[int, ...]:
    """How long the beginnings and ends are that a name shares with those one edit away, which may be a letter shorter."""
    length = len(joined)
    if not _SHORTEST <= length <= _LONGEST:
        return ()
    half, shorter = (length - 1) // 2, (length - 2) // 2
    return (half,) if half == shorter else (half, shorter)

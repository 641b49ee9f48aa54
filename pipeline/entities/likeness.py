"""Which names are one slip of the pen apart, found without comparing every pair."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from pipeline.entities.names import Key

# Below five letters one edit makes another name of nearly any name (Kim, Jim, Lim).
_SHORTEST: Final = 5
# Hundreds of names that differ in one letter are no misspellings; without a bound they would cost quadratic time.
_MOST_ALIKE: Final = 8
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
    return min(len(x), len(y)) >= _SHORTEST and (is_surname_of_full_name or x[-1] == y[-1]) and one_edit_apart(x, y)


class Misspellings:
    """Keys seen so far, to be asked for one that a new key may be a misspelling of.

    Two words within one edit of each other share a form that lacks at most one letter (symmetric deletion, as in
    SymSpell), so a lookup costs the length of the word.
    """

    def __init__(self) -> None:
        self._alike: defaultdict[tuple[int, str], list[Key]] = defaultdict(list)

    def add(self, key: Key) -> None:
        for form in _shortened(key):
            bucket = self._alike[form]
            if len(bucket) < _MOST_ALIKE:
                bucket.append(key)

    def find(self, key: Key) -> Key | None:
        """The earliest added key that `key` misspells, None if there is none."""
        return next(
            (near for form in _shortened(key) for near in self._alike.get(form, ()) if misspelt(key, near)), None
        )


def _shortened(key: Key) -> Iterator[tuple[int, str]]:
    joined = " ".join(key)
    yield len(key), joined
    for i in range(min(len(joined), _LONGEST)):
        yield len(key), joined[:i] + joined[i + 1 :]

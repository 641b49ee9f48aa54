import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.entities.likeness import Misspellings, misspelt, one_edit_apart

WORDS = st.text("abc", max_size=7)


def distance(a: str, b: str) -> int:
    """Damerau-Levenshtein (optimal string alignment) by the textbook's table."""
    table = {(i, 0): i for i in range(len(a) + 1)} | {(0, j): j for j in range(len(b) + 1)}
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            table[i, j] = min(table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (a[i - 1] != b[j - 1]))
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                table[i, j] = min(table[i, j], table[i - 2, j - 2] + 1)
    return table[len(a), len(b)]


@given(WORDS, WORDS)
def test_one_edit_apart_is_distance_one(a: str, b: str) -> None:
    assert one_edit_apart(a, b) == (distance(a, b) == 1)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("vladimir putin", "vladmir putin", True),
        ("dmitry peskov", "dmitry peskow", True),  # the given name vouches
        ("peskov", "pekov", True),
        ("peskov", "pseskov", True),
        ("angela merkel", "angela mrekel", True),
        ("putin", "putina", False),  # his wife
        ("mario lopez", "maria lopez", False),
        ("kim", "lim", False),
        ("vladimir putin", "vladmir puttin", False),
        ("putin", "vladimir putin", False),
        ("putin", "putin", False),
    ],
)
def test_misspelt(a: str, b: str, *, expected: bool) -> None:
    assert misspelt(tuple(a.split()), tuple(b.split())) is expected


@given(st.lists(st.lists(st.text("abcd", min_size=1, max_size=8), min_size=1, max_size=2).map(tuple), max_size=8))
def test_the_index_finds_what_comparing_all_pairs_finds(keys: list[tuple[str, ...]]) -> None:
    index = Misspellings()
    *seen, asked = keys or [("x",)]
    for seen_key in seen:
        index.add(seen_key)
    found = index.find(asked)
    alike = [seen_key for seen_key in seen if misspelt(asked, seen_key)]
    assert found in alike if alike else found is None

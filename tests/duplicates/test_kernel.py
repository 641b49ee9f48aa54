"""The compiled kernel and Python's, against each other; what both find is compared with lists in test_window.py."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.duplicates import chains, kernel
from pipeline.duplicates.chains import Chains
from pipeline.duplicates.pages import Pages

ROWS = 64


@pytest.fixture(autouse=True)
def _compiled() -> None:
    """The kernel is built by the install wherever a C compiler is, as it is where these tests run."""
    assert kernel.compiled(), "no compiled kernel: is there a C compiler? run `make clean test`"


KEYS = st.lists(st.integers(0, 2**32 - 1) | st.integers(0, 9), max_size=4, unique=True)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(KEYS, st.integers(0, 3)), max_size=90), KEYS, st.integers(1, 5), st.integers(0, 2**64 - 1))
def test_both_leave_the_same_tables_and_find_the_same(
    records: list[tuple[list[int], int]], asked: list[int], most: int, secret: int
) -> None:
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr("secrets.randbits", lambda _: secret)
    tables, found = [], []
    for library in (kernel._library, None):
        monkeypatch.setattr(kernel, "_library", library)
        pages = Pages[np.uint32](ROWS, np.uint32, 4)
        made, first = Chains(pages, 4, bytearray(b"\1\1\0\1" * (ROWS // 4))), 0
        for number, (keys, leave) in enumerate(records):
            first = max(number - ROWS + 2, min(first + leave, number))
            pages.rows[number % ROWS, : len(keys)] = keys
            made.move(first, number + 1)
            made.add(number, len(keys))
        tables.append((made._links.table.rows.tobytes(), made._links.before.rows.tobytes(), made._links.used.tolist()))
        found.append(made.newest(np.array(asked, dtype=np.uint32), most).tolist())
    monkeypatch.undo()
    assert tables[0] == tables[1]
    assert found[0] == found[1]


def test_a_table_gives_back_the_room_of_what_has_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chains, "LEAST", 4)
    pages = Pages[np.uint32](1 << 14, np.uint32, 4)
    made = Chains(pages, 4, bytearray(b"\1") * (1 << 14))
    for number in range(10_000):
        pages.rows[number] = np.arange(4) + 4 * number
        made.move(0, number + 1)
        made.add(number, 4)
    full = made.memory()
    made.move(9_999, 10_000)
    for segment in range(chains.SEGMENTS):
        made._rebuild(segment)
    assert made.memory() < full / 5
    assert made.newest(np.array([4 * 9_998, 4 * 9_999], dtype=np.uint32), 8).tolist() == [9_999]


def test_every_segment_is_swept_in_its_turn_also_one_that_never_fills(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has left must be gone from the table before the numbers of entries come round."""
    monkeypatch.setattr(chains, "SWEEP", 1)
    pages = Pages[np.uint32](ROWS, np.uint32, 4)
    made = Chains(pages, 4, bytearray(b"\1") * ROWS)
    for number in range(510 + chains.SEGMENTS):  # ten of them until the others have left
        pages.rows[number % ROWS] = np.arange(4) + 4 * min(number, 500)  # in the end always the same four
        made.move(max(0, number - 9), number + 1)
        made.add(number, 4)
    assert np.count_nonzero(made._links.table.rows) == 4

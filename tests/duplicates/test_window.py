"""The window does what its definition says of the log, whatever is written to it."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.duplicates import chains, kernel
from pipeline.duplicates import window as room
from pipeline.duplicates.evidence import Evidence
from pipeline.duplicates.rows import KEYS, NAMES, Name
from pipeline.duplicates.window import UNKNOWN, Row, Window

DAY = 86_400_000
# The fixture is the same for all examples of a test.
OFTEN = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
Record = tuple[Row, Evidence]


def digest(number: int) -> bytes:
    """Four have one key: its first eight bytes."""
    return bytes([number // 4]) * 8 + bytes([number % 4]) * 8


def words(numbers: list[int]) -> "np.ndarray[tuple[int], np.dtype[np.uint32]]":
    return np.unique(np.array(numbers, dtype=np.uint32))


def record(name: int, day: float, hashes: list[int], other: int = 0, ahead: int = 0) -> Record:
    held = words(hashes)[:128]
    row = Row(
        id=digest(name),
        item=digest(other),
        root=digest(name % 3),
        source=2**64 - 1 - other,
        title=2**63 + name,
        received=int(day * DAY) + ahead * DAY,
        published=None if other % 2 else int(-day * DAY),
        clock=int(day * DAY),
        offset=2**40 + name,
        version=other,
        kind=other % 5,
        status=other % 3,
        note=bytes([name]) * (3 * other),
    )
    return row, Evidence(
        digest(len(hashes)),
        len(hashes) + 4,
        len(held),
        held,
        held[: other % 7] << np.uint32(16),
        held[: name % 5] << np.uint32(16),
    )


# Nine ids and clocks in any order, within twelve days: everything leaves and comes back, in and out of turn. Hashes of
# a small range meet at every turn; more than sixteen, and more than 128, are among them.
HASHES = st.lists(st.integers(0, 40), max_size=24) | st.integers(0, 200).map(lambda length: list(range(length)))
LOGS = st.lists(
    st.builds(
        record,
        st.integers(0, 8),
        st.integers(0, 120).map(lambda tenth: tenth / 10),
        HASHES,
        st.integers(0, 9),
        st.sampled_from([0, 0, 0, -2, 5, 30_000]),
    ),
    min_size=1,
    max_size=40,
)
DAYS = st.sampled_from([0.5, 3.0, 7.0])
DOCUMENTS = st.integers(1, 12)


@pytest.fixture(autouse=True, params=["compiled", "Python"])
def small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows come round within a test, and segments grow and are swept; with the kernel and without."""
    if request.param == "Python":
        monkeypatch.setattr(kernel, "_library", None)
    monkeypatch.setattr(room, "CHUNK", 2)
    monkeypatch.setattr(chains, "LEAST", 1)
    monkeypatch.setattr(chains, "SWEEP", 1)


def folded(log: list[Record], days: float, documents: int, least: int = 0) -> Window:
    window = Window(days=days, documents=documents, least=least)
    for row, evidence in log:
        window.add(row, evidence)
    return window


def inside(log: list[Record], days: float, documents: int, least: int = 0) -> list[int]:
    """The definition: the places of what no later record has pushed out."""
    dated = [max(row.clock, row.received) for row, _ in log]
    first = max(0, len(log) - documents)
    for end, (row, _) in enumerate(log, 1):
        old = [place for place in range(end) if row.clock - dated[place] > days * DAY]
        first = max(first, min(old[-1] + 1 if old else 0, end - least))
    later: set[bytes] = set()
    found: list[int] = []
    for place in range(len(log) - 1, first - 1, -1):
        if log[place][0].id not in later:
            found.append(place)
        later.add(log[place][0].id)
    return found[::-1]


def same(one: Evidence, other: Evidence) -> bool:
    lists = ("hashes", "numbers", "names")
    return all(getattr(one, name).tolist() == getattr(other, name).tolist() for name in lists) and (
        one.exact,
        one.words,
        one.shingles,
    ) == (other.exact, other.words, other.shingles)


@OFTEN
@given(LOGS, DAYS, DOCUMENTS, st.integers(0, 4))
def test_any_prefix_folded_from_anywhere_before_its_window_gives_the_same_state(
    log: list[Record], days: float, documents: int, least: int
) -> None:
    live = Window(days=days, documents=documents, least=least)
    for end, (row, evidence) in enumerate(log, 1):
        assert live.add(row, evidence) == end - 1
        held = inside(log[:end], days, documents, least)
        assert list(live) == held
        assert len(live) == len(held)
        assert live.clock == row.clock
        for start in {0, held[0] // 2, held[0]}:
            again = folded(log[start:end], days, documents, least)
            assert again.snapshot() == live.snapshot()
            assert again.just_before() == live.just_before()
            assert [number + start for number in again] == held


@OFTEN
@given(LOGS, DAYS, DOCUMENTS)
def test_what_was_written_is_read_whatever_has_left(log: list[Record], days: float, documents: int) -> None:
    window = folded(log, days, documents)
    numbers = list(window)
    for number in numbers:
        row, evidence = log[number]
        assert window.row(number) == row
        assert same(window.evidence(number), evidence)
    many = np.array(numbers)
    matrix, lengths = window.hashes(many), window.column("hashes", many)
    for place, number in enumerate(numbers):
        hashes = log[number][1].hashes.tolist()
        assert matrix[place].tolist() == hashes + [2**32 - 1] * (128 - len(hashes))
        assert lengths[place] == len(hashes)
        assert window.field("offset", number) == log[number][0].offset
        window.set_status(number, 9)
        assert window.row(number).status == 9
    published = [log[number][0].published for number in numbers]
    assert window.column("published", many).tolist() == [UNKNOWN if at is None else at for at in published]


@dataclass(frozen=True)
class Question:
    hashes: list[int]
    most: int
    probed: int
    since: int


QUESTIONS = st.builds(Question, HASHES, st.integers(1, 9), st.sampled_from([1, 16, 128]), st.integers(0, 40))


@OFTEN
@given(LOGS, DAYS, DOCUMENTS, QUESTIONS)
def test_what_is_found_is_found_by_a_list_of_all(
    log: list[Record], days: float, documents: int, asked: Question
) -> None:
    window = folded(log, days, documents)
    held = inside(log, days, documents)
    shared: dict[int, int] = {}
    for key in words(asked.hashes)[: asked.probed]:
        for place in [place for place in held if key in log[place][1].hashes[:KEYS]][-asked.most :]:
            shared[place] = shared.get(place, 0) + 1
    numbers, counts = window.candidates(words(asked.hashes), most=asked.most, probed=asked.probed, since=asked.since)
    assert list(zip(numbers.tolist(), counts.tolist(), strict=True)) == sorted(
        (place, count) for place, count in shared.items() if place >= asked.since
    )
    for value in range(12):
        for name in NAMES:
            places = [place for place in held if named(name, log[place]) == digest(value)][::-1]
            assert window.having(name, digest(value), asked.most) == places[: asked.most]
            if name == "id":
                assert window.find(digest(value)) == (places[0] if places else None)


def named(name: Name, record: Record) -> bytes:
    row, evidence = record
    return {"id": row.id, "item": row.item, "root": row.root, "exact": evidence.exact}[name]


@OFTEN
@given(LOGS, DAYS, st.integers(0, 200).map(lambda tenth: tenth / 10))
def test_a_document_is_told_what_it_would_leave_in_the_window(log: list[Record], days: float, day: float) -> None:
    window = folded(log, days, 100)
    asked = window.since(int(day * DAY))
    window.add(*record(200, day, []))
    assert window.first == next(number for number in range(asked, window.next) if number in list(window))


def test_numbers_that_come_round_find_nothing_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """After 1,024 records entries have the numbers of the first again."""
    monkeypatch.setattr(chains, "NUMBERS", 0x3FFF)
    monkeypatch.setattr(chains, "USED", 0x4000)
    window = Window(days=7, documents=50)
    log = [record(number % 200, 0, [number % 97, 100 + number % 11, 3000 + number % 1024]) for number in range(2500)]
    for number, (row, evidence) in enumerate(log):
        window.add(row, evidence)
        held = range(max(0, number - 49), number + 1)
        for key in (number % 97, 100 + number % 11, 3000 + number % 1024, 3000 + (number + 1) % 1024):
            expected = [place for place in held if key in log[place][1].hashes][-8:]
            assert window.candidates(words([key]))[0].tolist() == expected


def test_what_is_in_the_window_outlives_the_memory_of_what_has_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages go back 512 rows at a time, ten times round the ring; chunk by chunk also after a jump of the clock."""
    monkeypatch.setattr(room, "CHUNK", 512)
    window = Window(days=7, documents=1000)
    log = [record(number % 250, 8 * (number // 7000), list(range(number % 150)), 5) for number in range(10_000)]
    for number, (row, evidence) in enumerate(log):
        window.add(replace(row, id=number.to_bytes(16, "big"), note=number.to_bytes(40, "big")), evidence)
        if number % 997 == 0 or number in (7000, 7003):
            for held in list(window)[:: 1 if len(window) < 10 else 90]:
                assert same(window.evidence(held), log[held][1])
                assert int.from_bytes(window.row(held).note, "big") == held
                assert window.find(held.to_bytes(16, "big")) == held
    assert window._released == 8704
    assert window._rows._released > 0

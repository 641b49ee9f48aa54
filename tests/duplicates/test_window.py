"""Rule 8: the state depends on the records of the log inside the window, and on nothing else."""

import dataclasses
from collections import deque
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.duplicates.sketch import FoldError
from pipeline.duplicates.window import Window
from pipeline.records import Fingerprint, Tagged, decode, encode
from tests.duplicates.made_articles import START, fingerprint, hours, tagged, words

TEXTS = (words(0, 60), words(0, 40) + " x y z", words(30, 90), "one two", "", words(0, 60, "v"))

# Seven ids and clocks in any order, within twelve days: everything leaves and comes back, in and out of turn.
FOREIGN = st.builds(
    lambda name, text, day: fingerprint(str(name), TEXTS[text], START + timedelta(days=day)),
    st.integers(0, 6),
    st.integers(0, len(TEXTS) - 1),
    st.floats(0, 12).map(lambda day: round(day, 1)),
)
LOGS = st.lists(FOREIGN, min_size=1, max_size=25)
DAYS = st.sampled_from([0.5, 3.0, 7.0])
DOCUMENTS = st.integers(1, 6)


def folded(log: list[Fingerprint], days: float, documents: int) -> Window:
    window = Window(days=days, documents=documents)
    for record in log:
        window.fold(record)
    return window


def inside(log: list[Fingerprint], days: float, documents: int) -> list[Fingerprint]:
    """The definition, from the end of the log: what no later record has pushed out."""
    found: list[Fingerprint] = []
    later: list[Fingerprint] = []
    for record in reversed(log):
        if any(other.clock - record.clock > timedelta(days=days) for other in later):
            break
        later.append(record)
        if all(record.id != other.id for other in later[:-1]):
            found.append(record)
        if len(found) == documents:
            break
    return found[::-1]


def first_offset(log: list[Fingerprint], window: Window) -> int:
    first = next(iter(window))
    return max(place for place, record in enumerate(log) if record is first)


def derived(window: Window, shift: int) -> object:
    """Everything beside the records, with sequence numbers as offsets in the log."""
    same = {key: [number + shift for number in window._same.ends(key, 99, 0)] for key in window._same._lists}
    alike = {key: [number + shift for number in window._alike.ends(key, 99, 0)] for key in window._alike._lists}
    clocks = [(number + shift, clock) for number, clock in window._clocks]
    return same, alike, clocks, sorted(window._sequences), window.clock


@settings(max_examples=300, deadline=None)
@given(LOGS, DAYS, DOCUMENTS)
def test_any_prefix_folded_from_anywhere_before_its_window_gives_the_same_state(
    log: list[Fingerprint], days: float, documents: int
) -> None:
    live = Window(days=days, documents=documents)
    for end, record in enumerate(log, 1):
        live.fold(record)
        assert list(live) == inside(log[:end], days, documents)
        for start in range(first_offset(log[:end], live) + 1):
            again = folded(log[start:end], days, documents)
            assert again.snapshot() == live.snapshot()
            assert derived(again, start) == derived(live, 0)


@settings(deadline=None)
@given(LOGS, DAYS, DOCUMENTS)
def test_a_log_trimmed_by_counting_keeps_the_window(log: list[Fingerprint], days: float, documents: int) -> None:
    window, offsets = Window(days=days, documents=documents), deque[int]()
    for offset, record in enumerate(log):
        if window.fold(record):
            offsets.append(offset)
        while len(offsets) > len(window):
            offsets.popleft()
        exact = first_offset(log[: offset + 1], window)
        assert offsets[0] <= exact
        if len({earlier.id for earlier in log[: offset + 1]}) == offset + 1:
            assert offsets[0] == exact
        assert folded(log[offsets[0] : offset + 1], days, documents).snapshot() == window.snapshot()


ARRIVALS = st.lists(
    st.builds(
        lambda name, text, at: tagged(TEXTS[text] + " .", name=str(name), at=at),
        st.integers(0, 9),
        st.integers(0, len(TEXTS) - 1),
        st.sampled_from([0.0, 1.0, 2.0, 3.5, 30.0, 90.0, 200.0, -72.0, 24.0 * 365 * 80]),
    ),
    min_size=1,
    max_size=30,
)


@settings(deadline=None)
@given(ARRIVALS, DAYS, DOCUMENTS, st.integers(0, 30))
def test_an_owner_that_takes_over_decides_like_the_one_before(
    arrivals: list[Tagged], days: float, documents: int, handover: int
) -> None:
    def work(window: Window, arrived: list[Tagged]) -> list[bytes]:
        log = []
        for document in arrived:
            if document.article.id not in window:
                log.append(encode(window.judge(document)))
                window.fold(decode(Fingerprint, log[-1]))
        return log

    alone = Window(days=days, documents=documents)
    log = work(alone, arrivals)
    first = Window(days=days, documents=documents)
    begun = work(first, arrivals[:handover])
    kept = begun[len(begun) - len(first) :]
    second = folded([decode(Fingerprint, value) for value in kept], days, documents)
    # The last batch is delivered again, as after a kill before its acknowledgement.
    again = [document for document in arrivals[:handover][-3:] if document.article.id in second]
    assert [second.judge(document) for document in again] == [first.judge(document) for document in again]
    assert begun + work(second, arrivals[handover:]) == log
    assert second.snapshot() == alone.snapshot()
    assert [record.clock for record in alone] == sorted(record.clock for record in alone)


def test_a_record_older_than_the_window_leaves_and_one_as_old_as_it_stays() -> None:
    window = folded([fingerprint("a", "a", hours(0)), fingerprint("b", "b", hours(1))], 7, 100)
    window.fold(fingerprint("c", "c", hours(168)))
    assert len(window) == 3
    window.fold(fingerprint("d", "d", hours(168.1)))
    assert [record.sketch.exact for record in window] == [fingerprint("", text, START).sketch.exact for text in "bcd"]


def test_a_record_from_the_past_takes_nothing_along_at_once() -> None:
    window = folded([fingerprint(name, name, hours(0)) for name in "abc"], 7, 100)
    window.fold(fingerprint("a", "a", hours(-1)))
    assert len(window) == 3
    assert window.fold(fingerprint("d", "d", hours(1)))
    assert len(window) == 4


@pytest.mark.parametrize("broken", [{"version": "minhash-7"}, {"hashes": "!"}, {"shingles": 7}])
def test_a_sketch_that_cannot_be_read_changes_nothing(broken: dict[str, object]) -> None:
    window = folded([fingerprint("a", TEXTS[0], START)], 7, 100)
    before = window.snapshot(), derived(window, 0)
    bad = fingerprint("a", TEXTS[0], hours(1000))
    bad = dataclasses.replace(bad, sketch=dataclasses.replace(bad.sketch, **broken))  # type: ignore[arg-type]
    with pytest.raises(FoldError):
        window.fold(bad)
    assert (window.snapshot(), derived(window, 0)) == before


def test_fold_tells_a_new_id_from_a_known_one() -> None:
    window = Window(days=7, documents=2)
    assert window.fold(fingerprint("a", "one", START))
    assert not window.fold(fingerprint("a", "two", START))
    assert len(window) == 1
    assert fingerprint("a", "", START).id in window
    assert fingerprint("b", "", START).id not in window


def test_the_first_and_last_years_of_the_calendar_do_no_harm() -> None:
    window = Window(days=7, documents=100)
    for year in (1, 1970, 9999, 1, 2016):
        arrived = tagged(f"some text of {year}")
        moment = datetime(year, 1, 1, tzinfo=UTC)
        article = dataclasses.replace(arrived.article, received=moment, published=moment)
        window.fold(window.judge(dataclasses.replace(arrived, article=article)))
    assert window.clock is not None

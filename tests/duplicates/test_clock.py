from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.duplicates.clock import WITNESSES, advance

START = 1_459_080_000_000
BAD = int(datetime(2099, 1, 1, tzinfo=UTC).timestamp() * 1000)


def hours(count: float) -> int:
    return START + round(count * 3_600_000)


def clocks(received: list[int]) -> list[int]:
    found: list[int] = []
    for place, moment in enumerate(received):
        before = received[max(0, place - WITNESSES + 1) : place]
        found.append(advance(found[-1] if found else None, moment, before))
    return found


@settings(deadline=None)
@given(st.lists(st.integers(-(10**6), 10**6).map(hours), min_size=1, max_size=60))
def test_the_clock_never_falls_and_is_never_ahead_of_all_documents(received: list[int]) -> None:
    found = clocks(received)
    assert found == sorted(found)
    assert all(clock <= max(received[: place + 1]) for place, clock in enumerate(found))


@settings(deadline=None)
@given(st.lists(st.integers(0, 24), max_size=60))
def test_without_jumps_it_is_the_running_maximum(steps: list[int]) -> None:
    received = [START]
    for step in steps:
        received.append(received[-1] + step * 3_600_000)
    assert clocks(received) == received


def test_documents_out_of_order_do_not_turn_it_back() -> None:
    assert clocks([hours(0), hours(5), hours(-72), hours(6)]) == [hours(0), hours(5), hours(5), hours(6)]


def test_strays_never_move_it_even_as_every_third_document() -> None:
    received = [BAD if number % 3 == 2 else hours(number) for number in range(300)]
    assert hours(290) < clocks(received)[-1] < hours(300)


def test_strays_are_outvoted_up_to_four_and_in_a_tie() -> None:
    assert clocks([*map(hours, range(9)), BAD, BAD, BAD, BAD, hours(9)])[-1] == hours(9)
    assert clocks([hours(0), BAD, hours(1)])[-1] == hours(1)


def test_after_a_gap_of_weeks_it_has_caught_up_with_the_fifth_document() -> None:
    gap = 24 * 21
    found = clocks([*map(hours, range(20)), *(hours(gap + number) for number in range(6))])
    assert found[23] == hours(19)
    assert found[24] >= hours(gap)
    assert found[25] == hours(gap + 5)


def test_an_archive_of_one_document_a_month_does_not_stand_still() -> None:
    found = clocks([hours(720 * number) for number in range(200)])
    assert hours(720 * 199) - found[-1] <= 720 * WITNESSES / 2 * 3_600_000


def test_first_and_last_years_of_the_calendar_are_times_too() -> None:
    first, last = -62_135_596_800_000, 253_402_300_799_999
    assert clocks([first, last, first, last, last])[-1] == last

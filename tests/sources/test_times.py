from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.times import read_time


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2016-03-27T10:00:00Z", "2016-03-27T10:00:00"),
        ("2016-03-27T10:00:00+02:00", "2016-03-27T08:00:00"),
        (" 2016-03-27 10:00:00 ", "2016-03-27T10:00:00"),
        ("2016-03-27", "2016-03-27T00:00:00"),
        ("20160327", "2016-03-27T00:00:00"),
        ("Sun, 27 Mar 2016 10:00:00 -0500", "2016-03-27T15:00:00"),
        (1459072800, "2016-03-27T10:00:00"),
        (1459072800.5, "2016-03-27T10:00:00.500000"),
        (1459072800000, "2016-03-27T10:00:00"),
        ("1459072800", "2016-03-27T10:00:00"),
        ("1459072800000", "2016-03-27T10:00:00"),
        (0, "1970-01-01T00:00:00"),
    ],
)
def test_forms_that_are_read(value: Any, expected: str) -> None:
    assert read_time(value) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "value", ["", "yesterday", "2016", True, None, ["2016-03-27"], 10**30, -(10**30), "0001-01-01T00:00+14:00", 1e300]
)
def test_what_is_no_time(value: Any) -> None:
    assert read_time(value) is None


@given(st.text() | st.integers() | st.floats() | st.from_regex(r"[0-9T:+ -]{1,30}") | st.datetimes().map(str))
def test_nothing_makes_it_raise(value: Any) -> None:
    time = read_time(value)
    assert time is None or time.tzinfo is UTC


@given(st.datetimes(timezones=st.timezones(), min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29)))  # noqa: DTZ001 - hypothesis adds the zone
def test_iso_times_come_back(time: datetime) -> None:
    assert read_time(time.isoformat()) == time.astimezone(UTC)

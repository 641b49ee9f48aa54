from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cleaning.dates import Moment, read_field, read_line, read_rfc3339


def moment(*parts: int, precision: str = "day") -> Moment:
    return Moment(datetime(*parts, tzinfo=UTC), precision)  # type: ignore[arg-type, misc]


DAY = moment(2016, 3, 27)


@pytest.mark.parametrize(
    ("line", "published"),
    [
        ("This Article is From Mar 27, 2016", DAY),
        ("Published: 27 March 2016", DAY),
        ("PUBLISHED: Sunday, March 27th, 2016", DAY),
        ("Sun 27 Mar 2016", DAY),
        ("27.03.2016", DAY),
        ("27/3/2016", DAY),
        ("on March 27, 2016", DAY),
        ("Posted on Sun Mar 27, 2016 08:45 AM PDT", moment(2016, 3, 27, 15, 45, precision="minute")),
        ("10:30 PM EST, Sun March 27, 2016", moment(2016, 3, 28, 3, 30, precision="minute")),
        ("Sun 27 Mar 2016 18.20 BST", moment(2016, 3, 27, 17, 20, precision="minute")),
        ("First published on 2016-03-27T18:20:05+02:00", moment(2016, 3, 27, 16, 20, 5, precision="second")),
        ("Published: Mar 27, 2016 6:20 pm IST", DAY),  # India, Ireland or Israel
        ("March 27, 2016 25:70", DAY),
        ("Updated 28 March 2016. First published 27 March 2016", DAY),
        ("04/05/2016", None),  # April or May
        ("31 February 2016", None),
        ("2 hours ago", None),
        ("This article is more than 2 years old", None),
    ],
)
def test_a_date_line_is_read(line: str, published: Moment | None) -> None:
    found = read_line(line)
    assert found is not None
    assert found.published == published


def test_an_update_is_not_the_publication() -> None:
    found = read_line("Updated: 28 March 2016")
    assert found is not None
    assert found.published is None
    assert found.updated == moment(2016, 3, 28)


@pytest.mark.parametrize(
    "line",
    [
        "© Thomson Reuters 2016",
        "On March 27, 2016 the army took Palmyra",
        "The article was published in March",
        "Palmyra, 27 March 2016",
        "2016",
        "7.8035",
        "First Quarter",
        "Updated guidance: 12 pct",
        "",
    ],
)
def test_what_says_more_than_a_date_is_no_date_line(line: str) -> None:
    assert read_line(line) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2016-03-27", DAY),
        ("20160327", DAY),
        ("2016-03-27 10:11", moment(2016, 3, 27, 10, 11, precision="minute")),
        ("2016-03-27T10:11:12.5Z", Moment(datetime(2016, 3, 27, 10, 11, 12, 500000, UTC), "second")),
        ("20160327T101112Z", moment(2016, 3, 27, 10, 11, 12, precision="second")),
        ("Sun, 27 Mar 2016 10:11:12 GMT", moment(2016, 3, 27, 10, 11, 12, precision="second")),
        ("1459073472", moment(2016, 3, 27, 10, 11, 12, precision="second")),
        ("1459073472000", moment(2016, 3, 27, 10, 11, 12, precision="second")),
        ("0", None),
        ("2016", None),
        ("yesterday", None),
        ("2016-13-45", None),
        ("0001-01-01T00:00:00+14:00", None),  # before the year 1 in UTC
        ("9999-12-31T23:59:59-23:59", None),
        ("٢٠١٦-٠٣-٢٧", DAY),  # digits are digits
    ],
)
def test_a_field_is_read_or_left(text: str, found: Moment | None) -> None:
    assert read_field(text) == found


MOMENTS = st.datetimes(
    datetime(1900, 1, 2),  # noqa: DTZ001 - hypothesis wants them naive
    datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)


@given(MOMENTS)
def test_what_standards_write_comes_back(at: datetime) -> None:
    second = at.replace(microsecond=0)
    assert read_field(at.isoformat()) == Moment(at.astimezone(UTC), "second")
    assert read_field(format_datetime(second)) == Moment(second.astimezone(UTC), "second")
    assert read_rfc3339(at.isoformat()) == at
    if at.timestamp() >= 1e8:
        assert read_field(str(int(at.timestamp()))) == Moment(second.astimezone(UTC), "second")


@given(st.text(max_size=60) | st.text("0123456789-:./ TZ+marpulished,", max_size=60))
def test_no_text_is_an_error(text: str) -> None:
    for found in (read_field(text), *(read_line(text) or ())):
        assert found is None or found.at.tzinfo is UTC
    read_rfc3339(text)


@pytest.mark.parametrize("text", ["2016-03-27", "27 March 2016", "2016-03-27T25:00:00Z", ""])
def test_no_rfc3339_time(text: str) -> None:
    assert read_rfc3339(text) is None

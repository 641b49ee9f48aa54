"""Dates as news writes them, by strict patterns.

Searching parsers invent dates (they make a day of "© Thomson Reuters 2016"); here a text is read as a whole or not at all.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, NamedTuple

from pipeline.records import Precision

# English months, short and long.
MONTH: Final = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?)"
)
_DATE: Final = re.compile(
    r"\b(?:(?P<iso>\d{4}-\d\d-\d\d)(?=\b|T)"
    rf"|(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\.?[ -]+(?P<m1>{MONTH})\.?,?[ -]+(?P<y1>\d{{4}})\b"
    rf"|(?P<m2>{MONTH})\.? +(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?,? +(?P<y2>\d{{4}})\b"
    r"|(?P<d3>\d{1,2})\.(?P<m3>\d{1,2})\.(?P<y3>\d{4})\b"  # with dots it is always day, month, year
    r"|(?P<a>\d{1,2}) ?/ ?(?P<b>\d{1,2}) ?/ ?(?P<y4>\d{4})\b)",  # with slashes it is either
    re.IGNORECASE,
)
_TIME: Final = re.compile(
    r"(?:T|\b)(?P<h>\d{1,2})[:.] ?(?P<m>\d\d)(?:[:.](?P<s>\d\d)(?:[.,](?P<fraction>\d+))?)?\b"
    r"(?: ?(?P<half>[ap])\.? ?m\b\.?)?(?: ?(?P<zone>Z|[+-]\d\d:?\d\d|(?!AM|PM)[A-Z]{2,4})\b)?(?!\d)",
    re.IGNORECASE,
)
# Hours from UTC. Names that mean two things (IST, ET) are left out: such a date keeps its day and loses its time.
_ZONES: Final = dict.fromkeys(("Z", "UTC", "GMT", "UT"), 0) | {
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "BST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "JST": 9,
}  # fmt: skip
_UPDATE: Final = re.compile(r"updat|modif|edit|revis", re.IGNORECASE)
_LABEL: Final = re.compile(
    r"\b(?:(?:first|last|originally)\s+)?(?:published|publication date|posted|updated|modified|issued|created|revised|edited)\b"
    r"|\bthis article is\b|\bdate\s*:",
    re.IGNORECASE,
)
# Words that may stand beside a date on a date line.
_BESIDE: Final = re.compile(
    r"\b(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?|on|at|hrs|from|date|time|online|and"
    r"|(?:more than )?(?:\d+|an?|one) (?:min(?:ute)?|hour|day|week|month|year)s? (?:read|ago|old)|just now)\b",
    re.IGNORECASE,
)
_EPOCH: Final = re.compile(r"\d{9,13}(?:\.\d+)?")  # fewer digits are a year or a yyyymmdd, not a second before 1973
_RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d", re.IGNORECASE)


class Moment(NamedTuple):
    """A point of time in UTC and how exactly it was given; a day is its midnight."""

    at: datetime
    precision: Precision


class DateLine(NamedTuple):
    """What a date line says: null for what it doesn't, both null if all it holds is "2 hours ago"."""

    published: Moment | None
    updated: Moment | None


def read_rfc3339(text: str) -> datetime | None:
    """A CloudEvents time in UTC; without an offset it is taken as UTC. None if it is no such time."""
    return _iso(text.upper()) if _RFC3339.match(text) else None


def read_field(text: str) -> Moment | None:
    """A whole field's date: ISO 8601, RFC 3339 or 2822, written out in English, or seconds or milliseconds since 1970."""
    text = text.strip()[:100]  # no date is longer
    if _EPOCH.fullmatch(text):
        seconds = float(text)
        # 10^11 s is the year 5138, 10^11 ms is March 1973.
        return Moment(datetime.fromtimestamp(seconds / 1000 if seconds >= 1e11 else seconds, UTC), "second")
    line = read_line(text)
    if line:
        return line.published or line.updated
    at = _iso(text)  # the basic form, 20160327T101112Z
    return Moment(at, "second" if "T" in text else "day") if at else None


def read_line(line: str) -> DateLine | None:
    """What `line` says if dates, times and the words that go with them are all it holds, else None."""
    if not re.search(r"\d", line):
        return None
    dates = list(_DATE.finditer(line))
    if not (dates or _LABEL.search(line) or _BESIDE.search(line)):
        return None
    if re.search(r"\w", _BESIDE.sub(" ", _LABEL.sub(" ", _TIME.sub(" ", _DATE.sub(" ", line))))):
        return None
    published = updated = None
    start = 0
    for number, date in enumerate(dates):
        end = dates[number + 1].start() if number + 1 < len(dates) else len(line)
        moment = _moment(date, _TIME.search(line, date.end(), end) or _TIME.search(line, start, date.start()))
        if _UPDATE.search(line, start, date.start()):
            updated = updated or moment
        else:
            published = published or moment
        start = date.end()
    return DateLine(published, updated)


def is_labelled(line: str) -> bool:
    """Whether `line` opens with "Published", "Updated" or the like."""
    return _LABEL.match(line) is not None


def _moment(date: re.Match[str], time: re.Match[str] | None) -> Moment | None:
    part = date.groupdict()
    if part["iso"]:
        year, month, day = (int(number) for number in part["iso"].split("-"))
    elif part["y4"]:
        first, second, year = int(part["a"]), int(part["b"]), int(part["y4"])
        if first <= 12 and second <= 12 and first != second:
            return None  # 04/05/2016 is a day in April or in May
        day, month = (first, second) if first > 12 else (second, first)
    elif part["y3"]:
        day, month, year = int(part["d3"]), int(part["m3"]), int(part["y3"])
    else:
        day, year = int(part["d1"] or part["d2"]), int(part["y1"] or part["y2"])
        month = "janfebmaraprmayjunjulaugsepoctnovdec".index((part["m1"] or part["m2"])[:3].lower()) // 3 + 1
    try:
        midnight = datetime(year, month, day, tzinfo=UTC)
        return (time and _at(midnight, time)) or Moment(midnight, "day")
    except (ValueError, OverflowError):  # 31 February; the year 0
        return None


def _at(midnight: datetime, time: re.Match[str]) -> Moment | None:
    """The day's time, or None where it is no time or its zone is unknown."""
    hour, minute, second = int(time["h"]), int(time["m"]), int(time["s"] or 0)
    if time["half"]:
        hour = hour % 12 + (12 if time["half"] in "pP" else 0)
    zone = (time["zone"] or "UTC").upper()
    if hour > 23 or minute > 59 or second > 59 or not (zone in _ZONES or zone[0] in "+-"):
        return None
    if zone in _ZONES:
        offset = timedelta(hours=_ZONES[zone])
    else:
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:])) * (-1 if zone[0] == "-" else 1)
    fraction = int((time["fraction"] or "0").ljust(6, "0")[:6])
    local = midnight.replace(hour=hour, minute=minute, second=second, microsecond=fraction, tzinfo=timezone(offset))
    return Moment(local.astimezone(UTC), "second" if time["s"] else "minute")


def _iso(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):  # OverflowError: an offset that leads out of the years 1 to 9999
        return None

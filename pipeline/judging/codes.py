"""How the values of a record stand in fixed fields: in the log, and in the rows of the window."""

from typing import Final, get_args

from pipeline.records import Direction, Kind, Status, TimeSource

# By their place: what a later version adds to one of them goes to its end, or the log of this one reads differently.
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
STATUSES: Final[tuple[Status, ...]] = get_args(Status)
TIME_SOURCES: Final[tuple[TimeSource, ...]] = get_args(TimeSource)
DIRECTIONS: Final[tuple[Direction | None, ...]] = (None, *get_args(Direction))

NO_ID: Final = bytes(16)
NO_TIME: Final = -(2**63)
# Of the calendar, 0001 to 9999, in milliseconds since 1970.
FIRST: Final = -62_135_596_800_000
LAST: Final = 253_402_300_799_999
# Shares are ten-thousandths, as they are in the records.
_NO_SHARE: Final = 0xFFFF
_SHARES: Final = 10_000


def id_bytes(id_: str | None) -> bytes:
    return bytes.fromhex(id_) if id_ else NO_ID


def read_id(id_: bytes) -> str | None:
    return None if id_ == NO_ID else id_.hex()


def share(value: float | None) -> int:
    return _NO_SHARE if value is None else round(value * _SHARES)


def read_share(value: int) -> float | None:
    return None if value == _NO_SHARE else value / _SHARES

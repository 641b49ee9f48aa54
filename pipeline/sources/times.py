"""Times as JSON documents write them."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

# Ten digits are seconds since 1970, thirteen milliseconds (2001 to 2286). Looked for first: `fromisoformat` reads
# thirteen digits as a date of the fifteenth century.
_EPOCH: Final = re.compile(r"\d{10}|\d{13}")
_FIRST_MILLISECONDS: Final = 10**11
"""Epoch numbers from here on are milliseconds: as seconds they would be past the year 5000."""


def read_time(value: Any) -> datetime | None:
    """ISO 8601, RFC 2822, or seconds or milliseconds since 1970; UTC. Without a zone: UTC. Anything else: None."""
    try:
        if isinstance(value, str):
            text = value.strip()
            time = _from_number(int(text)) if _EPOCH.fullmatch(text) else _from_text(text)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            time = _from_number(value)
        else:
            return None
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):  # not a time, or one before the year 1 or after 9999
        return None


def _from_number(number: float) -> datetime:
    return datetime.fromtimestamp(number / 1000 if abs(number) >= _FIRST_MILLISECONDS else number, UTC)


def _from_text(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return parsedate_to_datetime(text)

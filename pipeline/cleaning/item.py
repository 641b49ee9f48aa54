"""What a source says of the item a document is a version of: which version, whether it may be used, what it takes back.

An item is what its source calls one (a guid, an address, `ce_id`). Words for its status by IPTC's ninjs and NewsML-G2
(`usable`, `withheld`, `canceled`, there also as `stat:canceled`).
"""

import re
from typing import Any, Final

from pipeline.records import Status

WITHDRAWS: Final = "copydesk-withdraws"
"""The header that names what a message takes back: an item or one document of it."""

_STATUSES: Final[dict[str, Status]] = {
    "withheld": "withheld",
    "canceled": "withdrawn",
    "cancelled": "withdrawn",
    "withdrawn": "withdrawn",
}
# Some sources count by the clock, 20261124130500; 15 digits are exact in JavaScript, whose readers get them as numbers.
_VERSION: Final = re.compile(r"[0-9]{1,15}")


def version(given: Any) -> int | None:
    """The version as the source counts; None where it is no number, such as `2.1-beta`."""
    text = str(given).strip() if isinstance(given, int | str) else ""
    return int(text) if _VERSION.fullmatch(text) else None


def status(given: Any) -> Status:
    """What the source lets be done with the item. A word that is none of the standard's, `published`, says nothing."""
    text = given.strip().lower().removeprefix("stat:") if isinstance(given, str) else ""
    return _STATUSES.get(text, "usable")

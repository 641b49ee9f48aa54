"""Dead letters on the wire: the raw bytes as the value; what went wrong, and where, in the headers.

Names by Kafka Streams' KIP-1034 (`__streams.errors.*`), our own beside them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pipeline.kafka.headers import ATTEMPT, Headers, attempt
from pipeline.records import Origin

_ERRORS: Final = "__streams.errors."
_OURS: Final = ("copydesk-stage", "copydesk-reason", "copydesk-id", ATTEMPT)
# An error text is for a person: what is longer is a dump of the document.
ERROR_CHARACTERS: Final = 500


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A document that could not be processed."""

    id: str
    stage: str
    reason: str
    error: str
    attempt: int
    """1 for a first failure, one more each time it is sent back and fails again."""
    broke: Origin
    """The message that could not be processed."""
    key: bytes | None
    value: bytes
    original: tuple[tuple[str, bytes], ...]
    """Headers of the message that could not be processed."""
    at: datetime
    """When it was written."""
    stands: Origin
    """Where in the dead-letter topic it stands."""


def wrap(*, id: str, stage: str, reason: str, error: str, broke: Origin, headers: Mapping[str, bytes]) -> Headers:  # noqa: A002
    """Headers of a dead letter made of a message with `headers`."""
    ours = {
        f"{_ERRORS}exception": reason,
        f"{_ERRORS}message": error[:ERROR_CHARACTERS],
        f"{_ERRORS}topic": broke.topic,
        f"{_ERRORS}partition": str(broke.partition),
        f"{_ERRORS}offset": str(broke.offset),
        "copydesk-stage": stage,
        "copydesk-reason": reason,
        "copydesk-id": id,
        ATTEMPT: str(attempt(headers) + 1),
    }
    kept = [(name, value) for name, value in headers.items() if not _is_ours(name)]
    # An exception's text may quote half a character of the document.
    return [*kept, *((name, text.encode("utf-8", "replace")) for name, text in ours.items())]


def read(
    *,
    key: bytes | None,
    value: bytes | None,
    headers: Mapping[str, bytes],
    stands: Origin,
    at: datetime,
) -> DeadLetter | None:
    """The dead letter in a message; None where something else wrote to the topic."""
    try:
        text = {name: headers[name].decode() for name in _OURS}
        broke = Origin(
            headers[f"{_ERRORS}topic"].decode(),
            int(headers[f"{_ERRORS}partition"]),
            int(headers[f"{_ERRORS}offset"]),
        )
        error = headers[f"{_ERRORS}message"].decode()
    except (KeyError, ValueError):
        return None
    return DeadLetter(
        id=text["copydesk-id"],
        stage=text["copydesk-stage"],
        reason=text["copydesk-reason"],
        error=error,
        attempt=attempt(headers),
        broke=broke,
        key=key,
        value=value or b"",
        original=tuple((name, content) for name, content in headers.items() if not _is_ours(name)),
        at=at,
        stands=stands,
    )


def send_back(letter: DeadLetter) -> Headers:
    """Headers of the message that tries the document once more."""
    return [*letter.original, (ATTEMPT, str(letter.attempt).encode())]


def _is_ours(name: str) -> bool:
    return name.startswith(_ERRORS) or name in _OURS

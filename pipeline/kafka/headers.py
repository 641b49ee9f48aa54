"""Headers of our messages: CloudEvents 1.0 (Kafka binary binding), W3C trace context, and our own."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final, Literal

from pipeline.records import SCHEMA, SCHEMA_HEADER

Headers = list[tuple[str, bytes]]

RAW_TIME: Final = "copydesk-raw-time"
"""Record time of the raw message, ms: `received` may be an archive's clock, delays are measured from this one."""
ERASE: Final = "copydesk-erase"
"""On a judged record without a value: the tombstone is meant, and no accident of some producer's."""
AMENDED: Final = "copydesk-amended"
"""On a record that is written again because something came after its document: nothing measures its delay."""
ATTEMPT: Final = "copydesk-attempt"
"""How often the document was sent back from the dead letters."""

# What travels unchanged from the raw record to the enriched one.
_TRAVEL: Final = frozenset(
    {"ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "traceparent", "tracestate", RAW_TIME, AMENDED}
)


def cloud_event(
    *,
    source: str,
    source_id: str,
    media_type: str,
    time: datetime,
    subject: str | None = None,
    kind: Literal["document", "withdrawal"] = "document",
) -> Headers:
    """Headers of one raw message.

    Source: CloudEvents 1.0, Kafka protocol binding 1.0.2, binary content mode.
    """
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", source_id.encode()),
        ("ce_source", source.encode()),
        ("ce_type", f"news.copydesk.{kind}".encode()),
        ("ce_time", time.astimezone(UTC).isoformat().replace("+00:00", "Z").encode()),
        ("content-type", media_type.encode()),
    ]
    if subject:
        headers.append(("ce_subject", subject.encode()))
    return headers


def as_mapping(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, bytes]:
    """The headers of a message, the last one of a name winning, those without a value left out."""
    return {name: value for name, value in headers if value is not None}


def onward(headers: Mapping[str, bytes], *, raw_time_ms: int | None = None) -> Headers:
    """Headers of an inner record made from a message with `headers`."""
    kept = [(name, value) for name, value in headers.items() if name in _TRAVEL]
    if raw_time_ms is not None and RAW_TIME not in headers:
        kept.append((RAW_TIME, str(raw_time_ms).encode()))
    return [*kept, (SCHEMA_HEADER, str(SCHEMA).encode()), ("content-type", b"application/json")]


def attempt(headers: Mapping[str, bytes]) -> int:
    """How often the document was sent back from the dead letters; 0 where the header says no number."""
    text = headers.get(ATTEMPT, b"0")
    return int(text) if text.isdigit() and len(text) < 9 else 0  # nobody sends it back a billion times

"""The way of one document over the topics, as what stands there tells it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from rich.filesize import decimal

from pipeline.cleaning import identify
from pipeline.duplicates.sketch import FoldError
from pipeline.judging import before, codec
from pipeline.judging.entry import Entry, Withdrawal
from pipeline.kafka.status import dead_letter, key_id, place
from pipeline.kafka.tail import Message
from pipeline.kafka.topics import TOPICS
from pipeline.records import Article, Dropped, Enriched, Judged, Origin, Raw, RecordError, Tagged, decode

_ORDER: Final = {name: number for number, name in enumerate(TOPICS)}


@dataclass(frozen=True, slots=True)
class Hop:
    """A record of the document, or one that ended it."""

    topic: str
    """Its name in `TOPICS`."""
    stands: Origin
    at: datetime
    """The record's timestamp."""
    what: str
    """What it says, in a few words; other people's text among them."""


def document(topic: str, message: Message) -> str | None:
    """Id of the document that a record of a topic is about."""
    if topic == "raw":
        return identify(Raw(message.value or b"", message.headers, message.at, place(message))).id
    if topic == "deadletter":
        letter = dead_letter(message)
        return letter.id if letter else None
    return key_id(message)


def entry(message: Message) -> Entry | None:
    """The log entry in a record of the fingerprints topic; None where something else wrote there."""
    value = message.value or b""
    try:
        return before.unpack(value) if value.startswith(before.BEGINS) else codec.unpack(value)
    except FoldError:
        return None


def hops(found: Iterable[tuple[str, Message]]) -> tuple[Hop, ...]:
    """Records of one document with their topics, in the order in which they were written."""
    told: dict[object, Any] = {}
    ordered = []
    for topic, message in sorted(
        found, key=lambda each: (each[1].at, _ORDER[each[0]], each[1].partition, each[1].offset)
    ):
        try:
            content, what = _content(topic, message)
        except RecordError as error:
            content, what = None, f"unreadable: {error}"
        # A withdrawal notice goes to every partition of its topics once, and is no repeat there.
        stream = (topic, message.partition if TOPICS[topic].by_language else None)
        if stream in told and topic not in {"dropped", "deadletter"}:
            what = f"{'again' if told[stream] == content else 'amended'}: {what}"
        told[stream] = content
        ordered.append(Hop(topic, place(message), message.at, what))
    return tuple(ordered)


def _content(topic: str, message: Message) -> tuple[Any, str]:
    """What makes a second record of a document another one, and the record in a few words."""
    if message.value is None and topic not in {"raw", "deadletter"}:
        return None, "tombstone"
    return _TELL[topic](message)


def _raw(message: Message) -> tuple[Any, str]:
    source = message.headers.get("ce_source", b"(no name)").decode("utf-8", "backslashreplace")
    return None, f"{decimal(len(message.value or b''))} of {source}"


def _clean(message: Message) -> tuple[Any, str]:
    article = decode(Article, message.value)
    return None, "a withdrawal notice" if article.withdraws else f"{article.words} words"


def _tagged(message: Message) -> tuple[Any, str]:
    tagged = decode(Tagged, message.value)
    return None, f"{tagged.language}, {len(tagged.entities)} entities"


def _fingerprint(message: Message) -> tuple[Any, str]:
    found = entry(message)
    if found is None:
        return None, "unreadable"
    if isinstance(found, Withdrawal):
        return found.targets, "a withdrawal notice"
    return found.duplicate, f"decided: {found.duplicate.kind}"


def _dropped(message: Message) -> tuple[Any, str]:
    dropped = decode(Dropped, message.value)
    return None, f"{dropped.stage}: {dropped.reason}" + (f", {dropped.detail}" if dropped.detail else "")


def _dead_letter(message: Message) -> tuple[Any, str]:
    letter = dead_letter(message)
    return None, f"{letter.stage}: {letter.reason}, attempt {letter.attempt}" if letter else "unreadable"


def _judged(message: Message) -> tuple[Any, str]:
    return _verdict(decode(Judged, message.value))


def _enriched(message: Message) -> tuple[Any, str]:
    return _verdict(decode(Enriched, message.value))


def _verdict(record: Judged | Enriched) -> tuple[Any, str]:
    duplicate = record.duplicate
    told = [
        duplicate.kind,
        *([record.status] if record.status != "usable" else ()),
        *([f"version {record.version}"] if record.version > 1 else ()),
        *(["superseded"] if record.superseded_by else ()),
        *(["original withdrawn"] if duplicate.withdrawn else ()),
    ]
    return (record.status, record.version, record.revises, record.superseded_by, duplicate), ", ".join(told)


_TELL: Final[Mapping[str, Callable[[Message], tuple[Any, str]]]] = {
    "raw": _raw,
    "clean": _clean,
    "tagged": _tagged,
    "fingerprints": _fingerprint,
    "judged": _judged,
    "enriched": _enriched,
    "dropped": _dropped,
    "deadletter": _dead_letter,
}

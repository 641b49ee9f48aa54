"""The records of one document, wherever on the topics they stand.

The time at which it came into raw travels in its records: once one of them is found, the others are looked for around
that time, and not in all that the topics keep.
"""

from collections.abc import Iterable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Final

from pipeline.errors import UserError
from pipeline.kafka.hops import document
from pipeline.kafka.scan import ALL, Scan, Span, backwards, raw_time
from pipeline.kafka.status import dead_letter
from pipeline.kafka.tail import Message
from pipeline.kafka.topics import LANGUAGE_PARTITIONS, language_partition
from pipeline.records import Enriched, RecordError, decode

Found = list[tuple[str, Message]]
"""Records, each with the name of its topic."""

# Where a document's way ends; the others are read for one only that is still on it, or whose end does not tell when it
# came, as a tombstone does not.
WAY: Final = (("enriched", "dropped", "deadletter"), ("fingerprints",), ("judged",), ("tagged",), ("clean",), ("raw",))
# Record times are those of several machines.
CLOCKS: Final = timedelta(minutes=1)
_DIGITS: Final = 32


async def find(topics: Scan, wanted: str, groups: Iterable[tuple[str, ...]] = WAY) -> tuple[str, Found]:
    """The id that begins so, and its records in the first group of topics that tells when it came.

    A whole id is looked for in what is newest first; the beginning of one in all, to see whether it is the only one.

    Raises:
        UserError: there is none, or several.
    """
    spans = list(backwards(datetime.now(UTC))) if len(wanted) == _DIGITS else [ALL]
    found: dict[str, Found] = {}
    for group in groups:
        for span in spans:
            for topic in group:
                async with aclosing(topics.read(topic, span)) as stream:
                    async for message in stream:
                        if (id_ := document(topic, message)) and id_.startswith(wanted):
                            found.setdefault(id_, []).append((topic, message))
            if len(found) > 1:
                some = ", ".join(sorted(found)[:3])
                raise UserError(f"{len(found)} documents begin with {wanted} ({some} …); give more of the id")
            for id_, records in found.items():
                if any(topic in {"raw", "deadletter"} or raw_time(message) for topic, message in records):
                    return id_, records
    for id_, records in found.items():
        return id_, records
    raise UserError(
        f"no record of a document {wanted} is on the topics; `copydesk tail` and `copydesk dlq list --all` show ids"
    )


async def times(topics: Scan, known: Found) -> tuple[datetime, datetime]:
    """When it came, and when its last record was written, each with what clocks differ."""
    found = []
    for topic, message in known:
        found += [message.at, raw_time(message) or message.at]
        letter = dead_letter(message) if topic == "deadletter" else None
        if letter and (broke := await topics.one(letter.broke)):
            found.append(raw_time(broke) or broke.at)
    return min(found) - CLOCKS, max(found) + CLOCKS


async def records(topics: Scan, id_: str, since: datetime, until: datetime) -> Found:
    """All its records from when it came to its last one."""
    found: Found = []

    async def read(topic: str, span: Span, partition: int | None = None) -> None:
        async with aclosing(topics.read(topic, span, partition)) as stream:
            found.extend([(topic, message) async for message in stream if document(topic, message) == id_])

    for topic in ("raw", "clean", "enriched"):
        await read(topic, (since, until))
    for topic in ("dropped", "deadletter"):
        await read(topic, (since, None))  # they are short
    for topic in ("tagged", "fingerprints", "judged"):
        await read(topic, (since, until), partition_of(latest(found)))
    return found


def latest(found: Found) -> Enriched | None:
    """The last record in enriched that can be read, which a tombstone cannot; None where there is none."""
    enriched = [message for topic, message in found if topic == "enriched" and message.value]
    for message in sorted(enriched, key=lambda message: (message.at, message.offset), reverse=True):
        try:
            return decode(Enriched, message.value)
        except RecordError:
            continue
    return None


def partition_of(record: Enriched | None) -> int | None:
    """That of its language; None, which is all, where the language is not known."""
    return language_partition(record.language, LANGUAGE_PARTITIONS) if record else None

"""Reading a topic of ours from the outside: no group, nothing committed, committed records only."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from pipeline.errors import UserError
from pipeline.kafka import clients
from pipeline.kafka.headers import as_mapping
from pipeline.kafka.topics import partition_counts, topic_name
from pipeline.settings import Settings

Start = Literal["beginning", "end"] | datetime | int

# A stop by Ctrl-C or a limit is felt within this time.
_POLL_MS: Final = 500
# Record timestamps are any 64-bit number where the broker was told not to mind; datetime ends with the year 9999.
_LAST_MS: Final = 253_402_300_799_000


@dataclass(frozen=True, slots=True)
class Message:
    """A record of a topic as it stands there."""

    topic: str
    partition: int
    offset: int
    at: datetime
    """The record's timestamp."""
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, bytes]


async def messages(settings: Settings, topic: str, *, start: Start, follow: bool) -> AsyncGenerator[Message, None]:
    """The records of `topic` (a name of `TOPICS`), in order within each partition, none across them.

    From the beginning, the end, the first record at or after a time, or so many offsets before the end of each partition
    (at most as many records: a compacted topic has gaps, a transaction its marker). Without `follow` it ends where the
    topic ended when it was called. Wrap it in `contextlib.aclosing` where the loop may be left early: it holds a connection.

    Raises:
        UserError: the topic does not exist or can't be read.
    """
    name = topic_name(settings, topic)
    async with clients.admin(settings) as admin:
        count = (await partition_counts(admin, settings)).get(name)
    if count is None:
        raise UserError(f"topic {name} does not exist; run `copydesk topics create`, or correct COPYDESK_PREFIX")
    partitions = [TopicPartition(name, number) for number in range(count)]
    async with clients.reader(settings) as consumer:
        consumer.assign(partitions)
        try:
            ends = await consumer.end_offsets(partitions)
            for partition, offset in (await _starts(consumer, partitions, start, ends)).items():
                consumer.seek(partition, offset)
            while follow or await _short_of(consumer, ends):
                for partition, records in (await consumer.getmany(timeout_ms=_POLL_MS)).items():
                    for record in records:
                        if follow or record.offset < ends[partition]:
                            yield _message(record)
        except KafkaError as error:
            raise UserError(
                f"topic {name} can't be read: {type(error).__name__} {error}; check the brokers, and what "
                f"{settings.sasl_username or 'this user'} may read"
            ) from error


async def _starts(
    consumer: AIOKafkaConsumer, partitions: list[TopicPartition], start: Start, ends: Mapping[TopicPartition, int]
) -> Mapping[TopicPartition, int]:
    if start == "end":
        return ends
    if isinstance(start, datetime):
        since = int(start.timestamp() * 1000)
        found = await consumer.offsets_for_times(dict.fromkeys(partitions, since))
        return {partition: at.offset if (at := found[partition]) else ends[partition] for partition in partitions}
    first: dict[TopicPartition, int] = await consumer.beginning_offsets(partitions)
    if isinstance(start, int):
        return {partition: max(first[partition], ends[partition] - start) for partition in partitions}
    return first


async def _short_of(consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> bool:
    """Whether a partition has not been read to its end. By position: the last offsets may be control markers."""
    return any([await consumer.position(partition) < end for partition, end in ends.items()])


def _message(record: Any) -> Message:
    return Message(
        record.topic,
        record.partition,
        record.offset,
        timestamp(record.timestamp),
        record.key,
        record.value,
        as_mapping(record.headers),
    )


def timestamp(ms: int) -> datetime:
    """The time of a record, whatever number its producer wrote."""
    return datetime.fromtimestamp(min(max(ms, 0), _LAST_MS) / 1000, UTC)

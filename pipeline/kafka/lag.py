"""How far a consumer group is behind, read from Kafka without joining the group."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from pipeline.errors import UserError
from pipeline.kafka import clients
from pipeline.kafka.tail import timestamp
from pipeline.kafka.topics import INPUTS, partition_counts, topic_name
from pipeline.records import Stage
from pipeline.settings import Settings

# The first record behind an offset comes with the first fetch, after 5 ms; a cluster far away may take its time.
_LOOK_SECONDS: Final = 10.0
# One batch of each partition is all that is looked at; Kafka sends that much however small the bound.
_FETCH_BYTES: Final = 1


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a group is behind in one partition."""

    stage: Stage | None
    """The stage of ours that reads it; None: another reader."""
    topic: str
    partition: int
    committed: int
    """Where the group goes on: the committed offset, or the first one there is."""
    end: int
    """Offset after the last record that a reader of committed records may see."""
    records: int
    """0 exactly where no record is left to read; above it, the offsets from the first such record to the end, among
    which a transaction's marker counts as one."""
    oldest: datetime | None = None
    """Timestamp of the first record that is left to read, where the broker said so in time."""


@dataclass(frozen=True, slots=True)
class _First:
    """The first record that is left to read in a partition."""

    offset: int
    at: datetime | None = None


async def lag(settings: Settings) -> list[Lag]:
    """Lag of every partition that the workers read, in the order of the stages.

    Raises:
        UserError: a topic is missing or can't be read.
    """
    async with clients.admin(settings) as admin:
        wanted = await partitions(admin, settings, INPUTS.values())
    stages: dict[str, Stage] = {topic_name(settings, name): stage for stage, name in INPUTS.items()}
    return [replace(one, stage=stages[one.topic]) for one in await unread(settings, settings.group_id, wanted)]


async def partitions(admin: AIOKafkaAdminClient, settings: Settings, names: Iterable[str]) -> list[TopicPartition]:
    """All partitions of some of our topics (names of `TOPICS`).

    Raises:
        UserError: one does not exist.
    """
    counts = await partition_counts(admin, settings)
    topics = [topic_name(settings, name) for name in names]
    missing = next((topic for topic in topics if topic not in counts), None)
    if missing:
        raise UserError(f"topic {missing} does not exist; run `copydesk topics create`, or correct COPYDESK_PREFIX")
    return [TopicPartition(topic, number) for topic in topics for number in range(counts[topic])]


async def unread(settings: Settings, group: str, partitions: Sequence[TopicPartition], **arguments: Any) -> list[Lag]:
    """Lag of `group` in each of `partitions`; `arguments` are the client's.

    Raises:
        UserError: they can't be read.
    """
    # With `assign` it never joins.
    async with clients.reader(
        settings, group_id=group, max_partition_fetch_bytes=_FETCH_BYTES, **arguments
    ) as consumer:
        try:
            starts, ends = await _bounds(consumer, partitions)
            first = await _first_records(consumer, starts, ends)
        except KafkaError as error:
            raise UserError(
                f"lag of group {group} can't be read: {type(error).__name__} {error}; check the brokers, "
                f"and what {settings.sasl_username or 'this user'} may read"
            ) from error
    return [
        Lag(
            None,
            partition.topic,
            partition.partition,
            starts[partition],
            ends[partition],
            max(0, ends[partition] - first[partition].offset),
            first[partition].at,
        )
        for partition in partitions
    ]


async def _bounds(
    consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]
) -> tuple[dict[TopicPartition, int], dict[TopicPartition, int]]:
    """Where the group goes on in each partition, and where the partition ends."""
    beginnings = await consumer.beginning_offsets(partitions)
    # One request for each partition, so together: one after the other would be 24 round trips.
    committed = await asyncio.gather(*(consumer.committed(partition) for partition in partitions))
    starts = {
        # Retention may have passed the committed offset; the group then goes on with the first record there is.
        partition: max(offset or 0, beginnings[partition])
        for partition, offset in zip(partitions, committed, strict=True)
    }
    return starts, await consumer.end_offsets(partitions)


async def _first_records(
    consumer: AIOKafkaConsumer, starts: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
) -> dict[TopicPartition, _First]:
    """The first record that is left to read in each partition; its end where none is left.

    The last offsets of a partition may be markers of transactions or records of aborted ones, so subtraction alone
    would never come to 0. Where the broker doesn't say in time, the start counts as a record: never a false 0.
    """
    first = {partition: _First(offset) for partition, offset in starts.items()}
    behind = {partition for partition in starts if starts[partition] < ends[partition]}
    consumer.assign(list(behind))
    for partition in behind:
        consumer.seek(partition, starts[partition])
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _LOOK_SECONDS
    while behind and loop.time() < deadline:
        batches = await consumer.getmany(*behind, timeout_ms=200)
        for partition in list(behind):
            if records := batches.get(partition):
                first[partition] = _First(records[0].offset, timestamp(records[0].timestamp))
            elif await consumer.position(partition) >= ends[partition]:
                first[partition] = _First(ends[partition])
            else:
                continue
            behind.discard(partition)
    return first

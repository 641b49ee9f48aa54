"""What became of every document, and how far the workers are behind.

Read from the topics, never from counters: a kill resets those.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, Literal

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from pipeline.cleaning import identify
from pipeline.errors import UserError
from pipeline.identity import is_id
from pipeline.kafka import clients, deadletters
from pipeline.kafka.tail import Message, messages
from pipeline.kafka.topics import INPUTS, partition_counts, topic_name
from pipeline.records import Origin, Raw, Stage
from pipeline.settings import Settings

State = Literal["open", "rejected", "dropped", "enriched"]
# A later one beats an earlier one, whichever was written first: a retry may have changed the outcome.
STATES: Final[tuple[State, ...]] = ("open", "rejected", "dropped", "enriched")

# The first record behind an offset comes with the first fetch, after 5 ms; a cluster far away may take its time.
_LOOK_SECONDS: Final = 10.0


async def statuses(settings: Settings) -> dict[str, State]:
    """The state of every document id that stands on a topic; `open`: it is in raw and has reached no status yet.

    Reads raw, dead letters, dropped and enriched to where they end when their turn comes; raw first, so what ends
    meanwhile is found ended. A tombstone in enriched is a document that was enriched.

    Raises:
        UserError: a topic is missing or can't be read.
    """
    found: dict[str, State] = {}
    for state, topic in zip(STATES, ("raw", "deadletter", "dropped", "enriched"), strict=True):
        async with aclosing(ids(settings, topic)) as stream:
            async for id_ in stream:
                found[id_] = state
    return found


async def ids(settings: Settings, topic: str) -> AsyncGenerator[str, None]:
    """The document id of each record now in `topic`, one after the other; what is no document of ours is left out."""
    async with aclosing(messages(settings, topic, start="beginning", follow=False)) as stream:
        async for message in stream:
            if topic == "raw":
                # The very function of the clean stage: an id made by another rule would stay open for ever.
                yield identify(Raw(message.value or b"", message.headers, message.at, place(message))).id
            elif topic == "deadletter":
                if letter := dead_letter(message):
                    yield letter.id
            elif id_ := key_id(message):
                yield id_


def key_id(message: Message) -> str | None:
    """The document id a message is keyed by, None where its key is none of ours."""
    key = (message.key or b"").decode("ascii", "replace")
    return key if is_id(key) else None


def dead_letter(message: Message) -> deadletters.DeadLetter | None:
    """The dead letter in a message of the dead-letter topic; None where something else wrote there."""
    return deadletters.read(
        key=message.key,
        value=message.value,
        headers=message.headers,
        stands=place(message),
        at=message.at,
    )


def place(message: Message) -> Origin:
    return Origin(message.topic, message.partition, message.offset)


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a stage is behind in one partition."""

    stage: Stage
    topic: str
    partition: int
    committed: int
    """Where the group goes on: the committed offset, or the first one there is."""
    end: int
    """Offset after the last record that a reader of committed records may see."""
    records: int
    """0 exactly where no record is left to read; above it, the offsets from the first such record to the end, among
    which a transaction's marker counts as one."""


async def lag(settings: Settings) -> list[Lag]:
    """Lag of every partition that the workers read, in the order of the stages.

    Raises:
        UserError: a topic is missing or can't be read.
    """
    stages: dict[str, Stage] = {topic_name(settings, name): stage for stage, name in INPUTS.items()}
    async with clients.admin(settings) as admin:
        counts = await partition_counts(admin, settings)
    missing = next((topic for topic in stages if topic not in counts), None)
    if missing:
        raise UserError(f"topic {missing} does not exist; run `copydesk topics create`, or correct COPYDESK_PREFIX")
    partitions = [TopicPartition(topic, number) for topic in stages for number in range(counts[topic])]
    async with clients.reader(settings, group_id=settings.group_id) as consumer:  # with `assign` it never joins
        try:
            starts, ends = await _bounds(consumer, partitions)
            first = await _first_records(consumer, starts, ends)
        except KafkaError as error:
            raise UserError(
                f"lag of group {settings.group_id} can't be read: {type(error).__name__} {error}; check the brokers, "
                f"and what {settings.sasl_username or 'this user'} may read"
            ) from error
    return [
        Lag(
            stages[partition.topic],
            partition.topic,
            partition.partition,
            starts[partition],
            ends[partition],
            max(0, ends[partition] - first[partition]),
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
) -> dict[TopicPartition, int]:
    """Offset of the first record that is left to read in each partition; its end where none is left.

    The last offsets of a partition may be markers of transactions or records of aborted ones, so subtraction alone
    would never come to 0. Where the broker doesn't say in time, the start counts as a record: never a false 0.
    """
    first = dict(starts)
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
                first[partition] = records[0].offset
            elif await consumer.position(partition) >= ends[partition]:
                first[partition] = ends[partition]
            else:
                continue
            behind.discard(partition)
    return first

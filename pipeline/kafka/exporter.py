"""What Prometheus is told about Kafka: read from outside, so it stays when every worker is dead.

A look is taken every ten seconds and shown as a whole. Where Kafka does not answer, nothing of the last look is shown
and `copydesk_kafka_up` is 0; where a part of it can't be read, that part's absence says so. Why not the JMX agent or
another exporter: docs/decisions/0007-watching.md.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from prometheus_client import Gauge

from pipeline import metrics
from pipeline.errors import UserError
from pipeline.health import Health
from pipeline.kafka import clients, log_dirs
from pipeline.kafka.lag import Lag, lag, unread
from pipeline.kafka.topics import TOPICS, configurations, topic_name
from pipeline.logs import get_logger
from pipeline.settings import Settings

log = get_logger(__name__)

# A look costs 30 to 60 ms of CPU on an idle desk; Prometheus asks every 15 s.
LOOK_EVERY_SECONDS: Final = 10.0
# A broker that is gone, or a partition without a leader, leaves requests open for the clients' own time-out, 40 s: one
# part of a look must not take the others with it, nor the look the next ones.
PART_SECONDS: Final = 15.0
LOOK_DEADLINE_SECONDS: Final = 40.0
_TICK_SECONDS: Final = 0.5

Labelled = Mapping[tuple[str, ...], float]
# All that a look shows: cleared as one when Kafka does not answer.
_SHOWN: Final[tuple[Gauge, ...]] = (
    metrics.GROUP_LAG,
    metrics.GROUP_OFFSET,
    metrics.OLDEST_UNREAD,
    metrics.END_OFFSET,
    metrics.RETENTION,
    metrics.TOPIC_BYTES,
    metrics.UNDER_REPLICATED,
    metrics.DISK_TOTAL,
    metrics.DISK_FREE,
    metrics.BROKERS,
    metrics.GROUP_MEMBERS,
    metrics.DEAD_LETTERS_UNSEEN,
    metrics.DEAD_LETTERS_AGE,
)


async def look(settings: Settings) -> dict[Gauge, Labelled]:
    """Ask Kafka once; returns for each gauge its values by label values.

    What can't be read is left out and logged: a cluster that is half there is when the rest is wanted most.

    Raises:
        UserError: Kafka does not answer, or refuses us.
        KafkaError: the same, said by a broker.
    """
    values = await _topics(settings)
    parts = {"lag": _lag(settings), "dead letters": _dead_letters(settings), "brokers": _brokers(settings)}
    for part in await asyncio.gather(*(_part(name, reading) for name, reading in parts.items())):
        values |= part
    return values


async def _part(name: str, reading: Awaitable[dict[Gauge, Labelled]]) -> dict[Gauge, Labelled]:
    try:
        async with asyncio.timeout(PART_SECONDS):
            return await reading
    except (UserError, KafkaError, OSError, TimeoutError) as error:
        log.warning("not read", what=name, error=str(error) or type(error).__name__)
        return {}


async def _lag(settings: Settings) -> dict[Gauge, Labelled]:
    lags, now = await lag(settings), datetime.now(UTC)

    def by_partition(value: Callable[[Lag], float]) -> Labelled:
        return {(one.topic, str(one.partition)): value(one) for one in lags}

    return {
        metrics.GROUP_LAG: by_partition(lambda one: one.records),
        metrics.GROUP_OFFSET: by_partition(lambda one: one.committed),
        metrics.END_OFFSET: by_partition(lambda one: one.end),
        metrics.OLDEST_UNREAD: by_partition(lambda one: _age(one, now)),
    }


def _age(one: Lag, now: datetime) -> float:
    # A producer's clock may be ahead.
    return max(0.0, (now - one.oldest).total_seconds()) if one.oldest else 0.0


async def _dead_letters(settings: Settings) -> dict[Gauge, Labelled]:
    topic = topic_name(settings, "deadletter")
    letters, now = await unread(settings, settings.seen_group_id, [topic]), datetime.now(UTC)
    return {
        metrics.DEAD_LETTERS_UNSEEN: {(topic,): sum(one.records for one in letters)},
        metrics.DEAD_LETTERS_AGE: {(topic,): max(_age(one, now) for one in letters)},
    }


async def _topics(settings: Settings) -> dict[Gauge, Labelled]:
    names = [topic_name(settings, name) for name in TOPICS]
    async with clients.admin(settings) as admin:
        behind: dict[tuple[str, ...], float] = {
            (topic["topic"],): sum(len(part["isr"]) < len(part["replicas"]) for part in topic["partitions"])
            for topic in await admin.describe_topics()
            if topic["topic"] in names
        }
        kept = await _part("retention", _retention(admin, settings))
    return {metrics.UNDER_REPLICATED: behind} | kept


async def _retention(admin: AIOKafkaAdminClient, settings: Settings) -> dict[Gauge, Labelled]:
    # Compaction alone keeps the last record of a key for ever, whatever retention.ms says.
    names = [topic_name(settings, name) for name, topic in TOPICS.items() if "delete" in topic.cleanup]
    kept = {name: int(entries["retention.ms"]) for name, entries in (await configurations(admin, names)).items()}
    return {metrics.RETENTION: {(name,): ms / 1000 for name, ms in kept.items() if ms >= 0}}


async def _brokers(settings: Settings) -> dict[Gauge, Labelled]:
    async with clients.admin(settings) as admin:
        brokers = [broker["node_id"] for broker in (await admin.describe_cluster())["brokers"]]
        groups = await admin.describe_consumer_groups([settings.group_id])
        members = sum(len(group["members"]) for answer in groups for group in answer.to_object()["groups"])
        disks = await _part("disks", _disks(admin, brokers, settings))
    up: Labelled = {(str(broker),): 1 for broker in brokers}
    return {metrics.BROKERS: up, metrics.GROUP_MEMBERS: {(settings.group_id,): members}, **disks}


async def _disks(admin: AIOKafkaAdminClient, brokers: Sequence[int], settings: Settings) -> dict[Gauge, Labelled]:
    names = [topic_name(settings, name) for name in TOPICS]
    volumes = await log_dirs.volumes(admin, brokers, names)
    places = {(str(volume.broker), volume.path): volume for volume in volumes}
    sizes = sum((volume.topics for volume in volumes), Counter[str]())
    return {
        metrics.DISK_TOTAL: {place: volume.total for place, volume in places.items() if volume.total is not None},
        metrics.DISK_FREE: {place: volume.free for place, volume in places.items() if volume.free is not None},
        metrics.TOPIC_BYTES: {(name,): sizes[name] for name in names},
    }


async def run(settings: Settings, health: Health) -> None:
    """Look for ever. Kafka may be away, at the start too: that is something to show, not to end over."""
    for source, limit in settings.silence_limits.items():
        metrics.SILENCE_LIMIT.labels(source).set(limit)
    ticking = asyncio.ensure_future(_tick(health))
    try:
        while True:
            began = time.monotonic()
            await _look_and_show(settings)
            health.ready = True
            metrics.LOOK_SECONDS.set(time.monotonic() - began)
            await asyncio.sleep(max(0.0, LOOK_EVERY_SECONDS - (time.monotonic() - began)))
    finally:
        ticking.cancel()


async def _look_and_show(settings: Settings) -> None:
    try:
        async with asyncio.timeout(LOOK_DEADLINE_SECONDS):
            found = await look(settings)
    except (UserError, KafkaError, OSError, TimeoutError) as error:
        log.warning("Kafka does not answer", error=str(error) or type(error).__name__)
        show({}, up=False)
    else:
        show(found, up=True)


def show(found: Mapping[Gauge, Labelled], *, up: bool) -> None:
    """Show what a look found, and nothing of the one before."""
    metrics.KAFKA_UP.set(up)
    for gauge in _SHOWN:
        metrics.replace(gauge, found.get(gauge, {}))


async def _tick(health: Health) -> None:
    while True:
        health.ticked = time.monotonic()
        await asyncio.sleep(_TICK_SECONDS)

"""What Prometheus is told about Kafka: read from outside, so it stays when every worker is dead.

A look is taken every ten seconds and shown as a whole. Where Kafka does not answer, nothing of the last look is shown
and `copydesk_kafka_up` is 0; where a part of it can't be read, that part's absence says so. Why not the JMX agent or
another exporter: docs/decisions/0007-watching.md.
"""

import asyncio
import math
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition
from prometheus_client import Gauge

from pipeline import metrics
from pipeline.errors import UserError
from pipeline.health import Health
from pipeline.kafka import clients, log_dirs
from pipeline.kafka.dlq import commit_seen
from pipeline.kafka.lag import Lag, partitions, unread
from pipeline.kafka.log_dirs import Volume
from pipeline.kafka.topics import INPUTS, TOPICS, configurations, topic_name
from pipeline.logs import get_logger
from pipeline.settings import Settings

log = get_logger(__name__)

# Prometheus asks every 15 s.
LOOK_EVERY_SECONDS: Final = 10.0
# A broker that hangs takes connections and answers nothing, and each client asks the brokers in an order of its own: with
# aiokafka's 40 s, three of four looks at a cluster with one such broker of three came to nothing.
_CLIENT: Final[Mapping[str, Any]] = {"request_timeout_ms": 4000}
# What can't be read must neither take the rest with it, nor the look the next ones.
PART_SECONDS: Final = 15.0
LOOK_DEADLINE_SECONDS: Final = 40.0
# Kafka forgets the offsets of a group without members after 7 days, and a dead letter stays for 30.
SEEN_AGAIN_SECONDS: Final = 24 * 3600.0
_TICK_SECONDS: Final = 0.5

Labelled = Mapping[tuple[str, ...], float]
T = TypeVar("T")
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
    async with clients.admin(settings, **_CLIENT) as admin:
        described, cluster = await admin.describe_topics(), await admin.describe_cluster()
        brokers = [broker["node_id"] for broker in cluster["brokers"]]
        # Of what is configured one may hang, and a client tries them in an order of its own: these live.
        alive = ",".join(_address(broker["host"], broker["port"]) for broker in cluster["brokers"])
        settings = settings.model_copy(update={"brokers": alive})
        names = [topic_name(settings, name) for name in TOPICS]
        topics = {topic["topic"]: topic["partitions"] for topic in described if topic["topic"] in names}
        numbers = {name: [part["partition"] for part in parts] for name, parts in topics.items()}
        readings = {
            "lag": _lag(admin, settings),
            "dead letters": _dead_letters(admin, settings),
            "retention": _retention(admin, settings),
            "group": _group(admin, settings),
        }
        disks = {f"disks of broker {broker}": log_dirs.volumes(admin, broker, numbers) for broker in brokers}
        found, volumes = await asyncio.gather(_read(readings), _read(disks))
    values: dict[Gauge, Labelled] = {
        metrics.BROKERS: {(str(broker),): 1 for broker in brokers},
        metrics.UNDER_REPLICATED: {(name,): _missing(parts) for name, parts in topics.items()},
    }
    for part in found:
        values |= part
    return values | _disks([volume for of_broker in volumes for volume in of_broker], names)


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def _read(parts: Mapping[str, Awaitable[T]]) -> list[T]:
    """Of the parts, those that could be read."""
    found = await asyncio.gather(*(_part(name, reading) for name, reading in parts.items()))
    return [part for part in found if part is not None]


async def _part(name: str, reading: Awaitable[T]) -> T | None:
    try:
        async with asyncio.timeout(PART_SECONDS):
            return await reading
    except (UserError, KafkaError, NotImplementedError, OSError, TimeoutError) as error:
        log.warning("not read", what=name, error=str(error) or type(error).__name__)
        return None


async def _lag(admin: AIOKafkaAdminClient, settings: Settings) -> dict[Gauge, Labelled]:
    wanted = await partitions(admin, settings, INPUTS.values())
    lags, now = await unread(settings, settings.group_id, wanted, **_CLIENT), datetime.now(UTC)

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


async def _dead_letters(admin: AIOKafkaAdminClient, settings: Settings) -> dict[Gauge, Labelled]:
    wanted = await partitions(admin, settings, ["deadletter"])
    letters, now = await unread(settings, settings.seen_group_id, wanted, **_CLIENT), datetime.now(UTC)
    await _remember_seen(settings, letters)
    topic = topic_name(settings, "deadletter")
    return {
        metrics.DEAD_LETTERS_UNSEEN: {(topic,): sum(one.records for one in letters)},
        metrics.DEAD_LETTERS_AGE: {(topic,): max(_age(one, now) for one in letters)},
    }


_remembered_at = -math.inf


async def _remember_seen(settings: Settings, letters: Sequence[Lag]) -> None:
    """Commit once a day what is committed, or Kafka forgets it."""
    global _remembered_at  # noqa: PLW0603 - of this process, as its metrics are
    if time.monotonic() - _remembered_at < SEEN_AGAIN_SECONDS:
        return
    await commit_seen(settings, {TopicPartition(one.topic, one.partition): one.committed for one in letters}, **_CLIENT)
    _remembered_at = time.monotonic()


async def _retention(admin: AIOKafkaAdminClient, settings: Settings) -> dict[Gauge, Labelled]:
    # Compaction alone keeps the last record of a key for ever, whatever retention.ms says.
    names = [topic_name(settings, name) for name, topic in TOPICS.items() if "delete" in topic.cleanup]
    kept = {name: int(entries["retention.ms"]) for name, entries in (await configurations(admin, names)).items()}
    return {metrics.RETENTION: {(name,): ms / 1000 for name, ms in kept.items() if ms >= 0}}


async def _group(admin: AIOKafkaAdminClient, settings: Settings) -> dict[Gauge, Labelled]:
    answers = await admin.describe_consumer_groups([settings.group_id])
    members = sum(len(group["members"]) for answer in answers for group in answer.to_object()["groups"])
    return {metrics.GROUP_MEMBERS: {(settings.group_id,): members}}


def _missing(partitions: Sequence[Mapping[str, Any]]) -> int:
    """Partitions of which a copy is missing, or the leader where there is but one copy."""
    return sum(len(part["isr"]) < len(part["replicas"]) or part["leader"] < 0 for part in partitions)


def _disks(volumes: Sequence[Volume], names: Sequence[str]) -> dict[Gauge, Labelled]:
    places = {(str(volume.broker), volume.path): volume for volume in volumes}
    sizes = sum((volume.topics for volume in volumes), Counter[str]())
    return {
        metrics.DISK_TOTAL: {place: volume.total for place, volume in places.items() if volume.total is not None},
        metrics.DISK_FREE: {place: volume.free for place, volume in places.items() if volume.free is not None},
        metrics.TOPIC_BYTES: {(name,): sizes[name] for name in names if volumes},
    }


async def run(settings: Settings, health: Health) -> None:
    """Look for ever. Kafka may be away, at the start too: that is something to show, not to end over."""
    metrics.SOURCES.always(settings.silence_limits)
    for source, limit in settings.silence_limits.items():
        metrics.SILENCE_LIMIT.labels(metrics.SOURCES(source)).set(limit)
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

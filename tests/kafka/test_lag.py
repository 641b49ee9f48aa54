import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka.admin.records_to_delete import RecordsToDelete
from aiokafka.structs import OffsetAndMetadata, TopicPartition

from pipeline.kafka import clients
from pipeline.kafka.lag import Lag, lag, unread
from pipeline.kafka.topics import INPUTS, LANGUAGE_PARTITIONS, topic_name
from pipeline.settings import Settings

pytestmark = pytest.mark.broker


async def commit(settings: Settings, topic: str, partition: int, offset: int) -> None:
    async with clients.reader(settings, group_id=settings.group_id) as consumer:
        place = TopicPartition(topic_name(settings, topic), partition)
        consumer.assign([place])
        await consumer.commit({place: OffsetAndMetadata(offset, "")})


async def one(settings: Settings, topic: str, partition: int = 0) -> Lag:
    [found] = [
        place
        for place in await lag(settings)
        if (place.topic, place.partition) == (topic_name(settings, topic), partition)
    ]
    return found


async def test_lag_names_every_partition_a_stage_reads(desk: Settings) -> None:
    found = await lag(desk)
    by_topic = Counter(place.topic for place in found)
    assert by_topic == {
        topic_name(desk, "raw"): desk.partitions,
        topic_name(desk, "clean"): desk.partitions,
        topic_name(desk, "tagged"): LANGUAGE_PARTITIONS,
        topic_name(desk, "judged"): LANGUAGE_PARTITIONS,
    }
    assert {place.stage for place in found} == set(INPUTS)
    assert not any(place.records for place in found)


async def test_lag_is_what_lies_behind_the_committed_offset(desk: Settings) -> None:
    async with clients.producer(desk) as producer:
        for _ in range(5):
            await producer.send_and_wait(topic_name(desk, "raw"), b"v", partition=0)
    assert (await one(desk, "raw")).records == 5
    await commit(desk, "raw", 0, 3)
    found = await one(desk, "raw")
    assert (found.committed, found.end, found.records) == (3, 5, 2)
    await commit(desk, "raw", 0, 5)
    assert (await one(desk, "raw")).records == 0


async def test_lag_is_0_where_nothing_but_markers_and_aborted_records_is_left(desk: Settings) -> None:
    judged = topic_name(desk, "judged")
    async with clients.producer(desk, transactional_id=desk.prefix) as producer:
        async with producer.transaction():
            await producer.send_and_wait(judged, b"v", partition=0)  # offset 0, marker 1
        await producer.begin_transaction()
        for _ in range(20):
            await producer.send(judged, b"v", partition=0)
        await producer.flush()
        await producer.abort_transaction()  # 2 to 21, marker 22
        assert (await one(desk, "judged")).records > 0
        for offset in (1, 2, 10, 22, 23):
            await commit(desk, "judged", 0, offset)
            assert await one(desk, "judged") == Lag("emit", judged, 0, offset, 23, 0)
        async with producer.transaction():
            await producer.send_and_wait(judged, b"v", partition=0)  # 23, marker 24
        found = await one(desk, "judged")
        assert (found.end, found.records) == (25, 2)
        await commit(desk, "judged", 0, 24)
        assert (await one(desk, "judged")).records == 0


async def test_records_of_a_transaction_that_is_still_open_are_not_yet_behind(desk: Settings) -> None:
    async with clients.producer(desk, transactional_id=desk.prefix) as producer:
        await producer.begin_transaction()
        await producer.send_and_wait(topic_name(desk, "judged"), b"v", partition=0)
        assert (await one(desk, "judged")).records == 0
        await producer.commit_transaction()
    assert (await one(desk, "judged")).records > 0


async def test_a_committed_offset_that_retention_has_passed_counts_from_the_first_record(desk: Settings) -> None:
    raw_topic = topic_name(desk, "raw")
    async with clients.producer(desk) as producer:
        for _ in range(5):
            await producer.send_and_wait(raw_topic, b"v", partition=0)
    await commit(desk, "raw", 0, 1)
    async with clients.admin(desk) as admin:
        await admin.delete_records({TopicPartition(raw_topic, 0): RecordsToDelete(before_offset=3)})
    assert (await one(desk, "raw")).records == 2


async def test_looking_at_the_lag_does_not_join_the_group(desk: Settings) -> None:
    await commit(desk, "raw", 0, 0)
    await lag(desk)
    async with clients.admin(desk) as admin:
        [answer] = await admin.describe_consumer_groups([desk.group_id])
    [(_, _, state, *_, members, _)] = [group[:7] for group in answer.groups]
    assert (state, list(members)) == ("Empty", [])


async def test_lag_of_a_large_backlog_is_told_in_seconds(desk: Settings) -> None:
    async with clients.producer(desk) as producer:
        for partition in range(desk.partitions):
            for _ in range(4):
                await producer.send(topic_name(desk, "raw"), b"x" * 4_000_000, partition=partition)
        await producer.flush()
    started = time.monotonic()
    assert sum(place.records for place in await lag(desk)) == 4 * desk.partitions
    assert time.monotonic() - started < 10


async def test_the_oldest_unread_record_tells_its_time(desk: Settings) -> None:
    raw_topic, old = topic_name(desk, "raw"), datetime.now(UTC).replace(microsecond=0) - timedelta(hours=5)
    async with clients.producer(desk) as producer:
        for age in (5, 4, 3):
            at = int((old + timedelta(hours=5 - age)).timestamp() * 1000)
            await producer.send_and_wait(raw_topic, b"v", partition=0, timestamp_ms=at)
    assert (await one(desk, "raw")).oldest == old
    await commit(desk, "raw", 0, 2)
    assert (await one(desk, "raw")).oldest == old + timedelta(hours=2)
    await commit(desk, "raw", 0, 3)
    assert (await one(desk, "raw")).oldest is None


async def test_another_group_has_a_lag_of_its_own(desk: Settings) -> None:
    async with clients.producer(desk) as producer:
        await producer.send_and_wait(topic_name(desk, "raw"), b"v", partition=0)
    await commit(desk, "raw", 0, 1)
    place = TopicPartition(topic_name(desk, "raw"), 0)
    [found] = await unread(desk, "somebody", [place])
    assert (found.stage, found.partition, found.records) == (None, 0, 1)

import asyncio
from collections.abc import Awaitable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from aiokafka import AIOKafkaConsumer

from pipeline.errors import UserError
from pipeline.kafka import clients
from pipeline.kafka.tail import Message, Start, messages
from pipeline.kafka.topics import topic_name
from pipeline.settings import Settings

T = TypeVar("T")
pytestmark = pytest.mark.broker


async def send(settings: Settings, topic: str, *values: bytes, partition: int | None = None) -> None:
    async with clients.producer(settings) as producer:
        for value in values:
            await producer.send_and_wait(topic_name(settings, topic), value, key=value, partition=partition)


async def read(
    settings: Settings, topic: str, *, start: Start = "beginning", follow: bool = False, limit: int = 1000
) -> list[Message]:
    found = []
    async with aclosing(messages(settings, topic, start=start, follow=follow)) as stream:
        async for message in stream:
            found.append(message)
            if len(found) == limit:
                break
    return found


async def in_time(work: Awaitable[T]) -> T:
    return await asyncio.wait_for(work, 20)


def values(found: list[Message]) -> list[bytes | None]:
    return [message.value for message in found]


async def test_without_following_it_reads_all_partitions_to_their_ends_and_stops(desk: Settings) -> None:
    for partition in range(desk.partitions):
        await send(desk, "raw", *(b"%d %d" % (partition, number) for number in range(5)), partition=partition)
    found = await in_time(read(desk, "raw"))
    assert len(found) == 5 * desk.partitions
    for partition in range(desk.partitions):  # in order within each
        mine = [message for message in found if message.partition == partition]
        assert values(mine) == [b"%d %d" % (partition, number) for number in range(5)]
        assert [message.offset for message in mine] == list(range(5))


async def test_what_is_written_after_the_call_is_left_out(desk: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    await send(desk, "raw", b"before", partition=0)
    ask = AIOKafkaConsumer.end_offsets

    async def then_more_comes(consumer: AIOKafkaConsumer, partitions: list[Any]) -> Any:
        ends = await ask(consumer, partitions)
        await send(desk, "raw", b"after", partition=0)
        return ends

    monkeypatch.setattr(AIOKafkaConsumer, "end_offsets", then_more_comes)
    assert values(await in_time(read(desk, "raw"))) == [b"before"]


async def test_an_empty_topic_ends_at_once(desk: Settings) -> None:
    assert await in_time(read(desk, "raw")) == []


async def test_it_ends_though_the_last_offset_is_a_marker_and_never_shows_what_was_aborted(desk: Settings) -> None:
    async with clients.producer(desk, transactional_id=desk.prefix) as producer:
        async with producer.transaction():
            await producer.send_and_wait(topic_name(desk, "judged"), b"kept", partition=0)
        await producer.begin_transaction()
        await producer.send_and_wait(topic_name(desk, "judged"), b"aborted", partition=0)
        await producer.abort_transaction()
        assert values(await in_time(read(desk, "judged"))) == [b"kept"]
        await producer.begin_transaction()
        await producer.send_and_wait(topic_name(desk, "judged"), b"open", partition=0)
        assert values(await in_time(read(desk, "judged"))) == [b"kept"]
        await producer.commit_transaction()
    assert values(await in_time(read(desk, "judged"))) == [b"kept", b"open"]


async def test_following_from_the_end_shows_what_comes_and_nothing_before(desk: Settings) -> None:
    await send(desk, "enriched", b"old")
    reading = asyncio.create_task(read(desk, "enriched", start="end", follow=True, limit=2))
    await asyncio.sleep(2)  # until it stands at the end
    await send(desk, "enriched", b"new", b"newer")
    assert set(values(await in_time(reading))) == {b"new", b"newer"}


async def test_following_from_the_beginning_goes_on_after_what_is_there(desk: Settings) -> None:
    await send(desk, "dropped", b"old")
    reading = asyncio.create_task(read(desk, "dropped", follow=True, limit=2))
    await asyncio.sleep(1)
    await send(desk, "dropped", b"new")
    assert values(await in_time(reading)) == [b"old", b"new"]


async def test_from_a_time_on(desk: Settings) -> None:
    now = datetime.now(UTC)
    async with clients.producer(desk) as producer:
        for minutes in (10, 5, 1):
            await producer.send_and_wait(
                topic_name(desk, "dropped"),
                b"%d" % minutes,
                partition=0,
                timestamp_ms=int((now - timedelta(minutes=minutes)).timestamp() * 1000),
            )
    assert values(await in_time(read(desk, "dropped", start=now - timedelta(minutes=5)))) == [b"5", b"1"]
    assert values(await in_time(read(desk, "dropped", start=now))) == []


async def test_the_last_ones_of_each_partition(desk: Settings) -> None:
    await send(desk, "dropped", b"1", b"2", b"3", b"4", partition=0)
    await send(desk, "dropped", b"only", partition=1)
    assert set(values(await in_time(read(desk, "dropped", start=2)))) == {b"3", b"4", b"only"}
    assert await in_time(read(desk, "dropped", start=0)) == []


async def test_a_message_is_all_there_is(desk: Settings) -> None:
    async with clients.producer(desk) as producer:
        sent = await producer.send_and_wait(
            topic_name(desk, "raw"),
            b"value",
            key=b"key",
            headers=[("a", b"1"), ("a", b"2"), ("b", None)],
            timestamp_ms=1_700_000_000_123,
        )
    [found] = await in_time(read(desk, "raw"))
    assert (found.topic, found.partition, found.offset) == (topic_name(desk, "raw"), sent.partition, sent.offset)
    assert (found.key, found.value, found.headers) == (b"key", b"value", {"a": b"2"})
    assert found.at == datetime(2023, 11, 14, 22, 13, 20, 123_000, UTC)


async def test_a_document_of_the_largest_size_is_read(desk: Settings) -> None:
    async with clients.producer(desk) as producer:
        for _ in range(3):
            await producer.send_and_wait(topic_name(desk, "deadletter"), b"x" * 9_000_000, partition=0)
    assert [len(value or b"") for value in values(await in_time(read(desk, "deadletter")))] == [9_000_000] * 3


async def test_a_missing_topic_is_one_line(broker: str) -> None:
    with pytest.raises(UserError, match=r"topic nobody\.raw does not exist; run `copydesk topics create`"):
        await read(Settings(brokers=broker, prefix="nobody"), "raw")

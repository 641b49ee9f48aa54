import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipeline.errors import UserError
from pipeline.kafka import clients
from pipeline.kafka import scan as scan_module
from pipeline.kafka.headers import RAW_TIME
from pipeline.kafka.scan import Scan, backwards, raw_time, scan
from pipeline.kafka.tail import Message
from pipeline.kafka.topics import topic_name
from pipeline.records import Origin
from pipeline.settings import Settings

NOW = datetime.now(UTC)
HOURS = (0, 0.5, 0.99, 1.01, 5, 23.9, 24.1, 100, 400)


def key(hours: float) -> bytes:
    return f"{int(hours * 100):032x}".encode()


async def fill(settings: Settings, topic: str = "enriched") -> None:
    """A record of each age, the oldest first, in a transaction: its marker stands behind the last."""
    async with (
        clients.producer(settings, transactional_id=f"{settings.prefix}.scan") as producer,
        producer.transaction(),
    ):
        for hours in sorted(HOURS, reverse=True):
            await producer.send_and_wait(
                topic_name(settings, topic),
                None if hours == 5 else b"v",
                key=key(hours),
                timestamp_ms=int((NOW - timedelta(hours=hours)).timestamp() * 1000),
            )


def look(settings: Settings, what: Callable[[Scan], Coroutine[Any, Any, Any]]) -> Any:
    async def looked() -> Any:
        async with scan(settings, lambda *_: None) as topics:
            return await what(topics)

    return asyncio.run(looked())


@pytest.mark.broker
@pytest.mark.parametrize("until", [None, NOW - timedelta(hours=3)])
def test_the_spans_together_hold_every_record_once(desk: Settings, until: datetime | None) -> None:
    asyncio.run(fill(desk))

    async def spans(topics: Scan) -> list[set[bytes | None]]:
        return [
            {message.key async for message in topics.read("enriched", span)}
            for span in backwards(NOW - timedelta(hours=4) if until else NOW, until=until)
        ]

    found = look(desk, spans)
    assert sum(map(len, found)) == len(HOURS)
    assert set().union(*found) == {key(hours) for hours in HOURS}
    if until is None:
        assert found[0] == {key(hours) for hours in HOURS if hours < 1}
        assert found[1] == {key(hours) for hours in HOURS if 1 < hours < 24}


@pytest.mark.broker
def test_what_is_older_is_left_out(desk: Settings) -> None:
    asyncio.run(fill(desk))
    spans = list(backwards(NOW, oldest=NOW - timedelta(hours=200)))

    async def found(topics: Scan) -> dict[str, Message]:
        return await topics.last("enriched", {key(hours).decode() for hours in HOURS}, spans)

    last = look(desk, found)
    assert set(last) == {key(hours).decode() for hours in HOURS if hours < 200}
    assert last[key(5).decode()].value is None


@pytest.mark.broker
def test_of_a_key_the_newest_counts(desk: Settings) -> None:
    asyncio.run(fill(desk))

    async def again() -> None:
        async with clients.producer(desk) as producer:
            await producer.send_and_wait(topic_name(desk, "enriched"), b"newer", key=key(100))

    asyncio.run(again())
    id_ = key(100).decode()
    assert look(desk, lambda topics: topics.last("enriched", {id_}, backwards(NOW)))[id_].value == b"newer"


@pytest.mark.broker
def test_one_partition_is_read_alone(desk: Settings) -> None:
    asyncio.run(fill(desk))

    async def parts(topics: Scan) -> list[list[Message]]:
        return [[message async for message in topics.read("enriched", partition=number)] for number in range(4)]

    found = look(desk, parts)
    assert sum(map(len, found)) == len(HOURS)
    assert all(message.partition == number for number, part in enumerate(found) for message in part)


@pytest.mark.broker
def test_the_record_at_a_place(desk: Settings) -> None:
    asyncio.run(fill(desk))

    async def behind() -> None:
        async with clients.producer(desk) as producer:
            await producer.send_and_wait(topic_name(desk, "enriched"), b"v", key=key(1), partition=0)

    asyncio.run(behind())

    async def places(topics: Scan) -> list[Message | None]:
        *_, first, _ = [message async for message in topics.read("enriched", partition=0)]
        return [
            await topics.one(Origin(topic, partition, offset))
            for topic, partition, offset in (
                (first.topic, first.partition, first.offset),
                (first.topic, first.partition, 10_000),
                (first.topic, first.partition, first.offset + 1),  # a marker, with a record behind it
                (first.topic, 99, 0),
                ("__consumer_offsets", 0, 0),
            )
        ]

    found, *others = look(desk, places)
    assert found.key in {key(hours) for hours in HOURS}
    assert others == [None] * 4


@pytest.mark.broker
def test_it_ends_right_after_a_topic_in_which_nothing_is(desk: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_module, "_FETCH_MS", 500)  # so long a fetch may be on its way
    asyncio.run(fill(desk))

    async def read(topics: Scan) -> None:
        for topic in ("enriched", "dropped"):
            assert [message async for message in topics.read(topic)] or topic == "dropped"

    async def often() -> None:
        for _ in range(20):
            async with scan(desk, lambda *_: None) as topics:
                await read(topics)

    loop = asyncio.new_event_loop()
    task = loop.create_task(often())
    loop.run_until_complete(asyncio.wait({task}, timeout=40))
    assert task.done()  # asyncio.run would wait for it to be cancelled, which it can't be
    task.result()
    loop.close()


@pytest.mark.broker
def test_a_topic_that_is_missing_says_what_to_do(broker: str) -> None:
    async def read(topics: Scan) -> list[Message]:
        return [message async for message in topics.read("raw")]

    with pytest.raises(UserError, match="copydesk topics create"):
        look(Settings(brokers=broker, prefix="nothere"), read)


@pytest.mark.parametrize("text", [b"", b"-1", b"1.5", b"x", b"9" * 30, "٣".encode()])
def test_a_raw_time_that_is_none_is_none(text: bytes) -> None:
    assert raw_time(Message("t", 0, 0, NOW, None, b"", {RAW_TIME: text})) is None

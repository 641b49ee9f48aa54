from collections import Counter
from datetime import UTC, datetime

import pytest
from aiokafka import AIOKafkaProducer

from pipeline.cleaning import identify
from pipeline.errors import UserError
from pipeline.identity import document_id
from pipeline.kafka import clients, deadletters
from pipeline.kafka.headers import Headers
from pipeline.kafka.lag import lag
from pipeline.kafka.status import statuses
from pipeline.kafka.topics import topic_name
from pipeline.records import Origin, Raw
from pipeline.settings import Settings

pytestmark = pytest.mark.broker

A, B, C, D = (letter * 32 for letter in "abcd")


async def letter_of(settings: Settings, producer: AIOKafkaProducer, id_: str) -> None:
    headers = deadletters.wrap(
        id=id_, stage="clean", reason="r", error="e", broke=Origin(topic_name(settings, "raw"), 0, 0), headers={}
    )
    await producer.send_and_wait(topic_name(settings, "deadletter"), b"v", key=id_.encode(), headers=headers)


async def keyed(settings: Settings, producer: AIOKafkaProducer, topic: str, key: bytes | None) -> None:
    await producer.send_and_wait(topic_name(settings, topic), b"v", key=key)


async def raw(settings: Settings, producer: AIOKafkaProducer, value: bytes | None, headers: Headers) -> str:
    sent = await producer.send_and_wait(topic_name(settings, "raw"), value, key=b"any", headers=headers)
    moment = datetime.fromtimestamp(sent.timestamp / 1000, UTC)
    return identify(Raw(value or b"", dict(headers), moment, Origin(sent.topic, sent.partition, sent.offset))).id


async def test_a_document_counts_once_and_enriched_beats_dropped_beats_rejected(desk: Settings) -> None:
    async with clients.producer(desk) as producer:
        # The better outcome first: what was written later does not decide.
        for id_ in (A, A, B):
            await keyed(desk, producer, "enriched", id_.encode())
        for id_ in (A, C, C):
            await keyed(desk, producer, "dropped", id_.encode())
        for id_ in (A, B, C, D, D):
            await letter_of(desk, producer, id_)
    assert await statuses(desk) == {A: "enriched", B: "enriched", C: "dropped", D: "rejected"}


async def test_what_stands_in_raw_alone_is_open_under_the_id_the_clean_stage_gives_it(desk: Settings) -> None:
    async with clients.producer(desk) as producer:
        named = await raw(desk, producer, b"text", [("ce_source", b"files"), ("ce_id", b"1")])
        bare = await raw(desk, producer, b'{"id": "7", "source": "x", "body": "text"}', [])
        odd = await raw(desk, producer, b"\xff", [("ce_source", b"\xff  e\xcc\x81"), ("ce_id", b"")])
        empty = await raw(desk, producer, None, [])
        for _ in range(2):  # sent twice, a document is one
            await raw(desk, producer, b"done", [("ce_source", b"files")])
        done = document_id("files", None, b"done")
        await keyed(desk, producer, "enriched", done.encode())
    assert named == document_id("files", "1", b"text")
    assert await statuses(desk) == dict.fromkeys((named, bare, odd, empty), "open") | {done: "enriched"}


async def test_a_tombstone_is_a_document_that_was_enriched(desk: Settings) -> None:
    async with clients.producer(desk) as producer:
        await producer.send_and_wait(topic_name(desk, "enriched"), None, key=A.encode())
    assert await statuses(desk) == {A: "enriched"}


async def test_records_of_others_are_no_documents(desk: Settings) -> None:
    async with clients.producer(desk) as producer:
        for topic in ("enriched", "dropped", "deadletter"):
            for key in (b"", b"\xff" * 32, b"A" * 32, b"a" * 33):
                await keyed(desk, producer, topic, key)
        for topic in ("dropped", "deadletter"):  # a compacted topic takes no record without a key
            await keyed(desk, producer, topic, None)
    assert await statuses(desk) == {}


async def test_many_documents_in_any_partition_are_counted_exactly(desk: Settings) -> None:
    ids = [document_id("s", str(number), b"") for number in range(3000)]
    ends = ("enriched", "dropped", "deadletter")
    async with clients.producer(desk) as producer:
        waiting = []
        for number, id_ in enumerate(ids):
            topic = ends[number % 3]
            headers = deadletters.wrap(id=id_, stage="emit", reason="r", error="e", broke=Origin("t", 0, 0), headers={})
            waiting.append(await producer.send(topic_name(desk, topic), b"v", key=id_.encode(), headers=headers))
        for future in waiting:
            await future
    found = await statuses(desk)
    assert found.keys() == set(ids)
    assert Counter(found.values()) == {"enriched": 1000, "dropped": 1000, "rejected": 1000}


async def test_missing_topics_are_one_line(broker: str) -> None:
    nobody = Settings(brokers=broker, prefix="nobody")
    for question in (lag, statuses):
        with pytest.raises(UserError, match=r"topic nobody\.raw does not exist"):
            await question(nobody)

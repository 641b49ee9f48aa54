"""What `copydesk top` reads from the topics, with a real Kafka."""

import asyncio
import re
import time
from collections.abc import Sequence
from datetime import timedelta

import pytest

from pipeline.cli.top.topics import Row, article, letter
from pipeline.kafka import clients, deadletters
from pipeline.kafka.topics import topic_name
from pipeline.records import Duplicate, Origin, encode
from pipeline.settings import Settings
from tests.cli.test_top import LARGE, NOW, SMALL, a_record, message, screen, top, until
from tests.conftest import create_topics


def test_what_is_no_article_is_no_row() -> None:
    assert article(message(None)) is None
    assert article(message(b"junk")) is None
    assert letter(message(b"junk")) is None


def test_the_newest_of_many_are_kept() -> None:
    topics = top(1)._topics
    for number in range(5000):
        topics._take("enriched", message(b""), Row(f"{number}", NOW + timedelta(seconds=number), ("a",) * 4))
    assert len(topics.newest("enriched")) <= 400
    assert [row.id for row in topics.newest("enriched")[:2]] == ["4999", "4998"]


async def send(
    desk: Settings, topic: str, value: bytes | None, key: str, headers: Sequence[tuple[str, bytes]] = ()
) -> None:
    async with clients.producer(desk) as producer:
        await producer.send_and_wait(topic_name(desk, topic), value, key=key.encode(), headers=list(headers))


@pytest.mark.broker
async def test_articles_and_dead_letters_come_from_the_topics(desk: Settings) -> None:
    for number in range(3):
        record = a_record(id=f"{number:032x}", headline=f"Old {number}", duplicate=Duplicate(kind="near", of="f" * 32))
        await send(desk, "enriched", encode(record), record.id)
    headers = deadletters.wrap(
        id="c" * 32, stage="clean", reason="not UTF-8", error="byte 0xff", broke=Origin("t", 0, 0), headers={}
    )
    await send(desk, "deadletter", b"\xff", "c" * 32, headers)
    app = top(1, settings=desk)
    async with app.run_test(size=SMALL) as pilot:
        text = await until(pilot, lambda text: "Old 2" in text and "byte 0xff" in text, 30)
        assert re.search(r"\d\d:\d\d:\d\d +gazette +en +near +Old 1", text)
        assert re.search(r"\d\d:\d\d:\d\d +cccccccc +clean +not UTF-8 +byte 0xff", text)
        await send(desk, "enriched", encode(a_record(headline="Fresh off the press")), "a" * 32)
        text = await until(pilot, lambda text: "Fresh" in text, 30)
        assert text.index("Fresh") < text.index("Old")
        await send(desk, "enriched", encode(a_record(headline="Second version")), "a" * 32)
        await until(pilot, lambda text: "Second version" in text and "Fresh" not in text, 30)
        await send(desk, "enriched", None, "a" * 32)
        await until(pilot, lambda text: "Second version" not in text, 30)
        assert "no headlines" not in screen(app)


@pytest.mark.broker
@pytest.mark.long
async def test_a_missing_topic_is_told_and_waited_for(broker: str) -> None:
    settings = Settings(brokers=broker, prefix=f"late{time.time_ns()}")
    async with top(1, settings=settings).run_test(size=LARGE) as pilot:
        await until(pilot, lambda text: "does not exist; run `copydesk topics create`" in text, 30)
        await asyncio.wait_for(create_topics(settings), 60)
        await send(settings, "enriched", encode(a_record()), "a" * 32)
        await until(pilot, lambda text: "Harbour ferry" in text and "no headlines" not in text, 60)

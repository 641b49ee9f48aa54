"""The consumer's own rules, without a broker: what is handed out, and what is committed."""

import asyncio
from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from agents.transport import Consumer, _Buffered
from pipeline.settings import MIB, Settings

RAW, TAGGED = TP("news.raw", 0), TP("news.tagged", 0)


class Driver(Consumer):
    """A consumer whose broker is a dictionary."""

    def __init__(self) -> None:  # the driver's own would want an app and start threads
        self.settings = Settings(brokers="nowhere:1", batch_documents=10, batch_bytes=MIB)
        self.owner = SimpleNamespace(settle=self._settle, assigned=lambda partitions: partitions & {TAGGED})
        self.epoch = 0
        self._held: set[TP] = set()
        self._buffered = defaultdict(_Buffered)
        self._positions: dict[TP, int] = {}
        self._committed_offset: dict[TP, int] = {}
        self._moving = asyncio.Lock()
        self.assigned = {RAW, TAGGED}
        self.committed: dict[TP, int] = {}
        self.commit_works = True

    async def _settle(self) -> None:
        """Nothing is in work."""

    def assignment(self) -> set[TP]:
        return self.assigned

    async def _commit(self, offsets: Any) -> bool:
        if self.commit_works:
            self.committed |= offsets
        return self.commit_works


def message(partition: TP, offset: int, size: int = 10, epoch: int = 0) -> Any:
    return SimpleNamespace(tp=partition, topic=partition.topic, offset=offset, value=b"x" * size, epoch=epoch)


async def test_nothing_is_committed_but_what_was_acknowledged() -> None:
    consumer = Driver()
    consumer.ack(message(RAW, 9))  # Faust acknowledges what it skips
    assert not await consumer.force_commit()
    consumer.acknowledge(message(RAW, 4))
    assert await consumer.force_commit()
    assert consumer.committed == {RAW: 5}
    assert not await consumer.force_commit(), "nothing new"


async def test_a_late_acknowledgement_never_takes_an_offset_back() -> None:
    consumer = Driver()
    consumer.acknowledge(message(RAW, 9))
    consumer.acknowledge(message(RAW, 4))
    await consumer.force_commit()
    assert consumer.committed == {RAW: 10}


async def test_a_commit_that_failed_is_tried_again_though_nothing_new_was_acknowledged() -> None:
    consumer = Driver()
    consumer.acknowledge(message(RAW, 4))
    consumer.commit_works = False
    assert not await consumer.force_commit()
    consumer.commit_works = True
    assert await consumer.force_commit()
    assert consumer.committed == {RAW: 5}


async def test_a_partition_that_is_no_longer_ours_is_not_committed() -> None:
    consumer = Driver()
    consumer.acknowledge(message(RAW, 4))
    consumer.assigned = {TAGGED}
    assert not await consumer.force_commit()


def test_a_topic_is_not_fetched_above_two_batches_and_again_below() -> None:
    consumer = Driver()
    buffered = consumer._buffered[RAW.topic]
    buffered.messages = 20
    assert not consumer._wanted(RAW)
    assert consumer._wanted(TAGGED), "one slow stage does not hold up the others"
    assert consumer.take(message(RAW, 0))
    assert consumer._wanted(RAW)
    buffered.bytes = 2 * MIB
    assert not consumer._wanted(RAW)


def test_a_held_partition_is_not_fetched_until_it_is_released() -> None:
    consumer = Driver()
    consumer._held = {TAGGED}
    assert not consumer._wanted(TAGGED)
    consumer.release(TAGGED)
    assert consumer._wanted(TAGGED)


@pytest.mark.parametrize("begin", ["seek", "revoke"])
def test_a_message_of_an_epoch_that_is_over_is_not_taken(begin: str) -> None:
    consumer = Driver()
    assert consumer.take(message(RAW, 0))
    consumer.new_epoch()
    assert not consumer.take(message(RAW, 1, epoch=0))
    assert consumer.take(message(RAW, 1, epoch=1))


def test_what_was_buffered_in_an_old_epoch_is_not_counted_in_the_new_one() -> None:
    consumer = Driver()
    consumer._buffered[RAW.topic].messages = 20
    consumer.new_epoch()
    assert consumer._wanted(RAW)

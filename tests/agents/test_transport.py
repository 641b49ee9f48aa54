"""The consumer's own rules, without a broker: what is handed out, and what is committed."""

import asyncio
from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from agents.transport import Consumer, SkippedMessageError, _Buffered, _NoReadOffsets
from pipeline.settings import MIB, Settings

RAW, TAGGED = TP("news.raw", 0), TP("news.tagged", 0)


class Driver(Consumer):
    """A consumer whose broker is a dictionary."""

    def __init__(self) -> None:  # the driver's own would want an app and start threads
        self.settings = Settings(brokers="nowhere:1", batch_documents=10, batch_bytes=MIB)
        self.owner = SimpleNamespace(settle=self._settle, assigned=lambda partitions: partitions & {TAGGED})
        self._epoch = 0
        self._open = True
        self._fetch_epoch = 0
        self._fetched: dict[TP, int] = {}
        self._taken: dict[TP, int] = {}
        self._held: set[TP] = set()
        self._buffered = defaultdict(_Buffered)
        self._positions: dict[TP, int] = {}
        self._committed_offset: dict[TP, int] = {}
        self._moving = asyncio.Lock()
        self.assigned = {RAW, TAGGED}
        self.committed: dict[TP, int] = {}
        self.commit_works = True
        self.sought: list[TP] = []
        self._thread = SimpleNamespace(seek_to_beginning=self._seek_to_beginning)

    async def _seek_to_beginning(self, *partitions: TP) -> None:
        self.sought += partitions

    async def _settle(self) -> None:
        """Nothing is in work."""

    async def seek_to_committed(self) -> dict[TP, int | None]:
        return dict.fromkeys(sorted(self.assigned))

    def assignment(self) -> set[TP]:
        return self.assigned

    async def _commit(self, offsets: Any) -> bool:
        if self.commit_works:
            self.committed |= offsets
        return self.commit_works


def message(partition: TP, offset: int, *, epoch: int = 0, follows: int | None = None) -> Any:
    return SimpleNamespace(
        tp=partition, topic=partition.topic, offset=offset, value=b"x" * 10, epoch=epoch, follows=follows
    )


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


def test_a_message_of_an_epoch_that_is_over_is_not_taken() -> None:
    consumer = Driver()
    assert consumer.take(message(RAW, 0))
    consumer.close_epoch()
    assert not consumer.take(message(RAW, 1, follows=0))


async def test_nothing_is_taken_or_fetched_between_a_rebalance_and_the_seek_that_ends_it() -> None:
    """What is fetched in between lies behind what was left alone, and would be committed past it."""
    consumer = Driver()
    consumer.close_epoch()
    assert not consumer.take(message(RAW, 5, epoch=1)), "not even one that was fetched since"
    assert await consumer._getmany({RAW}, 1.0) == {}
    await consumer.perform_seek()
    assert consumer.take(message(RAW, 3, epoch=consumer._epoch))


async def test_a_seek_opens_an_epoch_of_its_own() -> None:
    consumer = Driver()
    before = message(RAW, 5)
    await consumer.perform_seek()
    assert not consumer.take(before)
    assert consumer.sought == [RAW, TAGGED], "to the beginning, where nothing was committed"


def test_a_message_is_not_taken_after_one_that_was_skipped() -> None:
    consumer = Driver()
    assert consumer.take(message(RAW, 5))
    assert consumer.take(message(RAW, 9, follows=5)), "control markers and compaction leave gaps in the log itself"
    with pytest.raises(SkippedMessageError):
        consumer.take(message(RAW, 11, follows=10))


def test_what_was_buffered_in_an_old_epoch_is_not_counted_in_the_new_one() -> None:
    consumer = Driver()
    consumer._buffered[RAW.topic].messages = 20
    consumer.close_epoch()
    assert consumer._wanted(RAW)


def test_faust_finds_no_read_offset_to_drop_messages_by() -> None:
    offsets = _NoReadOffsets()
    offsets[RAW] = 150
    assert offsets[RAW] is None

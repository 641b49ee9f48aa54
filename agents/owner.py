"""The owner of one partition of the tagged topic: its state, its log, and the right to write to it.

The log entry and all that follows from it are one transaction of a producer whose transactional id is made from the
partition, so an owner that lost its partition without noticing (stopped for longer than its session) is fenced by the
broker when it wakes up: its transaction is refused, its process ends, and nothing it decided is seen by anybody.
"""

import asyncio
import gc
import time
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.admin import RecordsToDelete
from aiokafka.errors import IllegalOperation, InvalidProducerEpoch, KafkaError, ProducerFenced
from aiokafka.structs import TopicPartition

from agents.archive import Archive
from agents.judge import Batch, Judge
from agents.message import Incoming, Outgoing, Result
from agents.runner import sliced
from agents.snapshots import Snapshots
from pipeline import metrics
from pipeline.duplicates.sketch import FoldError
from pipeline.errors import UserError
from pipeline.judging import before, codec
from pipeline.judging.state import State
from pipeline.kafka import clients
from pipeline.kafka.headers import onward
from pipeline.kafka.topics import topic_name
from pipeline.logs import get_logger
from pipeline.settings import Settings

log = get_logger(__name__)

# Cutting the log asks every replica; once for so many entries that left the window is often enough to keep it short.
_TRIM_EVERY: Final = 5_000
_READ_MS: Final = 200
# Changed records that are made and sent at once: with articles of 1 MiB some 100 MB, and a few reads of the archive each.
_AGAIN: Final = 20
# A snapshot waits for a second at most, in which an owner decides a few hundred documents: the stories of the last so
# many are told again by the next one.
_RETOLD: Final = 1_000


class Owner:
    """One partition. `claim` before `decide`; a claimed owner is the only writer of its log."""

    def __init__(self, partition: int, settings: Settings) -> None:
        self.partition, self.settings = partition, settings
        self._log = TopicPartition(topic_name(settings, "fingerprints"), partition)
        self._archive = Archive(partition, settings)
        self._producer: AIOKafkaProducer | None = None
        # One transaction at a time: of batches, and of snapshots that come due between them.
        self._publishing = asyncio.Lock()
        self._forget()

    def _forget(self) -> None:
        self.state = State.of(self.settings)
        self._snapshots = Snapshots()
        # Of the log entries in the window and, at most, of some before it: the log is cut below the first.
        self._offsets: deque[int] = deque()
        self._next = 0
        """Offset in the log after the last entry that was folded."""
        self._trimmable = 0
        self._recent: deque[str] = deque(maxlen=_RETOLD)

    # -- taking the partition over -----------------------------------------------------------------------------------

    async def claim(self) -> None:
        """Fence all who wrote to the log before, then read what they wrote and we do not know yet."""
        started = time.perf_counter()
        log.info("claiming partition", partition=self.partition, offset=self._next)
        await self.close()
        settings = self.settings
        producer = clients.new_producer(
            settings, transactional_id=f"{settings.group_id}.{settings.prefix}.dedupe.{self.partition}"
        )
        await producer.start()  # aborts an open transaction of the owner before us
        self._producer = producer
        read = await self._catch_up()
        self._snapshots.changed(self._recent)
        self._recent.clear()
        # The window lives as long as the worker: a full collection would walk it, .1 to .6 s for 200,000 documents.
        gc.freeze()
        seconds = time.perf_counter() - started
        metrics.FOLD_SECONDS.observe(seconds)
        metrics.FOLD_RECORDS.inc(read)
        self._show()
        log.info(
            "partition claimed",
            partition=self.partition,
            fingerprints=read,
            window=len(self.state),
            stories=len(self.state.stories),
            seconds=round(seconds, 3),
        )

    async def _catch_up(self) -> int:
        read = 0
        async with clients.reader(self.settings) as reader:
            reader.assign([self._log])
            first = (await reader.beginning_offsets([self._log]))[self._log]
            end = (await reader.end_offsets([self._log]))[self._log]
            if first > self._next:  # cut by another owner since: what we hold may lie below its window
                self._forget()
            reader.seek(self._log, max(first, self._next))
            while await reader.position(self._log) < end:  # by position: the last offsets are control markers
                records = await reader.getmany(self._log, timeout_ms=_READ_MS, max_records=500)
                async for _ in sliced(map(self._fold, records.get(self._log, ()))):
                    read += 1
        self._next = max(self._next, end)
        return read

    def _fold(self, record: Any) -> None:
        try:
            value = record.value or b""
            entry = before.unpack(value) if value.startswith(before.BEGINS) else codec.unpack(value)
            change = self.state.apply(entry)
        except FoldError as error:
            # Somebody else wrote to our log. Every owner skips the same records, so the state stays a fold.
            log.warning("fingerprint skipped", **self._log._asdict(), offset=record.offset, error=str(error))
            metrics.DOCUMENTS.labels("dedupe", "skipped", "not a fingerprint").inc()
            return
        self._remember(record.offset)
        self._recent += change.stories

    def _remember(self, offset: int) -> None:
        self._offsets.append(offset)
        while len(self._offsets) > self.state.window.next - self.state.window.first:
            self._offsets.popleft()
            self._trimmable += 1

    # -- deciding ----------------------------------------------------------------------------------------------------

    async def decide(self, messages: Sequence[Incoming]) -> list[Result]:
        """Decide documents in offset order, and publish the decisions: all of them or none.

        Raises:
            UserError: the partition has a new owner.
            KafkaError: the transaction failed for good.
        """
        producer = self._producer
        judge, batch = Judge(self.partition, self.settings, self.state), Batch()
        async for result in sliced(judge.judge(message, batch) for message in messages):
            batch.results.append(result)
        self._snapshots.changed(batch.stories)
        await self._publish(producer, batch, judge)
        return batch.results

    async def tell(self) -> None:
        """Publish the snapshots of stories that have waited for their second."""
        if self._producer and self._snapshots.waiting:
            await self._publish(self._producer, Batch())

    async def _publish(self, producer: Any, batch: Batch, judge: Judge | None = None) -> None:
        async with self._publishing:
            sends = [*batch.judged, *batch.follows]
            sends += self._snapshots.due(self.state.stories, self.settings, self.partition)
            if not sends and not batch.entries:
                return
            lost = producer is None or producer is not self._producer
            if lost:
                raise UserError(f"partition {self.partition} of tagged was lost while a batch was in work")
            try:
                async with producer.transaction():
                    logged = await self._send(producer, batch, sends)
                    if judge:
                        await self._send_again(producer, batch, judge)
            except (ProducerFenced, InvalidProducerEpoch, IllegalOperation) as error:
                # The last is what a send gets after an earlier one of the same transaction was told of the fence.
                raise UserError(
                    f"partition {self.partition} of tagged has a new owner, this worker was away for too long; restart it"
                ) from error
            self._snapshots.written()
            for offset in logged:
                self._remember(offset)
                self._next = offset + 1
            self._show()
        await self._trim()

    async def _send(self, producer: AIOKafkaProducer, batch: Batch, sends: Sequence[Outgoing]) -> list[int]:
        """Sends entries and records; returns the offsets of the entries."""
        headers = onward({})
        logged = [
            await producer.send(self._log.topic, value, key=key.encode(), partition=self.partition, headers=headers)
            for key, value in batch.entries
        ]
        sent = [await send(producer, outgoing) for outgoing in sends]
        await asyncio.gather(*logged, *sent)
        return [future.result().offset for future in logged]

    async def _send_again(self, producer: AIOKafkaProducer, batch: Batch, judge: Judge) -> None:
        """Sends the records of documents that the batch has changed, a few at a time: an article may have a mebibyte."""
        changed = list(batch.amended)
        for start in range(0, len(changed), _AGAIN):
            ids = changed[start : start + _AGAIN]
            away = judge.away(ids, batch)
            found = batch.arrived | (await self._archive.read(away) if away else {})
            sent: list[asyncio.Future[Any]] = []
            async for sends in sliced(judge.again(id_, found.get(id_)) for id_ in ids):
                sent += [await send(producer, outgoing) for outgoing in sends]
            await asyncio.gather(*sent)

    def _show(self) -> None:
        metrics.WINDOW_DOCUMENTS.labels(self.partition).set(len(self.state))
        metrics.WINDOW_BYTES.labels(self.partition).set(self.state.window.memory())
        metrics.LIVE_STORIES.labels(self.partition).set(len(self.state.stories))

    async def _trim(self) -> None:
        """Cut the log below the window."""
        if self._trimmable < _TRIM_EVERY or not self._offsets:
            return
        self._trimmable = 0
        try:
            async with clients.admin(self.settings) as admin:
                await admin.delete_records({self._log: RecordsToDelete(self._offsets[0])})
        except (KafkaError, UserError) as error:
            log.warning("log not trimmed", **self._log._asdict(), offset=self._offsets[0], error=str(error))

    async def close(self) -> None:
        async with self._publishing:
            producer, self._producer = self._producer, None
            if producer:
                await producer.stop()
        await self._archive.close()


async def send(producer: AIOKafkaProducer, outgoing: Outgoing) -> "asyncio.Future[Any]":
    """Hand a message to the producer; the future is done when the broker has acknowledged it."""
    future: asyncio.Future[Any] = await producer.send(
        outgoing.topic, outgoing.value, key=outgoing.key, partition=outgoing.partition, headers=outgoing.headers
    )
    return future

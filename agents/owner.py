"""The owner of one partition of the tagged topic: its window, its log, and the right to write to it.

The log record and the judged article are one transaction of a producer whose transactional id is made from the
partition, so an owner that lost its partition without noticing (stopped for longer than its session) is fenced by the
broker when it wakes up: its transaction is refused, its process ends, and nothing it decided is seen by anybody.
"""

import asyncio
import gc
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.admin import RecordsToDelete
from aiokafka.errors import IllegalOperation, InvalidProducerEpoch, KafkaError, ProducerFenced
from aiokafka.structs import TopicPartition

from agents.message import Bug, Incoming, Outgoing, Result, identity, route
from agents.runner import SLICE_SECONDS
from pipeline import metrics
from pipeline.duplicates.sketch import FoldError
from pipeline.duplicates.window import Window
from pipeline.emission import judge
from pipeline.errors import UserError
from pipeline.kafka import clients
from pipeline.kafka.headers import onward
from pipeline.kafka.topics import topic_name
from pipeline.logs import get_logger
from pipeline.outcomes import Emit, Reject
from pipeline.records import Fingerprint, RecordError, Tagged, decode, encode
from pipeline.settings import Settings

log = get_logger(__name__)

# Cutting the log asks every replica; once for so many records that left the window is often enough to keep it short.
_TRIM_EVERY: Final = 5_000
_READ_MS: Final = 200


class Owner:
    """One partition. `claim` before `decide`; a claimed owner is the only writer of its log."""

    def __init__(self, partition: int, settings: Settings) -> None:
        self.partition, self.settings = partition, settings
        self._log = TopicPartition(topic_name(settings, "fingerprints"), partition)
        self._judged = topic_name(settings, "judged")
        self._producer: AIOKafkaProducer | None = None
        self._forget()

    def _forget(self) -> None:
        self.window = Window(days=self.settings.window_days, documents=self.settings.window_documents)
        # Of the log records that make up the window (its docstring says why this is enough to cut the log by).
        self._offsets: deque[int] = deque()
        self._next = 0
        """Offset in the log after the last one folded."""
        self._trimmable = 0

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
        # The window lives as long as the worker: a full collection would walk it, .1 to .6 s for 200,000 documents.
        gc.freeze()
        seconds = time.perf_counter() - started
        metrics.FOLD_SECONDS.observe(seconds)
        metrics.FOLD_RECORDS.inc(read)
        metrics.WINDOW_DOCUMENTS.labels(self.partition).set(len(self.window))
        log.info(
            "partition claimed",
            partition=self.partition,
            fingerprints=read,
            window=len(self.window),
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
                started = time.perf_counter()
                for record in records.get(self._log, ()):
                    self._fold(record)
                    read += 1
                    if time.perf_counter() - started > SLICE_SECONDS:
                        await asyncio.sleep(0)
                        started = time.perf_counter()
        self._next = max(self._next, end)
        return read

    def _fold(self, record: Any) -> None:
        try:
            added = self.window.fold(decode(Fingerprint, record.value))
        except (RecordError, FoldError) as error:
            # Somebody else wrote to our log. Every owner skips the same records, so the state stays a fold.
            log.warning("fingerprint skipped", **self._log._asdict(), offset=record.offset, error=str(error))
            metrics.DOCUMENTS.labels("dedupe", "skipped", "not a fingerprint").inc()
            return
        if added:
            self._remember(record.offset)

    def _remember(self, offset: int) -> None:
        self._offsets.append(offset)
        while len(self._offsets) > len(self.window):
            self._offsets.popleft()
            self._trimmable += 1

    async def decide(self, messages: Sequence[Incoming]) -> list[Result]:
        """Decide documents in offset order, and publish the decisions: all of them or none.

        Raises:
            UserError: the partition has a new owner.
            KafkaError: the transaction failed for good.
        """
        results: list[Result] = []
        fingerprints: list[Fingerprint | None] = []
        started = time.perf_counter()
        for message in messages:
            result, fingerprint = self._judge(message)
            results.append(result)
            fingerprints.append(fingerprint)
            if time.perf_counter() - started > SLICE_SECONDS:
                await asyncio.sleep(0)
                started = time.perf_counter()
        await self._publish(results, fingerprints)
        return results

    def _judge(self, message: Incoming) -> tuple[Result, Fingerprint | None]:
        """The result for a document, and its fingerprint where it was not known before."""
        started = time.perf_counter()
        to: dict[str, Any] = {"stage": "dedupe", "to": "judged", "settings": self.settings, "partition": self.partition}
        try:
            tagged = decode(Tagged, message.value)
            fingerprint = self.window.judge(tagged)
            known = tagged.article.id in self.window
            timings = tagged.article.timings | {"dedupe": round(time.perf_counter() - started, 6)}
            tagged = replace(tagged, article=replace(tagged.article, timings=timings))
            result = route(Emit(judge(tagged, fingerprint), tagged.article.id), message, id=tagged.article.id, **to)
        except RecordError as error:
            return route(Reject("not a tagged record", str(error)), message, **to), None
        except FoldError as error:
            return route(Reject("sketch can't be read", str(error)), message, **to), None
        except Exception as error:  # noqa: BLE001 - nothing has changed up to here, so it costs the document alone
            reject = Bug.of(error).reject(message, stage="dedupe", id=identity(message))
            return route(reject, message, **to), None
        if result.ending != "emitted":
            return result, None
        if known:
            metrics.REDELIVERED.inc()
        else:
            self.window.fold(fingerprint)
        counted = Result(
            "emitted",
            result.sends,
            seconds=time.perf_counter() - started,
            tally={"verdicts": {fingerprint.duplicate.kind: 1}},
        )
        return counted, None if known else fingerprint

    async def _publish(self, results: Sequence[Result], fingerprints: Sequence[Fingerprint | None]) -> None:
        judged = [outgoing for result in results for outgoing in result.sends if outgoing.topic == self._judged]
        if not judged:
            return
        producer = self._producer
        if producer is None:
            raise UserError(f"partition {self.partition} of tagged was lost while a batch was in work")
        try:
            async with producer.transaction():
                logged = [
                    await producer.send(
                        self._log.topic,
                        encode(fingerprint),
                        key=fingerprint.id.encode(),
                        partition=self.partition,
                        headers=onward({}),
                    )
                    for fingerprint in fingerprints
                    if fingerprint
                ]
                sent = [await send(producer, outgoing) for outgoing in judged]
                await asyncio.gather(*logged, *sent)
        except (ProducerFenced, InvalidProducerEpoch, IllegalOperation) as error:
            # The last is what a send gets after an earlier one of the same transaction was told of the fence.
            raise UserError(
                f"partition {self.partition} of tagged has a new owner, this worker was away for too long; restart it"
            ) from error
        for future in logged:
            self._remember(future.result().offset)
        if logged:
            self._next = max(self._next, logged[-1].result().offset + 1)
        if self._producer is producer:  # else the partition was lost meanwhile, and its new owner shows it
            metrics.WINDOW_DOCUMENTS.labels(self.partition).set(len(self.window))
        await self._trim()

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
        producer, self._producer = self._producer, None
        if producer:
            await producer.stop()


async def send(producer: AIOKafkaProducer, outgoing: Outgoing) -> "asyncio.Future[Any]":
    """Hand a message to the producer; the future is done when the broker has acknowledged it."""
    future: asyncio.Future[Any] = await producer.send(
        outgoing.topic, outgoing.value, key=outgoing.key, partition=outgoing.partition, headers=outgoing.headers
    )
    return future

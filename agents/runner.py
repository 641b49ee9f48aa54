"""The one loop: take a batch, work on it, deliver what came of it, acknowledge it in offset order.

Nothing is acknowledged before the broker has acknowledged all that was made of it and of everything before it in its
partition. If delivering fails for good, the process ends and acknowledges nothing: what was taken is delivered again.
"""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final, Protocol, TypeVar

from agents.message import Bug, Incoming, Outgoing, Result, route
from agents.pool import Pool, Work
from pipeline import metrics
from pipeline.kafka.headers import AMENDED, RAW_TIME, as_mapping
from pipeline.logs import get_logger
from pipeline.outcomes import BUG, Reject
from pipeline.records import Origin, Stage
from pipeline.settings import Settings

log = get_logger(__name__)

# A slice of work on the event loop: heartbeats, metrics and the other agents wait for no longer than this.
SLICE_SECONDS: Final = 0.02
# The whole error is in the dead letter.
_ERROR_CHARACTERS: Final = 200

T = TypeVar("T")

Produce = Callable[[Sequence[Outgoing]], Awaitable[None]]
"""Sends messages and returns when the broker has acknowledged them all."""


class Offsets(Protocol):
    """What the loop needs of the consumer (agents/transport.py)."""

    def take(self, message: Any) -> bool: ...
    def acknowledge(self, message: Any) -> None: ...


class Runner(ABC):
    """The loop of one stage. Subclasses say what is done with a batch."""

    stage: Stage

    def __init__(self, settings: Settings, produce: Produce, fail: Callable[[BaseException], None]) -> None:
        self.settings, self.produce, self._fail = settings, produce, fail
        self.offsets: Offsets
        self._idle = asyncio.Event()
        self._idle.set()

    @abstractmethod
    async def process(self, messages: Sequence[Any]) -> Sequence[Any]:
        """Work on a batch and deliver what came of it; returns the messages that are done, in the order taken."""

    async def run(self, batches: AsyncIterable[Sequence[Any]]) -> None:
        async for events in batches:
            # A task of its own: Faust cancels agents when it stops, and nothing may cancel a batch.
            await asyncio.shield(asyncio.ensure_future(self.batch([event.message for event in events])))

    async def batch(self, messages: Sequence[Any]) -> None:
        """One batch, from taking to acknowledging; ends the process if what came of it can't be delivered."""
        self._idle.clear()
        try:
            for part in cut(messages, self.settings.batch_bytes):
                fresh = [message for message in part if self.offsets.take(message)]
                if fresh:
                    await self._part(fresh)
        except BaseException as error:
            self._fail(error)
            raise
        finally:
            self._idle.set()

    async def _part(self, messages: Sequence[Any]) -> None:
        started = time.perf_counter()
        metrics.BATCH_DOCUMENTS.labels(self.stage).observe(len(messages))
        metrics.BYTES.labels(self.stage).inc(sum(len(message.value or b"") for message in messages))
        done = await self.process(messages)
        now = time.time()
        for message in done:  # in the order taken, which is offset order within a partition
            self.offsets.acknowledge(message)
            metrics.PROGRESS_TIME.labels(self.stage, message.partition).set(now)
        seconds = time.perf_counter() - started
        metrics.BATCH_SECONDS.labels(self.stage).observe(seconds)
        log.debug("batch done", stage=self.stage, documents=len(done), seconds=round(seconds, 3))

    async def wait_idle(self) -> None:
        await self._idle.wait()

    def account(self, arrived: Sequence[Incoming], results: Sequence[Result]) -> None:
        """Count what became of each document, and log those that went no further."""
        for each, result in zip(arrived, results, strict=True):
            if result.ending != "emitted" and result.sends:
                self._log_end(each, result)
            metrics.DOCUMENTS.labels(self.stage, result.ending, result.reason).inc()
            metrics.STAGE_SECONDS.labels(self.stage).observe(result.seconds)
            if result.ending == "rejected":
                metrics.DEAD_LETTERS.labels(self.stage, result.reason).inc()
            for tallied, numbers in result.tally.items():
                for value, number in numbers.items():
                    metrics.tally(tallied, value, number)

    def _log_end(self, arrived: Incoming, result: Result) -> None:
        end = result.sends[0]
        id_, place, reason = end.key.decode(), asdict(arrived.origin), result.reason
        # A bug's own words may quote the document; its type does not.
        error = result.error.partition(":")[0] if reason == BUG else result.error[:_ERROR_CHARACTERS]
        if result.ending == "rejected":
            log.warning("document rejected", stage=self.stage, id=id_, **place, reason=reason, error=error)
        else:
            log.info("document dropped", stage=self.stage, id=id_, **place, reason=reason, detail=error)


class StatelessRunner(Runner):
    """A stage of one document at a time: in a worker process, or on the loop where it is light."""

    def __init__(
        self, stage: Stage, to: str, work: Work, *, pool: Pool | None, name: Callable[[Incoming], str], **base: Any
    ) -> None:
        super().__init__(**base)
        self.stage, self._to, self._work, self._pool, self._name = stage, to, work, pool, name

    async def process(self, messages: Sequence[Any]) -> Sequence[Any]:
        arrived = [incoming(message) for message in messages]
        if self._pool:
            results = await asyncio.gather(*(self._in_process(each) for each in arrived))
        else:
            results = [each async for each in sliced(self._on_loop(one) for one in arrived)]
        await self.produce([outgoing for result in results for outgoing in result.sends])
        self.account(arrived, results)
        if self.stage == "emit":
            _observe_arrivals(arrived, results)
        return messages

    async def _in_process(self, arrived: Incoming) -> Result:
        assert self._pool
        name = self._name(arrived)
        outcome = await self._pool.run(self._work, arrived, stage=self.stage, id=name)
        return outcome if isinstance(outcome, Result) else self._reject(outcome, arrived)

    def _on_loop(self, arrived: Incoming) -> Result:
        try:
            return self._work(arrived, self.settings)
        except Exception as error:  # noqa: BLE001 - a bug costs this document alone
            return self._reject(Bug.of(error).reject(arrived, stage=self.stage, id=self._name(arrived)), arrived)

    def _reject(self, reject: Reject, arrived: Incoming) -> Result:
        return route(reject, arrived, stage=self.stage, to=self._to, settings=self.settings, id=self._name(arrived))


def _observe_arrivals(arrived: Sequence[Incoming], results: Sequence[Result]) -> None:
    """How long ago what is enriched now came into raw, and when its source was last heard of."""
    now = time.time()
    for each, result in zip(arrived, results, strict=True):
        header = each.headers.get(RAW_TIME, b"")
        # Milliseconds until the year 2286 have 13 digits. It travels from the raw record, so it is anybody's.
        if not header.isdigit() or len(header) > 13 or AMENDED in each.headers:
            continue
        raw_time = min(int(header) / 1000, now)  # a producer's clock may be ahead
        metrics.END_TO_END_SECONDS.observe(now - raw_time)
        for source in result.tally.get("sources", ()):
            metrics.saw_source(source, raw_time)


def incoming(message: Any, *, ticks: int = 1) -> Incoming:
    """Args: ticks: of its timestamp in a second: 1 in a message of Faust's, 1,000 in a record of the client's."""
    headers = message.headers or ()
    return Incoming(
        value=message.value,
        key=message.key,
        headers=as_mapping(headers.items() if isinstance(headers, dict) else headers),
        timestamp=datetime.fromtimestamp(max(0, message.timestamp or 0) / ticks, UTC),
        origin=Origin(message.topic, message.partition, message.offset),
    )


def cut(messages: Sequence[Any], most: int) -> Iterator[Sequence[Any]]:
    """Parts of at most `most` bytes of values; a message above that is a part of its own."""
    part: list[Any] = []
    size = 0
    for message in messages:
        length = len(message.value or b"")
        if part and size + length > most:
            yield part
            part, size = [], 0
        part.append(message)
        size += length
    if part:
        yield part


async def sliced(results: Iterable[T]) -> AsyncIterator[T]:
    """What `results` yields, with the event loop let in after each slice of 20 ms."""
    started = time.perf_counter()
    for result in results:
        yield result
        if time.perf_counter() - started > SLICE_SECONDS:
            await asyncio.sleep(0)
            started = time.perf_counter()

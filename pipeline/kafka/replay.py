"""Sends documents to the raw topic: in batches, paced, each batch acknowledged before the next one is sent."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import ceil
from time import monotonic
from typing import Any, Final, Literal

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError

from pipeline.cleaning import identify
from pipeline.errors import UserError
from pipeline.kafka.clients import admin, producer
from pipeline.kafka.headers import Headers, as_mapping, cloud_event
from pipeline.kafka.ledger import Destination, Ledger
from pipeline.kafka.topics import RAW_BYTES, topic_name
from pipeline.records import Origin, Raw
from pipeline.settings import MIB, Settings
from pipeline.sources.ahead import ReadAhead
from pipeline.sources.items import Document, Item, Skipped, TooLarge, Unreadable

DEFAULT_SOURCE: Final = "files"
# What a kill sends twice at most, and what is in memory twice: one batch read ahead, one on its way.
BATCH_DOCUMENTS: Final = 500
BATCH_BYTES: Final = 8 * MIB
TOO_LARGE: Final = "too large"
# With a rate, at most this many seconds' documents go out together: smooth enough for a stage that takes 200 at once.
_PACE_SECONDS: Final = 0.1
# An idempotent producer tries without end. A broker stopped and started in the middle of a replay held it up for 7 s.
ACKNOWLEDGE_SECONDS: Final = 60.0
# On its way out it would wait without end, too; here all that counts was waited for.
_STOP_SECONDS: Final = 5.0
# An input that stalled is not made up for by a burst of more than this.
_CATCH_UP_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to send."""

    source: str | None = None
    """Name of the source; else the document's own, else `files`."""
    clock: Literal["arrival", "published"] = "arrival"
    """What `ce_time` is: now, or the published time. An undated document, or one dated in the future, then has the
    last time that was sent: now would throw an archive's stream time years ahead."""
    rate: float | None = None
    """Documents a second."""
    limit: int | None = None
    """Documents to send, those of an earlier replay not counted."""


@dataclass(slots=True)
class Summary:
    """What a replay has done so far."""

    sent: int = 0
    """Documents acknowledged by the broker."""
    skipped: int = 0
    """Documents that an earlier replay had sent."""
    failed: Counter[str] = field(default_factory=Counter)
    """Documents that were not sent, by reason."""
    unreadable: int = 0
    """Files and folders that could not be read, or not to their end."""
    bytes: int = 0
    """Bytes of the documents sent."""
    seconds: float = 0.0
    consumed: int = 0
    """Bytes of the input read, archives as they lie on disk."""

    def leave_out(self, item: TooLarge | Unreadable | Skipped) -> str | None:
        """Count what is not sent; returns the line that says so, for what should have been."""
        match item:
            case Skipped(position):
                self.skipped += 1
                self.consumed = position.consumed
                return None
            case TooLarge(position, size):
                self.failed[TOO_LARGE] += 1
                self.consumed = position.consumed
                # Rounded up: one byte above 8 MiB is not 8.0.
                found = f"{ceil(size * 10 / MIB) / 10} MiB" if size else "more"
                return f"{position.path}, record {position.record}: {found}, the raw topic takes {RAW_BYTES / MIB} MiB"
            case Unreadable(path, reason):
                self.unreadable += 1
                return f"{path}: {reason}"


def source_of(document: Document, options: Options) -> str:
    return options.source or document.source or DEFAULT_SOURCE


async def replay(
    items: Iterable[Item],
    settings: Settings,
    options: Options,
    *,
    ledger: Ledger | None = None,
    on_progress: Callable[[Summary], None] = lambda _: None,
    on_trouble: Callable[[str], None] = lambda _: None,
) -> Summary:
    """Send the documents among `items` (read in a thread of its own), at least once and in order.

    `on_progress` is called after each batch, `on_trouble` with a line for each thing that is not sent.

    Raises:
        UserError: Kafka does not answer, the topic is missing, or sending failed for good; `ledger` then holds what
            was acknowledged.
    """
    topic = topic_name(settings, "raw")
    cluster = await cluster_id(settings, topic)
    if ledger:
        ledger.bind(Destination(cluster=cluster, topic=topic, source=options.source))
    started = monotonic()
    summary = Summary()
    pace = _Pace(options.rate)
    async with bounded_producer(settings) as client:
        sender = _Sender(client, topic, options, summary, ledger)
        async with aclosing(_batches(items, lambda: min(pace.documents, sender.room()))) as batches:
            async for batch in batches:
                for item in batch:
                    if not isinstance(item, Document) and (line := summary.leave_out(item)):
                        on_trouble(line)
                if documents := [item for item in batch if isinstance(item, Document)]:
                    await pace.wait(len(documents))
                    await sender.send(documents)
                summary.seconds = monotonic() - started
                on_progress(summary)
    summary.seconds = monotonic() - started
    return summary


@asynccontextmanager
async def bounded_producer(settings: Settings) -> AsyncIterator[AIOKafkaProducer]:
    """A producer that does not wait on its way out for what nobody waits for any more."""
    stack = AsyncExitStack()
    client = await stack.enter_async_context(producer(settings))
    try:
        yield client
    finally:
        with suppress(TimeoutError):
            await asyncio.wait_for(stack.aclose(), _STOP_SECONDS)


async def cluster_id(settings: Settings, topic: str) -> str:
    """Kafka's id of the cluster, on which the raw topic is known to be.

    Asked first: a producer waits 40 s for the metadata of a topic that does not exist.
    """
    try:
        async with admin(settings) as client:
            cluster: str = (await client.describe_cluster())["cluster_id"]
            described = await client.describe_topics([topic])
    except KafkaError as error:
        raise UserError(f"Kafka at {settings.brokers} says nothing of its topics: {error}; try again") from error
    if described[0]["error_code"]:
        raise UserError(f"topic {topic} is missing; run `copydesk topics create`, or correct COPYDESK_PREFIX")
    return cluster


async def _batches(items: Iterable[Item], documents: Callable[[], int]) -> AsyncGenerator[list[Item], None]:
    """What is there each time it is asked for, up to so many documents; ends with `items`, or at 0 documents."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()

    def wake() -> None:
        loop.call_soon_threadsafe(ready.set)

    with ReadAhead(items, count=BATCH_DOCUMENTS, size=BATCH_BYTES, on_ready=wake) as ahead:
        while wanted := documents():
            ready.clear()  # before looking: what comes after the look sets it again
            batch = ahead.take(wanted)
            if batch is None:
                return
            if batch:
                yield batch
            else:
                await ready.wait()


class _Sender:
    """Sends batches, and keeps account of what the broker has acknowledged without a gap."""

    def __init__(
        self, client: AIOKafkaProducer, topic: str, options: Options, summary: Summary, ledger: Ledger | None
    ) -> None:
        self._client = client
        self._topic = topic
        self._options = options
        self._summary = summary
        self._ledger = ledger
        self._published = ledger.clock if ledger else None

    def room(self) -> int:
        """How many documents may still be sent."""
        return BATCH_DOCUMENTS if self._options.limit is None else self._options.limit - self._summary.sent

    async def send(self, documents: list[Document]) -> None:
        """Send a batch and wait for it.

        Raises:
            UserError: not all of it was acknowledged.
        """
        times = [self._time(document) for document in documents]
        pending: list[asyncio.Future[Any]] = []
        failures: list[BaseException] = []
        try:
            for document, time in zip(documents, times, strict=True):
                pending.append(await self._client.send(self._topic, **_message(document, time, self._options)))
        except KafkaError as error:
            failures.append(error)
        if pending:
            await asyncio.wait(pending, timeout=ACKNOWLEDGE_SECONDS)
        late = KafkaTimeoutError(f"nothing acknowledged in {ACKNOWLEDGE_SECONDS:.0f} s")
        errors = [future.exception() if future.done() else late for future in pending]
        failures += [error for error in errors if error]
        acknowledged = next((number for number, error in enumerate(errors) if error), len(errors))
        if acknowledged:
            self._account(documents[:acknowledged], times[acknowledged - 1])
        if failures:
            raise self._final(failures[0])

    def _time(self, document: Document) -> datetime:
        now = datetime.now(UTC)
        if self._options.clock == "arrival":
            return now
        if document.published and document.published <= now:
            self._published = document.published
        return self._published or now

    def _account(self, documents: list[Document], last: datetime) -> None:
        self._summary.sent += len(documents)
        self._summary.bytes += sum(len(document.value) for document in documents)
        self._summary.consumed = documents[-1].position.consumed
        if self._ledger:
            clock = last if self._options.clock == "published" else None
            self._ledger.acknowledge((document.position for document in documents), clock)

    def _final(self, error: BaseException) -> BaseException:
        if not isinstance(error, KafkaError):
            return error
        again = (
            "repeat the command, it goes on there"
            if self._ledger
            else "repeat the command: what is sent twice is one document"
        )
        return UserError(
            f"{self._topic} took {self._summary.sent:,} documents, then no more ({error}); see to the brokers "
            f"(`copydesk topics check`) and {again}"
        )


def identity(document: Document, options: Options) -> str:
    """The id the document will have: by the very function of the clean stage, from the very headers it will see."""
    return _identity(document, _headers(document, datetime.now(UTC), options))


def _identity(document: Document, headers: Headers) -> str:
    # Neither the time nor the place of a message is part of its identity.
    return identify(Raw(document.value, as_mapping(headers), datetime.now(UTC), Origin("", 0, 0))).id


def _message(document: Document, time: datetime, options: Options) -> dict[str, Any]:
    headers = _headers(document, time, options)
    return {
        "key": _identity(document, headers).encode(),
        "value": document.value,
        # The record's own timestamp stays the producer's: Kafka 4 refuses one more than an hour in the future.
        "headers": headers,
    }


def _headers(document: Document, time: datetime, options: Options) -> Headers:
    return cloud_event(
        source=source_of(document, options),
        source_id=document.source_id,
        media_type=document.media_type,
        time=time,
        subject=document.uri,
    )


class _Pace:
    """So many documents a second, by a schedule: one late batch does not make all later ones late."""

    def __init__(self, rate: float | None) -> None:
        self._interval = 1 / rate if rate else 0.0
        self._due = monotonic()
        self.documents = min(BATCH_DOCUMENTS, max(1, int(rate * _PACE_SECONDS))) if rate else BATCH_DOCUMENTS
        """How many to send together."""

    async def wait(self, documents: int) -> None:
        """Return when the next `documents` may go."""
        if self._interval:
            await asyncio.sleep(self._due - monotonic())
            self._due = max(self._due, monotonic() - _CATCH_UP_SECONDS) + documents * self._interval

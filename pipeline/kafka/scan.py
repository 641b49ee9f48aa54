"""Looking for records of some ids: parts of topics, by record time and partition, over one connection."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from pipeline.errors import UserError
from pipeline.kafka import clients
from pipeline.kafka.headers import RAW_TIME, as_mapping
from pipeline.kafka.tail import Message, timestamp
from pipeline.kafka.topics import TOPICS, partition_counts, topic_name
from pipeline.records import Origin
from pipeline.settings import Settings

_POLL_MS: Final = 200
# How long the broker keeps an answer back where there is nothing more: the next topic's first answer comes after it. With
# aiokafka's half a second, a look at a dozen topics takes six.
_FETCH_MS: Final = 20
# What is asked about is mostly of today, and a reprint is mostly of the hours around its original (90 % within 12): the
# hour is read first, then the day, and all the rest only where the record was in neither.
_NEAR: Final = timedelta(hours=1)
_AROUND: Final = timedelta(days=1)

Progress = Callable[[str, int, int], None]
"""Called with what is read, how many records of it are, and how many there are."""
Span = tuple[datetime | None, datetime | None]
"""From the first record at or after a time to the first at or after another; None: to the end on that side."""
ALL: Final[Span] = (None, None)


def backwards(anchor: datetime, *, until: datetime | None = None, oldest: datetime | None = None) -> Iterator[Span]:
    """Spans that together are all from `oldest` on, those first that most probably hold what is looked for."""
    yield anchor - _NEAR, until
    yield anchor - _AROUND, anchor - _NEAR
    yield oldest, anchor - _AROUND
    if until:
        yield until, None


class Scan:
    """Committed records only, nothing committed."""

    def __init__(
        self, settings: Settings, consumer: AIOKafkaConsumer, counts: Mapping[str, int], progress: Progress
    ) -> None:
        self._settings, self._consumer, self._counts, self._progress = settings, consumer, counts, progress

    async def read(self, topic: str, span: Span = ALL, partition: int | None = None) -> AsyncGenerator[Message, None]:
        """The records of a topic (a name of `TOPICS`) in a span of time, in order within each partition.

        To where it ends now. Wrap it in `aclosing` where the loop may be left early.

        Raises:
            UserError: the topic can't be read.
        """
        name = topic_name(self._settings, topic)
        numbers = range(self._counts[name]) if partition is None else (partition,)
        try:
            async for message in self._read(topic, [TopicPartition(name, number) for number in numbers], span):
                yield message
        except KafkaError as error:
            raise UserError(
                f"topic {name} can't be read: {type(error).__name__} {error}; see to the brokers, and to this user's "
                "right to Read it"
            ) from error

    async def _read(self, topic: str, partitions: list[TopicPartition], span: Span) -> AsyncGenerator[Message, None]:
        consumer = self._consumer
        first = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        since, until = span
        starts = await self._offsets(since, ends) if since else first
        stops = await self._offsets(until, ends) if until else ends
        if not (open_ := {each for each in partitions if starts[each] < stops[each]}):
            return
        self._assign({each: starts[each] for each in open_})
        done, total = 0, sum(stops[each] - starts[each] for each in open_)
        while open_:
            for each, records in (await consumer.getmany(*open_, timeout_ms=_POLL_MS)).items():
                done += len(records)
                for record in records:
                    if record.offset < stops[each]:
                        yield _message(record)
            self._progress(topic, min(done, total), total)
            # By position: the last offsets may be markers of transactions.
            over = [each for each in open_ if await consumer.position(each) >= stops[each]]
            consumer.pause(*over)  # or it is fetched on, for nothing
            open_.difference_update(over)

    def _assign(self, starts: Mapping[TopicPartition, int]) -> None:
        """Read on from these offsets. Only where there is something to read.

        A consumer of aiokafka 0.14 that is stopped after its assignment has changed and before a fetch is back takes its
        own cancellation for that of the fetch, and may never stop.
        """
        self._consumer.assign(list(starts))
        for each, offset in starts.items():
            self._consumer.seek(each, offset)

    async def _offsets(self, at: datetime, ends: Mapping[TopicPartition, int]) -> Mapping[TopicPartition, int]:
        ms = max(0, int(at.timestamp() * 1000))
        found = await self._consumer.offsets_for_times(dict.fromkeys(ends, ms))
        return {each: offset.offset if (offset := found[each]) else end for each, end in ends.items()}

    async def one(self, place: Origin) -> Message | None:
        """The record at a place; None where it is gone, or where no topic of ours is meant."""
        where = TopicPartition(place.topic, place.partition)
        if not 0 <= place.partition < self._counts.get(place.topic, 0):
            return None
        [first], [end] = [
            (await offsets([where])).values()
            for offsets in (self._consumer.beginning_offsets, self._consumer.end_offsets)
        ]
        if not first <= place.offset < end:
            return None
        self._assign({where: place.offset})
        while await self._consumer.position(where) <= place.offset:
            for record in (await self._consumer.getmany(where, timeout_ms=_POLL_MS, max_records=1)).get(where, ()):
                return _message(record) if record.offset == place.offset else None
        return None

    async def last(
        self, topic: str, ids: set[str], spans: Iterable[Span], partition: int | None = None
    ) -> dict[str, Message]:
        """Of each of `ids` the last record in the first of `spans` that has one; the topic is keyed by them."""
        found: dict[str, Message] = {}
        for span in spans:
            missing = {id_.encode(): id_ for id_ in ids - found.keys()}
            if not missing:
                break
            async with aclosing(self.read(topic, span, partition)) as stream:
                async for message in stream:
                    if message.key in missing:
                        found[missing[message.key]] = message
        return found


def _message(record: Any) -> Message:
    at, headers = timestamp(record.timestamp), as_mapping(record.headers)
    return Message(record.topic, record.partition, record.offset, at, record.key, record.value, headers)


@asynccontextmanager
async def scan(settings: Settings, progress: Progress) -> AsyncIterator[Scan]:
    """A look at the topics, `progress` being told how far it is.

    Raises:
        UserError: Kafka does not answer, or a topic is missing.
    """
    async with clients.admin(settings) as admin:
        counts = await partition_counts(admin, settings)
    if missing := [name for name in map(partial(topic_name, settings), TOPICS) if name not in counts]:
        raise UserError(f"topic {missing[0]} does not exist; run `copydesk topics create`, or correct COPYDESK_PREFIX")
    async with clients.reader(settings, fetch_max_wait_ms=_FETCH_MS) as consumer:
        yield Scan(settings, consumer, counts, progress)


def raw_time(message: Message) -> datetime | None:
    """When its document came to the raw topic, where the record says so."""
    text = message.headers.get(RAW_TIME, b"")
    return timestamp(int(text)) if text.isdigit() and len(text) < 19 else None

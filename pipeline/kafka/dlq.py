"""The dead letters as an operator meets them: which there are now, what is in one, and sending them back."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata, TopicPartition

from pipeline.errors import UserError
from pipeline.kafka import clients
from pipeline.kafka.deadletters import DeadLetter, send_back
from pipeline.kafka.lag import partitions, unread
from pipeline.kafka.status import dead_letter, key_id
from pipeline.kafka.tail import Start, messages
from pipeline.kafka.topics import INPUTS, TOPICS, partition_counts, topic_name
from pipeline.settings import MIB, Settings

# Success is looked for from this long before the oldest letter on: a document that was done, was delivered again after
# a kill and failed then has its success just before its letter, and clocks differ.
_MARGIN: Final = timedelta(hours=1)
# What is sent before the broker's answers are awaited.
_BATCH_LETTERS: Final = 500
_BATCH_BYTES: Final = 8 * MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which letters; None: any."""

    id: str | None = None
    """An id, or how one begins."""
    stage: str | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def __contains__(self, letter: DeadLetter) -> bool:
        return (
            (self.id is None or letter.id.startswith(self.id))
            and self.stage in (None, letter.stage)
            and self.reason in (None, letter.reason)
            and (self.since is None or letter.at >= self.since)
            and (self.until is None or letter.at < self.until)
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """The latest dead letter of a document, without its value: there may be thousands, of 8 MiB each."""

    letter: DeadLetter
    size: int
    """Bytes of the value."""
    succeeded: bool = False
    """The document is now enriched or dropped."""


async def entries(settings: Settings, wanted: Wanted) -> list[Entry]:
    """The latest letter of each document, where it is a wanted one; the oldest first.

    Raises:
        UserError: a topic is missing or can't be read.
    """
    latest: dict[str, Entry] = {}
    async for letter in _letters(settings, wanted.since or "beginning"):
        before = latest.get(letter.id)
        if before is None or _order(before.letter) <= _order(letter):
            latest[letter.id] = Entry(replace(letter, value=b""), len(letter.value))
    found = sorted((entry for entry in latest.values() if entry.letter in wanted), key=lambda entry: entry.letter.at)
    if not found:
        return []
    done = await _done(settings, {entry.letter.id for entry in found}, found[0].letter.at - _MARGIN)
    return [replace(entry, succeeded=entry.letter.id in done) for entry in found]


def _order(letter: DeadLetter) -> tuple[datetime, int]:
    return letter.at, letter.attempt


async def _letters(settings: Settings, start: Start) -> AsyncGenerator[DeadLetter, None]:
    async with aclosing(messages(settings, "deadletter", start=start, follow=False)) as stream:
        async for message in stream:
            if letter := dead_letter(message):
                yield letter


async def _done(settings: Settings, ids: set[str], since: datetime) -> set[str]:
    """Those of `ids` that were enriched or dropped since."""
    done = set()
    for topic in ("enriched", "dropped"):
        async with aclosing(messages(settings, topic, start=since, follow=False)) as stream:
            async for message in stream:
                if (id_ := key_id(message)) in ids:
                    done.add(id_)
    return done


async def mark_seen(settings: Settings) -> int:
    """Mark every dead letter there is now as looked at; returns how many were not before.

    Raises:
        UserError: the topic is missing, or the offsets were not taken.
    """
    async with clients.admin(settings) as admin:
        wanted = await partitions(admin, settings, ["deadletter"])
    letters = await unread(settings, settings.seen_group_id, wanted)
    await commit_seen(settings, {TopicPartition(one.topic, one.partition): one.end for one in letters})
    return sum(one.records for one in letters)


async def commit_seen(settings: Settings, offsets: Mapping[TopicPartition, int], **arguments: Any) -> None:
    """Say how far the dead letters have been looked at; `arguments` are the client's.

    Raises:
        UserError: Kafka did not take it.
    """
    group = settings.seen_group_id
    async with clients.reader(settings, group_id=group, **arguments) as consumer:  # with `assign` it never joins
        consumer.assign(list(offsets))
        try:
            await consumer.commit({place: OffsetAndMetadata(offset, "") for place, offset in offsets.items()})
        except KafkaError as error:
            raise UserError(
                f"group {group} took no offsets: {type(error).__name__} {error}; check that this user may Read on it"
            ) from error


async def with_values(settings: Settings, chosen: Sequence[Entry]) -> AsyncGenerator[DeadLetter, None]:
    """The chosen letters with their values, as they stand in the topic."""
    missing = {entry.letter.stands for entry in chosen}
    if not missing:
        return
    async with aclosing(_letters(settings, min(entry.letter.at for entry in chosen))) as letters:
        async for letter in letters:
            if letter.stands in missing:
                missing.remove(letter.stands)
                yield letter
                if not missing:
                    return


async def refusals(settings: Settings, chosen: Iterable[Entry]) -> dict[str, str]:
    """Why a letter can't be sent back, by document id: its headers are anybody's, and name where we would write."""
    inputs = {topic_name(settings, name) for name in INPUTS.values()}
    async with clients.admin(settings) as admin:
        counts = await partition_counts(admin, settings)
    refused = {}
    for entry in chosen:
        broke = entry.letter.broke
        if broke.topic not in inputs:
            refused[entry.letter.id] = f"{broke.topic} is no topic that a stage of this pipeline reads"
        elif not 0 <= broke.partition < counts.get(broke.topic, 0):
            refused[entry.letter.id] = f"{broke.topic} has no partition {broke.partition}"
    return refused


async def replay(settings: Settings, chosen: Sequence[Entry]) -> int:
    """Send the bytes of the chosen letters to where they broke, once more. Returns how many the broker has.

    A letter of a topic partitioned by language goes to the same partition, any other by its key. Call it with letters
    only that `refusals` has nothing against.

    Raises:
        UserError: the broker refused, or did not answer; the letters stay as they are and may be sent again.
    """
    by_language = {topic_name(settings, name) for name, topic in TOPICS.items() if topic.by_language}
    sent, waiting, size = 0, [], 0
    try:
        async with clients.producer(settings) as producer, aclosing(with_values(settings, chosen)) as letters:
            async for letter in letters:
                waiting.append(
                    await producer.send(
                        letter.broke.topic,
                        letter.value,
                        key=letter.key,
                        partition=letter.broke.partition if letter.broke.topic in by_language else None,
                        headers=send_back(letter),
                    )
                )
                size += len(letter.value)
                if len(waiting) >= _BATCH_LETTERS or size >= _BATCH_BYTES:
                    sent += len(await asyncio.gather(*waiting))
                    waiting, size = [], 0
            sent += len(await asyncio.gather(*waiting))
    except KafkaError as error:
        raise UserError(
            f"{sent} of {len(chosen)} sent back, then Kafka refused: {type(error).__name__} {error}; run it again, "
            "what is sent twice is taken once"
        ) from error
    return sent

"""Tagged articles read again, by their place: a record that has changed is made from one of them anew."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Final

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition

from agents.message import Incoming
from agents.runner import incoming
from pipeline.kafka import clients
from pipeline.kafka.topics import topic_name
from pipeline.settings import Settings

# What is there comes at once. What is not, a control marker or an offset that was never used, ends here.
_READ_MS: Final = 5_000


class Archive:
    """One partition of the tagged topic. Its client starts with the first article that is asked for."""

    def __init__(self, partition: int, settings: Settings) -> None:
        self._settings = settings
        self._place = TopicPartition(topic_name(settings, "tagged"), partition)
        self._reader: AIOKafkaConsumer | None = None
        self._closing = AsyncExitStack()

    async def read(self, offsets: Mapping[str, int]) -> dict[str, Incoming]:
        """The messages at `offsets`, by document id; those that the topic no longer keeps are left out.

        Raises:
            KafkaError, UserError: the broker is away: nothing was published yet, and the batch is done again.
        """
        reader = await self._started()
        first = (await reader.beginning_offsets([self._place]))[self._place]
        found: dict[str, Incoming] = {}
        for id_, offset in sorted(offsets.items(), key=lambda item: item[1]):
            if offset < first:
                continue
            reader.seek(self._place, offset)
            reader.resume(self._place)
            records = (await reader.getmany(self._place, timeout_ms=_READ_MS, max_records=1)).get(self._place, ())
            reader.pause(self._place)  # or it would go on fetching what follows
            if records and records[0].offset == offset:
                found[id_] = incoming(records[0], ticks=1000)
        return found

    async def _started(self) -> AIOKafkaConsumer:
        if self._reader is None:
            reader = await self._closing.enter_async_context(clients.reader(self._settings))
            reader.assign([self._place])
            self._reader = reader
        return self._reader

    async def close(self) -> None:
        self._reader = None
        await self._closing.aclose()

"""Faust's Kafka consumer with the methods replaced that decide what is handed out and what is committed.

Faust 0.15.3 commits by looking for gaps among acknowledged offsets, forgets its marks when a rebalance begins, and
acknowledges what it skips (docs/decisions/0002-delivery.md lists each case with its place in the source). Here:

- Offsets move by `acknowledge` alone, which the one loop calls in offset order: the position of a partition is the
  offset after the last acknowledged one, and no arithmetic follows.
- What lies between two seeks is an **epoch**. A rebalance closes it, and nothing is fetched or taken until the seek to
  the committed offsets opens the next one. A message carries the epoch it was fetched in; one of another epoch is left
  alone, because the seek makes sure that it is fetched again.
- Within an epoch the messages of a partition are taken without a gap, each after the one that was fetched before it.
  Whatever skips one, a later one is not taken: the process ends, and goes on from the committed offset.
- A partition can be **held** (its state is still being folded), and a topic whose unread messages exceed a bound is not
  fetched, so one slow stage neither blocks the others nor fills the memory.
- Only committed records are read, which Faust offers under exactly-once alone.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import KafkaError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.tuples import ConsumerMessage

from pipeline import metrics
from pipeline.kafka.clients import connection
from pipeline.logs import get_logger
from pipeline.settings import MIB, Settings

log = get_logger(__name__)
# mode gives a service of ours the logger of our module, and tells there of each start and stop.
FAUST_LOGGER: Final = logging.getLogger("faust")

# How long one fetch waits for something to arrive, seconds: five hops wait for it one after the other.
POLL: Final = 0.05
# The others wait at most this long for a member to finish its batch before they go on without it.
REBALANCE_SECONDS: Final = 60
# Heartbeats and lag tell whether we live; a fold or a full buffer may keep us from fetching for minutes.
POLL_INTERVAL_SECONDS: Final = 3600
# Records taken from the client at once, so that a buffer overshoots its bound by no more than this.
POLL_RECORDS: Final = 100


class Owner(Protocol):
    """What the consumer asks of the worker around it."""

    async def settle(self) -> None:
        """Wait until no batch is in work, or until a deadline has passed."""

    def assigned(self, partitions: set[TP]) -> set[TP]:
        """Partitions are ours from now on; returns those to hold until `release`."""


@dataclass(slots=True)
class _Buffered:
    messages: int = 0
    bytes: int = 0


class SkippedMessageError(RuntimeError):
    """A message was fetched and did not reach the loop: to acknowledge a later one would lose it."""


class _NoReadOffsets(dict[TP, int]):
    """Faust drops what lies below its read offset, which it may set to that of a message of before the last seek."""

    def __getitem__(self, _: TP) -> None:  # type: ignore[override]
        return None

    def __setitem__(self, _: TP, __: int | None) -> None:
        """Epochs tell what was handed out before."""


class Consumer(driver.Consumer):
    """See the head of this file."""

    logger = FAUST_LOGGER
    settings: Settings
    owner: Owner

    def __init__(self, transport: "Transport", *args: Any, **kwargs: Any) -> None:
        self.settings, self.owner = transport.settings, transport.owner
        self._epoch = 0
        self._open = False
        self._fetch_epoch = 0
        self._fetched: dict[TP, int] = {}
        self._taken: dict[TP, int] = {}
        self._held: set[TP] = set()
        self._buffered: dict[str, _Buffered] = defaultdict(_Buffered)
        self._positions: dict[TP, int] = {}
        # A fetch and a seek never overlap: records of before the seek would be taken for records of after it.
        self._moving = asyncio.Lock()
        super().__init__(transport, *args, **kwargs)
        self._read_offset = _NoReadOffsets()

    def _new_consumer_thread(self) -> "ConsumerThread":
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    # -- what is handed out ------------------------------------------------------------------------------------------

    def close_epoch(self) -> None:
        """From now on nothing is fetched or taken; all that is not in work yet is left to be fetched again."""
        self._open = False
        self._epoch += 1
        self._fetched.clear()
        self._taken.clear()
        self._buffered.clear()

    def release(self, partition: TP) -> None:
        self._held.discard(partition)

    def take(self, message: Any) -> bool:
        """True if `message` may be worked on; False if it belongs to an epoch that is over.

        Raises:
            SkippedMessageError: one before it was fetched and never came here.
        """
        if not self._open or message.epoch != self._epoch:
            metrics.STALE.inc()
            return False
        if message.follows != self._taken.get(message.tp):
            raise SkippedMessageError(
                f"{message.tp}: offset {message.offset} follows {message.follows}, "
                f"but {self._taken.get(message.tp)} was the last that came here"
            )
        self._taken[message.tp] = message.offset
        buffered = self._buffered[message.topic]
        buffered.messages -= 1
        buffered.bytes -= len(message.value or b"")
        return True

    def _wanted(self, partition: TP) -> bool:
        # Two batches: one to take next while the one in work is finished.
        buffered = self._buffered[partition.topic]
        return (
            partition not in self._held
            and buffered.messages < 2 * self.settings.batch_documents
            and buffered.bytes < 2 * self.settings.batch_bytes
        )

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:  # noqa: ARG002, ASYNC109
        wanted = {partition for partition in active_partitions or () if self._wanted(partition)}
        if not wanted or not self._open:
            await asyncio.sleep(POLL)
            return {}
        async with self._moving:
            epoch = self._epoch
            records = await super()._getmany(wanted, POLL)
        # A rebalance began meanwhile: the seek that ends it brings these records again.
        if not self._open or epoch != self._epoch:
            return {}
        # Faust turns them into messages one by one, and takes its time: the epoch may be over by then.
        self._fetch_epoch = epoch
        return records

    def _to_message(self, tp: TP, record: Any) -> ConsumerMessage:
        message = super()._to_message(tp, record)
        message.epoch = self._fetch_epoch
        if message.epoch == self._epoch:
            message.follows = self._fetched.get(tp)
            self._fetched[tp] = message.offset
            buffered = self._buffered[tp.topic]
            buffered.messages += 1
            buffered.bytes += len(record.value or b"")
        return message

    async def perform_seek(self) -> None:
        """Go to the committed offsets; to the beginning where nothing was committed (aiokafka stays where it is)."""
        async with self._moving:
            if not self.assignment():
                return  # lost since: the next assignment seeks again
            committed = await self.seek_to_committed()
            fresh = [partition for partition, offset in committed.items() if not offset]
            if fresh:
                await self._thread.seek_to_beginning(*fresh)
            for partition, offset in committed.items():
                self._committed_offset[TP(*partition)] = offset or None
            self.close_epoch()
            self._open = True

    # -- what is committed -------------------------------------------------------------------------------------------

    def acknowledge(self, message: Any) -> None:
        """`message` and all before it in its partition are done: what came of them is on the broker."""
        position = self._positions.get(message.tp, 0)
        self._positions[message.tp] = max(position, message.offset + 1)

    def ack(self, message: Any) -> bool:  # noqa: ARG002
        """Faust's own acknowledgement, which it also gives to what it skips, moves nothing."""
        return False

    async def force_commit(
        self,
        topics: Any = None,  # noqa: ARG002 - Faust's signature
        start_new_transaction: bool = True,  # noqa: ARG002, FBT001, FBT002
    ) -> bool:
        assigned = self.assignment()
        offsets = {
            partition: position
            for partition, position in self._positions.items()
            if partition in assigned and position > (self._committed_offset.get(partition) or 0)
        }
        if not offsets or not await self._commit(offsets):
            return False
        self._committed_offset.update(offsets)
        return True

    # -- rebalancing -------------------------------------------------------------------------------------------------

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        self.close_epoch()
        await self.owner.settle()
        await self.commit()
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        self.close_epoch()
        self._positions.clear()
        self._held = self.owner.assigned(assigned)
        await super().on_partitions_assigned(assigned, generation_id)

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Faust's own alarm takes a held or an idle partition for a stuck one; ours is lag against progress."""

    def lag(self) -> dict[TP, int]:
        """Records not yet taken from the broker, for each assigned partition where it is known."""
        lags: dict[TP, int] = self._thread.lag()
        return lags


class ConsumerThread(driver.AIOKafkaConsumerThread):
    logger = FAUST_LOGGER

    def _create_worker_consumer(self, transport: "Transport") -> AIOKafkaConsumer:
        settings = transport.settings
        # Round robin spreads each topic evenly; aiokafka's sticky one balances the sum and may give one worker all of
        # a topic.
        self._assignor = RoundRobinPartitionAssignor
        return AIOKafkaConsumer(
            **connection(settings),
            group_id=settings.group_id,
            partition_assignment_strategy=[self._assignor],
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            max_poll_records=POLL_RECORDS,
            max_poll_interval_ms=POLL_INTERVAL_SECONDS * 1000,
            max_partition_fetch_bytes=MIB,
            fetch_max_wait_ms=int(POLL * 1000),
            session_timeout_ms=int(settings.session_timeout * 1000),
            heartbeat_interval_ms=int(settings.session_timeout * 1000 / 5),
            rebalance_timeout_ms=REBALANCE_SECONDS * 1000,
        )

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """Commit; a broker that is away for a moment costs the next try and not the worker."""
        try:
            await self._ensure_consumer().commit({driver.ensure_aiokafka_TP(tp): at for tp, at in offsets.items()})
        except KafkaError as error:
            log.warning("offsets not committed", error=str(error))
            return False
        return True

    def lag(self) -> dict[TP, int]:
        consumer = self._ensure_consumer()
        assignment = consumer._subscription.subscription and consumer._subscription.subscription.assignment  # noqa: SLF001
        if not assignment:
            return {}
        lags = {}
        for partition in assignment.tps:
            state = assignment.state_value(partition)
            if state and state.has_valid_position and state.highwater is not None:
                lags[TP(*partition)] = max(0, state.highwater - state.position)
        return lags


class Producer(driver.Producer):
    """Faust starts one with every app. It sends nothing, but it has to connect."""

    logger = FAUST_LOGGER

    def _settings_auth(self) -> dict[str, Any]:
        arguments = connection(self.transport.settings)
        del arguments["bootstrap_servers"]
        return arguments


class Transport(driver.Transport):
    Consumer = Consumer
    Producer = Producer

    def __init__(self, app: Any, settings: Settings, owner: Owner) -> None:
        super().__init__(app.conf.broker_consumer, app)
        self.settings, self.owner = settings, owner

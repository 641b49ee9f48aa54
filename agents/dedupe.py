"""Agent 3: tagged → judged. The stateful one: for each partition an owner that folds, decides and writes."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any, Final

from aiokafka.errors import KafkaError
from faust.types import TP

from agents.owner import Owner
from agents.runner import Runner, incoming
from pipeline import metrics
from pipeline.errors import UserError
from pipeline.logs import get_logger
from pipeline.records import Stage

log = get_logger(__name__)

# A broker that is away when a partition is claimed is asked again after this long, seconds.
_CLAIM_AGAIN: Final = 1.0
# A story's snapshot that had to wait for its second is late by this much at most, seconds.
_TELL_EVERY: Final = 0.5


class DedupeRunner(Runner):
    stage: Stage = "dedupe"

    def __init__(self, *, release: Callable[[TP], None], **base: Any) -> None:
        super().__init__(**base)
        self._release = release
        self._owners: dict[int, Owner] = {}
        self._claims: dict[int, asyncio.Task[None]] = {}
        self._telling: asyncio.Task[None] | None = None

    # -- ownership ---------------------------------------------------------------------------------------------------

    def assigned(self, partitions: Iterable[TP]) -> None:
        """These tagged partitions are ours, and no others: each is released for fetching when its log is folded."""
        ours = {partition.partition: partition for partition in partitions}
        self._telling = self._telling or asyncio.ensure_future(self._tell())
        for number in self._owners.keys() - ours.keys():
            for gauge in (metrics.WINDOW_DOCUMENTS, metrics.WINDOW_BYTES, metrics.LIVE_STORIES):
                gauge.remove(number)  # its new owner shows it
        lost = [self._owners.pop(number) for number in list(self._owners) if number not in ours]
        earlier = [self._claims.pop(number) for number in list(self._claims)]
        for task in earlier:
            task.cancel()
        for number, partition in ours.items():
            owner = self._owners.setdefault(number, Owner(number, self.settings))
            self._claims[number] = asyncio.ensure_future(self._claim(owner, partition, earlier))
        if lost:
            self._closing = asyncio.ensure_future(_close(lost))

    async def _claim(self, owner: Owner, partition: TP, earlier: Sequence["asyncio.Task[None]"]) -> None:
        # A claim of the assignment before this one may be in the middle of folding the same window.
        await asyncio.gather(*earlier, return_exceptions=True)
        while True:
            try:
                await owner.claim()
            except (KafkaError, UserError, OSError) as error:
                log.warning("partition not claimed", partition=owner.partition, error=str(error))
                await asyncio.sleep(_CLAIM_AGAIN)
            except asyncio.CancelledError:
                raise
            except BaseException as error:
                self._fail(error)
                raise
            else:
                self._release(partition)
                return

    async def _tell(self) -> None:
        """Stories whose snapshots wait while no batch comes that would take them along."""
        while True:
            await asyncio.sleep(_TELL_EVERY)
            for owner in list(self._owners.values()):
                try:
                    await owner.tell()
                except (UserError, KafkaError) as error:
                    # Lost meanwhile, and its new owner tells them; if it is ours, the next batch is fenced too or tells them.
                    log.warning("snapshots not told", partition=owner.partition, error=str(error))
                except BaseException as error:
                    if not isinstance(error, asyncio.CancelledError):
                        self._fail(error)
                    raise

    @property
    def folding(self) -> int:
        """How many partitions that are ours have no state yet."""
        return sum(not task.done() for task in self._claims.values())

    async def close(self) -> None:
        for task in (*self._claims.values(), *([self._telling] if self._telling else [])):
            task.cancel()
        await _close(self._owners.values())

    # -- deciding ----------------------------------------------------------------------------------------------------

    async def process(self, messages: Sequence[Any]) -> Sequence[Any]:
        done: list[Any] = []
        for number, group in groupby(sorted(messages, key=_partition), key=_partition):
            owner, batch = self._owners.get(number), list(group)
            if owner is None:
                continue  # lost since: its new owner gets them from the broker, as they are not acknowledged
            arrived = [incoming(message) for message in batch]
            results = await owner.decide(arrived)
            others = [out for result in results if result.ending != "emitted" for out in result.sends]
            await self.produce(others)
            # A withdrawal notice came to every owner, and is counted where it ends.
            counted = [pair for pair in zip(arrived, results, strict=True) if pair[1].sends]
            self.account([each for each, _ in counted], [result for _, result in counted])
            done += batch
        return done


def _partition(message: Any) -> int:
    number: int = message.partition
    return number


async def _close(owners: Iterable[Owner]) -> None:
    for owner in owners:
        await owner.close()
